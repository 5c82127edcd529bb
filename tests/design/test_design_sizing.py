"""Sizing an experiment from its own plan."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.design import size_experiment
from expkit.domain import Experiment
from expkit.errors import InvalidInput
from expkit.stats import power_means, power_proportions, power_with_looks, size_means, size_proportions


def experiment(**values: object) -> Experiment:
    """A checkout experiment that looks for five per cent."""
    definition = {
        "key": "checkout", "name": "Checkout", "hypothesis": "If, then.", "metrics": ["conversion"],
        "variants": [{"key": "control"}, {"key": "treatment"}], "plan": {"minimum_effect": 0.05},
    }  # fmt: skip
    return Experiment.parse({**definition, **values})


def weights(**shares: float) -> list[dict[str, object]]:
    return [{"key": key, "weight": share} for key, share in shares.items()]


def test_conversion_is_sized_as_a_proportion() -> None:
    """The plan's alpha, power and alternative are honoured."""
    plan = {"minimum_effect": 0.1, "alpha": 0.01, "power": 0.9, "alternative": "greater"}
    design = size_experiment(experiment(plan=plan), baseline=0.1)
    expected = size_proportions(0.1, 0.1, relative=True, alpha=0.01, power=0.9, alternative="greater")
    assert (tuple(design.arms.values()), design.total) == (expected.per_arm, expected.total)
    assert (design.per_arm, design.effect, design.days) == (expected.per_arm[0], pytest.approx(0.01), None)
    assert power_proportions(0.1, 0.01, design.per_arm, alpha=0.01, alternative="greater") >= 0.9


@pytest.mark.parametrize("kind", ["count", "sum", "ratio"])
def test_other_metrics_are_sized_as_means(kind: str) -> None:
    """Counts, sums and ratios are means with a standard deviation."""
    design = size_experiment(experiment(metrics=[{"key": "revenue", "kind": kind}]), baseline=20.0, sd=35.0)
    assert tuple(design.arms.values()) == size_means(20.0, 35.0, 0.05, relative=True).per_arm
    assert power_means(20.0, 35.0, 1.0, design.per_arm) >= 0.8


def test_shares_and_the_controls_place() -> None:
    """Arms are in proportion to the weights wherever the control stands, and a weight of 0 needs nobody."""
    design = size_experiment(experiment(variants=weights(a=0.2, control=0.5, b=0.3, off=0.0)), baseline=0.2)
    assert list(design.arms) == ["a", "control", "b", "off"]
    assert design.arms["control"] / design.arms["a"] == pytest.approx(2.5, rel=1e-3)
    assert (design.per_arm, design.arms["off"]) == (design.arms["a"], 0)
    assert design.total == sum(design.arms.values())


@given(st.floats(0.05, 1), st.floats(1_000, 1e6))
def test_days(coverage: float, daily: float) -> None:
    """So many days bring enough units through the coverage, and one day less does not."""
    design = size_experiment(experiment(coverage=coverage), baseline=0.1, daily_units=daily)
    assert design.days == math.ceil(design.total / (daily * coverage))
    assert design.days * daily * coverage >= design.total * (1 - 1e-9)


def test_minimum_effect_may_be_given() -> None:
    """An argument replaces the plan's smallest effect; a larger one needs fewer units."""
    small, large = (size_experiment(experiment(), baseline=0.1, minimum_effect=mde) for mde in (None, 0.2))
    assert (small.minimum_effect, large.minimum_effect) == (0.05, 0.2)
    assert small.total > large.total


def test_a_metric_to_decrease_is_sized_downwards() -> None:
    """The effect to find is the one that is hoped for, so that a baseline near 1 has room."""
    bounce = [{"key": "bounce", "direction": "decrease"}]
    design = size_experiment(experiment(metrics=bounce), baseline=0.97)
    assert design.effect == pytest.approx(-0.0485)
    less = {"minimum_effect": 0.05, "alternative": "less"}
    assert size_experiment(experiment(metrics=bounce, plan=less), baseline=0.97).effect == pytest.approx(-0.0485)


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ({"plan": {}}, {}, "does not say which effect is worth finding.*minimum_effect"),
        ({}, {"minimum_effect": -0.1}, r"minimum_effect is -0\.1"),
        ({}, {"minimum_effect": math.nan}, "minimum_effect is nan"),
        ({}, {"baseline": 1.2}, r"baseline is 1\.2"),
        ({"metrics": [{"key": "m", "kind": "sum"}]}, {}, "'m' is a sum, and a mean needs its standard deviation"),
        ({}, {"daily_units": 0}, "daily_units is 0"),
        ({"coverage": 0}, {"daily_units": 10}, "lets nobody in: its coverage is 0"),
        ({"variants": weights(control=0, b=1)}, {}, "control 'control' has a weight of 0"),
        ({"variants": weights(control=1, b=0)}, {}, "Every treatment has a weight of 0"),
    ],
)
def test_what_cannot_be_sized(values: dict, arguments: dict, message: str) -> None:
    """Each missing or impossible input is named, with a hint."""
    with pytest.raises(InvalidInput, match=message):
        size_experiment(experiment(**values), **{"baseline": 0.1, **arguments})


@pytest.mark.parametrize("correction", ["holm", "none"])
def test_several_treatments_share_alpha_where_the_plan_corrects(correction: str) -> None:
    """Each has the plan's power at its share of alpha, so that the correction does not eat it up."""
    plan = {"minimum_effect": 0.05, "correction": correction}
    design = size_experiment(experiment(variants=weights(control=0.4, a=0.3, b=0.3), plan=plan), baseline=0.1)
    shared = size_proportions(0.1, 0.05, relative=True, shares=(4, 3, 3), comparisons=2 if correction == "holm" else 1)
    assert (tuple(design.arms.values()), design.alpha) == (shared.per_arm, 0.05)


@pytest.mark.parametrize("method", ["group_sequential", "always_valid", "bayesian", "fixed"])
def test_looks_cost_units(method: str) -> None:
    """As many as keep the plan's power with its looks; a Bayesian plan promises no error rate and is sized as fixed."""
    plan = {"minimum_effect": 0.05, "method": method, "looks": 5}
    design = size_experiment(experiment(plan=plan), baseline=0.1)
    alone = power_proportions(0.1, 0.005, design.per_arm)
    method = "fixed" if method == "bayesian" else method
    looked = power_with_looks(alone, method, 1 if method == "fixed" else 5)  # type: ignore[arg-type]
    assert looked == pytest.approx(0.8, abs=1e-4)
    assert design.power == 0.8
