"""Power and smallest effect by the standard error that the data has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import compare_means, mde_means, mde_reached, power_means, power_reached


@pytest.mark.parametrize("n", [8, 40, 1000])
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_is_the_power_of_the_test_at_that_error(n, alternative):
    """With the error and the degrees of freedom of two equal arms it is the power of Student's test."""
    se, df = math.sqrt(2 / n), 2 * n - 2
    known = power_means(0, 1, 0.5, n, alternative=alternative)
    assert power_reached(0.5, se, df=df, alternative=alternative) == pytest.approx(known, rel=1e-12)
    least = mde_reached(se, df=df, alternative=alternative)
    assert least == pytest.approx(mde_means(0, 1, n, alternative=alternative), rel=1e-9)


def test_agrees_with_statsmodels():
    """The same through a peer's noncentral t."""
    from statsmodels.stats.power import TTestIndPower

    peer = TTestIndPower().power(0.3, 120, 0.05)
    assert power_reached(0.3, math.sqrt(2 / 120), df=238) == pytest.approx(peer, rel=1e-9)


def test_so_many_experiments_find_it():
    """Of 4,000 experiments with a true effect, the share that it says finds it."""
    rng, n, effect = np.random.default_rng(5), 60, 0.5
    found = [compare_means(rng.normal(0, 1, n), rng.normal(effect, 1, n)).significant for _ in range(4000)]
    power = power_reached(effect, math.sqrt(2 / n), df=2 * n - 2)
    assert np.mean(found) == pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / 4000))


@given(se=st.floats(1e-6, 1e6), power=st.floats(0.1, 0.99), bound=st.none() | st.floats(2, 6))
def test_the_smallest_effect_has_that_power(se, power, bound):
    """Whatever the error, and whatever z has to pass."""
    least = mde_reached(se, power=power, bound=bound)
    assert power_reached(least, se, bound=bound) == pytest.approx(power, rel=1e-9)


def test_a_bound_is_what_has_to_be_passed():
    """A wider one than the test's leaves less power, and the side is kept."""
    assert power_reached(2.8, 1.0, bound=3.0) < power_reached(2.8, 1.0)
    assert power_reached(-2.8, 1.0, alternative="less") == power_reached(2.8, 1.0, alternative="greater")
    assert mde_reached(1.0, alternative="less") == -mde_reached(1.0, alternative="greater")
    assert power_reached(0.0, 1.0) == pytest.approx(0.05)


@pytest.mark.parametrize("se", [0, -1, math.nan, 1e-320])
def test_an_error_is_above_zero(se):
    """Anything else is refused."""
    with pytest.raises(InvalidInput, match="se is"):
        power_reached(1, se)
