"""Means: against scipy and statsmodels, the agreement of test and intervals, and the honest refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import Estimate, NotEstimable, Summary, compare_means

# Student (1908, Biometrika 6, 1-25): extra hours of sleep under two drugs; R's `sleep`.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

SUMMARIES = st.builds(Summary, st.integers(2, 1000), st.floats(-100, 100), st.floats(0.01, 1e4))
ALPHAS = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.3])
SIDES = st.sampled_from(["two-sided", "greater", "less"])


def test_the_sleep_data():
    """R's t.test(extra ~ group, sleep): t = 1.8608, df = 17.776, p = 0.07939, 95% (-0.2055, 3.3655)."""
    found = compare_means(SLEEP_1, SLEEP_2)
    assert found.effect == pytest.approx(1.58)
    assert found.statistic == pytest.approx(1.8608, abs=5e-5)
    assert found.df == pytest.approx(17.776, abs=5e-4)
    assert found.p_value == pytest.approx(0.07939, abs=5e-6)
    assert found.ci == pytest.approx((-0.2054832, 3.3654832), abs=5e-8)
    assert compare_means([*SLEEP_1, None], [math.nan, *SLEEP_2]) == found


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("method", ["welch", "student"])
def test_agrees_with_scipy(method, alternative):
    """Statistic, df, p-value and interval to 1e-9."""
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(1)
    control, treatment = rng.normal(10, 2, 50), rng.gamma(3, 4, 70)
    found = compare_means(control, treatment, method=method, alternative=alternative, alpha=0.1)
    peer = ttest_ind(treatment, control, equal_var=method == "student", alternative=alternative)
    assert (found.statistic, found.df, found.p_value) == pytest.approx((peer.statistic, peer.df, peer.pvalue), rel=1e-9)
    assert found.ci == pytest.approx(tuple(peer.confidence_interval(0.9)), rel=1e-9)


def test_z_agrees_with_statsmodels():
    """Known variances: the normal, and no df."""
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    rng = np.random.default_rng(2)
    control, treatment = rng.normal(0.3, 1, 400), rng.normal(0.4, 2, 300)
    found = compare_means(control, treatment, method="z")
    peer = CompareMeans(DescrStatsW(treatment), DescrStatsW(control)).ztest_ind(usevar="unequal")
    assert (found.statistic, found.p_value) == pytest.approx(peer, rel=1e-9)
    assert found.df is None


@given(SUMMARIES, SUMMARIES, ALPHAS, SIDES, st.sampled_from(["welch", "student", "z"]))
def test_p_value_and_both_intervals_decide_alike(control, treatment, alpha, alternative, method):
    """Zero lies outside the interval, and outside Fieller's, exactly when p < alpha."""
    found = compare_means(control, treatment, alpha=alpha, alternative=alternative, method=method)
    assume(abs(found.p_value - alpha) > 1e-9)
    assert found.significant == (0 not in found.ci)
    if found.lift_ci:
        assert found.significant == (0 not in found.lift_ci)
        assert found.lift in found.lift_ci


def test_fieller_is_the_inverted_test():
    """At each end of the lift's interval, treatment - (1 + lift) control is just at the critical value."""
    control, treatment = Summary(40, 10, 9), Summary(50, 12, 16)
    found = compare_means(control, treatment, method="z")
    for end in found.lift_ci:
        distance = 12 - (1 + end) * 10
        error = math.sqrt(16 / 50 + (1 + end) ** 2 * 9 / 40)
        assert abs(distance) / error == pytest.approx(1.959963984540054, rel=1e-12)


def test_the_delta_lift():
    """var(R) = (var_t + R^2 var_c) / mean_c^2."""
    found = compare_means(Summary(400, 10, 9), Summary(500, 12, 16), method="z", lift_method="delta")
    half = 1.959963984540054 * math.sqrt(16 / 500 + 1.2**2 * 9 / 400) / 10
    assert found.lift_ci == pytest.approx((0.2 - half, 0.2 + half), rel=1e-12)


@given(SUMMARIES, SUMMARIES, ALPHAS, SIDES)
def test_swapping_the_arms_mirrors_the_effect(control, treatment, alpha, alternative):
    """Nothing but the direction depends on who is called control."""
    other = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    found = compare_means(control, treatment, alpha=alpha, alternative=alternative)
    mirrored = compare_means(treatment, control, alpha=alpha, alternative=other)
    assert mirrored.p_value == pytest.approx(found.p_value, rel=1e-9)
    assert (-mirrored.ci.upper, -mirrored.ci.lower) == pytest.approx(found.ci, rel=1e-9)


