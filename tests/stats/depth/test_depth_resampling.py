"""Bootstrap and permutation: known answers, all forms, coverage, refusals."""

import math

import numpy as np
import pytest
from scipy import stats

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, bootstrap, compare_means, fisher, permutation
from expkit.stats.draws import Resampler

# survival days of mice (Efron & Tibshirani 1993, An Introduction to the Bootstrap, table 2.1)
TREATED, UNTREATED = [94, 197, 16, 38, 99, 141, 23], [52, 104, 146, 10, 50, 31, 40, 27, 46]


def skewed(n: int, seed: int, rate: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < rate, rng.lognormal(3, 1, n), 0.0)


def test_the_mice():
    """Difference 30.63; standard errors of the means 23.36 and 13.33 without the n - 1 (ibid., ch. 2 and 5)."""
    found = bootstrap(UNTREATED, TREATED, seed=1)
    assert found.effect == pytest.approx(30.63, abs=0.005)
    assert found.se == pytest.approx(math.hypot(23.36, 13.33), rel=0.03)
    assert found.ci.lower < 0 < found.ci.upper


@pytest.mark.parametrize(
    ("form", "n", "values"),
    [
        ("distinct", 3000, lambda n, s: np.random.default_rng(s).poisson(2, n).astype(float)),
        ("rows", 1500, lambda n, s: np.random.default_rng(s).normal(5, 2, n)),
        ("nonzero", 60_000, skewed),
        ("bucketed", 60_000, lambda n, s: np.random.default_rng(s).gamma(2, 1, n)),
    ],
)
@pytest.mark.parametrize("method", ["percentile", "bca", "studentised"])
def test_every_form_has_the_closed_form_error(form, n, values, method):
    """Standard error and interval of the mean are near those of Welch's test; the same seed, the same answer."""
    control, treatment = values(n, 1), values(n, 2)
    found = bootstrap(control, treatment, resamples=4000, method=method, seed=3)
    exact = compare_means(control, treatment)
    assert found.form == form
    assert found.effect == pytest.approx(exact.effect)
    assert found.se == pytest.approx(exact.se, rel=0.05)
    assert found.ci == pytest.approx(tuple(exact.ci), abs=0.25 * exact.se)
    assert found.p_value == pytest.approx(exact.p_value, abs=0.08)
    assert found.lift_ci == pytest.approx(tuple(exact.lift_ci), abs=0.3 * exact.se / exact.control.mean)
    assert bootstrap(control, treatment, resamples=4000, method=method, seed=3) == found


@pytest.mark.parametrize("method", ["percentile", "bca", "studentised"])
def test_ratios_have_the_delta_method_s_error(method):
    """Orders per session, from pairs as columns or as a table of rows."""
    rng = np.random.default_rng(5)
    sessions = rng.poisson(3, (2, 4000))
    orders = rng.binomial(sessions, [[0.3], [0.33]])
    found = bootstrap((orders[0], sessions[0]), (orders[1], sessions[1]), metric="ratio", method=method)
    ratios = orders.sum(axis=1) / sessions.sum(axis=1)
    left = orders - ratios[:, None] * sessions
    se = math.sqrt(sum(left[i].var() / 4000 / sessions[i].mean() ** 2 for i in (0, 1)))
    assert found.effect == pytest.approx(ratios[1] - ratios[0])
    assert found.se == pytest.approx(se, rel=0.04)
    tables = [np.column_stack([orders[i], sessions[i]]) for i in (0, 1)]
    assert bootstrap(*tables, metric="ratio", method=method) == found


def test_quantiles_by_ranks_and_by_function_agree():
    """The median from Beta ranks has the spread of the median resampled row by row."""
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=301), rng.normal(0.5, 1, 301)
    ranks, rows = bootstrap(a, b, metric="median"), bootstrap(a, b, metric=np.median, resamples=2000)
    assert (ranks.form, rows.form) == ("ranks", "function")
    assert ranks.se == pytest.approx(rows.se, rel=0.12)
    assert bootstrap(a, b, metric=0.9).effect == pytest.approx(np.quantile(b, 0.9) - np.quantile(a, 0.9), abs=0.1)


def test_bca_follows_skewness():
    """For skewed values the interval reaches further on the long side; scipy's BCa agrees."""
    rng = np.random.default_rng(7)
    a, b = rng.exponential(size=60), rng.exponential(1.5, 60)
    found = bootstrap(a, b, resamples=20_000)

    def difference(x, y, axis):
        return y.mean(axis=axis) - x.mean(axis=axis)

    peer = stats.bootstrap((a, b), difference, n_resamples=20_000, rng=1, method="BCa").confidence_interval
    assert found.ci == pytest.approx(tuple(peer), abs=0.03)


@pytest.mark.parametrize("method", ["percentile", "bca", "studentised"])
def test_intervals_cover(method):
    """200 pairs of 80 skewed values: 95 % within four standard errors."""
    rng, truth = np.random.default_rng(8), 0.5
    hits = [
        truth in bootstrap(rng.gamma(2, 1, 80), rng.gamma(2.5, 1, 80), resamples=500, method=method).ci
        for _ in range(200)
    ]
    assert abs(np.mean(hits) - 0.95) <= 4 * 0.0155


def test_directions():
    """One-sided intervals have one end, and their p-values add up to about one."""
    up, down = (bootstrap(UNTREATED, TREATED, alternative=a) for a in ("greater", "less"))
    assert up.ci.upper == math.inf
    assert down.ci.lower == -math.inf
    assert up.p_value + down.p_value == pytest.approx(1, abs=0.02)
    assert isinstance(bootstrap([-1, 1, 2, -2.0], [1, 2, 3, 5.0]).lift, NotEstimable)


