"""Any question of size: each unknown from the others, for every kind of metric and both goals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.design import SizingQuestion, solve
from expkit.errors import InvalidInput
from expkit.stats import power_non_inferiority, size_means, size_non_inferiority, size_proportions

kinds = st.sampled_from([("conversion", 0.2, None), ("mean", 20.0, 15.0), ("ratio", 0.4, 1.2), ("quantile", 3.0, 9.0)])


@settings(max_examples=25, deadline=None)
@given(kinds, st.sampled_from(["difference", "no-harm"]), st.floats(0.05, 0.3), st.floats(0.6, 0.95), st.booleans())
def test_each_from_the_others(kind, goal, effect, power, uneven):
    """The units have the power that was asked for, and find the effect; with covariates, clusters and many arms."""
    name, baseline, sd = kind
    asked = SizingQuestion(
        kind=name, baseline=baseline, sd=sd, effect=effect, power=power, goal=goal, rho=0.4, icc=0.01, cluster_size=4,
        comparisons=2, shares=(3, 1, 2) if uneven else (1, 1),
    )  # fmt: skip
    found = solve(asked)
    units = found.per_arm[0]
    assert solve(replace(asked, find="power", units=units)).power == pytest.approx(power, abs=0.01)
    assert solve(replace(asked, find="effect", units=units)).effect == pytest.approx(effect, rel=0.02)


def test_the_statistics_are_those_of_stats():
    """A proportion, a mean that is absolute, and a margin."""
    assert (
        solve(SizingQuestion(baseline=0.05, effect=0.1)).per_arm == size_proportions(0.05, 0.1, relative=True).per_arm
    )
    plain = SizingQuestion(kind="mean", baseline=0, sd=1, effect=0.5, relative=False, power=0.9)
    assert solve(plain).per_arm == size_means(0, 1, 0.5, power=0.9).per_arm
    margin = replace(plain, goal="no-harm", better="decrease")
    assert solve(margin).per_arm == size_non_inferiority(0, 1, 0.5, better="decrease", power=0.9).per_arm
    known = solve(replace(margin, find="power", units=50)).power
    assert known == pytest.approx(power_non_inferiority(0, 1, 0.5, 50, better="decrease"), abs=1e-3)


def test_days_and_dates():
    """A week's traffic, a share of it, and the day it starts on."""
    found = solve(
        SizingQuestion(baseline=0.05, effect=0.1, daily_units=[6000] * 5 + [2000] * 2, start=date(2026, 11, 23))
    )
    assert (found.days, found.weeks, found.end) == (12, 2, date(2026, 12, 6))
    half = solve(replace(found.question, coverage=0.5))
    assert half.weeks == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"find": "power"}, "Units in control are nothing"),
        ({"find": "effect", "units": 1}, "Units in control are 1"),
        ({"find": "effect", "units": float("inf")}, "Units in control are inf"),
        ({"find": "effects", "units": 10}, "did you mean 'effect'"),
        ({"kind": "means"}, "did you mean 'mean'"),
        ({"kind": "mean"}, "standard deviation"),
        ({"goal": "no-harm", "effect": 0}, "margin is 0"),
        ({"goal": "no-harm", "find": "effect", "units": 3}, "rule out no harm"),
        ({"shares": (1,)}, "Shares"),
        ({"shares": (1, 0), "find": "power", "units": 100}, "above 0"),
        ({"daily_units": 0.0}, "per day"),
        ({"alpha": 1.0}, "alpha"),
        ({"power": 1.0}, "power"),
        ({"rho": 1.0}, "rho"),
    ],
)
def test_what_cannot_be_is_named(change, message):
    """A reason and a hint, never a number."""
    with pytest.raises(InvalidInput, match=message):
        solve(replace(SizingQuestion(), **change))
