"""Sizing: published and peer values, the round trip of size, power and effect, and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from expkit.errors import InvalidInput
from expkit.stats import (
    compare_means,
    compare_proportions,
    mde_means,
    mde_proportions,
    power_means,
    power_proportions,
    size_means,
    size_proportions,
)

SIDES = st.sampled_from(["two-sided", "greater", "less"])
PEER_SIDES = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}


def test_r_power_t_test():
    """R: power.t.test(delta = 1, sd = 1, power = .90) has n = 22.02110, to its own tolerance of 1e-4."""
    found = size_means(0, 1, 1, power=0.9)
    assert found.exact == pytest.approx((22.02110, 22.02110), abs=1e-4)
    assert (found.per_arm, found.total) == ((23, 23), 46)
    assert power_means(0, 1, 1, 20) == pytest.approx(0.8689528, abs=5e-7)  # power.t.test(n = 20, delta = 1)


def test_r_power_prop_test():
    """R: power.prop.test(p1 = .50, p2 = .75, power = .90) has n = 76.7; power.prop.test(50, ...) 0.7401659."""
    found = size_proportions(0.5, 0.25, power=0.9)
    z_alpha, z_power = 1.959963984540054, 1.2815515655446004
    root = z_alpha * math.sqrt(2 * 0.625 * 0.375) + z_power * math.sqrt(0.5 * 0.5 + 0.75 * 0.25)
    assert found.exact[0] == pytest.approx((root / 0.25) ** 2, rel=1e-6)  # Fleiss: one tail only
    assert found.per_arm == (77, 77)
    assert power_proportions(0.5, 0.25, 50) == pytest.approx(0.7401659, abs=2e-6)  # R leaves one tail out


@pytest.mark.parametrize("alternative", PEER_SIDES)
@pytest.mark.parametrize(
    ("d", "n", "ratio", "alpha"), [(0.1, 1500, 1, 0.05), (0.5, 30, 2, 0.01), (0.2, 400, 0.25, 0.1)]
)
def test_power_of_means_agrees_with_statsmodels(d, n, ratio, alpha, alternative):
    """The noncentral t, unequal arms included, to 1e-9."""
    sign = -1 if alternative == "less" else 1
    peer = TTestIndPower().power(sign * d, n, alpha, ratio=ratio, alternative=PEER_SIDES[alternative])
    found = power_means(7, 3, 3 * d, (n, n * ratio), alpha=alpha, alternative=alternative)
    assert found == pytest.approx(peer, rel=1e-9)


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1, 2, 3, 4])
def test_size_of_means_agrees_with_statsmodels(ratio):
    """At every allocation; the peer's power at our size is the one asked for."""
    n = size_means(0, 1, 0.2, shares=(1, ratio)).exact[0]
    assert TTestIndPower().power(0.2, n, 0.05, ratio=ratio) == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize(("baseline", "mde", "n", "ratio"), [(0.05, 0.01, 8000, 1), (0.3, -0.1, 300, 2)])
def test_power_of_proportions_agrees_with_statsmodels(baseline, mde, n, ratio):
    """The pooled variance under no effect, the unpooled one under the effect."""
    peer = power_proportions_2indep(mde, baseline, n, ratio=ratio, alpha=0.05).power
    assert power_proportions(baseline, mde, (n * ratio, n)) == pytest.approx(peer, rel=1e-9)


@pytest.mark.parametrize("n", [500, 1000, 10**5, 10**8])
def test_the_far_tail_is_certainty_and_not_nan(n):
    """Where scipy's noncentral t gives up: an effect of half a sd with thousands of units."""
    assert power_means(0, 1, 0.5, n) == pytest.approx(1, abs=1e-8)
    assert power_means(0, 1, 37 / math.sqrt(n / 2), n) == pytest.approx(1)
    assert power_means(0, 1, 1e-12, n) == pytest.approx(0.05, abs=1e-6)


@given(st.floats(0.01, 2), st.floats(0.3, 0.99), st.floats(0.2, 5), SIDES)
def test_size_power_and_effect_of_means_agree(d, power, ratio, alternative):
    """Each is the inverse of the others."""
    size = size_means(1, 2, 2 * d, power=power, alternative=alternative, shares=(1, ratio))
    reached = power_means(1, 2, 2 * d, size.exact if min(size.exact) > 2 else size.per_arm, alternative=alternative)
    assert reached >= power - 1e-9
    if min(size.exact) > 2.01:
        assert reached == pytest.approx(power, abs=1e-9)
        found = mde_means(1, 2, size.exact, power=power, alternative=alternative)
        assert found == pytest.approx(-2 * d if alternative == "less" else 2 * d, rel=1e-6)


