"""Ratios of totals: the delta method against regression, simulation and the plain mean."""

import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, Summary, compare_means, compare_ratios


def draw(rng, n, rate):
    """Sessions per user, and orders that depend on them: users differ in how much they buy."""
    sessions = 1 + rng.poisson(3, n)
    return rng.poisson(sessions * rate * rng.gamma(4, 0.25, n)), sessions


def test_agrees_with_weighted_least_squares_by_user():
    """The ratio is the slope of orders on sessions; its cluster-robust error is the delta method's."""
    from statsmodels.api import WLS

    rng = np.random.default_rng(8)
    (y_c, n_c), (y_t, n_t) = draw(rng, 4000, 0.2), draw(rng, 3000, 0.22)
    found = compare_ratios((y_c, n_c), (y_t, n_t))
    group = np.repeat([0, 1], [4000, 3000])
    y, n = np.r_[y_c, y_t], np.r_[n_c, n_t]
    peer = WLS(y / n, np.column_stack([np.ones(7000), group]), weights=n).fit(cov_type="HC0")
    assert found.effect == pytest.approx(peer.params[1], rel=1e-9)
    assert found.se == pytest.approx(peer.bse[1], rel=1e-3)  # HC0 divides by n, we by n - 1
    assert found.method == "delta"
    assert found.control.mean == pytest.approx(y_c.sum() / n_c.sum(), rel=1e-12)


def test_equal_denominators_give_the_plain_mean():
    """With one session each, orders per session are orders per user."""
    control, treatment = [1.0, 2, 3, 4], [2.0, 4, 4, 7]
    found = compare_ratios((control, [1] * 4), (treatment, [1] * 4))
    plain = compare_means(control, treatment)
    assert found.ci == pytest.approx(plain.ci)
    assert found.p_value == pytest.approx(plain.p_value)


def test_summaries_give_what_arrays_give():
    """And summaries that were added."""
    rng = np.random.default_rng(9)
    control, treatment = draw(rng, 500, 0.2), draw(rng, 500, 0.3)
    parts = [Summary.of(control[0][part], control[1][part]) for part in (slice(200), slice(200, None))]
    found = compare_ratios(sum(parts), Summary.of(*treatment))
    assert found.p_value == pytest.approx(compare_ratios(control, treatment).p_value, rel=1e-9)


def test_error_rate_holds_where_sessions_are_correlated():
    """2,000 A/A comparisons; tolerance four standard errors (0.0195)."""
    rng = np.random.default_rng(10)
    alarms = [compare_ratios(draw(rng, 300, 0.3), draw(rng, 300, 0.3)).significant for _ in range(2000)]
    assert abs(np.mean(alarms) - 0.05) < 0.0195


@pytest.mark.parametrize(
    ("arm", "reason"),
    [
        (([1], [1]), "has 1 units"),
        (([1, 2, 3], [0, 0, 0]), "about zero"),
        (([1, 2, 3], [-1, 1, 0.1]), "about zero"),
        (([2, 4, 6], [1, 2, 3]), "do not vary"),
    ],
)
def test_what_cannot_be_estimated_says_so(arm, reason):
    """Too few units, nothing to divide by, no variation about the ratio."""
    other = [1, 2, 3], [1, 2, 3]
    for found in (compare_ratios(arm, other), compare_ratios(other, arm)):
        assert not found
        assert reason in found.reason


def test_a_summary_without_a_denominator_is_refused():
    """With the way to make one."""
    with pytest.raises(InvalidInput, match=r"Summary\.of\(numerators, denominators\)"):
        compare_ratios(Summary.of([1, 2]), Summary.of([1, 2]))


def test_equal_denominators_in_few_units_are_few_units():
    """Two hundred units of whom ten have a denominator of 1 are worth ten: variance and degrees of freedom say so."""
    rng = np.random.default_rng(10)
    arms = [(np.r_[np.zeros(190), 1.0 * (rng.random(10) < 0.5)], np.r_[np.zeros(190), np.ones(10)]) for _ in range(2)]
    found = compare_ratios(*arms)
    alone = compare_means(*(top[-10:] for top, _ in arms))
    assert found.effect == pytest.approx(alone.effect)
    assert (found.se, found.df) == pytest.approx((alone.se, alone.df), rel=1e-9)


@pytest.mark.parametrize(("n", "sessions"), [(200, 0.05), (50, 0.3), (20, 1.0)])
def test_the_error_rate_with_few_sessions(n, sessions):
    """2,000 experiments without an effect, most units without a session; tolerance four standard errors."""
    rng, alarms = np.random.default_rng(11), 0
    for _ in range(2000):
        below = rng.poisson(sessions, (2, n))
        found = compare_ratios(*zip(rng.binomial(below, 0.3), below, strict=True))
        alarms += not isinstance(found, NotEstimable) and found.p_value < 0.05
    assert alarms / 2000 < 0.0695


def test_many_units_are_left_to_the_delta_method_alone():
    """From thirty units' worth on, it is the textbook's number."""
    rng = np.random.default_rng(12)
    arms = [draw(rng, 400, 0.2) for _ in range(2)]
    found = compare_ratios(*arms)
    ratios = [top.sum() / below.sum() for top, below in arms]
    var = [np.var(t - r * b, ddof=1) / 400 / b.mean() ** 2 for (t, b), r in zip(arms, ratios, strict=True)]
    assert found.se == pytest.approx(np.sqrt(sum(var)), rel=1e-12)


def test_one_unit_with_all_denominators_has_no_answer():
    """Nothing can be told from one unit."""
    found = compare_ratios(([1, 0, 0, 5], [9, 0, 0, 0.5]), ([1, 2, 3, 1], [2, 2, 4, 1]))
    assert isinstance(found, NotEstimable)
    assert found.hint == "collect more units."
