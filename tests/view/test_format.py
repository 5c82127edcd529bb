from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.view import format as fmt


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [(0.0523, False, "5.23%"), (0.0523, True, "+5.23%"), (-0.1275, True, "−12.8%"), (0.0, True, "0.00%"),
     (12.5, False, "1,250%"), (math.inf, True, "+∞%"), (-math.inf, True, "−∞%"), (0.00002, False, "0.002%")],
)  # fmt: skip
def test_percent(value: float, signed: bool, text: str) -> None:
    """Shares as people write them; nothing is "-0.00%"."""
    assert fmt.percent(value, signed=signed) == text


@pytest.mark.parametrize(
    ("value", "kind", "unit", "text"),
    [(0.1234, "conversion", "", "12.34%"), (12.3456, "sum", "EUR", "€12.35"), (0.0123, "sum", "USD", "$0.0123"),
     (836.6, "sum", "ms", "836.6 ms"), (0.04170, "ratio", "", "0.0417"), (0.05, "ratio", "%", "5.00%"),
     (1234567.0, "count", "", "1,234,567")],
)  # fmt: skip
def test_amount(value: float, kind: str, unit: str, text: str) -> None:
    """A level in the metric's own unit."""
    assert fmt.amount(value, kind, unit) == text


def test_a_difference_of_rates_is_in_points() -> None:
    """Two per cent more of a rate is not two percentage points."""
    assert fmt.amount(0.02, "conversion", signed=True) == "+2.00 pp"
    assert fmt.amount(-1.5, "sum", "EUR", signed=True) == "−€1.50"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0004, "< 0.001"), (0.0012, "0.0012"), (0.0499, "0.050"), (1.0, "1.000"), (None, "–")]
)
def test_p_value(value: float | None, text: str) -> None:
    """No p-value is zero."""
    assert fmt.p_value(value) == text


@given(st.floats(allow_nan=False), st.booleans())
def test_numbers_are_always_short(value: float, signed: bool) -> None:
    """Whatever the number, a percentage has no exponent below a million and fits a cell when it is sane."""
    text = fmt.percent(value, signed=signed)
    assert text.endswith("%")
    assert ("-" in text) is False or "e-" in text
    assert len(text) <= 16 or abs(value) > 1e6


def test_days_and_moments() -> None:
    """One day is singular; a moment says its zone; what is missing is a dash."""
    assert [fmt.days(value) for value in (1.0, 12.5, None)] == ["1 day", "12.5 days", "–"]
    assert fmt.moment(datetime(2026, 5, 4, 13, 20, tzinfo=UTC)) == "2026-05-04 13:20 UTC"
    assert fmt.moment(None) == "–"
    assert fmt.confidence(0.05) == "95% CI"
    assert [fmt.share(value) for value in (0.5, 1 / 3)] == ["50%", "33.3%"]