def test_the_form_follows_the_values():
    """Few different values are counted, whatever the number of rows."""
    assert Resampler.of(np.zeros((10, 1)), 1000).form == "distinct"
    assert Resampler.of(np.arange(20_000.0)[:, None], 10_000).form == "bucketed"
    late = np.concatenate([np.zeros(2000), np.arange(2000.0)])[:, None]
    assert Resampler.of(late, 1000).form == "rows"


def test_the_tea():
    """Fisher's (1935) lady tells all eight cups: one deal in 70."""
    found = permutation([0, 0, 0, 0], [1, 1, 1, 1], alternative="greater")
    assert found.p_value == pytest.approx(1 / 70)
    assert (found.form, found.p_error) == ("all deals", 0.0)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_all_deals_are_scipy_s(alternative):
    """Exact p-values of the mice, by mean and by a function of one's own."""

    def difference(x, y, axis=0):
        return np.mean(y, axis=axis) - np.mean(x, axis=axis)

    peer = stats.permutation_test(
        (UNTREATED, TREATED), difference, n_resamples=np.inf, alternative=alternative, vectorized=True
    ).pvalue
    found = permutation(UNTREATED, TREATED, resamples=20_000, alternative=alternative)
    own = permutation(UNTREATED, TREATED, metric=difference, resamples=20_000, alternative=alternative)
    assert found.form == own.form == "all deals"
    assert own.p_value == pytest.approx(found.p_value, abs=1e-12)
    # scipy doubles the smaller tail, we count both
    assert found.p_value == pytest.approx(peer, abs=0.03 if alternative == "two-sided" else 1e-12)


def test_counted_deals_are_fisher_s_exact_test():
    """Yes or no in large arms: the hypergeometric tail within its Monte Carlo error."""
    a, b = np.repeat([1.0, 0.0], [100, 900]), np.repeat([1.0, 0.0], [130, 870])
    found = permutation(a, b, alternative="greater")
    assert found.form == "distinct"
    assert abs(found.p_value - fisher(100, 1000, 130, 1000, alternative="greater").p_value) <= 4 * found.p_error


@pytest.mark.parametrize(("form", "values"), [("nonzero", skewed(4000, 9, 0.3)), ("rows", np.arange(2000.0) ** 1.5)])
def test_dealt_sums_have_the_t_test_s_p_value(form, values):
    """Thousands of different values: near Welch's p-value, and the same seed gives the same one."""
    order = np.random.default_rng(10).permutation(values)
    a, b = order[::2], order[1::2] * 1.02
    found = permutation(a, b, resamples=3000)
    assert found.form in {form, "nonzero"}
    assert found.p_value == pytest.approx(compare_means(a, b).p_value, abs=4 * found.p_error + 0.01)
    assert permutation(a, b, resamples=3000) == found


def test_permutations_of_ratios_and_functions():
    """No difference is found where there is none; a function of both arms is dealt row by row."""
    rng = np.random.default_rng(11)
    pairs = [(rng.binomial(n, 0.3), n) for n in rng.poisson(3, (2, 3000))]
    assert permutation(*pairs, metric="ratio", resamples=1000).p_value > 0.01
    shifted = permutation(
        rng.normal(size=60), rng.normal(3, 1, 60), metric=lambda x, y: np.median(y) - np.median(x), resamples=500
    )
    assert shifted.significant
    assert shifted.form == "function"


def test_permutation_keeps_its_level():
    """1,000 pairs without a difference: at most 5 % within four standard errors."""
    rng = np.random.default_rng(12)
    found = [permutation(rng.exponential(size=12), rng.exponential(size=12), resamples=199) for _ in range(1000)]
    assert np.mean([one.significant for one in found]) <= 0.05 + 4 * 0.0069


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: bootstrap([1], [1, 2]), "needs 2"),
        (lambda: bootstrap([1, 1], [1, 1]), "do not vary"),
        (lambda: bootstrap(([1, 2], [0, 0]), ([1, 2], [1, 1]), metric="ratio"), "sum to zero"),
        (lambda: permutation([], [1]), "no units"),
        (lambda: permutation([1, 1], [1]), "the same"),
        (lambda: permutation(([1, 2], [0, 1]), ([1, 2], [0, 1]), metric="ratio"), "no value"),
    ],
)
def test_nothing_to_resample_comes_with_a_reason(call, reason):
    """Too few units, constants, empty denominators."""
    found = call()
    assert isinstance(found, NotEstimable)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap([1, 2], [1, 3], resamples=10), "100 or more"),
        (lambda: bootstrap([1, 2], [1, 3], metric="meann"), "mean"),
        (lambda: bootstrap([1, 2], [1, 3], metric=1.5), "between 0 and 1"),
        (lambda: bootstrap([1, 2], [1, 3], metric="median", method="studentised"), "bca"),
        (lambda: bootstrap([1, 2], [1, 3], method="bcaa"), "bca"),
        (lambda: bootstrap([1, 2], [1, 3], seed=-1), "seed"),
        (lambda: bootstrap([1, 2, 3], [1, 3, 4], metric="ratio"), "two columns"),
        (lambda: bootstrap(([1, 2], [1]), ([1, 2], [1, 1]), metric="ratio"), "2 numerators"),
        (lambda: bootstrap([1, 2], [1, 3], metric=lambda x: math.nan, resamples=100), "no finite"),
        (lambda: permutation([1, 2], [1, 3], resamples=10), "100 or more"),
        (lambda: permutation([1, 2], [1, 3], metric="median"), "mean"),
    ],
)
def test_bad_requests_are_refused(call, message):
    """With a reason."""
    with pytest.raises(InvalidInput, match=message):
        call()
