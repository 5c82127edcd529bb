"""Who may do what: every verb of the workbench is listed here, and those that change something are refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hosting import CHECKOUT

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import ExpkitError, Forbidden
from expkit.workbench import Workbench

READING = {
    "assignment": {"assign", "assign_all", "assign_frame", "overrides", "holdouts", "groups", "lint", "replay"},
    "analysis": {
        "replay_aa", "check_overlap", "analyze_warehouse", "scorecard", "figure", "leaderboard", "looks", "arrivals",
        "breakdown", "look_series", "worth",
    },
    "delivery": {"config", "features"},
    "events": {"query_events"},
    "experiments": {"get", "list", "count", "versions", "at_version", "checklist", "phases", "timeline"},
    "ends": {"rollback_impact"},
    "people": {"notes", "note_history", "reviews", "scheduled"},
    "catalogue": {"metric", "metrics", "metric_versions"},
    "overview": {
        "departments", "backlog", "velocity", "hypotheses", "calendar", "risks", "at_risk", "portfolio", "baselines",
    },
    "boards": {"compare_versions", "wins", "learnings"},
    "governance": {
        "audit", "verify_audit", "audit_checkpoint", "export_audit", "signed_plans", "grants", "elevations", "policy",
        "registry_view", "tokens", "me", "token_holder", "plan", "retention_plan",
    },
    "batches": {"templates", "batch", "batches", "results", "wait"},
    "watching": {"alerts", "notices"},
    "the workbench itself": {"open", "close", "ready", "acting_as"},
}  # fmt: skip
"""These change nothing, and reading takes no role."""
HOUSEKEEPING = {"tick", "notify", "monitor", "leave_monitor", "move_events"}
"""What servers do on their own: they add no word of anybody's, and make only what somebody who might has planned."""
ANYBODY = {"request_elevation", "create_token", "revoke_token", "report"}
"""What a viewer may: ask for more, make tokens for oneself alone, print."""

EXPERIMENT = Experiment.parse(CHECKOUT)
HISTORY = pa.table({"model": ["m"], "user_id": ["u"], "timestamp": ["2026-01-01"]})
FOREIGN = {"features": {"foreign": {"rules": [{"variations": [False, True], "weights": [0.5, 0.5]}]}}}
CHANGING: dict[str, Callable[[Workbench], Any]] = {
    "analyze": lambda wb: wb.analyze("checkout"),
    "create": lambda wb: wb.create(EXPERIMENT.changed(key="new")),
    "update": lambda wb: wb.update("checkout", {"name": "x"}),
    "traffic": lambda wb: wb.traffic("checkout", coverage=0.5),
    "restore": lambda wb: wb.restore("checkout", 1),
    "delete": lambda wb: wb.delete("draft"),
    "clone": lambda wb: wb.clone("checkout", "copy"),
    "start": lambda wb: wb.start("draft"),
    "pause": lambda wb: wb.pause("checkout"),
    "resume": lambda wb: wb.resume("paused"),
    "stop": lambda wb: wb.stop("checkout", "x"),
    "conclude": lambda wb: wb.conclude("stopped"),
    "promote": lambda wb: wb.promote("stopped"),
    "finish": lambda wb: wb.finish("rolling"),
    "rollback": lambda wb: wb.rollback("rolling", "x"),
    "complete": lambda wb: wb.complete("concluded"),
    "archive": lambda wb: wb.archive("stopped"),
    "apply": lambda wb: wb.apply([EXPERIMENT.changed(name="x")]),
    "override": lambda wb: wb.override("checkout", "treatment", user_id="u"),
    "revoke_override": lambda wb: wb.revoke_override(1),
    "set_holdout": lambda wb: wb.set_holdout({"key": "h", "share": 0.1}),
    "save_group": lambda wb: wb.save_group({"key": "g", "values": ["u"]}),
    "expose": lambda wb: wb.expose(experiment="checkout", user_id="u"),
    "add_note": lambda wb: wb.add_note("checkout", "x"),
    "edit_note": lambda wb: wb.edit_note(1, "x"),
    "delete_note": lambda wb: wb.delete_note(1),
    "request_review": lambda wb: wb.request_review("draft", ["zoe"]),
    "answer_review": lambda wb: wb.answer_review(1, "approve"),
    "cancel_review": lambda wb: wb.cancel_review(1),
    "schedule": lambda wb: wb.schedule("draft", "2100-01-01T00:00"),
    "unschedule": lambda wb: wb.unschedule("planned"),
    "watch": lambda wb: wb.watch("checkout"),
    "try_channels": lambda wb: wb.try_channels(),
    "acknowledge": lambda wb: wb.acknowledge(1),
    "learn": lambda wb: wb.learn("checkout", "x", outcome="neutral"),
    "sign_plan": lambda wb: wb.sign_plan("draft"),
    "define_metric": lambda wb: wb.define_metric({"key": "m"}),
    "grant": lambda wb: wb.grant("vic", "admin"),
    "revoke": lambda wb: wb.revoke("root"),
    "answer_elevation": lambda wb: wb.answer_elevation(1, approve=True),
    "set_policy": lambda wb: wb.set_policy({"review": "off"}),
    "apply_retention": lambda wb: wb.apply_retention(),
    "log_exposures": lambda wb: wb.log_exposures([{"experiment": "checkout", "variant": "control", "user_id": "u"}]),
    "log_outcomes": lambda wb: wb.log_outcomes([{"event": "conversion", "user_id": "u"}]),
    "quarantined_events": lambda wb: wb.quarantined_events(),
    "retry_events": lambda wb: wb.retry_events(1),
    "drop_events": lambda wb: wb.drop_events(1),
    "compact_events": lambda wb: wb.compact_events(),
    "vacuum_events": lambda wb: wb.vacuum_events(),
    "erase_user": lambda wb: wb.erase_user("u"),
    "import_events": lambda wb: wb.import_events("traces", HISTORY),
    "import_experiments": lambda wb: wb.import_experiments(FOREIGN, "growthbook"),
    "log_traces": lambda wb: wb.log_traces([{"model": "m", "user_id": "u"}]),
    "run_batch": lambda wb: wb.run_batch(template="simulate_ab", parameters=[{}]),
    "resume_batch": lambda wb: wb.resume_batch("x"),
    "abort": lambda wb: wb.abort("x"),
}


