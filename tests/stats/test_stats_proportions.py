"""Proportions: published intervals, statsmodels as the peer, agreement of test and intervals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import xlog1py, xlogy

from expkit.errors import InvalidInput
from expkit.stats import Estimate, NotEstimable, compare_proportions
from expkit.stats.score import Counts, _restricted_by_ratio, restricted_by_difference

ARMS = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
ALPHAS = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.3])
SIDES = st.sampled_from(["two-sided", "greater", "less"])

# Newcombe (1998, Statistics in Medicine 17, 873-890), Table II, method 5 (Mee): x/m v y/n, interval
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0533, 0.3377)),
    ((9, 10, 3, 10), (0.1821, 0.8370)),
    ((6, 7, 2, 7), (0.0544, 0.8478)),
    ((0, 10, 0, 20), None),
    ((10, 10, 0, 20), (0.7225, 1.0000)),
    ((10, 10, 0, 10), (0.6777, 1.0000)),
]


@pytest.mark.parametrize(("counts", "expected"), NEWCOMBE)
def test_newcombe_table_ii(counts, expected):
    """The score interval of the difference as printed."""
    x_t, n_t, x_c, n_c = counts
    found = compare_proportions(x_c, n_c, x_t, n_t)
    if expected is None:
        assert isinstance(found, NotEstimable)
    else:
        assert found.ci == pytest.approx(expected, abs=5.1e-5)


def test_koopman_example():
    """Koopman (1984, Biometrics 40, 513): 36/40 v 16/80, ratio within (2.94, 7.15)."""
    found = compare_proportions(16, 80, 36, 40)
    assert found.lift == pytest.approx(3.5)
    assert found.lift_ci == pytest.approx((1.94, 6.15), abs=5e-3)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("counts", [(480, 8000, 560, 7000), (3, 50, 9, 40), (10, 10_000_000, 30, 20_000_000)])
def test_agrees_with_statsmodels(counts, alternative):
    """Pooled z and p of proportions_ztest, to 1e-9."""
    from statsmodels.stats.proportion import proportions_ztest

    x_c, n_c, x_t, n_t = counts
    found = compare_proportions(*counts, alternative=alternative)
    peer = proportions_ztest(
        [x_t, x_c], [n_t, n_c], alternative={"greater": "larger", "less": "smaller"}.get(alternative, alternative)
    )
    assert (found.statistic, found.p_value) == pytest.approx(peer, rel=1e-9)


@pytest.mark.parametrize("counts", [(480, 8000, 560, 7000), (3, 50, 9, 40), (40, 50, 30, 70)])
def test_the_ratio_interval_agrees_with_statsmodels(counts):
    """Koopman's interval, to the peer's own precision."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    x_c, n_c, x_t, n_t = counts
    peer = confint_proportions_2indep(x_t, n_t, x_c, n_c, compare="ratio", method="score", correction=False)
    found = compare_proportions(*counts)
    assert found.lift_ci == pytest.approx((peer[0] - 1, peer[1] - 1), rel=1e-9)


def test_wald_agrees_with_statsmodels():
    """The unpooled z and its interval."""
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    found = compare_proportions(480, 8000, 560, 7000, method="wald")
    statistic = 0.02 / math.sqrt(0.06 * 0.94 / 8000 + 0.08 * 0.92 / 7000)
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    peer = confint_proportions_2indep(560, 7000, 480, 8000, compare="diff", method="wald")
    assert found.ci == pytest.approx(peer, rel=1e-9)
    assert found.statistic != proportions_ztest([560, 480], [7000, 8000])[0]


@given(ARMS, ARMS, ALPHAS, SIDES, st.sampled_from(["score", "wald"]))
def test_p_value_and_both_intervals_decide_alike(control, treatment, alpha, alternative, method):
    """Zero lies outside the interval, and outside the lift's, exactly when p < alpha."""
    found = compare_proportions(*control, *treatment, alpha=alpha, alternative=alternative, method=method)
    assume(isinstance(found, Estimate) and abs(found.p_value - alpha) > 1e-9)
    assert found.significant == (0 not in found.ci)
    if found.lift_ci:
        assert found.significant == (0 not in found.lift_ci)


def _likelihood(counts, p_c, p_t):
    """Binomial log likelihood of both arms, but for constants."""
    x_c, n_c, x_t, n_t = counts
    return xlogy(x_c, p_c) + xlog1py(n_c - x_c, -p_c) + xlogy(x_t, p_t) + xlog1py(n_t - x_t, -p_t)


