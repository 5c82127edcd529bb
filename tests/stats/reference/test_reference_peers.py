"""Two independent peers on the same data: each row asks ours, one peer and another, and all three agree.

Where scipy, statsmodels and pingouin offer only one implementation, the second peer is the textbook's
formula, written out here.
"""

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from expkit.stats import (
    Summary,
    adjust,
    compare_arms,
    compare_clustered,
    compare_means,
    compare_pairs,
    compare_proportions,
    compare_quantiles,
    compare_ratios,
    compare_shares,
    compare_stratified,
    compare_with_control,
    equivalence,
    fisher,
    mcnemar,
    mcnemar_exact,
    power_means,
    proportion_interval,
    rank_test,
)
from expkit.stats.studentized import range_critical, range_tail

RNG = np.random.default_rng(20261120)
DATA = {
    "normal": (RNG.normal(10, 2, 60), RNG.normal(10.5, 3, 45)),
    "skewed": (RNG.lognormal(1, 1, 300), RNG.lognormal(1.1, 1, 250)),
    "near 1e9": (1e9 + np.round(RNG.normal(0, 4, 80) * 64) / 64, 1e9 + 1 + np.round(RNG.normal(0, 4, 90) * 64) / 64),
    "zero-inflated": tuple(np.where(RNG.random(400) < 0.2, RNG.gamma(2, 5, 400), 0) for _ in range(2)),
    "small": (RNG.normal(0, 1, 6), RNG.normal(1, 1, 7)),
}
TABLES = [(12, 40, 20, 45), (480, 8000, 560, 7000), (3, 25, 9, 20)]
ALTERNATIVES = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}


def weightstats(c, t):
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    return CompareMeans(DescrStatsW(t), DescrStatsW(c))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("method", "usevar"), [("welch", "unequal"), ("student", "pooled")])
@pytest.mark.parametrize("name", DATA)
def test_t_tests(name, method, usevar, alternative):
    """scipy.stats.ttest_ind and statsmodels CompareMeans."""
    c, t = DATA[name]
    found = compare_means(c, t, method=method, alternative=alternative)
    c, t = (arm - 1e9 * (name == "near 1e9") for arm in (c, t))  # peers lose digits there
    scipys = stats.ttest_ind(t, c, equal_var=method == "student", alternative=alternative)
    others = weightstats(c, t).ttest_ind(alternative=ALTERNATIVES[alternative], usevar=usevar)
    assert (found.statistic, found.p_value, found.df) == pytest.approx((*scipys, scipys.df), rel=1e-9)
    assert (found.statistic, found.p_value, found.df) == pytest.approx(others, rel=1e-9)
    ends = weightstats(c, t).tconfint_diff(alternative=ALTERNATIVES[alternative], usevar=usevar)
    assert found.ci == pytest.approx(ends, rel=1e-9)


@pytest.mark.parametrize("name", ["normal", "skewed", "small"])
def test_paired(name):
    """scipy.stats.ttest_rel and pingouin."""
    import pingouin

    c, t = (arm[: min(map(len, DATA[name]))] for arm in DATA[name])
    found, scipys = compare_means(c, t, method="paired"), stats.ttest_rel(t, c)
    row = pingouin.ttest(t, c, paired=True).iloc[0]
    assert (found.statistic, found.p_value, found.df) == pytest.approx((*scipys, scipys.df), rel=1e-9)
    assert found.ci == pytest.approx(tuple(scipys.confidence_interval()), rel=1e-9)
    assert found.p_value == pytest.approx(row.iloc[3], rel=1e-9)


