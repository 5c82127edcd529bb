"""What is wrong, or will soon be, in the experiments that run: found by looking at their definitions alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from statistics import NormalDist
from typing import Any

from expkit.assign.columns import places
from expkit.assign.conditions import LOGICAL, Groups, is_operator
from expkit.assign.hashing import BUCKETS
from expkit.assign.prerequisites import faults
from expkit.assign.ranges import arm_table, ranges
from expkit.assign.regexes import NESTED, longest
from expkit.domain import Experiment, Finding, Holdout

__all__ = ["PROBES", "lint"]

LIVE = frozenset({"active", "paused", "rolling_out"})
PROBES = 4000
"""Made-up units whose places under two seeds are compared."""
FALSE_ALARM = 1e-4
"""How likely it is that any pair of all is named by chance."""
SHORT = 100
DRIFT = 1e-6

Shares = Mapping[str, Mapping[str, float]]


def lint(
    experiments: Iterable[Experiment], *, groups: Groups | None = None, holdouts: Iterable[Holdout] = (),
    planned: Shares | None = None,
) -> list[Finding]:  # fmt: skip
    """Findings, errors first. `planned` are the shares that each experiment was to have."""
    known = {experiment.key: experiment for experiment in experiments}
    live = [experiment for experiment in known.values() if experiment.status in LIVE]
    found = [*_hashes(live, [one for one in holdouts if not one.ended]), *_layers(live), *_shadows(live)]
    broken = faults(known)
    for experiment in live:
        found += _weights(experiment, (planned or {}).get(experiment.key))
        found += _unreachable(experiment)
        found += _params(experiment)
        found += _conditions(experiment, set(groups or ()))
        found += _prerequisites(experiment, known, broken)
    return sorted(found, key=lambda finding: (finding.severity, finding.experiment, finding.code))


def _hashes(live: list[Experiment], holdouts: list[Holdout]) -> Iterator[Finding]:
    """Two halves and two quarters of the buckets of one seed say nothing about those of another."""
    import numpy as np

    seeds: list[tuple[str, str, Experiment | None]] = [(one.key, one.hash_seed, one) for one in live]
    layers = {one.layer.seed: one.layer for one in live if one.layer}
    seeds += [(f"layer {layer.name}", seed, None) for seed, layer in layers.items()]
    seeds += [(f"holdout {one.key}", one.hash_seed, None) for one in holdouts]
    if len(seeds) < 2:
        return
    units = [f"probe-{number}" for number in range(PROBES)]
    where = np.stack([places(seed, units) for _, seed, _ in seeds])
    signs = np.stack([where < BUCKETS // 2, where % (BUCKETS // 2) < BUCKETS // 4]).astype(np.float32) * 2 - 1
    pairs = len(seeds) * (len(seeds) - 1) // 2
    limit = NormalDist().inv_cdf(1 - FALSE_ALARM / (4 * pairs) / 2) / PROBES**0.5
    strongest = np.max([np.abs(one @ two.T) / PROBES for one in signs for two in signs], axis=0)
    for left, right in np.argwhere(np.triu(strongest > limit, 1)).tolist():
        (name, seed, own), (other, other_seed, its) = seeds[left], seeds[right]
        if own is None or (its is not None and _apart(own, its)):
            continue
        same = f"the same seed {seed!r}" if seed == other_seed else "correlated hashes"
        yield Finding(
            code="hash", severity="error", experiment=name, others=(its.key,) if its is not None else (),
            message=f"{name} and {other} have {same}: units fall the same way in both.",
            hint="give one of them another seed; a running one has to be stopped and cloned.",
        )  # fmt: skip


def _apart(one: Experiment, other: Experiment) -> bool:
    """Parts of one layer that share no unit."""
    return bool(one.layer and other.layer and one.layer.excludes(other.layer))


def _layers(live: list[Experiment]) -> Iterator[Finding]:
    for one, other in combinations([experiment for experiment in live if experiment.layer], 2):
        if one.layer and other.layer and (share := one.layer.overlap(other.layer)):
            yield Finding(
                code="layer", severity="error", experiment=one.key, others=(other.key,),
                message=f"{one.key} and {other.key} share {share:.1%} of layer {one.layer.name!r}.",
                hint="experiments of one layer exclude each other: give them ranges that do not overlap.",
            )  # fmt: skip


def _shadows(live: list[Experiment]) -> Iterator[Finding]:
    """One that takes every unit, before another at the same places."""
    ordered = sorted((one for one in live if one.status == "active"), key=lambda one: (-one.priority, one.key))
    for place, one in enumerate(ordered):
        for before in ordered[:place]:
            picky = before.eligibility or before.layer or before.prerequisites or before.ramp
            there = not before.placements or (one.placements and set(one.placements) <= set(before.placements))
            if there and before.coverage >= 1 and not picky:
                yield Finding(
                    code="unreachable", severity="warning", experiment=one.key, others=(before.key,),
                    message=f"Requests that name no experiment never reach {one.key}: {before.key} takes everybody.",
                    hint="raise its priority, or give the two different placements or a layer.",
                )  # fmt: skip
                break


def _weights(experiment: Experiment, planned: Mapping[str, float] | None) -> Iterator[Finding]:
    drifted = [
        f"{key} has {share:.4g} instead of {planned[key]:.4g}"
        for key, share in experiment.shares.items()
        if planned and abs(share - planned.get(key, share)) > DRIFT
    ]
    if drifted:
        yield Finding(
            code="weights", severity="warning", experiment=experiment.key,
            message=f"The weights of {experiment.key} are not those it began with: {'; '.join(drifted)}.",
            hint="the analysis takes units by phase; for equal evidence of all arms, clone it.",
        )  # fmt: skip


def _unreachable(experiment: Experiment) -> Iterator[Finding]:
    if experiment.status == "rolling_out":
        return
    table = arm_table(ranges(experiment, experiment.coverage))
    for arm, (key, weight) in enumerate(experiment.shares.items(), 1):
        if arm in table:
            continue
        why = "its weight is 0" if weight == 0 else "the coverage is 0" if experiment.coverage == 0 else (
            f"{weight * experiment.coverage:.2g} of the units is less than one of {BUCKETS:,} buckets"
        )  # fmt: skip
        yield Finding(
            code="unreachable", severity="warning", experiment=experiment.key,
            message=f"Nobody gets {key!r} of {experiment.key}: {why}.", hint="change the weights or the coverage.",
        )  # fmt: skip


def _params(experiment: Experiment) -> Iterator[Finding]:
    kinds: dict[str, tuple[str, str]] = {}
    for variant in experiment.variants:
        for name, value in variant.delivered.items():
            fault = ""
            if name in experiment.parameters:
                fault = experiment.parameters[name].fault(value)
            elif experiment.parameters:
                fault = "is not among the experiment's parameters"
            elif value is not None:
                kind = (
                    "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
                )
                first, where = kinds.setdefault(name, (kind, variant.key))
                fault = "" if first == kind else f"is a {kind}, and a {first} in {where!r}"
            if fault:
                yield Finding(
                    code="params", severity="error" if experiment.parameters else "warning", experiment=experiment.key,
                    message=f"Param {name!r} of variant {variant.key!r} in {experiment.key} {fault}."[:2000],
                    hint="make the variants' params one type, as `parameters` says.",
                )  # fmt: skip


def _conditions(experiment: Experiment, groups: set[str]) -> Iterator[Finding]:
    for operator, operand in _operators(experiment.eligibility):
        code, fault = "eligibility", ""
        if not is_operator(operator):
            fault = f"nobody knows the operator {operator!r}, and it holds for nobody"
        elif operator in {"$in", "$ini", "$nin", "$nini", "$all", "$alli"} and not isinstance(operand, list | tuple):
            fault = f"{operator} needs a list, and holds for nobody"
        elif operator in {"$in", "$ini"} and not operand:
            fault = f"{operator} has an empty list, and holds for nobody"
        elif operator in {"$inGroup", "$notInGroup"} and operand not in groups:
            code, fault = "group", f"there is no group {operand!r}, which counts as empty"
        elif operator in {"$regex", "$regexi"}:
            fault = _slow(operand)
        if fault:
            yield Finding(
                code="group" if code == "group" else "eligibility", severity="error", experiment=experiment.key,
                message=f"In the eligibility of {experiment.key} {fault}.",
                hint="save the group." if code == "group" else "see the list of operators.",
            )  # fmt: skip


def _slow(pattern: Any) -> str:
    try:
        length = longest(pattern)
    except Exception as error:  # whatever is wrong with it, `re` says it in its own classes
        return f"{pattern!r} is no regular expression ({str(error)[:100]}), and holds for nobody"
    if length >= SHORT:
        return ""
    why = "a repeat inside a repeat may take for ever" if length == NESTED else "it leaves many choices open"
    return f"{pattern!r} is only tried on texts of up to {length} characters: {why}"


def _operators(condition: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(condition, list | tuple):
        for item in condition:
            yield from _operators(item)
    elif isinstance(condition, Mapping):
        for name, operand in condition.items():
            if name.startswith("$") and name not in LOGICAL:
                yield name, operand
            if name not in {"$in", "$nin", "$ini", "$nini", "$eq", "$ne"}:
                yield from _operators(operand)


def _prerequisites(
    experiment: Experiment, known: Mapping[str, Experiment], broken: Mapping[str, str]
) -> Iterator[Finding]:
    def finding(message: str, hint: str) -> Finding:
        return Finding(
            code="prerequisite", severity="error", experiment=experiment.key, message=message, hint=hint
        )  # fmt: skip

    if experiment.key in broken:
        yield finding(f"{broken[experiment.key]} It takes nobody.", "take one of the prerequisites out.")
        return
    for required in experiment.prerequisites:
        other = known[required.experiment]
        unknown = [key for key in required.variants if key not in other.shares]
        if unknown:
            yield finding(f"{experiment.key} wants {unknown[0]!r}, which {other.key} does not have.", "name another.")
        elif other.status not in LIVE | {"rolled_out"}:
            yield finding(f"{experiment.key} wants a variant of {other.key}, which is {other.status}.", "start it.")
