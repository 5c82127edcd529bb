"""Bayesian comparisons, priors from the past, and shrinkage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from expkit.errors import InvalidInput
from expkit.stats import (
    NormalPrior,
    NotEstimable,
    Summary,
    bayes_arms,
    bayes_means,
    bayes_proportions,
    bayes_rates,
    correct_winner,
    correct_winners,
    effect_prior,
    prior_sensitivity,
    shrink_effects,
)  # fmt: skip
from expkit.stats.mirrored import Mirrored
from expkit.stats.posteriors import BetaPosterior, NormalPosterior, StudentPosterior, chance_above, difference, loss

# the 13 trials of the BCG vaccine (Colditz et al. 1994): log relative risks and their variances
BCG = [
    -0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173,
]  # fmt: skip
BCG_VAR = [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
SCHOOLS, SCHOOLS_SE = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]


def miller(a_c: int, b_c: int, a_t: int, b_t: int) -> float:
    """P(treatment better) as a finite sum (Evan Miller 2014, Formulas for Bayesian A/B testing)."""
    i = np.arange(a_t)
    terms = special.betaln(a_c + i, b_t + b_c) - np.log(b_t + i) - special.betaln(1 + i, b_t) - special.betaln(a_c, b_c)
    return float(np.exp(terms).sum())


@pytest.mark.parametrize(
    ("s_c", "n_c", "s_t", "n_t"),
    [(1, 2, 3, 4), (10, 100, 20, 100), (100, 1000, 130, 1000), (0, 10, 0, 1000), (500, 1000, 3, 5), (9, 9, 50, 60),
     (2000, 100_000, 2100, 100_000), (5, 1_000_000, 9, 1000)],
)  # fmt: skip
def test_probability_better_is_miller_s_sum(s_c, n_c, s_t, n_t):
    """Quadrature equals the finite sum, to 1e-8."""
    found = bayes_proportions(s_c, n_c, s_t, n_t)
    assert found.probability_better == pytest.approx(miller(1 + s_c, 1 + n_c - s_c, 1 + s_t, 1 + n_t - s_t), abs=1e-8)


@pytest.mark.parametrize(("x_c", "t_c", "x_t", "t_t"), [(3, 10, 7, 10), (100, 50, 90, 60), (0, 5, 2, 5)])
def test_rates_are_a_beta_tail(x_c, t_c, x_t, t_t):
    """Two Gammas compare as one Beta: P(better) = 1 - I_x(a_t, a_c) with x = rate_t / (rate_t + rate_c)."""
    found = bayes_rates(x_c, t_c, x_t, t_t, prior=(1, 1))
    a_c, a_t = 1 + x_c, 1 + x_t
    exact = special.betaincc(a_t, a_c, (1 + t_t) / (t_c + t_t + 2))
    assert found.probability_better == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(("m", "s"), [(0.0, 1.0), (1.3, 0.4), (-2.0, 3.0), (5.0, 0.5)])
def test_normal_answers_are_closed_forms(m, s):
    """P(better), expected loss and interval of two normals are those of their difference."""
    control, treatment = NormalPosterior(1.0, 0.6 * s), NormalPosterior(1.0 + m, 0.8 * s)
    z = m / s
    assert chance_above(treatment, [control]) == pytest.approx(stats.norm.cdf(z), abs=1e-9)
    assert loss(treatment, [control]) == pytest.approx(s * (stats.norm.pdf(z) - z * stats.norm.sf(z)), abs=1e-9)
    assert difference(treatment, control, 0.975) == pytest.approx(m + 1.959963984540054 * s, abs=1e-8)


def test_flat_beliefs_have_known_answers():
    """Without data, uniform: half, a loss of 1/6, a triangle's quantile, and the ratio's tail of 1 / (2 r)."""
    found = bayes_proportions(0, 0, 0, 0)
    assert found.probability_better == pytest.approx(0.5)
    assert found.loss_if_treatment == pytest.approx(1 / 6)
    assert found.ci.upper == pytest.approx(1 - math.sqrt(0.05), abs=1e-4)
    assert found.lift_ci == pytest.approx((-0.95, 19), rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 300), st.integers(0, 300))
def test_losses_differ_by_the_effect(n_c, n_t, s_c, s_t):
    """E[max - t] - E[max - c] = c - t; chances of both ways add to one; the interval holds 95 %."""
    s_c, s_t = min(s_c, n_c), min(s_t, n_t)
    found = bayes_proportions(s_c, n_c, s_t, n_t)
    back = bayes_proportions(s_c, n_c, s_t, n_t, lower_is_better=True)
    assert found.loss_if_control - found.loss_if_treatment == pytest.approx(found.effect, abs=1e-7)
    assert back.loss_if_treatment - back.loss_if_control == pytest.approx(found.effect, abs=1e-7)
    assert found.probability_better + back.probability_better == pytest.approx(1, abs=1e-8)
    assert found.ci.lower < found.effect < found.ci.upper


def test_many_arms_agree_with_simulation():
    """Chances add to one; 400,000 draws agree within four standard errors, for arms of very different width too."""
    arms = {"a": (10, 100), "b": (20, 100), "c": (2050, 10_000), "d": (3, 9)}
    found = bayes_arms(arms)
    draws = np.random.default_rng(1).beta(*np.array([(1 + s, 1 + n - s) for s, n in arms.values()]).T, (400_000, 4))
    best = np.bincount(draws.argmax(axis=1), minlength=4) / 400_000
    lost = (draws.max(axis=1, keepdims=True) - draws).mean(axis=0)
    assert sum(arm.probability_best for arm in found.values()) == pytest.approx(1, abs=1e-6)
    assert [arm.probability_best for arm in found.values()] == pytest.approx(best.tolist(), abs=0.0032)
    assert [arm.expected_loss for arm in found.values()] == pytest.approx(lost.tolist(), abs=0.001)
    low = bayes_arms({"a": (5, 10.0), "b": (9, 10.0)}, family="rates", lower_is_better=True)
    assert low["a"].probability_best > 0.8
    assert bayes_arms({"a": [1, 2, 3], "b": [4, 5, 6]}, family="means")["b"].probability_best > 0.9


def test_means_without_a_prior_are_behrens_and_fisher():
    """Against 400,000 draws; with many units against the normal. The interval is wider than Welch's."""
    a, b = Summary(6, 10.0, 4.0), Summary(9, 12.0, 9.0)
    found = bayes_means(a, b)
    rng = np.random.default_rng(2)
    draws = 12 + rng.standard_t(8, 400_000) - 10 - math.sqrt(4 / 6) * rng.standard_t(5, 400_000)
    assert found.probability_better == pytest.approx(np.mean(draws > 0), abs=0.0022)
    assert found.ci == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.03)
    large = bayes_means(Summary(10**6, 10, 4), Summary(10**6, 10.004, 4))
    assert large.probability_better == pytest.approx(stats.norm.cdf(0.004 / math.sqrt(8e-6)), abs=1e-5)
    assert large.lift == pytest.approx(0.0004, abs=1e-8)
    assert StudentPosterior(0, 1, 1).sd == math.inf


