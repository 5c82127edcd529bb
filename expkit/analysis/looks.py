"""The path of one estimate over the looks: what was seen when, and with how much of the planned information."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from expkit.analysis.scorecard import MetricEstimate, Scorecard
from expkit.domain import Experiment
from expkit.stats import Estimate

__all__ = ["Horizon", "Seen", "normal_z", "path_before", "seen_now"]

MANY = 1000
"""Degrees of freedom from which on Student's t is taken for the normal."""


class Seen(NamedTuple):
    """One estimate at one look. `units` are those of the smaller arm, `total` those of both."""

    look: int
    units: int
    total: int
    information: float
    z: float
    effect: float
    se: float
    row: MetricEstimate


@dataclass(frozen=True)
class Horizon:
    """What was planned: units in the smaller arm, else days, else looks."""

    units: int | None
    days: float | None
    looks: int

    @classmethod
    def of(cls, experiment: Experiment) -> Horizon:
        return cls(
            units=experiment.sample_size or experiment.stopping.sample_size,
            days=experiment.plan.days or experiment.stopping.max_days,
            looks=experiment.plan.looks,
        )

    def information(self, units: int, days: float | None, look: int) -> float:
        """The share of the plan that has been seen at the look of this number."""
        if self.units is not None:
            return units / self.units
        if self.days is not None:
            return (days or 0.0) / self.days
        return look / self.looks


def path_before(row: MetricEstimate, past: Sequence[Scorecard], horizon: Horizon) -> list[Seen]:
    """The earlier looks that had something new to say on this metric and variant, the oldest first."""
    path: list[Seen] = []
    for card in past:
        for earlier in card.estimates:
            if (earlier.metric, earlier.variant) == (row.metric, row.variant):
                path += _following(path, earlier, card.look, card.days, horizon)
    return path


def seen_now(row: MetricEstimate, path: Sequence[Seen], days: float | None, look: int, horizon: Horizon) -> Seen | None:
    """This look, or None where it has no more units (or information) than the last one."""
    return next(_following(path, row, look, days, horizon), None)


def normal_z(estimate: Estimate) -> float:
    """The statistic, as the normal value of the same tail where it is Student's."""
    from scipy.special import ndtri, stdtr

    if estimate.df is None or estimate.df > MANY:
        return estimate.statistic
    tail = float(stdtr(estimate.df, -abs(estimate.statistic)))
    return math.copysign(-float(ndtri(tail)), estimate.statistic) if tail > 0 else estimate.statistic


def _following(
    path: Sequence[Seen], row: MetricEstimate, look: int, days: float | None, horizon: Horizon
) -> Iterator[Seen]:
    found = row.estimate
    if not isinstance(found, Estimate) or not (found.se > 0 and math.isfinite(found.se)):
        return
    units, total = min(found.control.n, found.treatment.n), found.control.n + found.treatment.n
    if row.decision is not None:  # what was spent then was spent by the information of then
        z, effect, se = row.decision.z, row.decision.effect, row.decision.se
        information, units = row.decision.information, row.decision.units
    else:
        z, effect, se, information = normal_z(found), found.effect, found.se, None
    if information is None:
        information = horizon.information(units, days, len(path) + 1)
    last = path[-1] if path else None
    grown = last is None or (units > last.units and total > last.total and information > last.information)
    if grown and information > 0:
        yield Seen(look, units, total, information, z, effect, se, row)
