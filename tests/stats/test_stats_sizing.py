"""Sizing beyond two plain arms: covariates, clusters, margins, history, simulation, any unknown."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import (
    Summary,
    compare_means,
    compare_quantiles,
    history_of_means,
    history_of_quantile,
    history_of_ratios,
    mde_means,
    mde_proportions,
    power_means,
    power_non_inferiority,
    power_proportions,
    simulate_power,
    size_means,
    size_non_inferiority,
    size_non_inferiority_proportions,
    size_proportions,
    solve_size,
)

KINDS = st.sampled_from(["mean", "proportion"])


@given(KINDS, st.sampled_from(["mde", "n", "power", "alpha"]), st.sampled_from(["two-sided", "greater"]))
def test_any_one_from_the_others(kind, unknown, alternative):
    """Found again from the other three."""
    known = {"kind": kind, "baseline": 0.2, "sd": 0.4, "alternative": alternative, "rho": 0.3}
    whole = solve_size(**known, mde=0.05, n=None)
    values = {"mde": 0.05, "n": whole.exact[0], "power": 0.8, "alpha": 0.05}
    found = solve_size(**known, **{**values, unknown: None})
    assert (found.effect, found.exact[0], found.power, found.alpha) == pytest.approx(
        (0.05, values["n"], 0.8, 0.05), rel=1e-6
    )


def test_exactly_one_is_unknown():
    """Neither none nor two; a mean needs its spread; what is out of reach says so."""
    for values in ({"mde": 1, "n": 10}, {}):
        with pytest.raises(InvalidInput, match="Exactly one"):
            solve_size("mean", baseline=1, sd=1, **values)
    with pytest.raises(InvalidInput, match="standard deviation"):
        solve_size("mean", baseline=1, mde=1)
    with pytest.raises(InvalidInput, match="Unknown kind"):
        solve_size("median", baseline=1, mde=1)
    assert "more units" in solve_size("proportion", baseline=0.9, n=10).hint


def test_a_covariate_saves_and_clusters_cost():
    """(1 - rho^2) (1 + (m - 1) icc) times the units."""
    plain = size_means(10, 4, 0.1).exact[0]
    assert size_means(10, 4, 0.1, rho=0.6).exact[0] == pytest.approx(0.64 * plain, rel=1e-4)
    assert size_means(10, 4, 0.1, icc=0.02, cluster_size=51).exact[0] == pytest.approx(2 * plain, rel=1e-4)
    share = size_proportions(0.1, 0.01).exact[0]
    assert size_proportions(0.1, 0.01, icc=0.5, cluster_size=3).exact[0] == pytest.approx(2 * share, rel=1e-9)
    assert power_proportions(0.1, 0.01, 2 * round(share), icc=0.5, cluster_size=3) == pytest.approx(0.8, abs=1e-3)
    assert mde_proportions(0.1, 9000, rho=0.5) < mde_proportions(0.1, 9000)
    assert mde_means(10, 4, 1000, rho=0.8) == pytest.approx(0.6 * mde_means(10, 4, 1000), rel=1e-6)


def test_comparisons_share_alpha():
    """Three treatments against one control."""
    assert size_means(0, 1, 0.2, comparisons=3) == size_means(0, 1, 0.2, alpha=0.05 / 3)
    assert power_means(0, 1, 0.2, 400, comparisons=2) == power_means(0, 1, 0.2, 400, alpha=0.025)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"rho": 1}, "rho is 1"),
        ({"icc": -0.1}, "icc is -0.1"),
        ({"cluster_size": 0}, "cluster_size is 0"),
        ({"comparisons": 0}, "comparisons is 0"),
    ],
)
def test_what_cannot_be(words, message):
    """With a hint."""
    with pytest.raises(InvalidInput, match=message):
        size_means(0, 1, 0.2, **words)


def test_simulated_power_of_clusters():
    """400 experiments of the size planned with an intraclass correlation; tolerance four errors (0.08)."""
    from expkit.stats import compare_clustered

    rng = np.random.default_rng(31)
    clusters = math.ceil(size_means(0, 1, 0.3, icc=0.1, cluster_size=10).exact[0] / 10)
    ids = np.repeat(np.arange(clusters), 10)

    def arm(side):
        values = np.repeat(rng.normal(0, math.sqrt(0.1), clusters), 10) + rng.normal(0, math.sqrt(0.9), ids.size)
        return values + 0.3 * side, ids + 10_000 * side

    hits = [compare_clustered(arm(0), arm(1)).significant for _ in range(400)]
    assert abs(np.mean(hits) - 0.8) < 0.08


def test_non_inferiority_sizes():
    """As an effect of the margin, one-sided; a true gain helps, a relative margin is a share."""
    assert size_non_inferiority(0, 1, 0.2).exact == size_means(0, 1, 0.2, alternative="greater").exact
    assert size_non_inferiority(5, 1, 0.1, effect=0.1).exact[0] == pytest.approx(
        size_non_inferiority(5, 1, 0.2).exact[0]
    )
    assert size_non_inferiority(10, 2, 0.05, relative=True) == size_non_inferiority(10, 2, 0.5)
    assert size_non_inferiority(1, 1, 0.2, effect=-0.1, better="decrease").exact == pytest.approx(
        size_non_inferiority(1, 1, 0.2, effect=0.1).exact
    )
    n = size_non_inferiority(0, 1, 0.2).per_arm[0]
    assert power_non_inferiority(0, 1, 0.2, n) == pytest.approx(0.8, abs=0.002)
    with pytest.raises(InvalidInput, match="beyond the margin"):
        size_non_inferiority(0, 1, 0.2, effect=-0.3)
    with pytest.raises(InvalidInput, match="margin is 0"):
        size_non_inferiority_proportions(0.5, 0)


def test_simulated_power_of_non_inferiority():
    """2,000 experiments of the planned size; tolerance four errors (0.036)."""
    from expkit.stats import non_inferiority_proportions

    rng = np.random.default_rng(32)
    n = size_non_inferiority_proportions(0.3, 0.05).per_arm[0]
    draws = rng.binomial(n, 0.3, (2000, 2)).tolist()
    hits = [non_inferiority_proportions(c, n, t, n, 0.05).shown for c, t in draws]
    assert abs(np.mean(hits) - 0.8) < 0.036
    lower = size_non_inferiority_proportions(0.3, 0.05, better="decrease")
    assert lower.per_arm[0] == pytest.approx(n, rel=0.1)


def test_history_gives_what_sizing_needs():
    """Mean, spread and correlation; for a ratio the spread of its linearised value."""
    rng = np.random.default_rng(33)
    past = rng.normal(5, 2, 20_000)
    now = past + rng.normal(0, 2, 20_000)
    found = history_of_means(now, past)
    assert (found.baseline, found.sd, found.rho) == pytest.approx((5, math.sqrt(8), math.sqrt(0.5)), rel=0.03)
    assert history_of_means(Summary(10, 3, 4)) == (3, 2, 0)
    visits = rng.poisson(5, 20_000) + 1
    ratio = history_of_ratios((rng.poisson(0.2 * visits), visits))
    assert (ratio.baseline, ratio.sd) == pytest.approx((0.2, math.sqrt(0.2 / 6)), rel=0.05)
    assert "do not vary" in history_of_means([1, 1]).reason
    assert "0 units" in history_of_ratios(([], [])).reason


def test_a_quantile_has_a_history_too():
    """Its spread is that of the error at any size; planned and simulated power agree."""
    rng = np.random.default_rng(34)
    past = rng.lognormal(1, 1, 50_000)
    found = history_of_quantile(past)
    assert found.sd == pytest.approx(math.sqrt(0.25) / (1 / (math.e * math.sqrt(2 * math.pi))), rel=0.1)
    n = size_means(found.baseline, found.sd, 0.15, relative=True).per_arm[0]
    hits = [compare_quantiles(rng.choice(past, n), rng.choice(past, n) * 1.15).significant for _ in range(500)]
    assert abs(np.mean(hits) - 0.8) < 0.1
    assert "units" in history_of_quantile([1, 2]).reason
    assert "the same" in history_of_quantile([0] * 100).reason


def test_simulated_from_history():
    """No lift: alpha, even for revenue; with one: about what the formula says; the same seed, the same answer."""
    rng = np.random.default_rng(35)
    revenue = np.where(rng.random(20_000) < 0.1, rng.lognormal(3, 0.8, 20_000), 0)
    none = simulate_power(revenue, 2000, experiments=4000)
    assert 0.05 in none.ci or abs(none.power - 0.05) < 0.014
    history = history_of_means(revenue)
    found = simulate_power(revenue, (2000, 3000), lift=0.25, experiments=2000, seed=3)
    formula = power_means(history.baseline, history.sd, 0.25, (2000, 3000), relative=True)
    assert found.power == pytest.approx(formula, abs=0.12)  # the treatment also varies more
    assert simulate_power(revenue, (2000, 3000), lift=0.25, experiments=2000, seed=3) == found
    more = simulate_power(revenue, 2000, lift=0.25, experiments=1000, alternative="greater")
    less = simulate_power(revenue, 2000, lift=0.25, experiments=1000, alternative="less")
    assert more.power > 0.5 > 0.05 > less.power


def test_simulation_is_the_welch_test():
    """Its count of hits is that of compare_means on the same draws."""
    from expkit.stats.simulation import _moments, _significant

    rng = np.random.default_rng(36)
    arms = [_moments(rng.gamma(1, 1, 300), n, 400, rng) for n in (20, 30)]
    for side in ("two-sided", "greater", "less"):
        hits = _significant(*arms[0], 20, *arms[1], 30, 0.05, side)
        each = [
            compare_means(Summary(20, a, b), Summary(30, c, d), alternative=side).significant
            for a, b, c, d in zip(*arms[0], *arms[1], strict=True)
        ]
        assert hits == sum(each)


def test_simulation_refuses():
    """Constant values, one unit, no experiments."""
    assert "do not vary" in simulate_power([3, 3], 10).reason
    with pytest.raises(InvalidInput, match="2 units or more"):
        simulate_power([1, 2], 1)
    with pytest.raises(InvalidInput, match="2 units or more"):
        simulate_power([1, 2], 10, experiments=0)
