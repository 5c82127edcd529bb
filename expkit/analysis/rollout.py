"""Watching a rollout: the winner's units since its promotion, against limits and against what was normal before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from expkit.analysis.canary import served
from expkit.analysis.exposed import find_exposed
from expkit.analysis.judging import judge_guardrails
from expkit.analysis.levels import Reference, judge_against, judge_level, undecided
from expkit.analysis.rows import see_rows
from expkit.analysis.scorecard import GuardrailFinding, Scorecard
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.summaries import summarize
from expkit.analysis.watch import Watch
from expkit.domain import Experiment, Guardrail
from expkit.domain.baseline import Baseline
from expkit.domain.events import now
from expkit.stats import Estimate, NotEstimable

if TYPE_CHECKING:
    from expkit.events import Reader

__all__ = ["watch_rollout"]

_NO_SPLIT = NotEstimable("A rollout has one arm.", "look at the experiment's own split.")


def watch_rollout(
    experiment: Experiment,
    reader: Reader,
    since: datetime,
    *,
    at: datetime | None = None,
    last: Scorecard | None = None,
    baselines: Mapping[str, Baseline] | None = None,
) -> Watch:
    """Nobody else is exposed any more: a tolerated change is judged against control at the experiment's `last` look,
    else against the baseline that was recorded before; without either it is not judged.
    """
    moment, winner = at or now(), experiment.winner
    guardrails = experiment.guardrails
    if winner is None:
        return Watch(experiment=experiment.key, at=moment, units={}, split=_NO_SPLIT)
    if experiment.canary is not None:  # control is still deployed: the two are compared as before
        counts, statistics = served(reader.connection, experiment, experiment.canary, since=since, at=at)
        judged = tuple(judge_guardrails(experiment, statistics, counts))
        return Watch(experiment=experiment.key, at=moment, units=counts, guardrails=judged, split=_NO_SPLIT)
    metrics = list({guardrail.metric.key: guardrail.metric for guardrail in guardrails}.values())
    if experiment.plan.of_users:
        exposed = find_exposed(reader.connection, experiment.key, [winner.key], at, since=since)
    else:
        rows = see_rows(reader.connection, experiment.key, experiment.plan, metrics, [winner.key], at, since=since)
        exposed = rows.exposed
    findings: list[GuardrailFinding] = []
    if guardrails and exposed.single:
        found = (
            summarize(reader.connection, metrics, [winner.key], at) if experiment.plan.of_users else list(rows.found)
        )
        arms = {metric.key: arm[winner.key] for metric, arm in zip(metrics, found, strict=True)}
        references = {guardrail.metric.key: _reference(guardrail, last, baselines or {}) for guardrail in guardrails}
        bounds = sum((one.limit is not None) + (one.max_change is not None) for one in guardrails)
        alpha = experiment.plan.alpha / bounds
        for one in guardrails:
            key = one.metric.key
            findings.append(_joined(one, list(_judged(one, winner.key, arms[key], references[key], alpha))))
    return Watch(
        experiment=experiment.key, at=moment, units=exposed.counts, guardrails=tuple(findings), split=_NO_SPLIT
    )


def _judged(
    guardrail: Guardrail, variant: str, arm: ArmStatistic, reference: Reference | None, alpha: float
) -> Iterator[GuardrailFinding]:
    if guardrail.limit is not None:
        yield judge_level(guardrail, variant, arm, alpha)
    if guardrail.max_change is not None and reference is None:
        yield undecided(guardrail, variant, "no level of control is known from before the rollout")
    elif guardrail.max_change is not None and reference is not None:
        yield judge_against(guardrail, variant, arm, reference, alpha)


def _joined(guardrail: Guardrail, found: list[GuardrailFinding]) -> GuardrailFinding:
    """Of a limit and a tolerated change: broken by either."""
    if len(found) == 1:
        return found[0]
    known = [one.breached for one in found if one.breached is not None]
    detail = "; ".join(one.detail for one in found)
    return undecided(guardrail, found[0].variant, detail).model_copy(update={"breached": any(known) if known else None})


def _reference(guardrail: Guardrail, last: Scorecard | None, baselines: Mapping[str, Baseline]) -> Reference | None:
    if guardrail.max_change is None:
        return None
    for row in last.estimates if last else ():
        if row.metric == guardrail.metric.key and isinstance(row.estimate, Estimate) and last is not None:
            return _control(row.estimate, f"control at look {last.look}")
    known = baselines.get(guardrail.metric.key)
    if known is None or known.level is None or known.se is None:
        return None
    return Reference(known.level, known.se, f"the baseline of {known.experiment}")


def _control(found: Estimate, name: str) -> Reference | None:
    """The control's level; its error is that part of the comparison's that its number of units explains."""
    if not found.control.n or not found.treatment.n:
        return None
    share = (1 / found.control.n) / (1 / found.control.n + 1 / found.treatment.n)
    return Reference(found.control.mean, found.se * math.sqrt(share), name)
