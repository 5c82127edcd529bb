"""GrowthBook's SDK payload: what every GrowthBook SDK needs to bucket as we do.

The feature's key is the experiment's, `meta[].key` the variant's, a feature's value the variant's params. Each
experiment becomes two rules, one that hashes `user_id` and one that hashes `session_id` for units without a user:
SDKs look at a fallback attribute only where they keep sticky buckets. Layers, holdouts and prerequisites become
`filters`, which ask for the very buckets that we ask for; ramps and schedules are worked out for the given moment.
Overrides name people, so they stay out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.assign.allocation import Allocation
from expkit.assign.dialects.conditions import groups_read, translated
from expkit.assign.prerequisites import faults
from expkit.assign.ranges import ranges, rollout_ranges

if TYPE_CHECKING:
    from expkit.assign.dialects.config import Config
    from expkit.domain import Experiment

__all__ = ["features_payload"]

UNIT_IDS = ("user_id", "session_id")
UNTOLD = frozenset({"draft", "review", "archived"})
"""Of these nobody outside hears: what is being prepared, and what is long over."""
NO_USER = {"$or": [{"user_id": {"$exists": False}}, {"user_id": ""}]}
Part = tuple[str, tuple[tuple[float, float], ...]]


class Entry(NamedTuple):
    """Whom an experiment takes: all conditions hold, and each seed's bucket lies in one of its parts."""

    conditions: tuple[dict[str, Any], ...] = ()
    parts: tuple[Part, ...] = ()

    def and_(self, other: Entry) -> Entry:
        return Entry(self.conditions + other.conditions, self.parts + other.parts)


def features_payload(config: Config, at: datetime) -> dict[str, Any]:
    """The body of `/api/features/{client_key}`."""
    phases = {told.key: told.phase for told in config.experiments}
    writer = _Writer(config, at)
    features = {
        experiment.key: writer.feature(experiment, phases[experiment.key])
        for experiment in writer.experiments.values()
        if experiment.status not in UNTOLD
    }
    read = {name for condition in writer.conditions for name in groups_read(condition)}
    groups = {group.key: list(group.values) for group in config.groups if group.key in read}
    return {"status": 200, "features": features, "savedGroups": groups}


