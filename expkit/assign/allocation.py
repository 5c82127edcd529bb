"""Where a unit falls once nothing speaks against it: in the range of a variant, or in the winner's share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from expkit.assign.checks import Verdict
from expkit.assign.hashing import BUCKETS, place
from expkit.assign.ranges import arm_table, membership, ranges, rollout_ranges

if TYPE_CHECKING:
    from expkit.assign.requests import Request
    from expkit.assign.tables import Table
    from expkit.domain import Experiment

__all__ = ["Allocation", "Released"]


class Allocation:
    """The unit's bucket is in the range of a variant, or outside the coverage."""

    name = "allocation"

    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.seed = experiment, experiment.hash_seed
        self.steps = _ramp(experiment)
        self.table = self.steps[-1][2]

    def __call__(self, request: Request) -> Verdict:
        where = place(self.seed, request.unit or "")
        coverage, table = self._now(request.at) if len(self.steps) > 1 else self.steps[0][1:]
        arm = table[where] - 1
        if arm < 0:
            reason = f"The unit is outside the {coverage:.6g} coverage of {self.experiment.key!r}."
            return Verdict("coverage", None, reason, where / BUCKETS)
        reason = f"The unit falls in {self.experiment.variants[arm].key!r}."
        return Verdict("allocation", arm, reason, where / BUCKETS)

    def arms(self, table: Table) -> Any:
        arms = self._now(table.at)[1] if len(self.steps) > 1 else self.table
        return table.decided(self.seed, arms)

    def _now(self, at: datetime) -> tuple[float, bytes]:
        coverage, table = self.steps[0][1:]
        for since, step, arms in self.steps:
            if since is None or at >= since:
                coverage, table = step, arms
        return coverage, table


def _ramp(experiment: Experiment) -> list[tuple[datetime | None, float, bytes]]:
    """Since when which coverage holds, with its arms; the first since ever. Without a start the ramp is over."""
    full = experiment.coverage
    if not experiment.ramp or experiment.started_at is None:
        coverage = min([full, *(step.coverage for step in experiment.ramp[-1:])])
        return [(None, coverage, arm_table(ranges(experiment, coverage)))]
    steps: list[tuple[datetime | None, float]] = [(None, 0.0)]
    began = experiment.started_at
    steps += [(began + timedelta(hours=step.after_hours), min(full, step.coverage)) for step in experiment.ramp]
    return [(since, coverage, arm_table(ranges(experiment, coverage))) for since, coverage in steps]


class Released:
    """The winner, for its share of the units."""

    name = "rollout"

    def __init__(self, experiment: Experiment) -> None:
        winner = experiment.winner
        rolled_out = experiment.status == "rolled_out"
        share = 1.0 if rolled_out or experiment.rollout is None else experiment.rollout.share
        self.key, self.seed, self.share = experiment.key, experiment.hash_seed, share
        self.winner = winner.key if winner else None
        self.arm = list(experiment.shares).index(winner.key) if winner else None
        self.table = membership(rollout_ranges(experiment, share) if winner else ())

    def __call__(self, request: Request) -> Verdict:
        if self.winner is None:
            return Verdict("rollout", None, f"Experiment {self.key!r} is being rolled out and names no winner.")
        where = place(self.seed, request.unit or "")
        if self.table[where]:
            reason = f"{self.winner!r} is rolled out to {self.share:.6g} of the units."
            return Verdict("rollout", self.arm, reason, where / BUCKETS)
        reason = f"The unit is outside the {self.share:.6g} share to which {self.winner!r} is rolled out."
        return Verdict("rollout", None, reason, where / BUCKETS)

    def arms(self, table: Table) -> Any:
        arms = bytes(0 if self.arm is None else inside * (self.arm + 1) for inside in self.table)
        return table.decided(self.seed, arms)