@pytest.mark.parametrize("sd", [0.1, 0.5, 2.0, math.inf])
def test_a_normal_prior_weighs_by_precision(sd):
    """Posterior mean and interval are the textbook's; the flat prior gives the estimate back."""
    a, b, prior = Summary(1000, 10, 100), Summary(1000, 11, 100), NormalPrior(0.2, sd)
    found, se2 = bayes_means(a, b, prior=prior), 0.2
    precision = 1 / se2 + (0 if math.isinf(sd) else 1 / sd**2)
    mean = (1 / se2 + (0 if math.isinf(sd) else 0.2 / sd**2)) / precision
    assert found.effect == pytest.approx(mean)
    assert found.ci.upper - found.effect == pytest.approx(1.959963984540054 / math.sqrt(precision))
    assert found.probability_better == pytest.approx(stats.norm.cdf(mean * math.sqrt(precision)))
    assert found.loss_if_control - found.loss_if_treatment == pytest.approx(mean)
    down = bayes_means(a, b, prior=prior, lower_is_better=True)
    assert down.probability_better == pytest.approx(1 - found.probability_better)
    assert down.loss_if_treatment == pytest.approx(found.loss_if_control)


def test_a_prior_on_the_lift_has_the_lift_s_scale():
    """Effect = lift x control, whatever the unit; near a zero control there is no lift."""
    prior = NormalPrior(0, 0.05)
    one = bayes_means(Summary(1000, 10, 100), Summary(1000, 11, 100), prior=prior, on="lift")
    ten = bayes_means(Summary(1000, 100, 10_000), Summary(1000, 110, 10_000), prior=prior, on="lift")
    assert one.lift == pytest.approx(ten.lift)
    assert one.effect == pytest.approx(10 * one.lift)
    assert isinstance(bayes_means(Summary(9, 0, 1), Summary(9, 1, 1), prior=prior, on="lift"), NotEstimable)
    flat = bayes_means(Summary(9, 0, 1), Summary(9, 1, 1), prior=prior)
    assert isinstance(flat.lift, NotEstimable)
    assert isinstance(bayes_means([1, 1], [1, 1], prior=prior), NotEstimable)


