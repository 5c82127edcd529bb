"""What looks cost: power with looks and without, beside printed inflation factors, simulation and closed forms."""

from __future__ import annotations

import math

import pytest
from scipy.stats import norm

from expkit.errors import InvalidInput
from expkit.stats import compare_methods, group_sequential, mixture_rho, power_for_one_look, power_with_looks

METHODS = [("group_sequential", "obrien-fleming"), ("group_sequential", "pocock"), ("always_valid", "obrien-fleming")]


@pytest.mark.parametrize(("method", "spending"), METHODS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("looks", [2, 7, 28])
def test_there_and_back(method, spending, alternative, looks):
    """The power for one look, with looks, is the power that was asked for."""
    options = {"alternative": alternative, "spending": spending, "alpha": 0.03}
    alone = power_for_one_look(0.85, method, looks, **options)
    assert alone > 0.85
    assert power_with_looks(alone, method, looks, **options) == pytest.approx(0.85, abs=1e-9)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_group_sequential_costs_its_inflation(spending):
    """The drift's square is what the units grow by."""
    z = norm.ppf([0.975, power_for_one_look(0.9, "group_sequential", 5, spending=spending)]).sum()
    expected = group_sequential(5, spending=spending).plan(0.9).inflation
    assert (z / norm.ppf([0.975, 0.9]).sum()) ** 2 == pytest.approx(expected, rel=1e-6)


def test_a_confidence_sequence_at_its_end_alone():
    """One look: the closed form of the bound, and the normal's tails beyond it."""
    rho = mixture_rho(0.5)
    bound = math.sqrt((1 + rho) * math.log((1 + rho) / (rho * 0.05**2)))
    drift = norm.ppf(0.975) + norm.ppf(0.8)
    expected = norm.sf(bound - drift) + norm.sf(bound + drift)
    assert power_with_looks(0.8, "always_valid", 1) == pytest.approx(expected, abs=1e-5)


def test_as_simulated():
    """Within four Monte Carlo errors, for both methods at once."""
    asked = {"obrien-fleming": "group_sequential", "confidence-sequence": "always_valid"}
    for one in compare_methods(14, methods=list(asked), simulations=20_000):
        exact = power_with_looks(0.8, asked[one.method], 14)
        # the simulated sequence is tuned elsewhere, which changes little
        slack = 0.03 if one.method == "confidence-sequence" else 0.0
        assert exact == pytest.approx(one.power, abs=4 * one.power_error + slack)


def test_one_ordinary_look_costs_nothing():
    """Neither does a group-sequential plan that looks once."""
    assert power_for_one_look(0.8, "fixed", 1) == power_with_looks(0.8, "group_sequential", 1) == 0.8
    assert power_with_looks(1 - 1e-15, "always_valid", 3) == 1 - 1e-15


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [((0.8, "fixed", 3), "one look, not 3"), ((0.8, "group_sequential", 0), "0 looks"),
     ((0.8, "bayes", 3), "method"), ((0.01, "always_valid", 3), "no more than alpha"),
     ((1.2, "always_valid", 3), "power")],
)  # fmt: skip
def test_what_cannot_be_is_refused(arguments, reason):
    """With a hint."""
    with pytest.raises(InvalidInput, match=reason) as told:
        power_for_one_look(*arguments)
    assert told.value.hint
