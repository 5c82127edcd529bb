"""Ends: the final sample sizes whoever stops, and what a rollback is known to change before and when it is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import InvalidInput
from expkit.workbench import Workbench


def fill(wb: Workbench, **values: object) -> None:
    """Two days, 600 units, a treatment that converts twice as often."""
    wb.create(
        Experiment.parse({
            "key": "shop", "name": "Shop", "hypothesis": "If, then", "metrics": ["bought"],
            "variants": [{"key": "control", "weight": 0.75}, {"key": "treatment", "weight": 0.25}], **values,
        })
    )  # fmt: skip
    wb.start("shop")
    log(wb, 450, 150)


def log(wb: Workbench, control: int, treatment: int, first: int = 0) -> None:
    who = [("control", i) for i in range(first, first + control)]
    who += [("treatment", i) for i in range(first, first + treatment)]
    wb.log_exposures([{"experiment": "shop", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
    wb.log_outcomes([
        {"event": "bought", "user_id": f"{arm}{i}"} for arm, i in who if i % (10 if arm == "control" else 5) == 0
    ])  # fmt: skip


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    now = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(registry, "now", lambda: now)


@pytest.mark.parametrize("looked", [False, True])
def test_a_stop_by_hand_has_the_final_units(wb, looked):
    """Those of now, whether or not somebody has looked before."""
    fill(wb)
    if looked:
        wb.analyze("shop")
        log(wb, 30, 10, first=1000)
    wb.stop("shop", "enough")
    units = {"control": 480, "treatment": 160} if looked else {"control": 450, "treatment": 150}
    assert wb.audit(subject="shop")[0]["after"]["units"] == units
    told = ", ".join(f"{arm} {n}" for arm, n in units.items())
    assert wb.timeline("shop")[-1].detail == f"enough; units: {told}"


def test_a_planned_stop_has_them_too(wb, monkeypatch):
    """Whichever process makes it."""
    fill(wb)
    wb.schedule("shop", datetime.now(UTC) + timedelta(seconds=0.2), verb="stop")
    while not wb.tick():
        pass
    (stopped,) = [entry for entry in wb.audit(subject="shop") if entry["action"] == "experiment.stop"]
    assert stopped["after"]["units"] == {"control": 450, "treatment": 150}


def test_events_that_cannot_be_read_hold_no_end_up(wb, monkeypatch):
    """It is stopped without its units, and the log says why."""
    fill(wb)

    def fail(**_):
        raise OSError("the lake is away")

    monkeypatch.setattr(wb._shared.events, "reader", fail)
    assert wb.stop("shop", "harm").status == "stopped"
    assert "units" not in wb.audit(subject="shop")[0]["after"]


def test_the_impact_of_a_rollback(wb, monkeypatch):
    """Who gets what now and then, since when, whom it touches, and what is given up per day."""
    wb.set_holdout({"key": "quiet", "share": 0.1})
    fill(wb, coverage=0.8, layer={"name": "cart"})
    wb.create({**wb.get("shop").definition(), "key": "next", "prerequisites": [{"experiment": "shop"}]})
    wb.start("next")
    seen = wb.analyze("shop").estimate("bought", "treatment")
    later(monkeypatch, 2)
    found = wb.rollback_impact("shop")
    assert (found.now, found.then) == (
        pytest.approx({"control": 0.6, "treatment": 0.2}),
        {"control": 0, "treatment": 0},
    )
    assert found.units == {"control": 450, "treatment": 150}
    assert found.units_per_day == pytest.approx(300, rel=0.01)
    assert (found.layer, found.holdouts, found.dependents, found.look) == ("cart", ("quiet",), ("next",), 1)
    (row,) = found.metrics
    assert (row.metric, row.effect, row.lift) == ("bought", seen.effect, pytest.approx(1.0))
    assert row.per_day == pytest.approx(-0.1 * 300 * 150 / 600, rel=0.01)
    assert "0.2 of the units lose treatment; 600 were exposed, 300 a day" in found.summary
    assert "bought of treatment +0.1 (+100.00%) at look 1, -7.5 a day without it; let in by it: next" in found.summary


def test_the_impact_goes_with_the_rollback(wb):
    """In the audit and on the timeline; asking for it changes nothing."""
    fill(wb)
    before = wb.audit_checkpoint()
    found = wb.rollback_impact("shop")
    assert wb.audit_checkpoint() == before
    assert "nobody has looked at it yet" in found.summary
    wb.rollback("shop", "complaints")
    told = wb.audit(subject="shop")[0]
    assert (told["action"], told["after"]["summary"]) == ("experiment.rollback", found.summary)
    assert told["after"]["now"] == {"control": 0.75, "treatment": 0.25}
    assert wb.timeline("shop")[-1].detail == f"complaints; {found.summary}"
    with pytest.raises(InvalidInput, match="nothing to roll back"):
        wb.rollback_impact("shop")


def test_of_a_rollout_the_winner_goes(wb, monkeypatch):
    """Its units since the promotion, and its share."""
    fill(wb)
    wb.analyze("shop")
    wb.stop("shop", "enough")
    wb.promote("shop", share=0.4)
    log(wb, 0, 50, first=2000)
    later(monkeypatch, 1)
    found = wb.rollback_impact("shop")
    assert (found.now["treatment"], found.now["control"], found.units) == (0.4, 0, {"control": 0, "treatment": 50})
    assert found.metrics[0].per_day == pytest.approx(-0.1 * 50, rel=0.01)


def test_what_everybody_has_can_be_taken_back_too(wb):
    """A finished rollout goes back at any time, with its impact; what was normal before is so again."""
    fill(wb)
    wb.analyze("shop")
    wb.stop("shop", "enough")
    wb.promote("shop", share=0.4)
    wb.finish("shop")
    assert wb.rollback_impact("shop").now == {"control": 0, "treatment": 1}
    assert wb.assign(user_id="u", experiment="shop").variant == "treatment"
    assert wb.rollback("shop", "it slows down").status == "rolled_back"
    assert wb.assign(user_id="u", experiment="shop").variant is None
    assert wb.baselines() == []
    assert "1 of the units lose treatment" in wb.timeline("shop")[-1].detail
    assert wb.audit(subject="shop")[0]["before"] == {"status": "rolled_out"}