@pytest.mark.parametrize(("method", "tau2"), [("paule-mandel", 0.3181), ("dl", 0.3088)])
def test_priors_from_the_bcg_trials(method, tau2):
    """Heterogeneity as the R package metafor reports it (0.3181, 0.3088); our data have four decimals."""
    found = effect_prior(BCG, np.sqrt(BCG_VAR), mean=None, method=method)
    assert found.sd**2 == pytest.approx(tau2, abs=5e-4)
    assert found.mean == pytest.approx(-0.7150, abs=1e-3)


def test_a_known_mean_and_no_spread():
    """A mean of zero makes the spread larger; the eight schools differ no more than their errors."""
    assert effect_prior(BCG, np.sqrt(BCG_VAR)).sd > effect_prior(BCG, np.sqrt(BCG_VAR), mean=None).sd
    assert effect_prior(BCG, np.sqrt(BCG_VAR), method="dl").mean == 0
    assert isinstance(effect_prior(SCHOOLS, SCHOOLS_SE, mean=None), NotEstimable)
    assert isinstance(effect_prior([1, 2], [1, 1]), NotEstimable)


def test_eight_schools_shrink_towards_their_mean():
    """No spread is found, so all are pulled by 5/7 towards 7.69, the pooled mean (Gelman et al. 2013, ch. 5.5)."""
    found = shrink_effects(SCHOOLS, SCHOOLS_SE)
    assert [one.weight for one in found] == pytest.approx([2 / 7] * 8)
    assert found[0].effect == pytest.approx(7.686 + 2 / 7 * (28 - 7.686), abs=0.001)
    own = shrink_effects(SCHOOLS, SCHOOLS_SE, prior=NormalPrior(0, 10))
    assert own[0].effect == pytest.approx(28 * 100 / (100 + 225))


def test_baseball_shrinks_by_the_printed_factor():
    """Efron & Morris (1977, Scientific American 236): 18 batters, shrinking factor 0.212."""
    hits = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45
    mean = hits.mean()
    se = math.sqrt(mean * (1 - mean) / 45)
    found = shrink_effects(hits, np.full(18, se), method="james-stein")
    assert found[0].weight == pytest.approx(0.212, abs=0.002)
    assert found[0].effect == pytest.approx(0.294, abs=0.001)


@pytest.mark.parametrize("method", ["empirical-bayes", "james-stein"])
@pytest.mark.parametrize("spread", [0.0, 0.2, 0.5])
def test_shrinking_lowers_the_error_and_covers(method, spread):
    """300 portfolios of 12 effects: squared error falls, intervals cover 95 % (less three standard errors)."""
    rng = np.random.default_rng(4)
    raw = better = covered = 0.0
    for _ in range(300):
        truth, se = rng.normal(0.1, spread, 12), np.full(12, 0.5)
        x = rng.normal(truth, se)
        found = shrink_effects(x, se, method=method)
        raw += ((x - truth) ** 2).sum()
        better += sum((one.effect - t) ** 2 for one, t in zip(found, truth, strict=True))
        covered += sum(one.ci.lower <= t <= one.ci.upper for one, t in zip(found, truth, strict=True))
    assert better < 0.75 * raw
    assert covered / 3600 > 0.95 - 3 * 0.0063


def test_winners_are_corrected_in_sum_and_one_by_one():
    """20,000 effects of which the significant ones are told: the corrected total is the true one."""
    rng = np.random.default_rng(6)
    truth, se = rng.normal(0, 0.5, 20_000), np.full(20_000, 0.5)
    x = rng.normal(truth, se)
    found = correct_winners(x, se)
    true_total = truth[list(found.selected)].sum()
    assert found.total > 1.2 * true_total
    # Lee & Shen's estimate errs on the low side of the excess: it takes the noisy effects for the true ones
    assert abs(found.corrected - true_total) < abs(found.total - true_total) / 2
    assert correct_winners([3, 1], [1, 1], selected=[False, True]).total == 1
    assert correct_winner(2.0, 1.0) < 1.0
    assert correct_winner(-10.0, 1.0) == pytest.approx(-10, abs=1e-6)
    assert isinstance(correct_winner(1.0, 1.0), NotEstimable)


