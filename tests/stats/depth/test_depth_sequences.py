"""Confidence sequences, mSPRT, sequential SRM and the comparison of ways to peek."""

import math

import numpy as np
import pytest
from scipy import special, stats

from expkit.errors import InvalidInput
from expkit.stats import (
    NotEstimable,
    betting_sequence,
    check_srm_sequential,
    compare_methods,
    confidence_sequence,
    conversion_sequence,
    decisions_by_look,
    mixture_rho,
    mixture_sprt,
    mixture_tau,
    proportion_sequence,
    quantile_sequence,
    srm_evidence,
    srm_segments,
)  # fmt: skip
from expkit.stats.quantile_sequences import quantile_ranks

POINTS = [(0.05, 100, 500), (0.05, 5000, 5000), (0.01, 12_345, 700), (0.1, 7, 1e5), (0.001, 1e7, 1e3), (0.2, 50, 50)]


@pytest.mark.parametrize(("alpha", "n", "tuned"), POINTS)
def test_two_sided_is_the_published_closed_form(alpha, n, tuned):
    """Waudby-Smith et al. (2021), eq. (3), with their rho; to 1e-9."""
    rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned)
    inner = 2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / alpha)
    half = 3.0 * math.sqrt(inner)  # sigma 3, so se = 3 / sqrt(n)
    found = confidence_sequence([0.7], [3 / math.sqrt(n)], [n], alpha=alpha, rho=1 / rho**2)
    assert found.lower[0] == pytest.approx(0.7 - half, rel=1e-9)
    assert found.upper[0] == pytest.approx(0.7 + half, rel=1e-9)


@pytest.mark.parametrize(("alpha", "n", "tuned"), POINTS)
def test_one_sided_is_the_published_closed_form(alpha, n, tuned):
    """The one-sided bound with log(1 + sqrt(n rho^2 + 1) / (2 alpha)); to 1e-9, mirrored for `less`."""
    rho = 1 / math.sqrt(tuned)
    inner = 2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(1 + math.sqrt(n * rho**2 + 1) / (2 * alpha))
    up = confidence_sequence([0.7], [1 / math.sqrt(n)], [n], alpha=alpha, rho=tuned, alternative="greater")
    down = confidence_sequence([-0.7], [1 / math.sqrt(n)], [n], alpha=alpha, rho=tuned, alternative="less")
    assert up.lower[0] == pytest.approx(0.7 - math.sqrt(inner), rel=1e-9)
    assert (up.upper[0], down.upper[0]) == (math.inf, pytest.approx(-up.lower[0]))
    assert up.p_values == pytest.approx(down.p_values)


@pytest.mark.parametrize(("v", "tau"), [(1.0, 1.0), (0.01, 0.3), (4.0, 0.5), (1e-6, 1e-3)])
def test_msprt_is_johari_s_likelihood_ratio(v, tau):
    """The p-value is 1 / Lambda with Lambda = sqrt(V / (V + tau^2)) exp(tau^2 d^2 / (2 V (V + tau^2)))."""
    d = 3.1 * math.sqrt(v)
    ratio = math.sqrt(v / (v + tau**2)) * math.exp(tau**2 * d**2 / (2 * v * (v + tau**2)))
    assert mixture_sprt([d], [math.sqrt(v)], tau=tau).p_values[0] == pytest.approx(min(1, 1 / ratio), rel=1e-9)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_interval_and_p_value_decide_alike(alternative):
    """Zero is outside exactly where the p-value of that look is below alpha."""
    z = np.linspace(-6, 6, 401)[:, None]
    found = confidence_sequence(z, np.ones_like(z), np.full_like(z, 300), alternative=alternative)
    outside = (found.lower > 0) | (found.upper < 0)
    assert (outside == (found.p_values < 0.05)).all()
    assert outside.any()