@pytest.mark.parametrize("name", DATA)
def test_several_arms(name):
    """Scipy and statsmodels for the analysis of variance, Welch's and Kruskal's."""
    from statsmodels.stats.oneway import anova_oneway

    c, t = DATA[name]
    arms = [c, t, np.concatenate([c[::2], t[::3]])]
    plain, welch, ranks = (compare_arms(arms, method=m) for m in ("fisher", "welch", "kruskal"))
    arms = [arm - 1e9 * (name == "near 1e9") for arm in arms]  # the peers lose digits there; the data lose none
    assert (plain.statistic, plain.p_value) == pytest.approx(tuple(stats.f_oneway(*arms)), rel=1e-8)
    for found, use in ((plain, "equal"), (welch, "unequal")):
        peer = anova_oneway(arms, use_var=use, welch_correction=True)
        assert (found.statistic, found.p_value) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-8)
    assert (ranks.statistic, ranks.p_value) == pytest.approx(tuple(stats.kruskal(*arms)), rel=1e-8)


@pytest.mark.parametrize("name", ["normal", "skewed", "zero-inflated"])
def test_pairs_of_arms(name):
    """scipy.stats.tukey_hsd, pingouin's Games-Howell, scipy.stats.dunnett."""
    import pandas as pd
    import pingouin

    c, t = DATA[name]
    arms = {"a": c, "b": t, "c": np.concatenate([c[::2], t[::3]])}
    peer, found = stats.tukey_hsd(*arms.values()), compare_pairs(arms)
    ends = peer.confidence_interval()
    assert found["a", "b"].p_value == pytest.approx(peer.pvalue[1, 0], rel=1e-6)
    assert found["b", "c"].ci == pytest.approx((ends.low[2, 1], ends.high[2, 1]), rel=1e-6)
    frame = pd.DataFrame([(name, x) for name, values in arms.items() for x in values], columns=["arm", "x"])
    rows = pingouin.pairwise_gameshowell(frame, dv="x", between="arm")
    ours = [one.p_value for one in compare_pairs(arms, method="games-howell").values()]
    column = next(column for column in rows.columns if column.startswith("p"))
    assert ours == pytest.approx(rows[column].tolist(), abs=1e-6)
    many = compare_with_control(arms, "a")
    assert many["b"].p_value == pytest.approx(stats.dunnett(t, arms["c"], control=c, rng=0).pvalue[0], abs=1e-3)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("counts", TABLES)
def test_fisher(counts, alternative):
    """scipy.stats.fisher_exact and the hypergeometric distribution; the interval decides as the test does."""
    x_c, n_c, x_t, n_t = counts
    if n_c > 1000:
        x_c, n_c, x_t, n_t = 40, 700, 62, 650
    found = fisher(x_c, n_c, x_t, n_t, alternative=alternative)
    peer = stats.fisher_exact([[x_t, n_t - x_t], [x_c, n_c - x_c]], alternative=alternative)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    exact = stats.hypergeom(n_c + n_t, x_c + x_t, n_t)
    k = np.arange(*(end + i for i, end in enumerate(exact.support())))
    chance, here = exact.pmf(k), exact.pmf(x_t)
    keep = {"two-sided": chance <= here * (1 + 1e-7), "greater": k >= x_t, "less": k <= x_t}[alternative]
    assert found.p_value == pytest.approx(chance[keep].sum(), rel=1e-9)
    assert found.significant == (0 not in found.ci) == (0 not in found.lift_ci)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("name", ["small", "normal", "skewed", "zero-inflated"])
def test_mann_whitney(name, alternative):
    """scipy.stats.mannwhitneyu and pingouin."""
    import pingouin

    c, t = DATA[name]
    exact = "exact" if max(c.size, t.size) < 50 else "asymptotic"
    found = rank_test(c, t, alternative=alternative)
    peer = stats.mannwhitneyu(t, c, alternative=alternative, method=exact)
    row = pingouin.mwu(t, c, alternative=alternative, method=exact).iloc[0]
    assert (found.statistic, found.p_value) == pytest.approx(tuple(peer), rel=1e-9)
    assert found.p_value == pytest.approx(row.iloc[2], rel=1e-9)
    assert found.significant == (0 not in found.ci)