@given(SUMMARIES, SUMMARIES, st.floats(0.001, 1000), SIDES)
def test_the_unit_of_the_metric_changes_nothing(control, treatment, factor, alternative):
    """Cents or euros: same p-value, same lift."""
    scaled = [Summary(s.n, s.mean * factor, s.var * factor**2) for s in (control, treatment)]
    a = compare_means(control, treatment, alternative=alternative)
    b = compare_means(*scaled, alternative=alternative)
    assert b.p_value == pytest.approx(a.p_value, rel=1e-6)
    assume(bool(a.lift_ci) == bool(b.lift_ci))
    if a.lift_ci:
        assert b.lift_ci == pytest.approx(a.lift_ci, rel=1e-6, abs=1e-9)


@given(SUMMARIES, SUMMARIES, ALPHAS, SIDES, st.sampled_from(["fieller", "delta"]))
def test_a_metric_and_its_negative_mirror(control, treatment, alpha, alternative, lift_method):
    """A negative baseline divides by its size, so the sign of the lift is that of the effect."""
    other = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    negated = [Summary(s.n, -s.mean, s.var) for s in (control, treatment)]
    a = compare_means(control, treatment, alpha=alpha, alternative=alternative, lift_method=lift_method)
    b = compare_means(*negated, alpha=alpha, alternative=other, lift_method=lift_method)
    if not a.lift:
        assert not b.lift
        return
    assert a.lift == -b.lift
    assert math.copysign(1, a.lift) == math.copysign(1, a.effect)
    if a.lift_ci:
        assert (-b.lift_ci.upper, -b.lift_ci.lower) == pytest.approx(a.lift_ci, rel=1e-9)


def test_values_near_a_billion_keep_their_test():
    """Shifting both arms by 1e9 leaves ten digits of the p-value, also when the parts are added up."""
    rng = np.random.default_rng(7)
    control, treatment = np.round(rng.normal(0, 4, (2, 500)) * 1024) / 1024
    shifted = compare_means(control + 1e9, treatment + 1e9)
    plain = compare_means(control, treatment).p_value
    assert shifted.p_value == pytest.approx(plain, rel=1e-10)
    parts = [sum(Summary.of(part + 1e9) for part in np.array_split(arm, 9)) for arm in (control, treatment)]
    assert compare_means(*parts).p_value == pytest.approx(plain, rel=1e-10)


def test_the_far_tail_is_not_zero():
    """Z = 30 is 9.8e-198, not one minus one; and beyond 1e6 units the t tail still is the t tail."""
    assert compare_means(Summary(100, 0, 50), Summary(100, 30, 50), method="z").p_value == pytest.approx(
        9.81343e-198, rel=1e-5
    )
    assert 0 < compare_means(Summary(10**7, 0, 1), Summary(10**7, 0.016, 1)).p_value < 1e-270


def test_one_sided_intervals_are_open():
    """`greater` asks how low it may be, `less` how high."""
    greater = compare_means(SLEEP_1, SLEEP_2, alternative="greater")
    less = compare_means(SLEEP_1, SLEEP_2, alternative="less")
    assert greater.ci.upper == math.inf
    assert less.ci.lower == -math.inf
    assert less.ci.upper == pytest.approx(3.053381, abs=5e-7)  # R: t.test(..., alternative = "less")
    assert greater.p_value + less.p_value == pytest.approx(1)


def test_a_weak_baseline_has_no_lift():
    """Near zero there is none; a little further off there is one without bounds; either says why."""
    treatment = Summary(100, 5, 1)
    for mean in (0, 0.05, -0.05):
        found = compare_means(Summary(100, mean, 1), treatment)
        assert isinstance(found, Estimate)
        assert not found.lift
        assert "nearer to zero" in found.lift.reason
        assert "nearer to zero" in found.lift_ci.reason
    unbounded = compare_means(Summary(100, 0.15, 1), treatment)
    assert unbounded.lift == pytest.approx(4.85 / 0.15)
    assert "no bounds" in unbounded.lift_ci.reason
    assert compare_means(Summary(100, 0.15, 1), treatment, lift_method="delta").lift_ci