def test_tuning_is_tightest_where_asked():
    """No other mixture is narrower at 5,000 units; a tau made for a standard error likewise."""
    widths = {
        rho: confidence_sequence([0], [1 / math.sqrt(5000)], [5000], rho=rho).upper[0]
        for rho in (400, mixture_rho(5000), 900)
    }
    assert min(widths, key=widths.get) == mixture_rho(5000)
    tau = mixture_tau(0.1)
    at = [mixture_sprt([0.0], [0.1], tau=t).upper[0] for t in (tau * 0.9, tau, tau * 1.1)]
    assert at[1] == min(at)


def test_shapes_and_running_intersection():
    """Experiments x looks at once equal one after the other; running intervals only shrink; gaps stay gaps."""
    rng = np.random.default_rng(5)
    n = np.cumsum(rng.integers(50, 200, (20, 15)), axis=1).astype(float)
    effects = rng.normal(0.1, 1 / np.sqrt(n))
    effects[3, 4] = np.nan
    found = confidence_sequence(effects, 1 / np.sqrt(n), n, running=True)
    one = confidence_sequence(effects[7], 1 / np.sqrt(n[7]), n[7], running=True)
    assert np.array_equal(found.lower[7], one.lower)
    assert (np.diff(found.lower, axis=1) >= 0).all()
    assert (np.diff(one.p_values) <= 0).all()
    assert np.isnan(confidence_sequence(effects, 1 / np.sqrt(n), n).lower[3, 4])


def test_simulated_peeking_of_all_methods():
    """5,000 paths, 28 looks: only the naive one breaks 5 %; group-sequential keeps 0.75 of the fixed 0.80."""
    found = {one.method: one for one in compare_methods(28, simulations=5000, seed=2)}
    for name, one in found.items():
        assert (one.false_positives <= 0.05 + 3 * 0.0031) == (name != "naive")
    assert found["fixed"].power == pytest.approx(0.8, abs=4 * 0.0057)
    assert min(found["obrien-fleming"].power, found["power"].power) >= 0.75
    assert found["obrien-fleming"].power > found["hybrid"].power > found["confidence-sequence"].power
    assert found["pocock"].duration_effect < found["obrien-fleming"].duration_effect < 1


def test_one_path_by_every_method():
    """What would each have decided by now? A path that is not over yet has no fixed decision."""
    whole = decisions_by_look([1, 2, 2.5, 3, 4], 5)
    assert whole["naive"] == 2
    assert whole["fixed"] == 5
    assert decisions_by_look([1, 2, 2.5], 5, methods=["fixed", "obrien-fleming"]) == {"fixed": 0, "obrien-fleming": 0}
    assert set(decisions_by_look([-1, -4], 5, alternative="less").values()) == {0, 2}
    down = compare_methods(5, alternative="less", simulations=1000, methods=["power"], drift=-3)
    assert down[0].power > 0.7


@pytest.mark.parametrize("p", [0.02, 0.5, 0.9])
def test_coverage_of_a_proportion_at_all_looks(p):
    """500 streams of 40 looks: the truth leaves the intervals in at most 5 % of them."""
    hits = np.cumsum(np.random.default_rng(8).binomial(50, p, (500, 40)), axis=1)
    found = proportion_sequence(hits, np.broadcast_to(np.arange(1, 41) * 50, hits.shape))
    assert np.mean(((p < found.lower) | (p > found.upper)).any(axis=1)) <= 0.05


def test_proportion_ends_have_the_capital_of_one_over_alpha():
    """By definition; and none or all successes end at 0 and 1."""
    found = proportion_sequence([30], [100], alpha=0.05)
    own = mixture_rho(1000.0)
    for p in (found.lower[0], found.upper[0]):
        log = special.betaln(own / 2 + 30, own / 2 + 70) - special.betaln(own / 2, own / 2)
        assert log - 30 * math.log(p) - 70 * math.log(1 - p) == pytest.approx(math.log(20), rel=1e-9)
    edges = proportion_sequence([0], [50]), proportion_sequence([50], [50])
    assert edges[0].lower[0] == 0.0
    assert edges[1].upper[0] == 1.0


