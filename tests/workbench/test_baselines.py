"""Baselines: a promotion records what is normal from now on, a rollback brings back what was, and both are used."""

from __future__ import annotations

import math

import pytest

from expkit.domain import Experiment
from expkit.workbench import Workbench

STEPS = [{"after_hours": 0, "share": 0.1}, {"after_hours": 24, "share": 1.0}]


def ran(wb: Workbench, key: str, rates: tuple[int, int], units: int = 400, **values: object) -> None:
    """An experiment that was looked at and stopped; every so-and-so-many-th unit of an arm buys, and spends 5."""
    wb.create(
        Experiment.parse({
            "key": key, "name": key.title(), "hypothesis": "If, then",
            "metrics": ["bought", {"key": "spent", "kind": "sum"}],
            "variants": [{"key": "control"}, {"key": "treatment", "params": {"color": key}}], **values,
        })
    )  # fmt: skip
    wb.start(key)
    who = [(arm, i) for arm in ("control", "treatment") for i in range(units)]
    wb.log_exposures([{"experiment": key, "variant": arm, "user_id": f"{key}{arm}{i}"} for arm, i in who])
    rate = dict(zip(("control", "treatment"), rates, strict=True))
    buyers = [f"{key}{arm}{i}" for arm, i in who if i % rate[arm] == 0]
    wb.log_outcomes([{"event": "bought", "user_id": user} for user in buyers])
    wb.log_outcomes([{"event": "spent", "value": 5.0, "user_id": user} for user in buyers])
    wb.analyze(key)
    wb.stop(key, "enough")


def levels(wb: Workbench) -> dict[str, float | None]:
    return {one.metric: one.level for one in wb.baselines()}


def test_a_promotion_records_the_winners_levels(wb):
    """Every metric's, with its error, the winner's params, and the look it rests on; in the audit, too."""
    ran(wb, "one", (10, 5))
    assert wb.baselines() == []
    wb.promote("one", "it won")
    bought, spent = wb.baselines()
    assert (bought.metric, bought.experiment, bought.variant, bought.look) == ("bought", "one", "treatment", 1)
    assert (bought.level, bought.units, bought.params) == (0.2, 400, {"color": "one"})
    assert bought.se == pytest.approx(math.sqrt(0.15 * 0.85 / 400), rel=0.1)
    assert spent.level == 1.0
    (told,) = [entry for entry in wb.audit(subject="one") if entry["action"] == "baseline.record"]
    assert (told["before"], told["after"]["levels"]) == ({"levels": {}}, {"bought": 0.2, "spent": 1.0})
    assert wb.verify_audit().ok


def test_a_rollback_restores_the_one_before(wb):
    """The history keeps both, the newest first."""
    ran(wb, "one", (10, 5))
    wb.promote("one", "it won")
    ran(wb, "two", (5, 4))
    wb.promote("two", "it won as well")
    assert levels(wb) == {"bought": 0.25, "spent": 1.25}
    wb.rollback("two", "complaints")
    assert levels(wb) == {"bought": 0.2, "spent": 1.0}
    history = wb.baselines(metric="bought", past=True)
    assert [(one.experiment, one.level, one.ended_at is None) for one in history] == [
        ("two", 0.25, False), ("one", 0.2, True),
    ]  # fmt: skip
    (told,) = [entry for entry in wb.audit(subject="two") if entry["action"] == "baseline.restore"]
    assert told["after"]["levels"] == {"bought": 0.2, "spent": 1.0}
    assert wb.baselines(project="other") == []


def test_without_a_look_the_level_is_not_known(wb):
    """The params are, and the older level is still the one that plans rest on."""
    ran(wb, "one", (10, 5))
    wb.promote("one", "it won")
    wb.clone("one", "blind")
    wb.start("blind")
    wb.stop("blind", "no time")
    wb.promote("blind", "it feels right")
    assert levels(wb) == {"bought": None, "spent": None}
    wb.clone("one", "next")
    wb.update("next", {"plan": {"minimum_effect": 0.2}, "sample_size": 10})
    (power,) = [item for item in wb.checklist("next") if item.name == "power"]
    assert not power.ok
    assert "one" in power.detail


def test_the_portfolio_tells_where_a_metric_stands(wb):
    """Beside what was gained on it."""
    ran(wb, "one", (10, 5))
    wb.promote("one", "it won")
    (gain,) = wb.portfolio().metrics
    assert (gain.metric, gain.baseline) == ("bought", 0.2)


BOUGHT = {"metric": "bought", "max_change": 0.25, "action": "stop"}


def roll(wb: Workbench, every: int, units: int = 3000) -> None:
    """Users with the winner, of whom every so-and-so-many-th buys."""
    wb.log_exposures([{"experiment": "one", "variant": "treatment", "user_id": f"r{i}"} for i in range(units)])
    wb.log_outcomes([{"event": "bought", "user_id": f"r{i}"} for i in range(0, units, every)])


@pytest.mark.parametrize(("every", "status"), [(10, "rolling_out"), (12, "rolling_out"), (25, "rolled_back")])
def test_a_tolerated_change_is_judged_against_control_at_the_last_look(wb, every, status):
    """Control had 10 %: a fall to 8.3 % is tolerated, one to 4 % goes back; it says what it compares with."""
    ran(wb, "one", (10, 5), units=2000, guardrails=[BOUGHT])
    wb.promote("one", "it won", steps=STEPS)
    roll(wb, every)
    (finding,) = wb.watch("one").guardrails
    assert (finding.breached, wb.get("one").status) == (status == "rolled_back", status)
    assert "against 0.1 (control at look 1; nobody gets it now)" in finding.detail
    assert finding.detail.endswith("tolerated 25.0%")


def test_else_against_the_baseline_before_it(wb):
    """Where nobody had looked at the experiment itself; its own promotion is no measure of itself."""
    ran(wb, "zero", (20, 10), units=2000)
    wb.promote("zero", "it won")
    ran(wb, "one", (10, 5), units=40)
    wb.clone("one", "two")
    wb.update("two", {"guardrails": [BOUGHT]})
    wb.start("two")
    wb.stop("two", "no time")
    wb.promote("two", "it feels right", steps=STEPS)
    wb.log_exposures([{"experiment": "two", "variant": "treatment", "user_id": f"r{i}"} for i in range(2000)])
    wb.log_outcomes([{"event": "bought", "user_id": f"r{i}"} for i in range(0, 2000, 40)])
    (finding,) = wb.watch("two").broken
    assert "against 0.1 (the baseline of zero; nobody gets it now): harm 75.0%" in finding.detail
    assert wb.get("two").status == "rolled_back"


def test_without_either_nothing_is_said(wb):
    """And nothing is done; the limit of the same guardrail holds all the same."""
    wb.create(
        Experiment.parse({
            "key": "one", "name": "One", "hypothesis": "If, then", "metrics": ["bought"],
            "variants": [{"key": "control"}, {"key": "treatment"}], "guardrails": [{**BOUGHT, "limit": 0.05}],
        })
    )  # fmt: skip
    wb.start("one")
    wb.stop("one", "no time")
    wb.promote("one", "it feels right", steps=STEPS)
    roll(wb, 10)
    (finding,) = wb.watch("one").guardrails
    assert finding.breached is False
    assert finding.detail.endswith("no level of control is known from before the rollout")
    wb.log_exposures([{"experiment": "one", "variant": "treatment", "user_id": f"q{i}"} for i in range(9000)])
    wb.watch("one")
    assert wb.get("one").status == "rolled_back"