def test_every_verb_stands_here_once() -> None:
    """A new verb has to say whether it changes something; then the tests below hold it to that."""
    verbs = [name for name, _ in inspect.getmembers(Workbench, callable) if not name.startswith("_")]
    listed = [name for group in READING.values() for name in group] + [*HOUSEKEEPING, *ANYBODY, *CHANGING]
    assert sorted(listed) == sorted(verbs)


def _fill(wb: Workbench) -> None:
    """Something for every verb to act on, while everybody is admin; then roles."""
    states = {
        "draft": [], "checkout": ["start"], "paused": ["start", "pause"], "stopped": ["start", "stop"],
        "rolling": ["start", "stop", "promote"], "concluded": ["start", "stop", "conclude"], "planned": [],
        "reviewed": [],
    }  # fmt: skip
    for key, verbs in states.items():
        wb.create(EXPERIMENT.changed(key=key))
        for verb in verbs:
            getattr(wb, verb)(key, reason="because")
    wb.schedule("planned", "2100-01-01T00:00")
    wb.add_note("checkout", "a note")
    wb.override("checkout", "treatment", user_id="q")
    with wb._store.begin(actor="expkit monitor") as work:
        registry.raise_alert(work, "checkout", "ratio", "srm", "alert", "", {})
    wb.request_review("reviewed", ["zoe"])
    wb.acting_as("ann").request_elevation("operator", reason="on call")
    wb.grant("root", "admin")
    wb.grant("vic", "viewer")
    wb.grant("exp", "experimenter", "default")


def test_a_viewer_changes_nothing(wb: Workbench) -> None:
    """Each verb is refused, for a viewer and for somebody without any role, and leaves no trace."""
    _fill(wb)
    before = wb.audit_checkpoint()
    for actor in ("vic", "nobody"):
        other = wb.acting_as(actor)
        for name, act in CHANGING.items():
            with pytest.raises(Forbidden, match=f"'{actor}' may not"):
                act(other)
            assert wb.audit_checkpoint() == before, name
    assert wb.acting_as("vic").create_token().token.actor == "vic"
    with pytest.raises(Forbidden):
        wb.acting_as("vic").create_token("root")


ONE_PROJECT = [name for name in CHANGING if name not in {"run_batch", "resume_batch", "abort", "define_metric"}]


