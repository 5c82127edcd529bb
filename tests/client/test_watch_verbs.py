"""Watching, embedded and over HTTP."""

from __future__ import annotations

import pytest
from hosting import CHECKOUT

from expkit.client import RemoteWorkbench
from expkit.domain import Experiment, Guardrail, RolloutStep
from expkit.errors import Conflict, InvalidInput, NotFound
from expkit.workbench import Workbench

AnyWorkbench = Workbench | RemoteWorkbench
GUARDRAILS = [{"metric": {"key": "failure", "direction": "decrease"}, "limit": 0.05, "action": "pause"}]


def test_a_pass_and_its_alerts(wb: AnyWorkbench) -> None:
    """The same findings, alerts and errors; a service that watches by itself may have been faster."""
    wb.create(Experiment.parse({**CHECKOUT, "guardrails": GUARDRAILS}))
    with pytest.raises(InvalidInput, match="is draft"):
        wb.watch("checkout")
    wb.start("checkout")
    who = [(arm, f"{arm}{i}") for arm in ("control", "treatment") for i in range(200)]
    wb.log_exposures([{"experiment": "checkout", "variant": arm, "user_id": user} for arm, user in who])
    wb.log_outcomes([{"event": "failure", "user_id": user} for arm, user in who if arm == "treatment"])
    seen = wb.watch("checkout")
    assert [(one.metric, one.variant, one.breached) for one in seen.broken] == [("failure", "treatment", True)]
    assert seen.units == {"control": 200, "treatment": 200}
    assert wb.get("checkout").status == "paused"
    (alert,) = wb.alerts("checkout")
    assert (alert.kind, alert.action, alert.is_open) == ("guardrail", "pause", True)
    assert wb.acknowledge(alert.id, "on it").acknowledged_by == "ann"
    with pytest.raises(Conflict):
        wb.acknowledge(alert.id)
    assert (wb.alerts(only_open=True), len(wb.alerts())) == ([], 1)
    for asked in (lambda: wb.alerts("nothing"), lambda: wb.acknowledge(99), lambda: wb.watch("nothing")):
        with pytest.raises(NotFound):
            asked()


def test_what_the_programme_came_to(wb: AnyWorkbench) -> None:
    """An ended experiment with a lift, and the models that were called: the same embedded and over HTTP."""
    wb.create(Experiment.parse(CHECKOUT))
    wb.start("checkout")
    who = [(arm, i) for arm in ("control", "treatment") for i in range(300)]
    wb.log_exposures([{"experiment": "checkout", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
    wb.log_outcomes([
        {"event": "conversion", "user_id": f"{arm}{i}"} for arm, i in who if i % (5 if arm == "control" else 4) == 0
    ])  # fmt: skip
    wb.log_traces([{"model": "m", "user_id": f"u{i}", "cost": 1.0 + i % 2} for i in range(10)])
    wb.analyze("checkout")
    assert wb.portfolio().contributions == ()
    wb.stop("checkout", "enough")
    (one,) = wb.portfolio(project="default").contributions
    assert (one.experiment, one.gain, one.shipped) == ("checkout", pytest.approx(0.25), False)
    assert wb.portfolio(project="other").metrics == ()
    (row,) = wb.leaderboard(days=1).rows
    assert (row.name, row.calls, row.cost and row.cost.mean, row.on_front) == ("m", 10, 1.5, True)
    with pytest.raises(InvalidInput, match="days"):
        wb.leaderboard(days=0)


def test_a_rollout_in_steps(wb: AnyWorkbench) -> None:
    """As mappings or nouns, over HTTP as here."""
    for key, steps in (("one", [{"after_hours": 0, "share": 0.1}]), ("two", [RolloutStep(after_hours=5, share=1.0)])):
        wb.create(Experiment.parse({**CHECKOUT, "key": key}))
        wb.start(key)
        wb.stop(key, "enough")
        found = wb.promote(key, "it won", steps=steps).rollout
        assert found is not None
        assert (found.variant, len(found.steps)) == ("treatment", 1)
        assert found.share == (0.1 if key == "one" else 0.0)


def test_side_by_side(wb: AnyWorkbench) -> None:
    """Versions by their calls, wins, learnings, baselines, and what a rollback would change: the same on both sides."""
    wb.create(Experiment.parse({**CHECKOUT, "owner": "ann"}))
    wb.start("checkout")
    who = [(arm, i) for arm in ("control", "treatment") for i in range(300)]
    wb.log_exposures([{"experiment": "checkout", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
    wb.log_outcomes([
        {"event": "conversion", "user_id": f"{arm}{i}"} for arm, i in who if i % (10 if arm == "control" else 4) == 0
    ])  # fmt: skip
    wb.log_traces([
        {"model": "m", "version": arm, "user_id": f"{arm}{i}", "error": "x" if arm == "treatment" and i % 2 else ""}
        for arm, i in who
    ])  # fmt: skip
    lines = ["trace.error < 5%", Guardrail.parse("trace.quality -10%")]
    found = wb.compare_versions("control", "treatment", guardrails=lines, days=1)
    assert (found.units, [one.metric for one in found.broken]) == ({"control": 300, "treatment": 300}, ["trace.error"])
    wb.analyze("checkout")
    assert wb.rollback_impact("checkout").metrics[0].effect == pytest.approx(0.15)
    wb.stop("checkout", "enough")
    wb.learn("checkout", "Green sells.")
    assert [(row.name, row.won) for row in wb.wins().rows] == [("ann", 1)]
    assert [one.experiment for one in wb.learnings("green", outcome="positive")] == ["checkout"]
    wb.promote("checkout", "it won")
    assert [(one.metric, one.level) for one in wb.baselines(metric="conversion", past=True)] == [("conversion", 0.25)]
    with pytest.raises(InvalidInput):
        wb.compare_versions("1", "1")