@pytest.mark.parametrize("name", ["small", "normal", "skewed", "zero-inflated"])
def test_brunner_munzel(name):
    """scipy.stats.brunnermunzel and statsmodels rank_compare_2indep."""
    from statsmodels.stats.nonparametric import rank_compare_2indep

    c, t = DATA[name]
    found, scipys = rank_test(c, t, method="brunner-munzel"), stats.brunnermunzel(c, t)
    peer = rank_compare_2indep(t, c)
    assert (found.statistic, found.p_value) == pytest.approx(tuple(scipys), rel=1e-9)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    assert np.add(found.ci, 0.5) == pytest.approx(peer.conf_int(), rel=1e-9)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"])
@pytest.mark.parametrize(("x", "n"), [(5, 50), (480, 8000), (39, 40)])
def test_one_proportion(method, x, n):
    """Statsmodels proportion_confint, and scipy where it has the method."""
    from statsmodels.stats.proportion import proportion_confint

    word = {"clopper-pearson": "beta", "agresti-coull": "agresti_coull", "wald": "normal"}.get(method, method)
    found = proportion_interval(x, n, method=method)
    assert found == pytest.approx(proportion_confint(x, n, method=word), rel=1e-9)
    if method in ("wilson", "clopper-pearson"):
        word = "exact" if method == "clopper-pearson" else method
        assert found == pytest.approx(tuple(stats.binomtest(x, n).proportion_ci(method=word)), rel=1e-6)


@pytest.mark.parametrize("counts", TABLES)
def test_two_proportions(counts):
    """Statsmodels' pooled z, its Newcombe interval; the pooled z is the root of scipy's chi-square."""
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    x_c, n_c, x_t, n_t = counts
    found = compare_proportions(*counts)
    assert (found.statistic, found.p_value) == pytest.approx(proportions_ztest([x_t, x_c], [n_t, n_c]), rel=1e-9)
    chi = stats.chi2_contingency([[x_c, n_c - x_c], [x_t, n_t - x_t]], correction=False)
    assert (found.statistic**2, found.p_value) == pytest.approx((chi.statistic, chi.pvalue), rel=1e-9)
    shares = compare_shares([x_c, x_t], [n_c, n_t])
    assert (shares.statistic, shares.p_value) == pytest.approx((chi.statistic, chi.pvalue), rel=1e-9)
    newcombe = confint_proportions_2indep(x_t, n_t, x_c, n_c, method="newcomb", compare="diff")
    assert compare_proportions(*counts, method="newcombe").ci == pytest.approx(newcombe, rel=1e-9)


@pytest.mark.parametrize("arms", [2, 3, 7])
@pytest.mark.parametrize("df", [1, 4, 60, 5000])
def test_studentized_range(arms, df):
    """Scipy's distribution and its quantile; Student's t, where there are two, also in the far tail."""
    from scipy.special import stdtr

    for q in (0.1, 1, 3, 6, 12):
        assert range_tail(q, arms, df) == pytest.approx(stats.studentized_range.sf(q, arms, df), abs=1e-10)
    assert stats.studentized_range.sf(range_critical(0.05, arms, df), arms, df) == pytest.approx(0.05, rel=1e-8)
    assert range_tail(45, 2, df) == pytest.approx(2 * stdtr(df, -45 / 2**0.5), rel=1e-10)


@pytest.mark.parametrize("counts", [(10, 4, 12, 30), (100, 30, 55, 400), (0, 1, 7, 3)])
def test_mcnemar(counts):
    """Statsmodels mcnemar and scipy's binomial test."""
    from statsmodels.stats.contingency_tables import mcnemar as peer

    a, c, b, d = counts
    table = [[a, c], [b, d]]
    assert mcnemar(*counts).p_value == pytest.approx(peer(table, exact=False, correction=False).pvalue, rel=1e-9)
    exact = mcnemar_exact(*counts)
    assert exact.p_value == pytest.approx(peer(table, exact=True).pvalue, rel=1e-9)
    assert exact.p_value == pytest.approx(stats.binomtest(b, b + c).pvalue, rel=1e-9)


