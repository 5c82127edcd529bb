"""The pre-launch checklist: what should be in order before units see variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from expkit import registry
from expkit.assign import split
from expkit.design.baseline import needed_units
from expkit.domain import Experiment
from expkit.domain.filters import Filters
from expkit.domain.policy import CHECKLIST, ChecklistItem
from expkit.errors import Conflict

__all__ = ["checklist", "refuse_unready"]

PROBES = 4000
"""Made-up units whose variants in two experiments are compared."""
PAGE = 1000
DEPENDENT = 1e-9
"""Far below what chance gives over thousands of pairs of experiments."""

Finding = tuple[bool, str]


def checklist(connection: sa.Connection, experiment: Experiment) -> list[ChecklistItem]:
    """Every item with what was found, and what the project's policy makes of it."""
    policy = registry.policy_for(connection, experiment.project)
    beside = [found for found in _running(connection) if found.key != experiment.key]
    looked: dict[str, Callable[[], Finding]] = {
        "power": lambda: _power(connection, experiment),
        "metrics": lambda: _metrics(connection, experiment),
        "guardrails": lambda: (bool(experiment.guardrails), "" if experiment.guardrails else "none is set"),
        "hash": lambda: _hash(experiment, beside),
        "overlap": lambda: _overlap(experiment, beside),
        "review": lambda: _review(connection, experiment, policy.approvals),
        "plan": lambda: _plan(connection, experiment),
        "schedule": lambda: _schedule(connection, experiment),
    }
    found = []
    for name, title in CHECKLIST.items():
        if policy.strictness(name) == "off":
            continue
        ok, detail = looked[name]()
        found.append(
            ChecklistItem(name=name, title=title, ok=ok, strictness=policy.strictness(name), detail=detail[:500])
        )
    return found


def refuse_unready(connection: sa.Connection, experiment: Experiment) -> None:
    """An error that names every item that the policy makes a condition and that is not in order."""
    if blocking := [item for item in checklist(connection, experiment) if item.blocks]:
        told = "; ".join(f"{item.title}: {item.detail}" for item in blocking)
        raise Conflict(f"Experiment {experiment.key!r} cannot start yet: {told}.", hint="see its checklist.")


def _power(connection: sa.Connection, experiment: Experiment) -> Finding:
    if experiment.sample_size is None:
        return False, "no sample size is planned: size it, and set sample_size"
    if experiment.plan.minimum_effect is None:
        return False, "the plan names no minimum_effect that the sample size could find"
    planned = f"{experiment.sample_size:,} units per variant for a change of {experiment.plan.minimum_effect:.1%}"
    needed = needed_units(connection, experiment)
    if needed is None:
        return True, planned
    enough = experiment.sample_size >= needed.per_arm
    asks = f"what {needed.seen_in} saw of {experiment.primary_metric.key} asks for {needed.per_arm:,}"
    return enough, f"{planned}; {asks}"


def _metrics(connection: sa.Connection, experiment: Experiment) -> Finding:
    found = registry.deviations(connection, experiment)
    unknown = [key for key, changes in found.items() if changes is None]
    differ = [f"{key} ({'; '.join(map(str, changes))})" for key, changes in found.items() if changes]
    told = [f"not in the catalogue: {', '.join(unknown)}"] if unknown else []
    told += [f"other than in the catalogue: {', '.join(differ)}"] if differ else []
    return not told, "; ".join(told)


def _hash(experiment: Experiment, beside: list[Experiment]) -> Finding:
    import pyarrow as pa

    units = pa.array([f"probe-{number}" for number in range(PROBES)])  # laid out once, hashed many times
    own = split(experiment, units)
    together = _together(experiment, beside)
    for other in together:
        if other.hash_seed == experiment.hash_seed:
            return False, f"{other.key} has the same seed {other.hash_seed!r}: its units fall the same way"
        if _dependent(own, split(other, units), len(experiment.variants), len(other.variants)):
            return False, f"units fall in {other.key} much as they do here; choose another seed"
    return True, f"compared with {len(together)} that run" if together else ""


def _together(experiment: Experiment, beside: list[Experiment]) -> list[Experiment]:
    """Those that may take the same units: all but the ones that a layer keeps apart."""
    own = experiment.layer
    return [other for other in beside if not (own and other.layer and own.excludes(other.layer))]


def _dependent(own: object, other: object, rows: int, columns: int) -> bool:
    """Pearson's chi-square test of independence on the units that both experiments take."""
    import numpy as np
    from scipy.special import chdtrc

    left, right = np.asarray(own), np.asarray(other)
    both = (left >= 0) & (right >= 0)
    cells = left[both] * columns + right[both]
    table = np.bincount(cells, minlength=rows * columns).reshape(rows, columns)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    if freedom < 1:
        return False
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return bool(chdtrc(freedom, float(((table - expected) ** 2 / expected).sum())) < DEPENDENT)


def _overlap(experiment: Experiment, beside: list[Experiment]) -> Finding:
    own = {metric.key for metric in experiment.metrics}
    places = set(experiment.placements)
    for other in beside:
        if experiment.layer and other.layer and (share := experiment.layer.overlap(other.layer)):
            return False, f"{other.key} takes {share:.1%} of layer {experiment.layer.name!r} that this one takes, too"
    for other in _together(experiment, beside):
        shared = own & {metric.key for metric in other.metrics}
        if shared and (not places or not other.placements or places & set(other.placements)):
            return False, f"{other.key} runs in the same place and moves {', '.join(sorted(shared))}, too"
    return True, ""


def _review(connection: sa.Connection, experiment: Experiment, needed: int) -> Finding:
    who = registry.approvals(connection, experiment.key, experiment.version)
    if len(who) >= needed:
        return True, f"approved by {', '.join(sorted(who))}"
    return False, f"{len(who)} of {needed} approvals of version {experiment.version}"


def _plan(connection: sa.Connection, experiment: Experiment) -> Finding:
    signed = registry.signed_plans(connection, experiment.key)
    if not signed:
        return False, "nobody has signed it"
    if registry.plan_digest(experiment) not in {plan.digest for plan in signed}:
        return False, f"it was changed since {signed[0].signed_by} signed it"
    return True, f"signed by {signed[0].signed_by}"


def _schedule(connection: sa.Connection, experiment: Experiment) -> Finding:
    planned = experiment.schedule.start is not None or bool(registry.scheduled(connection, experiment.key))
    return planned, "" if planned else "no start is planned"


def _running(connection: sa.Connection) -> Iterator[Experiment]:
    for status in ("active", "paused", "rolling_out"):
        offset = 0
        while page := registry.find(connection, Filters(status=status), order="name", limit=PAGE, offset=offset):
            yield from page
            offset += len(page)
