"""Summaries: what counts, what is refused, and that they add."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import Summary

VALUES = st.lists(st.floats(-1e6, 1e6), max_size=40)


def near(a: Summary, b: Summary, scale: float = 1.0) -> bool:
    """Equal but for rounding, in units of the data's scale."""
    if a.n != b.n or bool(a.covariates) != bool(b.covariates):
        return False
    pairs = [(a.mean, b.mean), (a.var, b.var)]
    if a.covariates and b.covariates:
        pairs += [*zip(a.covariates.mean, b.covariates.mean, strict=True)]
        pairs += [*zip(a.covariates.cov, b.covariates.cov, strict=True)]
        pairs += [*zip(sum(a.covariates.var, ()), sum(b.covariates.var, ()), strict=True)]
    return all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9 * scale**2) for x, y in pairs)


@given(VALUES, VALUES)
def test_the_sum_of_summaries_is_the_summary_of_all_values(a, b):
    """Parts can be summarised anywhere and added later."""
    scale = max([1.0, *map(abs, a + b)])
    assert near(Summary.of(a) + Summary.of(b), Summary.of(a + b), scale)


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 3), min_size=2, max_size=30), st.integers(0, 30))
def test_covariates_add_as_well(rows, cut):
    """Also with two covariates, split anywhere."""
    table = np.array(rows)
    parts = [Summary.of(p[:, 0], p[:, 1:]) for p in (table[:cut], table[cut:])]
    assert near(sum(parts), Summary.of(table[:, 0], table[:, 1:]), 1e3)


def test_a_summary_agrees_with_numpy():
    """Mean, sample variance and covariance are the usual ones."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(5, 2, 100), rng.normal(0, 1, 100)
    summary = Summary.of(x, y)
    assert summary.covariates is not None
    assert (summary.mean, summary.var) == pytest.approx((x.mean(), x.var(ddof=1)), rel=1e-12)
    assert summary.covariates.cov[0] == pytest.approx(np.cov(x, y)[0, 1], rel=1e-12)
    assert summary.covariates.var[0][0] == pytest.approx(y.var(ddof=1), rel=1e-12)


@pytest.mark.parametrize("parts", [1, 3, 1001])
def test_variance_survives_a_mean_of_a_billion(parts):
    """NIST StRD NumAcc4 lies near 1e7 with sd exactly 0.1; here also shifted to 1e9, in parts."""
    nist = [10000000.2] + [10000000.1, 10000000.3] * 500
    assert math.sqrt(Summary.of(nist).var) == pytest.approx(0.1, rel=1e-7)
    large = 1e9 + np.array([4.0, 7.0, 13.0, 16.0] * 1000)
    whole = sum(Summary.of(part) for part in np.array_split(large, parts))
    assert whole.var == pytest.approx(22.5 * 4000 / 3999, rel=1e-9)
    assert whole.mean == 1e9 + 10


def test_shifted_sums_give_the_same_summary():
    """What SQL sums about a shift equals what Python sees in the values."""
    values = 1e9 + np.random.default_rng(5).normal(0, 3, 500)
    shifted = values - 1e9
    summary = Summary.from_sums(500, shifted.sum(), (shifted**2).sum(), shift=1e9)
    assert near(summary, Summary.of(values))
    assert Summary.from_sums(0, 0, 0) == Summary(0, 0, 0)
    assert Summary.from_sums(3, 0.1 * 3, 0.1**2 * 3).var == 0.0


MISSING = [
    [1, None, 2.5, math.nan],
    [1, pd.NA, Decimal("2.5")],
    np.array([1, np.nan, 2.5]),
    np.ma.array([1, 99, 2.5], mask=[0, 1, 0]),
    pd.Series([1, None, 2.5], dtype="Float64"),
    pl.Series([1.0, None, 2.5]),
]


@pytest.mark.parametrize("values", MISSING, ids=lambda v: f"{type(v).__module__}.{type(v).__name__}")
def test_missing_values_are_never_counted(values):
    """Whatever a library calls missing, the unit is not there."""
    assert Summary.of(values) == Summary.of([1, 2.5])


def test_a_unit_without_its_covariate_is_not_counted():
    """Pairs are complete or left out."""
    assert Summary.of([1, 2, 3, 4], [5, None, 6, 7]) == Summary.of([1, 3, 4], [5, 6, 7])


def test_booleans_count_as_zero_and_one():
    """A conversion column needs no conversion."""
    assert Summary.of([True, False, True, True]).mean == 0.75
    assert Summary.of(pl.Series([True, None, False])).n == 2


@pytest.mark.parametrize("values", [[0.1] * 7, [1e9 + 0.1] * 5, [3.0]])
def test_equal_values_have_no_variance_at_all(values):
    """Not even that of rounding."""
    summary = Summary.of(values) + Summary.of(values)
    assert summary.var == 0.0
    assert summary.constant


def test_the_empty_summary_changes_nothing():
    """It is what a sum starts from."""
    summary = Summary.of([1.0, 2.0], [3.0, 5.0])
    assert Summary.of([]) + summary == summary == summary + Summary(0, 0, 0)
    assert sum([summary]) == summary


REFUSED = [
    ([1, math.inf], "infinite"),
    ([1, "2"], "not numbers"),
    (["a", None], "not a number"),
    ([1 + 2j], "not numbers"),
    ([None, 1 + 2j], "not a number"),
    (pd.to_datetime(["2026-01-01"]), "not numbers"),
    ([[1, 2], [3, 4]], "one number per unit"),
    ([[1], [2, 3]], "one number per unit"),
    (7, "one number per unit"),
    ("abc", "one number per unit"),
    ((n for n in range(3)), "one number per unit"),
    ([1e200, -1e200], "var is inf"),
    ([1e120, -1e120], "beyond 1e100"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_is_no_column_of_numbers_is_refused(values, message):
    """With the reason, and no bare NumPy error."""
    with pytest.raises(InvalidInput, match=message):
        Summary.of(values)


def test_impossible_summaries_are_refused():
    """A negative variance, half a unit, sums that contradict each other, covariates that do not fit."""
    for bad in [(2, 0, -1), (1.5, 0, 1), (-1, 0, 1), (2, math.nan, 1), ("2", 0, 1)]:
        with pytest.raises(InvalidInput, match=r"n is|var is|mean is"):
            Summary(*bad)
    with pytest.raises(InvalidInput, match="too small"):
        Summary.from_sums(2, 10, 1)
    with pytest.raises(InvalidInput, match="covariate rows"):
        Summary.of([1, 2], [1, 2, 3])
    with pytest.raises(InvalidInput, match="do not add"):
        Summary.of([1, 2], [1, 2]) + Summary.of([1, 2])
    with pytest.raises(TypeError):
        Summary.of([1, 2]) + 3