def test_no_lift_where_none_is_asked_for():
    """A scale without a true zero."""
    found = compare_means(SLEEP_1, SLEEP_2, relative=False)
    assert "asked" in found.lift.reason
    assert found.ci == compare_means(SLEEP_1, SLEEP_2).ci


REASONS = [
    ([], [1, 2], "control has 0 units"),
    ([1, 2], [5, None], "treatment has 1 units"),
    ([0.1] * 5, [0.1] * 9, "do not vary"),
    ([0.1] * 5, [0.7] * 9, "do not vary"),
]


@pytest.mark.parametrize(("control", "treatment", "reason"), REASONS)
def test_what_cannot_be_estimated_says_so(control, treatment, reason):
    """Never p = 1, never NaN."""
    found = compare_means(control, treatment)
    assert isinstance(found, NotEstimable)
    assert not found
    assert reason in str(found)
    assert found.hint


def test_one_constant_arm_is_enough_variation_in_the_other():
    """Everybody in the control paid nothing: the treatment's error carries the test."""
    found = compare_means([0] * 10, SLEEP_2)
    assert found.df == pytest.approx(9)
    assert found.se == pytest.approx(math.sqrt(np.var(SLEEP_2, ddof=1) / 10))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"alpha": 0}, "alpha is 0"),
        ({"alpha": 1}, "alpha is 1"),
        ({"alpha": math.nan}, "alpha is nan"),
        ({"alpha": "0.05"}, "alpha is '0.05'"),
        ({"alternative": "greter"}, "did you mean 'greater'"),
        ({"method": "welsh"}, "did you mean 'welch'"),
        ({"lift_method": "feller"}, "did you mean 'fieller'"),
    ],
)
def test_unknown_words_name_the_nearest(words, message):
    """A typing error is answered with what was probably meant."""
    with pytest.raises(InvalidInput, match=message):
        compare_means(SLEEP_1, SLEEP_2, **words)


def test_cuped_is_the_analysis_of_covariance():
    """The effect is the coefficient of y ~ treatment + covariates, with two covariates of unlike scale."""
    from statsmodels.api import OLS

    rng = np.random.default_rng(11)
    x = rng.normal(0, 1, (300, 2)) * [1.0, 1e6] + 5
    group = rng.random(300) < 0.4
    y = x[:, 0] + 2e-6 * x[:, 1] + 0.3 * group + rng.normal(0, 1, 300)
    found = compare_means(*(Summary.of(y[g], x[g]) for g in (~group, group)))
    peer = OLS(y, np.column_stack([np.ones(300), group, x])).fit(cov_type="HC2")
    assert found.effect == pytest.approx(peer.params[1], rel=1e-9)
    assert found.se == pytest.approx(peer.bse[1], rel=0.02)
    assert found.method == "welch+cuped"
    assert found.se < 0.6 * compare_means(y[~group], y[group]).se
    assert compare_means(Summary.of(y[~group], x[~group]), Summary.of(y[group], x[group]), method="z").df is None


@pytest.mark.parametrize("shape", ["balanced", "unequal"])
def test_with_few_units_cuped_is_the_analysis_of_covariance_to_its_error(shape):
    """The residuals' degrees of freedom and the covariates' imbalance count: the error is that of the regression."""
    from statsmodels.api import OLS

    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (30, 3))
    group = np.arange(30) % 2 == 0 if shape == "balanced" else np.arange(30) < 24
    y = x @ [1.0, 2.0, -1.0] + rng.normal(0, 1, 30)
    found = compare_means(*(Summary.of(y[g], np.column_stack([x[g], np.ones(g.sum())])) for g in (~group, group)))
    peer = OLS(y, np.column_stack([np.ones(30), group, x])).fit()
    assert found.effect == pytest.approx(peer.params[1], rel=1e-9)
    if shape == "balanced":
        assert found.se == pytest.approx(peer.bse[1], rel=1e-9)
    assert found.df <= peer.df_resid