def test_conversions_cover_the_lift_and_rarely_alarm():
    """2,000 experiments of 30 looks: no lift is rejected in at most 5 %, a lift of 20 % is covered in 95 %."""
    rng = np.random.default_rng(9)
    c, t, more = (np.cumsum(rng.poisson(20 * lift, (2000, 30)), axis=1) for lift in (1, 1, 1.2))
    assert np.mean(conversion_sequence(c, t).crossed > 0) <= 0.05
    found = conversion_sequence(c, more)
    assert np.mean(((found.lower > 0.2) | (found.upper < 0.2)).any(axis=1)) <= 0.05
    assert np.mean(found.crossed > 0) > 0.3
    unequal = conversion_sequence([100, 300], [50, 150], share=1 / 3)
    assert unequal.lower[1] < 0 < unequal.upper[1]


def test_betting_covers_and_narrows():
    """Means of bounded values at looks chosen at will: 30 streams, the truth never left in more than 5 + 3 s.e. %."""
    rng, missed = np.random.default_rng(10), 0
    for _ in range(30):
        found = betting_sequence(10 * rng.beta(2, 6, 800), [50, 200, 800], upper=10.0)
        missed += bool(((found.lower > 2.5) | (found.upper < 2.5)).any())
        assert found.upper[2] - found.lower[2] < found.upper[0] - found.lower[0]
    assert missed / 30 <= 0.05 + 3 * 0.04
    assert betting_sequence([1.0] * 60, null=0.5).p_values[0] < 0.01


@pytest.mark.parametrize("q", [0.1, 0.5, 0.95])
def test_quantile_ranks_are_the_believable_sums(q):
    """Every sum between the ranks has a capital below 1 / alpha, those outside do not."""
    low, high = quantile_ranks(2000, q, alpha=0.05)
    own = mixture_rho(1000.0)
    a, b = own * q, own * (1 - q)

    def capital(s: int) -> float:
        return (
            special.betaln(a + s, b + 2000 - s)
            - special.betaln(a, b)
            - stats.binom.logpmf(s, 2000, q)
            + (special.gammaln(2001) - special.gammaln(s + 1) - special.gammaln(2001 - s))
        )

    assert max(capital(low), capital(high - 1)) < math.log(20) <= min(capital(low - 1), capital(high))


def test_quantiles_are_covered_at_all_looks():
    """300 streams with ties; and a shift of the arms is found, no shift hardly ever."""
    rng, looks = np.random.default_rng(11), [50, 100, 200, 400, 800]
    streams = np.round(rng.lognormal(0, 1, (300, 800)), 1)
    found = [quantile_sequence(x, 0.5, looks) for x in streams]
    assert np.mean([bool(((f.lower > 1.0) | (f.upper < 1.0)).any()) for f in found]) <= 0.05
    same = [quantile_sequence(a, 0.5, looks, treatment=b) for a, b in zip(streams[:100], streams[100:200], strict=True)]
    assert np.mean([f.crossed > 0 for f in same]) <= 0.05
    assert quantile_sequence(streams[0], 0.5, looks, treatment=streams[1] + 2).crossed > 0
    assert quantile_sequence([1.0, 2.0], 0.9).upper[0] == math.inf


def test_srm_evidence_is_the_dirichlet_multinomial():
    """Against scipy's log densities of both models."""
    counts, shares = [[30, 20, 50], [60, 55, 85]], [0.3, 0.2, 0.5]
    for row, found in zip(counts, srm_evidence(counts, shares, concentration=100), strict=True):
        a = 100 * np.array(shares)
        mixed = stats.dirichlet_multinomial.logpmf(row, a, sum(row))
        assert found == pytest.approx(mixed - stats.multinomial.logpmf(row, sum(row), shares), rel=1e-9)


