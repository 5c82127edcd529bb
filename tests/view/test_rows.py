from __future__ import annotations

import math

import pytest

from expkit.analysis import Scorecard
from expkit.stats import Interval, NotEstimable
from expkit.view.rows import extent, scorecard_rows


def test_primary_first_guardrails_last(scorecard: Scorecard) -> None:
    """Whatever the order in the scorecard, readers meet the primary metric first."""
    assert [row.role for row in scorecard_rows(scorecard)] == ["primary", "secondary", "secondary", "guardrail"]


def test_numbers_are_the_scorecards(scorecard: Scorecard) -> None:
    """Rows show what the estimate says."""
    row, estimate = scorecard_rows(scorecard)[0], scorecard.estimate("conversion")
    assert not isinstance(estimate, NotEstimable)
    assert row.lift == estimate.lift
    assert (row.lower, row.upper) == estimate.lift_ci
    assert (row.control, row.treatment, row.p_text) == ("10.00%", "12.00%", "< 0.001")


def test_what_cannot_be_estimated_says_why(scorecard: Scorecard) -> None:
    """No number stands in for a missing one."""
    row = next(row for row in scorecard_rows(scorecard) if row.metric == "revenue")
    assert (row.lift, row.lift_text, row.reason, row.hint) == (None, "–", "no revenue yet", "wait a day")


def test_arms_are_named_only_when_there_are_several(scorecard: Scorecard) -> None:
    """With one treatment its name in every row would be noise."""
    assert scorecard_rows(scorecard)[0].label == "Conversion"
    second = scorecard.estimates[2].model_copy(update={"variant": "other"})
    both = scorecard.model_copy(update={"estimates": (*scorecard.estimates, second)})
    assert {row.label for row in scorecard_rows(both)} >= {"Conversion · One page", "Conversion · other"}


def test_the_axis_holds_zero_and_every_sane_interval(scorecard: Scorecard) -> None:
    """Zero is inside; all ends are, too."""
    rows = scorecard_rows(scorecard)
    low, high = extent(rows)
    assert low < 0 < high
    assert all(low <= end <= high for row in rows for end in (row.lower, row.upper) if end is not None)


def test_one_wild_interval_does_not_squeeze_the_others(scorecard: Scorecard) -> None:
    """The axis is cut at a few times the median reach, and infinite ends do not count."""
    rows = scorecard_rows(scorecard)
    wild = rows[0]._replace(lower=-math.inf, upper=500.0)
    low, high = extent([*rows, *rows, wild])
    assert high < 10
    assert math.isfinite(low)


def test_an_axis_without_any_number(scorecard: Scorecard) -> None:
    """Nothing estimable still gives an axis."""
    row = next(row for row in scorecard_rows(scorecard) if row.lift is None)
    assert extent([row]) == (-0.1, 0.1)
    assert extent([]) == (-0.1, 0.1)


@pytest.fixture
def one_sided(scorecard: Scorecard) -> Scorecard:
    estimate = scorecard.estimates[2]
    from dataclasses import replace

    assert not isinstance(estimate.estimate, NotEstimable)
    open_ended = replace(estimate.estimate, lift_ci=Interval(0.1, math.inf))
    return scorecard.model_copy(update={"estimates": (estimate.model_copy(update={"estimate": open_ended}),)})


def test_a_one_sided_interval_has_an_open_end(one_sided: Scorecard) -> None:
    """Infinity is told as such."""
    assert scorecard_rows(one_sided)[0].ci_text == "+10.0% to +∞%"