@given(st.floats(0.01, 0.6), st.floats(0.01, 0.3), st.floats(0.5, 0.99))
def test_size_power_and_effect_of_proportions_agree(baseline, mde, power):
    """Each is the inverse of the others."""
    size = size_proportions(baseline, mde, power=power)
    if min(size.exact) > 2.01:
        assert power_proportions(baseline, mde, size.exact) == pytest.approx(power, abs=1e-9)
        assert mde_proportions(baseline, size.exact, power=power) == pytest.approx(mde, rel=1e-6)


def test_relative_is_a_share_of_the_baseline():
    """Five percent of 20 is one; a negative baseline counts by its size."""
    assert size_means(20, 5, 0.05, relative=True) == size_means(20, 5, 1)
    assert size_means(-20, 5, 0.05, relative=True).effect == 1
    assert mde_means(20, 5, 1000, relative=True) == pytest.approx(mde_means(20, 5, 1000) / 20)
    assert power_proportions(0.1, 0.2, 900, relative=True) == pytest.approx(power_proportions(0.1, 0.02, 900))
    assert mde_proportions(0.1, 900, relative=True) == pytest.approx(mde_proportions(0.1, 900) / 0.1)


def test_several_treatments_each_get_the_power():
    """The smallest treatment decides; shares may be percent."""
    found = size_means(0, 1, 0.2, shares=(50, 25, 25))
    pair = size_means(0, 1, 0.2, shares=(2, 1))
    assert found.per_arm == (*pair.per_arm, pair.per_arm[1])
    assert found.total == sum(found.per_arm)


def test_less_means_downwards():
    """The size of the effect is given, the direction is the alternative's."""
    assert size_means(0, 1, 0.2, alternative="less").effect == -0.2
    assert size_means(0, 1, -0.2, alternative="less").total == size_means(0, 1, 0.2, alternative="greater").total
    assert mde_means(0, 1, 100, alternative="less") == -mde_means(0, 1, 100, alternative="greater")
    down = mde_proportions(0.1, 1000, alternative="less")
    assert -0.1 < down < 0
    assert power_proportions(0.1, down, 1000, alternative="less") == pytest.approx(0.8)


def test_an_effect_out_of_reach_is_not_estimable():
    """Ten units will not show any rise of 90%."""
    found = mde_proportions(0.9, 10)
    assert not found
    assert "more units" in found.hint


REFUSED = [
    (lambda: size_means(0, 0, 1), "sd is 0"),
    (lambda: size_means(0, 1, 0), "mde is 0"),
    (lambda: size_means(0, 1, -1, alternative="greater"), "mde is -1"),
    (lambda: size_means(0, 1, 0.1, relative=True), "no relative effect"),
    (lambda: size_means(0, 1, 1e-12), "No sample size"),
    (lambda: size_means(0, 1, 1, power=0.01), "no more than alpha"),
    (lambda: size_means(0, 1, 1, power=1), "power is 1"),
    (lambda: size_means(0, 1, 1, shares=(1,)), "Shares"),
    (lambda: size_means(0, 1, 1, shares=(1, 0)), "Shares"),
    (lambda: size_means(0, 1, 1, alternative="both"), "Unknown alternative"),
    (lambda: size_proportions(0.5, 0.6), "out of 0 to 1"),
    (lambda: size_proportions(1.5, 0.1), "baseline is 1.5"),
    (lambda: power_means(0, 1, 1, 1), "n is 1"),
    (lambda: power_means(0, 1, 1, (10, 10, 10)), "n has 3 arms"),
]


@pytest.mark.parametrize(("ask", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_impossible_plans_are_refused(ask, message):
    """With the value at fault."""
    with pytest.raises(InvalidInput, match=message):
        ask()


def test_simulated_power_is_the_planned_power():
    """4,000 experiments of the planned size; tolerance four standard errors of the simulation (0.0253)."""
    rng = np.random.default_rng(21)
    n_c, n_t = size_means(10, 4, 1, shares=(2, 1)).per_arm
    hits = [
        compare_means(rng.normal(10, 4, n_c), rng.normal(11, 4, n_t), method="student").significant for _ in range(4000)
    ]
    assert abs(np.mean(hits) - 0.8) < 0.0253


def test_simulated_power_of_proportions():
    """1,500 experiments; tolerance four standard errors and half a unit's lattice (0.045)."""
    rng = np.random.default_rng(22)
    n, _ = size_proportions(0.1, 0.03).per_arm
    draws = rng.binomial(n, [0.1, 0.13], (1500, 2))
    hits = [compare_proportions(int(c), n, int(t), n, relative=False).significant for c, t in draws]
    assert abs(np.mean(hits) - 0.8) < 0.045