def test_srm_rarely_alarms_but_finds_a_mismatch():
    """5,000 fair splits with 60 looks alarm in at most 5 %; 51:49 is found; a stray unit is an alarm at once."""
    rng = np.random.default_rng(12)
    left = np.cumsum(rng.binomial(1000, 0.5, (5000, 60)), axis=1)
    evidence = srm_evidence(np.stack([left, 1000 * np.arange(1, 61) - left], axis=-1))
    assert np.mean((evidence > math.log(20)).any(axis=1)) <= 0.05
    assert not check_srm_sequential([[5100, 4900], [51_000, 49_000]])
    assert check_srm_sequential([[5000, 5010], [50_000, 50_100]])
    assert check_srm_sequential([[10, 10, 1]], [1, 1, 0]).p_value == 0.0
    assert isinstance(check_srm_sequential([[0, 0]]), NotEstimable)
    named = srm_segments({"web": [[5000, 5000]], "app": [[5500, 4500]]})
    assert [bool(one.ok) for one in named.values()] == [True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: confidence_sequence([1, 2], [1, 1], [200, 100]), "do not grow"),
        (lambda: confidence_sequence([1, 2], [1, 1], [100, 100]), "do not grow"),
        (lambda: confidence_sequence([1, 2], [1, 0], [1, 2]), "not above 0"),
        (lambda: confidence_sequence([1, 2], [1, 1], [1, 2, 3]), "shapes"),
        (lambda: confidence_sequence([], [], []), "no looks"),
        (lambda: confidence_sequence(["a"], [1], [1]), "not numbers"),
        (lambda: confidence_sequence([math.inf], [1], [1]), "infinite"),
        (lambda: confidence_sequence([1], [1], [1], rho=1, tuned_for=1), "one of them"),
        (lambda: confidence_sequence([1], [1], [1], rho=0), "above 0"),
        (lambda: mixture_rho(0), "units"),
        (lambda: mixture_tau(0), "standard error"),
        (lambda: mixture_sprt([1], [1], tau=0), "tau"),
        (lambda: proportion_sequence([5, 4], [10, 20]), "go down"),
        (lambda: proportion_sequence([5, 30], [10, 20]), "more successes"),
        (lambda: proportion_sequence([1, 2], [1, 2, 3]), "shape"),
        (lambda: proportion_sequence([0.5], [1]), "no counts"),
        (lambda: betting_sequence([0.5, 2.0]), "beyond the bounds"),
        (lambda: betting_sequence([0.5, 0.2], [2, 1]), "out of order"),
        (lambda: betting_sequence([0.5], lower=1, upper=0), "least"),
        (lambda: betting_sequence([0.5], null=3), "possible mean"),
        (lambda: quantile_sequence([1, 2, 3], 0.5, [2, 2]), "repeated"),
        (lambda: quantile_sequence([1, 2], 0.5, [1, 2], treatment=[1, 2], treatment_looks=[2]), "different numbers"),
        (lambda: check_srm_sequential([[5, 5], [4, 6]]), "go down"),
        (lambda: check_srm_sequential([5, 5]), "table"),
        (lambda: check_srm_sequential([["a", "b"]]), "not numbers"),
        (lambda: check_srm_sequential([[0.5, 1]]), "whole"),
        (lambda: check_srm_sequential([[5, 5]], [1, 1, 1]), "3 shares"),
        (lambda: check_srm_sequential([[5, 5]], [0, 0]), "not all 0"),
        (lambda: check_srm_sequential([[[5, 5]]]), "looks by arms"),
        (lambda: srm_evidence([[5, 5]], concentration=0), "above 0"),
        (lambda: srm_segments({}), "no segments"),
        (lambda: compare_methods(5, simulations=10), "100 or more"),
        (lambda: compare_methods(5, methods=["pocok"]), "pocock"),
        (lambda: decisions_by_look([1, 2, 3], 2), "at most one"),
    ],
)
def test_looks_that_cannot_be_are_refused(call, message):
    """With a reason."""
    with pytest.raises(InvalidInput, match=message):
        call()


def test_several_concentrations_are_averaged():
    """The mean of martingales is one: gross mismatches are found early, small ones nearly as soon as by the best."""
    counts = [[500, 510], [800, 600]]
    apart = [np.exp(srm_evidence(counts, concentration=one)) for one in (100, 10_000)]
    both = srm_evidence(counts, concentration=(100, 10_000))
    assert both == pytest.approx(np.log(np.mean(apart, axis=0)), rel=1e-12)
    with pytest.raises(InvalidInput, match="no concentration"):
        srm_evidence(counts, concentration=())