def test_a_role_in_one_project_is_one_there(wb: Workbench) -> None:
    """An experimenter there may what experimenters may, and nothing that takes more or is about all projects."""
    _fill(wb)
    exp = wb.acting_as("exp")
    refused = []
    for name in ONE_PROJECT:
        try:
            CHANGING[name](exp)
        except Forbidden:
            refused.append(name)
        except ExpkitError:  # a state that another verb has changed is no question of rights
            continue
    assert sorted(refused) == [
        "answer_elevation", "answer_review", "apply_retention", "compact_events", "drop_events", "erase_user", "expose",
        "finish", "grant", "import_events", "log_exposures", "log_outcomes", "log_traces", "promote",
        "quarantined_events", "retry_events", "revoke", "rollback", "save_group", "set_holdout", "set_policy",
        "traffic", "try_channels", "vacuum_events",
    ]  # fmt: skip
    with pytest.raises(Forbidden, match="in project 'other'"):
        exp.create(EXPERIMENT.changed(key="elsewhere", project="other"))


def test_reviewers_and_admins_of_one_project(wb: Workbench) -> None:
    """They answer what is asked there, without a role anywhere else."""
    _fill(wb)
    wb.grant("zoe", "reviewer", "default")
    assert wb.acting_as("zoe").answer_review(1, "approve").state == "approved"
    wb.grant("adi", "admin", "default")
    asked = wb.acting_as("exp").request_elevation("operator", project="default", reason="a launch", hours=2)
    assert wb.acting_as("adi").answer_elevation(asked.id, approve=True).state == "approved"
    assert wb.acting_as("exp").traffic("checkout", coverage=0.5).coverage == 0.5
    assert wb.acting_as("adi").grant("new", "viewer", "default").role == "viewer"
    with pytest.raises(Forbidden, match="in all projects"):
        wb.acting_as("adi").grant("adi", "admin")


def test_traffic_takes_an_operator_by_whatever_way(wb: Workbench) -> None:
    """Update, restore and files lead to the same door; words and the same traffic do not need it."""
    wb.create(EXPERIMENT)
    wb.update("checkout", {"coverage": 0.5})
    wb.start("checkout")
    wb.grant("root", "admin")
    wb.grant("exp", "experimenter")
    exp = wb.acting_as("exp")
    ways: list[Callable[[], object]] = [
        lambda: exp.traffic("checkout", coverage=0.9),
        lambda: exp.update("checkout", {"coverage": 0.9}),
        lambda: exp.restore("checkout", 1),
        lambda: exp.apply([EXPERIMENT.changed(coverage=0.9)]),
        lambda: exp.update("checkout", {"guardrails": [{"metric": "error", "limit": 1}]}),
    ]
    for way in ways:
        with pytest.raises(Forbidden, match=r"operator, and theirs is experimenter"):
            way()
    assert exp.update("checkout", {"name": "Words", "coverage": 0.5}).version == 3
    assert wb.restore("checkout", 1).coverage == 1.0


def test_an_experiment_moves_to_a_project_only_with_rights_there(wb: Workbench) -> None:
    """Neither by update nor by restore."""
    wb.create(EXPERIMENT.changed(project="a"))
    wb.update("checkout", {"project": "b"})
    wb.grant("root", "admin")
    wb.grant("exp", "experimenter", "b")
    with pytest.raises(Forbidden, match="in project 'a'"):
        wb.acting_as("exp").restore("checkout", 1)
    with pytest.raises(Forbidden, match="in project 'a'"):
        wb.acting_as("exp").update("checkout", {"project": "a"})


def test_reading_verbs_leave_no_trace(wb: Workbench, tmp_path: Path) -> None:
    """For somebody without any role."""
    _fill(wb)
    other, before = wb.acting_as("nobody"), wb.audit_checkpoint()
    for name in READING["experiments"] - {"list", "count", "at_version"}:
        getattr(other, name)("checkout")
    assert (other.count(), len(other.list()), other.at_version("checkout", 1).key) == (8, 8, "checkout")
    assert (len(other.notes("checkout")), other.note_history(1), len(other.reviews("reviewed"))) == (1, [], 1)
    assert (len(other.scheduled()), other.metrics(), len(other.alerts())) == (1, [], 1)
    assert other.at_risk() == {"checkout": other.risks("checkout")}
    assert (other.velocity().launched, len(other.hypotheses().items), len(other.backlog())) == (5, 8, 3)
    planned, started, stopped = 1, 5, 3
    assert len(other.calendar("2000-01-01T00:00", "2200-01-01T00:00")) == planned + started + stopped
    assert other.verify_audit().ok
    assert (len(list(other.export_audit())), len(other.grants()), len(other.elevations())) == (before.id, 3, 1)
    assert other.audit_checkpoint() == before
