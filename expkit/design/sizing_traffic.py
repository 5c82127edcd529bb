"""From units to days and dates: traffic that has its week, and experiments that start on a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from expkit.errors import InvalidInput

__all__ = ["Timetable", "plan_days", "units_by"]

WEEK = 7
MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Timetable:
    """How long it takes. Whole weeks let every weekday count as often as any other."""

    days: int
    """Until there are enough units."""
    weeks: int
    """The same, rounded up to whole weeks."""
    units: int
    """Expected after whole weeks."""
    start: date | None = None
    end: date | None = None
    """The last day of the last week."""


def plan_days(
    total: int, daily_units: float | Sequence[float], *, coverage: float = 1.0, start: date | None = None
) -> Timetable:
    """How many days until so many units came; each unit counts on its first day only.

    `daily_units` is one number, or seven from Monday to Sunday, of new eligible units; `coverage` the share
    let in. Without `start`, the week begins on the day that makes it take longest.

    >>> plan_days(1000, 100).days
    10
    """
    if total <= 0 or total != int(total):
        raise InvalidInput(f"total is {total}.", hint="the units that are needed, above 0.")
    week = [units * _share(coverage) for units in _week(daily_units)]
    firsts = range(WEEK) if start is None else [start.weekday()]
    days = max(_days(total, week, first) for first in firsts)
    weeks = math.ceil(days / WEEK)
    return Timetable(days, weeks, math.floor(weeks * sum(week) + 1e-9), start, _end(start, weeks))


def units_by(
    days: int, daily_units: float | Sequence[float], *, coverage: float = 1.0, start: date | None = None
) -> int:
    """How many units so many days bring; without `start`, the days that bring the fewest."""
    if not 0 < days <= MAX_DAYS or days != int(days):
        raise InvalidInput(f"days is {days}.", hint=f"a whole number from 1 to {MAX_DAYS}.")
    week = [units * _share(coverage) for units in _week(daily_units)]
    firsts = range(WEEK) if start is None else [start.weekday()]
    return min(math.floor(sum(week[(first + day) % WEEK] for day in range(days)) + 1e-9) for first in firsts)


def _end(start: date | None, weeks: int) -> date | None:
    try:
        return None if start is None else start + timedelta(days=weeks * WEEK - 1)
    except OverflowError:
        raise InvalidInput(
            f"{weeks:,} weeks are beyond the calendar.", hint="look for a larger effect, or more traffic."
        ) from None


def _days(total: int, week: Sequence[float], first: int) -> int:
    if min(week) == max(week):
        return math.ceil(total / week[0])
    whole = max(int(total / sum(week)) - 1, 0)
    came, days = whole * sum(week), whole * WEEK
    while came < total:
        came += week[(first + days) % WEEK]
        days += 1
    return days


def _week(daily_units: float | Sequence[float]) -> list[float]:
    found = [float(daily_units)] * WEEK if isinstance(daily_units, int | float) else [float(n) for n in daily_units]
    if len(found) != WEEK:
        raise InvalidInput(f"daily_units has {len(found)} days.", hint="one number, or seven from Monday to Sunday.")
    if not all(math.isfinite(units) and units >= 0 for units in found) or not sum(found):
        raise InvalidInput(f"daily_units is {daily_units}.", hint="eligible units a day, above 0.")
    return found


def _share(coverage: float) -> float:
    if not 0 < coverage <= 1:
        raise InvalidInput(f"coverage is {coverage:g}.", hint="the share of eligible units let in, above 0.")
    return coverage