@pytest.mark.parametrize("name", ["normal", "skewed", "zero-inflated"])
def test_clusters(name):
    """Statsmodels OLS with cov_type cluster to 1e-8; CR2 by its matrices."""
    from statsmodels.api import OLS

    c, t = DATA[name]
    ids = RNG.integers(0, 15, c.size), RNG.integers(20, 32, t.size)
    found = compare_clustered((c, ids[0]), (t, ids[1]), method="cr1")
    y, g, x = np.r_[c, t], np.r_[ids], np.r_[np.zeros(c.size), np.ones(t.size)]
    design = np.column_stack([np.ones_like(x), x])
    peer = OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": g})
    assert (found.effect, found.se) == pytest.approx((peer.params[1], peer.bse[1]), rel=1e-8)
    bread, meat, residuals = np.linalg.inv(design.T @ design), np.zeros((2, 2)), peer.resid
    for label in np.unique(g):
        rows = design[g == label]
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - rows @ bread @ rows.T)
        score = rows.T @ (vectors / np.sqrt(values)) @ vectors.T @ residuals[g == label]
        meat += np.outer(score, score)
    cr2 = compare_clustered((c, ids[0]), (t, ids[1]))
    assert cr2.se == pytest.approx(math.sqrt((bread @ meat @ bread)[1, 1]), rel=1e-8)


def test_clusters_are_the_delta_method():
    """A mean of rows is a ratio of cluster totals: CR0 is compare_ratios but for G / (G - 1)."""
    c, t = DATA["skewed"]
    ids = RNG.integers(0, 40, c.size), RNG.integers(0, 40, t.size) + 40
    totals = []
    for values, labels in zip((c, t), ids, strict=True):
        codes = np.unique(labels, return_inverse=True)[1]
        totals.append((np.bincount(codes, weights=values), np.bincount(codes)))
    found, peer = compare_clustered((c, ids[0]), (t, ids[1]), method="cr0"), compare_ratios(*totals)
    assert found.effect == pytest.approx(peer.effect, rel=1e-12)
    assert found.se == pytest.approx(peer.se * math.sqrt(39 / 40), rel=1e-2)


@pytest.mark.parametrize("margin", [(-1, 1), (-2, 3), (-0.2, 0.2)])
@pytest.mark.parametrize("name", ["normal", "small"])
def test_equivalence(name, margin):
    """Statsmodels ttost_ind and pingouin's tost (for symmetric margins)."""
    import pingouin
    from statsmodels.stats.weightstats import ttost_ind

    c, t = DATA[name]
    found = equivalence(c, t, margin)
    assert found.p_value == pytest.approx(ttost_ind(t, c, *margin, usevar="unequal")[0], rel=1e-9)
    assert found.shown == (margin[0] < found.ci.lower and found.ci.upper < margin[1])
    if margin[0] == -margin[1]:
        row = pingouin.tost(t, c, bound=margin[1], correction=True).iloc[0]
        assert found.p_value == pytest.approx(row.iloc[2], rel=1e-9)


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg", "hommel", "bh", "by"])
@pytest.mark.parametrize("m", [1, 5, 40])
def test_adjusted_p_values(method, m):
    """Statsmodels multipletests; scipy or pingouin where they have it."""
    from statsmodels.stats.multitest import multipletests

    p = RNG.random(m) ** 2
    word = {"hochberg": "simes-hochberg", "bh": "fdr_bh", "by": "fdr_by"}.get(method, method)
    found = adjust(p, method)
    assert found == pytest.approx(multipletests(p, method=word)[1], rel=1e-12)
    if method in ("bh", "by"):
        assert found == pytest.approx(stats.false_discovery_control(p, method=method), rel=1e-12)


