"""Watching: harm stops an experiment, criteria end it by policy, and whatever is done stands in the audit with why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import Conflict, Forbidden, InvalidInput
from expkit.workbench import Workbench

ERRORS = {"metric": "trace.error", "limit": 0.05, "action": "stop"}


def make(wb: Workbench, **values: object) -> None:
    wb.create(
        Experiment.parse({
            "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"],
            "variants": [{"key": "control"}, {"key": "treatment"}], **values,
        })
    )  # fmt: skip
    wb.start("bot")


def log(wb: Workbench, units: int, *, first: int = 0, failing: float = 0.0, cost: float = 1.0, extra: int = 0) -> None:
    """So many units in each arm with one model call each; of the treatment's, a share fails."""
    who = [("control", i) for i in range(first, first + units + extra)]
    who += [("treatment", i) for i in range(first, first + units)]
    wb.log_exposures([{"experiment": "bot", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
    wb.log_traces([
        {"model": "m", "user_id": f"{arm}{i}", "cost": (cost if arm == "treatment" else 1.0) + i % 7 / 10,
         "error": "timeout" if arm == "treatment" and i % 100 < failing * 100 else ""}
        for arm, i in who
    ])  # fmt: skip


def test_one_line_per_guardrail_on_model_calls(wb):
    """Error rate, quality and cost are known by name, with the better way of each."""
    make(
        wb,
        guardrails=[
            ERRORS,
            {"metric": "trace.quality", "max_change": 0.1},
            {"metric": "trace.cost", "max_change": 0.2},
        ],
    )
    known = {each.metric.key: each.metric for each in wb.get("bot").guardrails}
    assert {key: metric.direction for key, metric in known.items()} == {
        "trace.error": "decrease", "trace.quality": "increase", "trace.cost": "decrease",
    }  # fmt: skip
    assert {metric.kind for metric in known.values()} == {"ratio"}


def test_harm_stops_with_its_evidence(wb):
    """Nothing before it; then an alert, the move and its reason with the final sample sizes, by the monitor."""
    make(wb, guardrails=[ERRORS])
    log(wb, 200, failing=0.02)
    assert [one.breached for one in wb.watch("bot").guardrails] == [False]
    assert (wb.get("bot").status, wb.alerts()) == ("active", [])
    log(wb, 200, first=200, failing=0.5)
    (found,) = wb.monitor()
    assert found.broken[0].detail == "level 0.26, limit at most 0.05"
    assert wb.get("bot").status == "stopped"
    (alert,) = wb.alerts("bot")
    assert (alert.subject, alert.action, alert.evidence["units"]) == (
        "trace.error of treatment", "stop", {"control": 400, "treatment": 400},
    )  # fmt: skip
    moved = wb.audit(subject="bot")[0]
    assert (moved["action"], moved["actor"]) == ("experiment.stop", "expkit monitor")
    assert moved["reason"] == "guardrail trace.error of treatment: level 0.26, limit at most 0.05"
    assert moved["after"]["units"] == {"control": 400, "treatment": 400}
    assert wb.timeline("bot")[-1].detail.endswith("limit at most 0.05; units: control 400, treatment 400")
    assert wb.verify_audit().ok


@pytest.mark.parametrize(("action", "status"), [("alert", "active"), ("pause", "paused"), ("rollback", "rolled_back")])
def test_the_definition_says_what_is_done(wb, action, status):
    """The alert is raised once, also when the harm goes on."""
    make(wb, guardrails=[{"metric": "trace.cost", "max_change": 0.2, "action": action}])
    log(wb, 300, cost=1.6)
    wb.monitor()
    log(wb, 300, first=300, cost=1.6)
    wb.monitor()
    assert (wb.get("bot").status, len(wb.alerts())) == (status, 1)


def test_a_breach_pauses_again_after_a_resume(wb):
    """Going on takes a change of the guardrail, which needs an operator and is audited."""
    make(wb, guardrails=[{"metric": "trace.cost", "max_change": 0.2, "action": "pause"}])
    log(wb, 300, cost=1.6)
    wb.watch("bot")
    wb.resume("bot")
    wb.watch("bot")
    assert wb.get("bot").status == "paused"
    wb.update("bot", {"guardrails": []}, reason="the price list was wrong")
    wb.resume("bot")
    wb.watch("bot")
    assert wb.get("bot").status == "active"


def test_the_strongest_of_several_actions_is_taken(wb):
    """All alerts are kept."""
    cost = {"metric": "trace.cost", "max_change": 0.2, "action": "rollback"}
    make(wb, guardrails=[{"metric": "trace.latency", "limit": 1}, ERRORS, cost])
    log(wb, 300, cost=1.6, failing=0.5)
    wb.monitor()
    assert wb.get("bot").status == "rolled_back"
    assert {alert.action for alert in wb.alerts()} == {"stop", "rollback"}


@pytest.mark.parametrize(
    ("policy", "status", "alerts"), [("off", "active", 0), ("alert", "active", 1), ("stop", "stopped", 1)]
)
def test_stopping_criteria_act_by_policy(wb, policy, status, alerts):
    """The sample is complete."""
    wb.set_policy({"stopping": policy})
    make(wb, stopping={"sample_size": 100})
    log(wb, 99)
    assert not wb.watch("bot").criteria[0].met
    log(wb, 1, first=99)
    assert wb.watch("bot").criteria[0].met
    assert (wb.get("bot").status, [alert.subject for alert in wb.alerts()]) == (status, ["sample_size"] * alerts)


def test_time_ends_an_experiment_without_events(wb, monkeypatch):
    """max_days and the schedule's end hang on the clock alone."""
    wb.set_policy({"stopping": "stop"})
    make(wb, stopping={"max_days": 14})
    assert len(wb.monitor()) == 1
    assert wb.get("bot").status == "active"
    assert wb.monitor() == []
    later = datetime.now(UTC) + timedelta(days=15)
    monkeypatch.setattr("expkit.analysis.watch.now", lambda: later)
    monkeypatch.setattr(registry, "now", lambda: later)
    wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
    wb.monitor()
    assert wb.get("bot").status == "stopped"


def test_power_is_reached_by_spread_alone(wb):
    """Without a smallest effect nothing can be said; with one, units bring it."""
    make(wb, stopping={"when_powered": True}, plan={"minimum_effect": 0.5})
    for first, met in ((0, False), (400, True)):
        who = [(arm, i) for arm in ("control", "treatment") for i in range(first, first + 400)]
        wb.log_exposures([{"experiment": "bot", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
        wb.log_outcomes(
            [{"event": "solved", "user_id": f"{arm}{i}"} for arm, i in who if i % (20 if met is False else 3) == 0]
        )
        (criterion,) = wb.watch("bot").criteria
        assert (criterion.name, criterion.met) == ("power", met), criterion.detail


def test_a_crossed_boundary_counts_at_a_look(wb):
    """What a plan of looks decides, it decides when somebody looks; watching spends none of its alpha."""
    wb.set_policy({"stopping": "stop"})
    make(wb, plan={"method": "group_sequential", "looks": 2}, sample_size=600, stopping={"when_significant": True})
    who = [(arm, i) for arm in ("control", "treatment") for i in range(300)]
    wb.log_exposures([{"experiment": "bot", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
    wb.log_outcomes(
        [{"event": "solved", "user_id": f"{arm}{i}"} for arm, i in who if i % (10 if arm == "control" else 3) == 0]
    )
    assert wb.watch("bot").criteria[0].detail == "nobody has looked yet"
    wb.analyze("bot")
    assert wb.watch("bot").criteria[0].met
    assert wb.get("bot").status == "stopped"


def test_a_broken_split_is_told_once(wb):
    """It stops nothing: people look at it first."""
    make(wb)
    log(wb, 400, extra=400)
    wb.monitor()
    log(wb, 400, first=1000, extra=400)
    wb._shared.watched.clear()
    wb.monitor()
    (alert,) = wb.alerts()
    assert (alert.kind, alert.subject, wb.get("bot").status) == ("ratio", "srm", "active")


@pytest.mark.parametrize("values", [{}, {"stopping": {"max_days": 14}}, {"schedule": {"end": "2100-01-01T00:00:00Z"}}])
def test_nothing_new_is_not_looked_at_again(wb, values):
    """A pass over experiments without new events costs no reading, also where one will end some day."""
    make(wb, guardrails=[ERRORS], **values)
    log(wb, 50)
    assert len(wb.monitor()) == 1
    assert wb.monitor() == []
    wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
    assert wb.monitor() == []
    log(wb, 1, first=50)
    assert len(wb.monitor()) == 1


def test_what_else_decides_is_seen_at_once(wb):
    """A resume is judged again, a look asks for the boundary, and so does another policy; without any new event."""
    make(wb, plan={"method": "always_valid"}, stopping={"when_significant": True})
    log(wb, 40)
    changes = [
        lambda: wb.pause("bot"),
        lambda: wb.resume("bot"),
        lambda: wb.analyze("bot"),
        lambda: wb.set_policy({"stopping": "stop"}),
    ]
    wb.move_events()
    assert len(wb.monitor()) == 1
    for change in changes:
        change()
        assert [found.experiment for found in wb.monitor()] == ["bot"]
        wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
        assert wb.monitor() == []


def test_one_that_cannot_be_watched_holds_up_nobody(wb, monkeypatch, caplog):
    """Whatever goes wrong is told once, tried again after a while, and not taken for seen."""
    make(wb, guardrails=[ERRORS])
    wb.clone("bot", "other")
    wb.start("other")
    log(wb, 300, failing=0.5)
    watch, broken = wb._watch, [True]

    def fail(experiment):
        if experiment.key == "bot" and broken:
            raise RuntimeError("a file is gone")
        return watch(experiment)

    monkeypatch.setattr(wb, "_watch", fail)
    assert [found.experiment for found in wb.monitor()] == ["other"]
    assert wb.monitor() == []
    wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
    assert (wb.monitor(), caplog.text.count("bot could not be watched")) == ([], 1)
    broken.clear()
    wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
    assert [found.experiment for found in wb.monitor()] == ["bot"]
    assert wb.get("bot").status == "stopped"


def test_of_two_processes_one_watches(wb, monkeypatch):
    """The other one stands by, and takes over when the first lets go."""
    make(wb, guardrails=[ERRORS])
    log(wb, 300, failing=0.5)
    assert registry.hold(wb._store, "monitor", "another", datetime.now(UTC), 3600)
    assert wb.monitor() == []
    assert wb.get("bot").status == "active"
    registry.let_go(wb._store, "monitor", "another")
    assert len(wb.monitor()) == 1
    assert wb.get("bot").status == "stopped"


def test_a_pass_ends_where_the_lease_does(wb, monkeypatch):
    """A pass that took so long that another process has taken over leaves the rest to that one."""
    for key in ("bot", "other"):
        wb.create({"key": key, "name": "x", "hypothesis": "If, then", "metrics": ["m"],
                   "variants": [{"key": "control"}, {"key": "treatment"}]})  # fmt: skip
        wb.start(key)
    answers = iter([True, True, False])
    monkeypatch.setattr(registry, "hold", lambda *_: next(answers))
    assert [found.experiment for found in wb.monitor()] == ["bot"]


def test_what_has_gone_on_meanwhile_is_left_alone(wb):
    """A change between the reading and the act: the next pass sees the new definition."""
    make(wb, guardrails=[ERRORS])
    log(wb, 300, failing=0.5)
    old = wb.get("bot")
    wb.update("bot", {"guardrails": []})
    wb._watch(old)
    assert (wb.get("bot").status, wb.alerts()) == ("active", [])


def test_who_may(wb):
    """Drafts are not watched; an alert is acknowledged once, by somebody with a role."""
    make(wb, guardrails=[{**ERRORS, "action": "alert"}])
    log(wb, 300, failing=0.5)
    wb.monitor()
    wb.grant("root", "admin")
    wb.grant("vic", "viewer")
    with pytest.raises(Forbidden):
        wb.acting_as("vic").acknowledge(1)
    assert [risk.kind for risk in wb.risks("bot")] == ["alert"]
    assert wb.acknowledge(1, "we know").acknowledged_by == "root"
    assert wb.risks("bot") == []
    with pytest.raises(Conflict, match="acknowledged by root"):
        wb.acknowledge(1)
    assert (wb.alerts(only_open=True), wb.alerts()[0].comment) == ([], "we know")
    wb.clone("bot", "copy")
    with pytest.raises(InvalidInput, match="'copy' is draft"):
        wb.watch("copy")


def test_a_total_failure_is_harm_too(wb):
    """When every call of an arm fails there is no spread to test by, and no doubt."""
    make(wb, guardrails=[ERRORS])
    log(wb, 29, failing=1.0)
    assert wb.watch("bot").guardrails[0].detail == "there is not enough data to tell"
    log(wb, 1, first=29, failing=1.0)
    assert wb.watch("bot").broken[0].detail == "1 in every unit, 0 in every one of control"


def test_a_limit_needs_no_control(wb):
    """An arm's own level can be judged where the other one makes no calls."""
    make(wb, guardrails=[ERRORS])
    wb.log_exposures([
        {"experiment": "bot", "variant": arm, "user_id": f"{arm}{i}"}
        for arm in ("control", "treatment") for i in range(300)
    ])  # fmt: skip
    wb.log_traces([
        {"model": "m", "user_id": f"treatment{i}", "error": "timeout" if i % 3 else ""} for i in range(300)
    ])  # fmt: skip
    assert wb.watch("bot").broken[0].detail == "level 0.6667, limit at most 0.05"
    assert wb.get("bot").status == "stopped"
