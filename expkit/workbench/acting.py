"""What is done about what watching finds: alerts, and the move that follows from them, in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain import Criterion, Experiment
from expkit.storage import Work

if TYPE_CHECKING:
    from expkit.analysis import GuardrailFinding
    from expkit.analysis.watch import Watch
    from expkit.stats import Check

__all__ = ["MONITOR", "act", "asks_for_action", "verbs_of"]

MONITOR = "expkit monitor"
"""Who acts, as the audit has it: nobody's hand, but what the experiment's own definition and the policy say."""
SEVERITY = ("pause", "stop", "rollback")


def asks_for_action(experiment: Experiment, found: Watch, share: float) -> bool:
    """Whether there is anything to do; most passes find nothing."""
    met = any(criterion.met for criterion in found.criteria)
    return bool(found.broken) or met or found.mismatch is not None or _grows(experiment, share)


def verbs_of(experiment: Experiment, found: Watch) -> set[str]:
    """The moves that may come of it, before the policy is asked."""
    stops = {"stop"} if any(criterion.met for criterion in found.criteria) else set()
    return stops | {_action(experiment, finding) for finding in found.broken}


def act(work: Work, seen: Experiment, found: Watch, share: float, evidence: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise the alerts and make the strongest of the moves, with its `evidence`; with nothing broken, take the
    rollout's step to `share`. Nothing is done to an experiment that has gone on since it was seen.
    """
    experiment = registry.locked(work, seen.key)
    if (experiment.status, experiment.version) != (seen.status, seen.version):
        return
    if found.mismatch is not None:
        _alert_split(work, found, found.mismatch)
    reasons: dict[str, str] = {}
    for finding in found.broken:
        action = _action(experiment, finding)
        _alert_guardrail(work, experiment, found, finding, action)
        if action != "alert":
            reasons.setdefault(action, f"guardrail {finding.metric} of {finding.variant}: {finding.detail}")
    for criterion, action in _ended(work, experiment, found):
        _alert_criterion(work, found, criterion, action)
        if action == "stop":
            reasons.setdefault("stop", f"stopping criterion {criterion.name}: {criterion.detail}")
    if reasons:
        _move(work, experiment, reasons, evidence)
    elif _grows(experiment, share) and not found.broken:
        registry.take_step(work, experiment, share, f"the planned step to {share:.6g} of the units")


def _grows(experiment: Experiment, share: float) -> bool:
    rollout = experiment.rollout
    return experiment.status == "rolling_out" and rollout is not None and share > rollout.share


def _action(experiment: Experiment, finding: GuardrailFinding) -> str:
    """A rollout can only go back, or be held by an alert."""
    return "rollback" if experiment.status == "rolling_out" and finding.action != "alert" else finding.action


def _ended(work: Work, experiment: Experiment, found: Watch) -> list[tuple[Criterion, str]]:
    policy = registry.policy_for(work.connection, experiment.project).stopping
    return [] if policy == "off" else [(criterion, policy) for criterion in found.criteria if criterion.met]


def _move(
    work: Work, experiment: Experiment, reasons: Mapping[str, str], evidence: Mapping[str, Mapping[str, Any]]
) -> None:
    verb = max(reasons, key=SEVERITY.index)
    if verb != "pause" or experiment.status != "paused":
        registry.move(work, experiment.key, verb, reasons[verb], evidence=evidence.get(verb))


def _alert_guardrail(work: Work, experiment: Experiment, found: Watch, finding: GuardrailFinding, action: str) -> None:
    """What is raised in a rollout is another alert than that of the experiment's own time."""
    subject = f"{finding.metric} of {finding.variant}"
    if experiment.status == "rolling_out":
        subject += " in its rollout"
    registry.raise_alert(
        work, found.experiment, "guardrail", subject, action, finding.detail,
        {**finding.model_dump(mode="json"), "units": found.units, "at": found.at.isoformat()},
    )  # fmt: skip


def _alert_criterion(work: Work, found: Watch, criterion: Criterion, action: str) -> None:
    evidence = {**criterion.to_dict(), "units": found.units, "at": found.at.isoformat()}
    registry.raise_alert(work, found.experiment, "stopping", criterion.name, action, criterion.detail, evidence)


def _alert_split(work: Work, found: Watch, split: Check) -> None:
    evidence = {"p_value": split.p_value, "units": found.units, "at": found.at.isoformat()}
    registry.raise_alert(work, found.experiment, "ratio", "srm", "alert", split.detail, evidence)