class _Writer:
    def __init__(self, config: Config, at: datetime) -> None:
        self.experiments: dict[str, Experiment] = {told.key: told.experiment() for told in config.experiments}
        self.holdouts, self.at = config.holdouts, at
        self.faults = faults(self.experiments)
        self.conditions: list[Any] = []

    def feature(self, experiment: Experiment, phase: int | None) -> dict[str, Any]:
        rules = list(self._rules(experiment, phase))
        return {"defaultValue": experiment.default_params, **({"rules": rules} if rules else {})}

    def _rules(self, experiment: Experiment, phase: int | None) -> Iterator[dict[str, Any]]:
        if experiment.status == "paused":
            if experiment.remembers:  # who is remembered keeps the variant; no bucket lets anybody in
                yield _experiment_rule(experiment, "user_id", Entry(), 0.0, phase)
                yield _experiment_rule(experiment, "session_id", Entry((NO_USER,)), 0.0, phase)
            return
        entry = self._entry(experiment)
        if entry is None:
            return
        for attribute in UNIT_IDS:
            own = entry if attribute == "user_id" else Entry((NO_USER,)).and_(entry)
            if experiment.status == "active":
                yield _experiment_rule(experiment, attribute, own, self._coverage(experiment), phase)
            elif (share := self._share(experiment)) is not None:
                yield _force_rule(experiment, attribute, own.and_(share))

    def _entry(self, experiment: Experiment) -> Entry | None:
        """None where nobody is taken, whoever comes."""
        if experiment.key in self.faults or not self._is_on(experiment):
            return None
        entry = Entry(parts=tuple(self._spaces(experiment)))
        if experiment.eligibility:
            self.conditions.append(experiment.eligibility)
            entry = entry.and_(Entry((translated(experiment.eligibility),)))
        for required in experiment.prerequisites:
            other = self.experiments[required.experiment]
            theirs, arms = self._entry(other), self._arms(other, required.variants)
            if theirs is None or arms is None:
                return None
            entry = entry.and_(theirs).and_(arms)
        return entry

    def _is_on(self, experiment: Experiment) -> bool:
        if experiment.status != "active":
            return experiment.status in {"rolling_out", "rolled_out"}
        start, end = experiment.schedule.start, experiment.schedule.end
        return (start is None or self.at >= start) and (end is None or self.at < end)

    def _spaces(self, experiment: Experiment) -> Iterator[Part]:
        for holdout in self.holdouts:
            spared = experiment.status == "rolled_out" and holdout.releases
            if holdout.holds(experiment.project) and not spared:
                yield holdout.hash_seed, ((holdout.share, 1.0),)
        if experiment.layer is not None and experiment.status == "active":
            yield experiment.layer.seed, experiment.layer.ranges

    def _arms(self, experiment: Experiment, wanted: Sequence[str]) -> Entry | None:
        """The buckets of some variants; of all when none is named."""
        if experiment.status == "active":
            every = zip(experiment.shares, ranges(experiment, self._coverage(experiment)), strict=True)
            found = tuple(part for key, part in every if not wanted or key in wanted)
            return Entry(parts=((experiment.hash_seed, found),)) if found else None
        winner = experiment.winner
        return None if winner is None or (wanted and winner.key not in wanted) else self._share(experiment)

    def _share(self, experiment: Experiment) -> Entry | None:
        if experiment.winner is None:
            return None
        whole = experiment.status == "rolled_out" or experiment.rollout is None
        share = 1.0 if whole or experiment.rollout is None else experiment.rollout.share
        return Entry(parts=((experiment.hash_seed, rollout_ranges(experiment, share)),))

    def _coverage(self, experiment: Experiment) -> float:
        """What the ramp has come to."""
        steps = Allocation(experiment).steps
        return [coverage for since, coverage, _ in steps if since is None or self.at >= since][-1]


def _experiment_rule(
    experiment: Experiment, attribute: str, entry: Entry, coverage: float, phase: int | None
) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "key": experiment.key,
        "variations": [arm.delivered for arm in experiment.variants],
        "meta": [{"key": arm.key} for arm in experiment.variants],
        "weights": list(experiment.shares.values()),
        "coverage": coverage,
        "ranges": [list(part) for part in ranges(experiment, coverage)],
        "hashAttribute": attribute,
        "hashVersion": 2,
        "seed": experiment.hash_seed,
        "bucketVersion": experiment.bucket_version,
        "minBucketVersion": experiment.min_bucket_version,
        **_entered(entry, attribute),
    }
    if phase is not None:
        rule["phase"] = str(phase)
    if not experiment.remembers and experiment.status != "paused":
        rule["disableStickyBucketing"] = True
    elif attribute == "user_id" and experiment.at_login == "keep":
        rule["fallbackAttribute"] = "session_id"
    return rule


def _force_rule(experiment: Experiment, attribute: str, entry: Entry) -> dict[str, Any]:
    winner = experiment.winner
    return {"force": winner.delivered if winner else {}, **_entered(entry, attribute)}


def _entered(entry: Entry, attribute: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if entry.conditions:
        found["condition"] = entry.conditions[0] if len(entry.conditions) == 1 else {"$and": list(entry.conditions)}
    if entry.parts:
        found["filters"] = [_filter(seed, parts, attribute) for seed, parts in entry.parts]
    return found


def _filter(seed: str, parts: Iterable[tuple[float, float]], attribute: str) -> Mapping[str, Any]:
    ranges_ = [list(part) for part in parts]
    return {"attribute": attribute, "seed": seed, "hashVersion": 2, "ranges": ranges_}
