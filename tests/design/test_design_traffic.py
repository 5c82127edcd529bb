"""Days and dates from traffic that has its week."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.design import plan_days, units_by
from expkit.errors import InvalidInput

WEEK = (100, 100, 100, 100, 100, 20, 10)  # Monday to Sunday
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)


def test_the_weekend_is_slow() -> None:
    """From a Saturday it takes longer; without a start the slowest is planned for."""
    assert plan_days(500, WEEK, start=MONDAY).days == 5
    assert plan_days(500, WEEK, start=SATURDAY).days == 7
    assert plan_days(500, WEEK).days == 7
    assert plan_days(531, WEEK, start=MONDAY).days == 8


def test_whole_weeks_end_on_a_date() -> None:
    """Two weeks from Monday end on the second Sunday."""
    found = plan_days(600, WEEK, start=MONDAY)
    assert (found.weeks, found.end, found.units) == (2, date(2026, 12, 6), 1060)
    assert plan_days(600, WEEK).end is None


def test_coverage_lets_only_some_in() -> None:
    """Half the traffic, twice the time."""
    assert plan_days(1000, 100, coverage=0.5).days == 20


@given(st.lists(st.integers(0, 500), min_size=7, max_size=7), st.integers(1, 50_000), st.dates(date(2020, 1, 1)))
def test_days_and_units_agree(week: list[int], total: int, start: date) -> None:
    """So many days bring the units, and one fewer do not."""
    if not sum(week) or sum(week) * 500 < total:
        return
    days = plan_days(total, week, start=start).days
    assert units_by(days, week, start=start) >= total
    if days > 1:
        assert units_by(days - 1, week, start=start) < total


@pytest.mark.parametrize(
    ("total", "units", "words", "message"),
    [
        (0, 10, {}, "total is 0"),
        (10, 0, {}, "daily_units is 0"),
        (10, [1, 2], {}, "daily_units has 2 days"),
        (10, float("nan"), {}, "daily_units is nan"),
        (10, 5, {"coverage": 0}, "coverage is 0"),
        (10**9, 5, {"start": MONDAY}, "beyond the calendar"),
    ],
)
def test_what_cannot_be_planned(total: int, units: float, words: dict[str, Any], message: str) -> None:
    """Each with a hint."""
    with pytest.raises(InvalidInput, match=message) as error:
        plan_days(total, units, **words)
    assert error.value.hint


def test_days_are_counted() -> None:
    """The worst week is the answer without a start."""
    assert units_by(2, WEEK) == 30
    assert units_by(7, WEEK) == 530
    with pytest.raises(InvalidInput, match="days is 0"):
        units_by(0, WEEK)
