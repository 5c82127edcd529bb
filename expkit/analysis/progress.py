"""How far an experiment got: the power of what is there, the smallest effect it can find, the day it would end.

The range of the end is that of a prediction interval for the mean of the days to come, given the mean of the days
seen (Hahn & Meeker 1991, Statistical Intervals, ch. 4.8): a day's units vary as the last days did, and no less than
independent arrivals would.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.parts import Power, Reached
from expkit.analysis.scorecard import MetricEstimate
from expkit.stats import Estimate
from expkit.stats.distributions import critical
from expkit.stats.reached import mde_reached, power_reached

if TYPE_CHECKING:
    from expkit.analysis.exposed import Exposed
    from expkit.analysis.recommendation import Progress
    from expkit.domain import Plan

__all__ = ["Arrived", "count_arrived", "powers_of", "reached_of"]

RECENT = 7
"""Days, so that every weekday counts once."""
QUIET = timedelta(days=2)
"""A log that ends longer ago than this says nothing of when units come next."""
FAR = 36_500.0
OUTSIDE = 0.1
"""The end lies out of its range one time in ten."""
_LOOKS = frozenset({"group_sequential", "always_valid"})
_DAY = timedelta(days=1)
_MICROSECONDS = 86_400_000_000


class Arrived(NamedTuple):
    """New units in the smallest arm on each of the last whole days, and the moment up to which they were counted."""

    daily: tuple[int, ...]
    until: datetime

    @property
    def mean(self) -> float:
        return sum(self.daily) / len(self.daily) if self.daily else 0.0

    @property
    def var(self) -> float:
        """Of one day's units; at least that of independent arrivals."""
        if len(self.daily) < 2:
            return self.mean
        return max(sum((n - self.mean) ** 2 for n in self.daily) / (len(self.daily) - 1), self.mean)


def count_arrived(connection: Any, exposed: Exposed, shares: dict[str, float]) -> Arrived | None:
    """Stands on `tallies`."""
    if exposed.first is None or exposed.last is None or not exposed.single:
        return None
    days = min(RECENT, math.floor((exposed.last - exposed.first) / _DAY))
    variant = min((key for key in exposed.counts if shares.get(key, 0) > 0), key=lambda key: exposed.counts[key])
    last = round((exposed.last - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    rows = connection.execute(
        f"SELECT ($last - seen) // {_MICROSECONDS} AS ago, sum(n)::BIGINT FROM tallies "  # noqa: S608  # numbers of our own
        "WHERE NOT multiple AND variant = $variant AND seen > $after GROUP BY ago",
        {"last": last, "variant": variant, "after": last - days * _MICROSECONDS},
    ).fetchall()
    found = dict(rows)
    return Arrived(tuple(found.get(ago, 0) for ago in reversed(range(days))), exposed.last)


def reached_of(
    plan: Plan, primary: Sequence[MetricEstimate], progress: Progress, arrived: Arrived | None, moment: datetime
) -> Reached:
    daily = arrived.daily if arrived else ()
    return Reached(
        units=progress.units,
        planned_units=progress.planned_units,
        days=progress.days,
        planned_days=progress.planned_days,
        wanted_power=plan.power,
        powers=tuple(powers_of(plan, primary)),
        per_day=arrived.mean if arrived and daily else None,
        counted_days=len(daily),
        **_end(progress, arrived, moment),
    )


def powers_of(plan: Plan, primary: Sequence[MetricEstimate]) -> Iterator[Power]:
    """By treatment. Several of them share alpha where the plan corrects for their number.

    A fixed plan's power is that of its one look, were it now; a plan of looks has its bound at this look.
    """
    shared = len(primary) if plan.correction != "none" else 1
    for row in primary:
        found = row.estimate
        if not isinstance(found, Estimate) or not _told(plan, row):
            yield Power(variant=row.variant)
            continue
        decision = row.decision if plan.method in _LOOKS else None
        se, df = (decision.se, None) if decision is not None else (found.se, found.df)
        if not (se > 0 and math.isfinite(1 / se)):
            yield Power(variant=row.variant)
            continue
        how: dict[str, Any] = {
            "df": df,
            "alpha": plan.alpha / shared,
            "alternative": found.alternative,
            "bound": decision.bound if decision is not None else None,
        }
        base, sign = abs(found.control.mean), -1 if found.alternative == "less" else 1
        effect = sign * plan.minimum_effect * base if plan.minimum_effect and base else None
        power = None if effect is None else min(max(power_reached(effect, se, **how), 0.0), 1.0)
        least = abs(mde_reached(se, power=plan.power, **how)) if plan.power > plan.alpha / shared else None
        yield Power(
            variant=row.variant,
            sought=plan.minimum_effect,
            power=power,
            detectable=least,
            detectable_lift=least / base if least is not None and base else None,
        )


def _told(plan: Plan, row: MetricEstimate) -> bool:
    """A plan of looks says nothing before its first bound is in reach."""
    if plan.method not in _LOOKS:
        return True
    return row.decision is not None and row.decision.bound is not None


def _end(progress: Progress, arrived: Arrived | None, moment: datetime) -> dict[str, Any]:
    if progress.over:
        return {"note": "it has stopped"}
    if not progress.planned:
        return {"note": "no size is planned, so there is no end to wait for"}
    if arrived is None or progress.days is None:
        return {"note": "no unit has come yet" if not progress.units else ""}
    by_days = arrived.until + _DAY * max((progress.planned_days or 0.0) - progress.days, 0.0)
    if progress.enough:
        return {"note": "what was planned is there"}
    left = (progress.planned_units or 0) - progress.units
    if left <= 0:
        return dict.fromkeys(("end", "earliest", "latest"), _whole(by_days))
    if moment - arrived.until > QUIET:
        return {"note": f"no unit has come since {arrived.until:%Y-%m-%d}"}
    if len(arrived.daily) < 2:
        return {"note": "it is too early to tell when it ends: two whole days are needed"}
    if not arrived.mean or left / arrived.mean > FAR:
        return {"note": "at the pace of the last days there is no end in sight"}
    soon, late = _range(left, arrived)
    return {
        "end": _whole(max(arrived.until + _DAY * (left / arrived.mean), by_days)),
        "earliest": _whole(max(arrived.until + _DAY * soon, by_days)),
        "latest": None if late > FAR else _whole(max(arrived.until + _DAY * late, by_days)),
        "note": "" if late <= FAR else "days vary too much to say by when it ends at the latest",
    }


def _range(left: float, arrived: Arrived) -> tuple[float, float]:
    """The days after which the sum of all days to come reaches `left`, at both ends of its prediction interval.

    m d + t s sqrt(d + d^2 / k) = left, and with minus; squared, both are roots of one quadratic.
    """
    k, m = len(arrived.daily), arrived.mean
    wide = critical(OUTSIDE, k - 1, "two-sided") ** 2 * arrived.var
    a, b, c = m * m - wide / k, -(2 * m * left + wide), left * left
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    soon = 2 * c / (-b + root)
    return soon, (-b + root) / (2 * a) if a > 0 else math.inf


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