@pytest.mark.parametrize("slopes", ["pooled", "per-arm"])
def test_the_error_rate_of_cuped_with_few_units(slopes):
    """2,000 experiments of 10 + 10 units and 3 covariates without an effect; tolerance four standard errors."""
    rng, alarms = np.random.default_rng(14), 0
    for _ in range(2000):
        x = rng.normal(0, 1, (2, 10, 3))
        y = x.sum(axis=2) + rng.normal(0, 1, (2, 10))
        found = compare_means(*(Summary.of(*arm) for arm in zip(y, x, strict=True)), slopes=slopes)
        alarms += found.p_value < 0.05
    assert alarms / 2000 < 0.0695


def test_as_many_covariates_as_units_have_no_answer():
    """Nothing is left to judge the error by."""
    rng = np.random.default_rng(15)
    arms = [Summary.of(rng.normal(size=5), rng.normal(size=(5, 8))) for _ in range(2)]
    assert isinstance(compare_means(*arms), NotEstimable)
    few = [Summary.of(rng.normal(size=6), rng.normal(size=(6, 4))) for _ in range(2)]
    assert compare_means(*few, slopes="per-arm").df < 2


def test_the_lift_of_cuped_decides_as_its_effect():
    """Fieller with the covariance of the adjusted means still is the absolute test at zero."""
    rng = np.random.default_rng(12)
    for shift in np.linspace(-0.3, 0.3, 40):
        x = rng.normal(5, 1, (2, 200))
        y = x + rng.normal(0, 1, (2, 200)) + [[0], [shift]]
        found = compare_means(*(Summary.of(*arm) for arm in zip(y, x, strict=True)))
        assert found.significant == (0 not in found.lift_ci)


def test_coverage_of_cuped_holds():
    """2,000 experiments with a true lift of 10%; tolerance four standard errors (0.0195)."""
    rng = np.random.default_rng(13)
    effects = lifts = 0
    for _ in range(2000):
        x = rng.normal(5, 1, (2, 150))
        y = x * [[1.0], [1.1]] + rng.normal(0, 1, (2, 150))
        found = compare_means(*(Summary.of(*arm) for arm in zip(y, x, strict=True)))
        effects += 0.5 in found.ci
        lifts += 0.1 in found.lift_ci
    assert abs(effects / 2000 - 0.95) < 0.0195
    assert abs(lifts / 2000 - 0.95) < 0.0195


def test_a_constant_covariate_changes_nothing():
    """It explains nothing."""
    plain = compare_means(SLEEP_1, SLEEP_2)
    found = compare_means(Summary.of(SLEEP_1, [3.0] * 10), Summary.of(SLEEP_2, [3.0] * 10))
    assert (found.effect, found.p_value, found.lift) == pytest.approx((plain.effect, plain.p_value, plain.lift))


def test_covariates_that_do_not_fit_are_refused():
    """One arm without, another number of them, Student's t; a covariate that is the metric has no answer."""
    one, none = Summary.of(SLEEP_1, SLEEP_2), Summary.of(SLEEP_2)
    with pytest.raises(InvalidInput, match="Only one arm"):
        compare_means(one, none)
    with pytest.raises(InvalidInput, match="different covariates"):
        compare_means(one, Summary.of(SLEEP_1, np.ones((10, 2))))
    with pytest.raises(InvalidInput, match="no covariates"):
        compare_means(one, one, method="student")
    same = compare_means(Summary.of(SLEEP_1, SLEEP_1), Summary.of(SLEEP_2, SLEEP_2))
    assert "fully" in same.reason


def test_error_rate_and_coverage_hold():
    """10,000 A/A comparisons of skewed values: 5% alarms, 95% coverage of effect and of lift.

    Tolerance: four standard errors of the simulation, 4 sqrt(.05 .95 / 10000) = 0.0087.
    """
    rng = np.random.default_rng(2026)
    draws = rng.gamma(2.0, 1.0, (10_000, 2, 200))
    means, variances = draws.mean(axis=2), draws.var(axis=2, ddof=1)
    alarms = lifts = 0
    for (m_c, m_t), (v_c, v_t) in zip(means, variances, strict=True):
        found = compare_means(Summary(200, m_c, v_c), Summary(200, m_t * 1.1, v_t * 1.21))
        lifts += 0.1 in found.lift_ci
        alarms += compare_means(Summary(200, m_c, v_c), Summary(200, m_t, v_t)).significant
    assert abs(alarms / 10_000 - 0.05) < 0.0087
    assert abs(lifts / 10_000 - 0.95) < 0.0087