@given(ARMS, ARMS, st.floats(-0.99, 0.99), st.floats(0.05, 20))
def test_the_score_is_taken_where_the_likelihood_is_largest(control, treatment, difference, ratio):
    """No other pair of proportions with that difference, or that ratio, is likelier."""
    counts = Counts(*control, *treatment)
    p_c = np.linspace(max(0, -difference), min(1, 1 - difference), 999)[1:-1]
    best = restricted_by_difference(counts, difference)
    found = _likelihood(counts, best, min(max(best + difference, 0), 1))
    assert found >= _likelihood(counts, p_c, p_c + difference).max() - 1e-6
    p_c = np.linspace(0, min(1, 1 / ratio), 999)[1:-1]
    best = _restricted_by_ratio(counts, ratio)
    found = _likelihood(counts, best, min(best * ratio, 1))
    assert found >= _likelihood(counts, p_c, p_c * ratio).max() - 1e-6


@given(ARMS, ARMS, ALPHAS)
def test_swapping_the_arms_mirrors(control, treatment, alpha):
    """Same p-value, negated interval; the ratio becomes its reciprocal."""
    a = compare_proportions(*control, *treatment, alpha=alpha)
    b = compare_proportions(*treatment, *control, alpha=alpha)
    assume(isinstance(a, Estimate))
    assert b.p_value == pytest.approx(a.p_value, rel=1e-9)
    assert (-b.ci.upper, -b.ci.lower) == pytest.approx(a.ci, abs=1e-9)
    if a.lift_ci and b.lift_ci:
        assert (1 + a.lift_ci.lower) * (1 + b.lift_ci.upper) == pytest.approx(1, rel=1e-6)


@given(ARMS, ARMS, ALPHAS)
def test_counting_failures_mirrors(control, treatment, alpha):
    """Conversion or its absence: the same question."""
    (x_c, n_c), (x_t, n_t) = control, treatment
    a = compare_proportions(x_c, n_c, x_t, n_t, alpha=alpha)
    b = compare_proportions(n_c - x_c, n_c, n_t - x_t, n_t, alpha=alpha)
    assume(isinstance(a, Estimate))
    assert (b.effect, b.p_value) == pytest.approx((-a.effect, a.p_value), rel=1e-9, abs=1e-12)
    assert (-b.ci.upper, -b.ci.lower) == pytest.approx(a.ci, abs=1e-9)


def test_no_conversions_in_one_arm():
    """An absolute answer, but no ratio to nothing; a treatment without any has lost everything."""
    found = compare_proportions(0, 1000, 8, 1000)
    assert found.p_value == pytest.approx(0.0045, abs=1e-4)
    assert "converted" in found.lift.reason
    assert not found.lift_ci
    lost = compare_proportions(8, 1000, 0, 1000)
    assert (lost.lift, lost.lift_ci.lower) == (-1, -1)
    assert not compare_proportions(8, 1000, 9, 1000, relative=False).lift


@pytest.mark.parametrize("counts", [(0, 10, 0, 10), (10, 10, 12, 12), (0, 0, 1, 2), (0, 10, 0, 0)])
def test_what_cannot_be_estimated_says_so(counts):
    """Nobody, everybody, or no units."""
    found = compare_proportions(*counts)
    assert not found
    assert found.reason
    assert found.hint


def test_wald_without_variance_points_to_the_score_test():
    """Everybody against nobody: only the pooled error is there."""
    assert "score" in compare_proportions(0, 10, 10, 10, method="wald").hint
    assert compare_proportions(0, 10, 10, 10).p_value < 1e-5


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((-1, 10, 1, 10), "successes of the control is -1"),
        ((11, 10, 1, 10), "11 successes among 10"),
        ((1, 10, 1.5, 10), "successes of the treatment is 1.5"),
        ((1, 10, 1, math.nan), "n of the treatment is nan"),
        ((1, math.inf, 1, 10), "n of the control is inf"),
        ((None, 10, 1, 10), "successes of the control is None"),
        (("1", 10, 1, 10), "successes of the control is '1'"),
    ],
)
def test_impossible_counts_are_refused(counts, message):
    """With the count at fault and a hint."""
    with pytest.raises(InvalidInput, match=message) as error:
        compare_proportions(*counts)
    assert error.value.hint


def test_unknown_words_are_refused():
    """As everywhere."""
    with pytest.raises(InvalidInput, match="did you mean 'score'"):
        compare_proportions(1, 10, 2, 10, method="scor")
    with pytest.raises(InvalidInput, match="alpha"):
        compare_proportions(1, 10, 2, 10, alpha=5)


def test_numpy_counts_come_back_as_plain_numbers():
    """No NumPy scalar hides in the answer."""
    found = compare_proportions(*np.array([3, 50, 9, 40]))
    assert {type(found.control.n), type(found.effect), type(found.p_value), type(found.ci.lower)} == {int, float}


def test_error_rate_and_coverage_hold():
    """2,000 A/A comparisons at 5% of 2,000 units; tolerance four standard errors (0.0195)."""
    draws = np.random.default_rng(99).binomial(2000, 0.05, (2000, 2))
    found = [compare_proportions(int(c), 2000, int(t), 2000) for c, t in draws]
    assert abs(np.mean([f.significant for f in found]) - 0.05) < 0.0195
    assert abs(np.mean([0 in f.lift_ci for f in found]) - 0.95) < 0.0195
