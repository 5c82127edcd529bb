"""Days and units that stand out in one arm, told by day and count."""

from __future__ import annotations

import numpy as np
import pytest
from small_experiments import did, experiment, seen

from expkit.analysis import Scorecard
from expkit.analysis.anomalies import Days, _Cell, check_days
from expkit.stats import Check

REVENUE = {"key": "revenue", "kind": "sum", "event": "buy"}


def days_of(counts: np.ndarray, rates: np.ndarray, rng: np.random.Generator) -> Days:
    """Units (days x 2) of which so many buy."""
    bought = rng.binomial(counts, rates)
    return Days(
        {
            20_000 + day: {
                variant: _Cell(int(n), int(n), float(k), float(k), float(n))
                for variant, n, k in zip(("control", "treatment"), counts[day], bought[day], strict=True)
            }
            for day in range(len(counts))
        },
        {},
    )


def checked(found: Days) -> Check:
    (check,) = check_days(experiment(), found, {"control": 0.5, "treatment": 0.5})
    return check


def test_days_without_a_fault_are_no_alarm():
    """Of 400 experiments of 28 uneven days, hardly any: both arms rise and fall together."""
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(400):
        level = rng.lognormal(6, 0.5, (28, 1))
        alarms += not checked(days_of(rng.poisson(np.repeat(level, 2, 1)), np.full((28, 2), 0.1), rng)).ok
    assert alarms <= 3


def test_a_day_on_which_one_arm_lost_its_units():
    """It is named with the arm, its count and its share."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(500, (20, 2))
    counts[9, 1] = 250
    check = checked(days_of(counts, np.full((20, 2), 0.1), rng))
    assert not check.ok
    assert check.statistic < -3.5 or check.statistic > 3.5
    assert "2024-10-13" in check.detail
    assert "treatment got 250 of" in check.detail


def test_a_day_on_which_one_arm_did_nothing():
    """A metric that broke for a day in one arm."""
    rng = np.random.default_rng(5)
    rates = np.full((20, 2), 0.2)
    rates[12, 1] = 0.0
    check = checked(days_of(rng.poisson(800, (20, 2)), rates, rng))
    assert not check.ok
    assert "2024-10-16: Buy of treatment lies -0.2" in check.detail


def test_a_day_that_is_odd_in_all_arms_is_no_alarm():
    """A campaign brings units to both: told, and fine."""
    rng = np.random.default_rng(6)
    counts = rng.poisson(500, (20, 2))
    counts[7] *= 6
    check = checked(days_of(counts, np.full((20, 2), 0.1), rng))
    assert check.ok
    assert "times the units of the median day on 2024-10-11" in check.detail


def test_too_few_days_tell_nothing():
    """Eight whole days are needed, the first and the last one are cut."""
    rng = np.random.default_rng(7)
    found = days_of(rng.poisson(500, (9, 2)), np.full((9, 2), 0.1), rng)
    assert check_days(experiment(), found, {"control": 0.5, "treatment": 0.5}) == ()
    assert check_days(experiment(), found, {"control": 0.5, "treatment": 0.5}, since=10**18) == ()


def steady(days: int = 12, per_day: int = 20) -> list[dict[str, object]]:
    return [
        seen(v, f"{v}{day}-{i}", hours=24 * day + i) for v in ("control", "treatment") for day in range(days)
        for i in range(per_day)
    ]  # fmt: skip


def test_a_look_keeps_its_days(analyze):
    """New units and their mean by variant; a mean of few units is not kept; it can be read back."""
    outcomes = [did("buy", f"{v}3-{i}", hours=200) for v in ("control", "treatment") for i in range(5)]
    card = analyze(experiment(), [*steady(), seen("control", "late", hours=24 * 12 + 1)], outcomes)
    assert len(card.daily) == 13
    assert card.daily[3].units == {"control": 20, "treatment": 20}
    assert card.daily[3].means == {"control": 0.25, "treatment": 0.25}
    assert (card.daily[12].units, card.daily[12].means) == ({"control": 1}, {})
    assert {check.name: check.ok for check in card.checks}["anomaly"]
    assert Scorecard.from_json(card.to_json()) == card


def test_one_unit_that_carries_an_arm(analyze):
    """Its share of total and variance and the mean without it, and never its name; a caution, not an alarm."""
    outcomes = [did("buy", f"{v}{day}-{i}", hours=400, value=10.0) for v in ("control", "treatment")
                for day in range(12) for i in range(0, 20, 2)]  # fmt: skip
    whale = did("buy", "treatment5-5", hours=400, value=5000.0)
    card = analyze(experiment(["buy", REVENUE]), steady(), [*outcomes, whale])
    (check,) = (check for check in card.checks if check.name == "outlier_units")
    assert "revenue of treatment: one unit of 240 carries 81% of the total and 100% of the variance" in check.detail
    assert "the mean would be 5.021 instead of 25.83" in check.detail
    assert "treatment5-5" not in card.to_json()
    assert card.recommendation.action != "investigate"
    assert any(reason.startswith("Take care: outlier_units") for reason in card.recommendation.reasons)


def test_a_cap_tames_it(analyze):
    """And values that are all alike have no outlier."""
    outcomes = [did("buy", f"{v}{day}-{i}", hours=400, value=10.0) for v in ("control", "treatment")
                for day in range(12) for i in range(0, 20, 2)]  # fmt: skip
    whale = did("buy", "treatment5-5", hours=400, value=5000.0)
    capped = analyze(experiment(["buy", {**REVENUE, "cap": 50}]), steady(), [*outcomes, whale])
    assert "outlier_units" not in {check.name for check in capped.checks}


@pytest.mark.parametrize("metric", [REVENUE, {"key": "basket", "kind": "ratio", "event": "buy"}, "buy"])
def test_nobody_did_anything(analyze, metric):
    """No value is no fault."""
    assert {check.name for check in analyze(experiment([metric]), steady()).checks} >= {"srm", "anomaly"}
