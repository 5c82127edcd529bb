"""Paired means, the log-ratio lift, slopes per arm, ratios with covariates, units without history."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, Summary, compare_means, compare_ratios

SUMMARIES = st.builds(Summary, st.integers(2, 1000), st.floats(1, 100), st.floats(0.01, 1e2))


def test_log_ratio_lift():
    """The variance of log(t / c) is var_t / t^2 + var_c / c^2; the ends never fall below -100%."""
    found = compare_means(Summary(400, 10, 9), Summary(500, 12, 16), method="z", lift_method="log-ratio")
    half = 1.959963984540054 * math.sqrt(16 / 500 / 144 + 9 / 400 / 100)
    assert found.lift_ci == pytest.approx((1.2 * math.exp(-half) - 1, 1.2 * math.exp(half) - 1), rel=1e-12)
    wide = compare_means(Summary(5, 10, 90), Summary(5, 1, 90), lift_method="log-ratio")
    assert wide.lift_ci.lower > -1


@given(SUMMARIES, SUMMARIES, st.sampled_from(["two-sided", "greater", "less"]))
def test_log_ratio_mirrors(control, treatment, alternative):
    """Below zero as above it, and with the arms swapped the ratio is its reciprocal."""
    a = compare_means(control, treatment, lift_method="log-ratio", alternative=alternative)
    if not a.lift_ci:
        return
    assert a.lift in a.lift_ci
    other = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    negated = [Summary(s.n, -s.mean, s.var) for s in (control, treatment)]
    b = compare_means(*negated, lift_method="log-ratio", alternative=other)
    assert (-b.lift_ci.upper, -b.lift_ci.lower) == pytest.approx(a.lift_ci, rel=1e-9)


def test_log_ratio_needs_one_sign():
    """A treatment on the other side of zero has no logarithm; the effect is there all the same."""
    found = compare_means(Summary(100, 5, 1), Summary(100, -5, 1), lift_method="log-ratio")
    assert "different signs" in found.lift_ci.reason
    assert found.lift == -2


def test_paired_values_belong_together():
    """A pair that lacks a value is left out; the lift's Fieller interval decides as the test."""
    before, after = [10, 12, None, 9, 11, 14], [11, 14, 9, 9.5, 12, math.nan]
    found = compare_means(before, after, method="paired")
    assert (found.control.n, found.effect, found.df) == (4, 1.125, 3)
    assert found.significant == (0 not in found.ci) == (0 not in found.lift_ci)
    assert found.control.mean + found.effect == found.treatment.mean


def test_paired_refusals():
    """Summaries, different lengths, too few pairs, the same difference in all."""
    with pytest.raises(InvalidInput, match="belong together"):
        compare_means(Summary(3, 1, 1), Summary(3, 1, 1), method="paired")
    with pytest.raises(InvalidInput, match="cannot be paired"):
        compare_means([1, 2], [1, 2, 3], method="paired")
    assert "1 full pairs" in compare_means([1, None], [2, 3], method="paired").reason
    assert "0 full pairs" in compare_means([], [], method="paired").reason
    assert "same in every pair" in compare_means([1, 2, 3], [2, 3, 4], method="paired").reason


def _arm(rng, n, lift=0.0):
    past = rng.normal(5, 2, n)
    return past + rng.normal(0, 1, n) + lift, past


def test_variance_saved_is_what_the_errors_say():
    """One less the ratio of the squared standard errors; None without covariates."""
    rng = np.random.default_rng(3)
    arms = [_arm(rng, 400), _arm(rng, 400, 0.2)]
    plain = compare_means(*(values for values, _ in arms))
    for slopes in ("pooled", "per-arm"):
        found = compare_means(*(Summary.of(*arm) for arm in arms), slopes=slopes)
        assert found.variance_saved == pytest.approx(1 - found.se**2 / plain.se**2, rel=1e-9)
        assert found.variance_saved == pytest.approx(0.8, abs=0.05)  # rho^2 = 4 / 5
        assert found.significant == (0 not in found.lift_ci)
    assert plain.variance_saved is None


def test_new_users_count_with_an_indicator():
    """Dropped by default; with an indicator they stay, and save what history there is."""
    rng = np.random.default_rng(4)
    arms = [_arm(rng, 500), _arm(rng, 500, 0.2)]
    holes = [(values, np.where(rng.random(500) < 0.3, np.nan, past)) for values, past in arms]
    dropped = Summary.of(*holes[0])
    kept = [Summary.of(*arm, no_history="indicator") for arm in holes]
    assert dropped.n < kept[0].n == 500
    assert kept[0].covariates.mean[1] == pytest.approx(1 - dropped.n / 500)
    found = compare_means(*kept)
    assert 0.3 < found.variance_saved < 0.8
    assert kept[0] + kept[1] == pytest.approx(kept[0] + kept[1])
    whole = Summary.of([1, 2, 4], [1, None, 2], no_history="indicator")
    parts = Summary.of([1], [1], no_history="indicator") + Summary.of([2, 4], [None, 2], no_history="indicator")
    assert parts.covariates.cov == pytest.approx(whole.covariates.cov)


def test_more_covariates_than_units():
    """Nothing is left to estimate an error from."""
    rng = np.random.default_rng(5)
    few = [Summary.of(rng.normal(0, 1, 3), rng.normal(0, 1, (3, 4))) for _ in range(2)]
    assert "no more units than covariates" in compare_means(*few).reason
    assert isinstance(compare_means(*few, slopes="per-arm"), NotEstimable)
    with pytest.raises(InvalidInput, match="did you mean 'pooled'"):
        compare_means(*few, slopes="poled")


def test_ratios_take_covariates():
    """The past ratio explains the present one: the error falls, the effect stays about the same."""
    rng = np.random.default_rng(6)
    arms = []
    for lift in (0, 0.02):
        habit, visits = rng.gamma(4, 0.25, 3000), rng.poisson(5, 3000) + 1
        arms.append((rng.poisson(habit * visits * (1 + lift)), visits, habit))
    plain, found = compare_ratios(*(arm[:2] for arm in arms)), compare_ratios(*arms)
    assert found.method == "delta+cuped"
    assert found.se**2 / plain.se**2 == pytest.approx(1 - found.variance_saved)
    assert found.variance_saved > 0.3
    summaries = [Summary.of(top, np.column_stack([bottom, more])) for top, bottom, more in arms]
    assert compare_ratios(*summaries) == found
    with pytest.raises(InvalidInput, match="covariate rows"):
        compare_ratios((arms[0][0], arms[0][1], [1, 2]), arms[1])
    with pytest.raises(InvalidInput, match="no denominator"):
        compare_ratios(Summary(10, 1, 1), Summary(10, 1, 1))