def test_one_winner_solves_the_truncated_likelihood():
    """At the corrected value the expected z among significant results is the one seen."""
    mean = correct_winner(2.5, 1.0)
    z = stats.norm.isf(0.025)
    upper, lower = stats.norm.sf(z - mean), stats.norm.sf(z + mean)
    expected = mean + (stats.norm.pdf(z - mean) - stats.norm.pdf(z + mean)) / (upper + lower)
    assert expected == pytest.approx(2.5, abs=1e-9)


def test_views_of_several_priors():
    """Sceptical priors pull to zero, the flat one leaves the estimate."""
    views = prior_sensitivity(1.0, 0.5, [NormalPrior(), NormalPrior(0, 0.5), NormalPrior(0, 0.1)])
    assert [round(v.effect, 4) for v in views] == [1.0, 0.5, 0.0385]
    assert views[0].probability_better > views[1].probability_better > views[2].probability_better > 0.5


def test_a_mirrored_belief():
    """Everything is turned round, spread and quantiles too."""
    arm = BetaPosterior(3, 5)
    points, mass = Mirrored(arm).spread()
    assert float(points @ mass) == pytest.approx(Mirrored(arm).mean) == pytest.approx(-3 / 8)
    assert Mirrored(arm).quantile(0.2) == pytest.approx(-arm.quantile(0.8))
    assert Mirrored(arm).sd == arm.sd
    assert Mirrored(arm).above(np.array([-0.3]))[0] == pytest.approx(arm.below(np.array([0.3]))[0])


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (lambda: bayes_proportions(0, 10, 0, 10, prior=(0, 0)), "improper"),
        (lambda: bayes_proportions(1, 10, 0, 10, prior=(0, 0)), "improper"),
        (lambda: bayes_rates(0, 10, 0, 10, prior=(0, 0)), "improper"),
        (lambda: bayes_means([1.0], [1.0, 2.0]), "two different"),
        (lambda: bayes_means([1, 2], [3, 3]), "two different"),
        (lambda: bayes_arms({"a": (0, 1), "b": (1, 2)}, prior=(0, 0)), "improper"),
        (lambda: shrink_effects([1, 2, 3], [1, 1, 1], method="james-stein"), "4 or more"),
        (lambda: shrink_effects([1, 2], [1, 1]), "4 or more"),
    ],
)
def test_no_belief_comes_with_a_reason(found, reason):
    """Improper posteriors and too few effects."""
    answer = found()
    assert isinstance(answer, NotEstimable)
    assert reason in f"{answer}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NormalPrior(0, 0), "above 0"),
        (lambda: NormalPrior(math.nan, 1), "prior mean"),
        (lambda: bayes_proportions(11, 10, 0, 10), "successes first"),
        (lambda: bayes_proportions(1, 10, 1, 10, prior=(-1, 1)), "at least 0"),
        (lambda: bayes_rates(1, 1, 1, 1, prior=3), "not a pair"),
        (lambda: bayes_rates(1, -1, 1, 1), "exposure"),
        (lambda: bayes_arms({"a": (1, 2)}), "two or more"),
        (lambda: bayes_arms({"a": 1, "b": 2}), "not a pair"),
        (lambda: bayes_arms({"a": [1, 2], "b": [2, 3]}, family="means", prior=(1, 1)), "no pair"),
        (lambda: bayes_means([1, 2], [2, 3], on="lfit"), "lift"),
        (lambda: effect_prior([1, 2, 3], [1, 1]), "one of each"),
        (lambda: effect_prior([1, 2, 3], [1, 1, 0]), "not above 0"),
        (lambda: prior_sensitivity(1, 0, []), "above 0"),
        (lambda: shrink_effects([1, None, 3], [1, 1, 1]), "missing"),
        (lambda: shrink_effects([], []), "one of each"),
        (lambda: correct_winners([1], [1], selected=[]), "0 choices"),
        (lambda: correct_winner(1, 0), "above 0"),
    ],
)
def test_bad_beliefs_are_refused(call, message):
    """With a reason."""
    with pytest.raises(InvalidInput, match=message):
        call()