@pytest.mark.parametrize("q", [0.25, 0.5, 0.9])
def test_quantiles(q):
    """NumPy's quantiles; the error against 4,000 bootstraps of a smooth distribution, within 15%."""
    c, t = RNG.gamma(3, 2, 2000), RNG.gamma(3, 2.2, 1500)
    found = compare_quantiles(c, t, q)
    assert found.effect == pytest.approx(np.quantile(t, q) - np.quantile(c, q), rel=1e-12)
    again = [np.quantile(RNG.choice(arm, (4000, arm.size)), q, axis=1) for arm in (c, t)]
    assert found.se == pytest.approx(np.std(again[1] - again[0]), rel=0.15)
    exact = compare_quantiles(c, t, q, method="order-statistic")
    assert np.ptp(exact.ci) == pytest.approx(np.ptp(found.ci), rel=0.15)


def test_order_statistic_limits():
    """One arm against scipy.stats.quantile_test's interval, whose whole ranks lie just outside ours."""
    from expkit.stats.quantiles import _exact_limits, sample_of

    values = RNG.normal(0, 1, 400)
    ours = _exact_limits(sample_of("x", values, 0.3), 0.3, 1.959963984540054)
    peer = stats.quantile_test(values, q=0, p=0.3).confidence_interval()
    ordered = np.sort(values)
    assert abs(np.searchsorted(ordered, ours.lower) - np.searchsorted(ordered, peer.low)) <= 2
    assert abs(np.searchsorted(ordered, ours.upper) - np.searchsorted(ordered, peer.high)) <= 2


@pytest.mark.parametrize("slopes", ["pooled", "per-arm"])
def test_cuped_is_a_regression(slopes):
    """Statsmodels OLS with a common slope, or with every interaction about the overall mean (Lin 2013)."""
    from statsmodels.api import OLS

    x = RNG.normal(0, 1, (900, 2))
    group = RNG.random(900) < 0.3
    y = x @ [1.0, 0.5] + group * (0.2 + x @ [0.6, 0]) + RNG.normal(0, 1, 900)
    found = compare_means(*(Summary.of(y[g], x[g]) for g in (~group, group)), slopes=slopes)
    about = x - x.mean(axis=0)
    columns = [np.ones(900), group, about] + ([about * group[:, None]] if slopes == "per-arm" else [])
    peer = OLS(y, np.column_stack(columns)).fit(cov_type="HC2")
    assert found.effect == pytest.approx(peer.params[1], rel=1e-9)
    assert found.se == pytest.approx(peer.bse[1], rel=0.06)
    assert 0.2 < found.variance_saved < 0.9


def test_mantel_haenszel_difference():
    """Greenland & Robins' risk difference and variance, written out, up to n - 1 for n."""
    tables = [(40, 400, 60, 500), (30, 200, 22, 100), (5, 300, 9, 350)]

    def arm(x, n):
        return Summary(n, x / n, x / n * (1 - x / n))

    found = compare_stratified(
        {i: arm(x, n) for i, (x, n, _, _) in enumerate(tables)},
        {i: arm(x, n) for i, (_, _, x, n) in enumerate(tables)},
        weights="mantel-haenszel",
    )
    weights = [n * m / (n + m) for _, n, _, m in tables]
    effect = sum(w * (y / m - x / n) for w, (x, n, y, m) in zip(weights, tables, strict=True)) / sum(weights)
    var = (
        sum((x * (n - x) * m**3 + y * (m - y) * n**3) / (n * m * (n + m) ** 2) for x, n, y, m in tables)
        / sum(weights) ** 2
    )
    assert (found.effect, found.se) == pytest.approx((effect, math.sqrt(var)), rel=1e-12)


@pytest.mark.parametrize("d", [0.1, 0.3, 0.8])
def test_power(d):
    """Statsmodels and pingouin."""
    import pingouin
    from statsmodels.stats.power import TTestIndPower

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers = TTestIndPower().power(d, 150, 0.05), pingouin.power_ttest(d=d, n=150)
    assert (power_means(0, 1, d, 150),) * 2 == pytest.approx(peers, rel=1e-9)
