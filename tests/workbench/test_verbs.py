"""What the workbench adds to the rooms: conditions of a start, schedules that fire, compiled snapshots, learnings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hosting import CHECKOUT

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import Conflict, Forbidden, InvalidInput, NotFound, UnknownName
from expkit.registry.people_tables import scheduled_moves
from expkit.storage import AuditEntry, verify_chain
from expkit.workbench import Workbench

EXPERIMENT = Experiment.parse(CHECKOUT)


def come_due(wb: Workbench) -> int:
    """As if the time had come; then what a server does every second."""
    with wb._store.begin(actor="clock") as work:
        work.connection.execute(sa.update(scheduled_moves).values(at=datetime.now(UTC) - timedelta(seconds=1)))
    return wb.tick()


def test_a_start_waits_for_the_review_that_the_policy_wants(wb: Workbench) -> None:
    """Refused with what is missing; approved by somebody else, it starts."""
    wb.set_policy({"review": "block", "approvals": 2})
    wb.create(EXPERIMENT)
    with pytest.raises(Conflict, match=r"cannot start yet: .*approved.*0 of 2 approvals of version 1.*checklist"):
        wb.start("checkout")
    number = wb.request_review("checkout", ["zoe", "bob"], deadline="2100-01-01T09:00", timezone="Asia/Tokyo").id
    with pytest.raises(Forbidden, match="cannot judge their own"):
        wb.answer_review(number, "approve")
    wb.acting_as("zoe").answer_review(number, "approve")
    with pytest.raises(Conflict, match="1 of 2 approvals"):
        wb.start("checkout")
    assert wb.acting_as("bob").answer_review(number, "approve").state == "approved"
    assert wb.start("checkout").status == "active"
    assert wb.reviews("checkout")[0].deadline == datetime(2100, 1, 1, tzinfo=UTC)


def test_a_change_after_the_approval_needs_another(wb: Workbench) -> None:
    """What starts is what was seen."""
    wb.set_policy({"review": "block"})
    wb.create(EXPERIMENT)
    number = wb.request_review("checkout", ["zoe"]).id
    wb.acting_as("zoe").answer_review(number, "approve")
    wb.update("checkout", {"coverage": 0.5})
    with pytest.raises(Conflict, match="0 of 1 approvals of version 2"):
        wb.start("checkout")


def test_a_scheduled_start_waits_for_the_policy_too(wb: Workbench) -> None:
    """A calendar is no way around a review: the start fails with the reason, once."""
    wb.set_policy({"review": "block"})
    wb.create(EXPERIMENT)
    wb.schedule("checkout", "2100-01-01T00:00")
    assert come_due(wb) == 0
    assert wb.tick() == 0
    assert wb.get("checkout").status == "scheduled"
    assert wb.timeline("checkout")[-1].what != "scheduled → active"
    assert "0 of 1 approvals" in next(entry["reason"] for entry in wb.audit() if entry["action"] == "schedule.fail")
    assert wb.unschedule("checkout") == 0
    assert wb.get("checkout").status == "draft"


def test_schedules_fire_when_their_time_has_come(wb: Workbench) -> None:
    """Start and stop, in their order."""
    wb.create(EXPERIMENT)
    wb.schedule("checkout", "2100-01-01T00:00")
    wb.schedule("checkout", datetime(2100, 1, 2, tzinfo=UTC), verb="stop", reason="two days")
    assert [found.verb for found in wb.scheduled("checkout")] == ["start", "stop"]
    assert wb.tick() == 0
    assert come_due(wb) == 2
    assert wb.get("checkout").status == "stopped"
    assert wb.scheduled() == []


def test_an_overtaken_change_of_traffic_is_told(wb: Workbench) -> None:
    """`traffic` builds on what it saw; unknown variants offer the nearest."""
    wb.create(EXPERIMENT)
    assert wb.traffic("checkout", coverage=0.5, shares={"control": 0.8, "treatment": 0.2}).shares["control"] == 0.8
    with pytest.raises(UnknownName, match="did you mean 'control'"):
        wb.traffic("checkout", shares={"contrl": 1.0})
    with pytest.raises(InvalidInput, match="weights add up to"):
        wb.traffic("checkout", shares={"control": 0.9})


def test_a_clone_is_a_draft_of_its_own(wb: Workbench) -> None:
    """Also of a stopped experiment, with its definition and another hash."""
    wb.create(EXPERIMENT.changed(coverage=0.5))
    wb.start("checkout")
    wb.stop("checkout", reason="done")
    clone = wb.clone("checkout", "again")
    assert (clone.status, clone.version, clone.coverage, clone.name) == ("draft", 1, 0.5, "Checkout button (clone)")
    assert clone.hash_seed != wb.get("checkout").hash_seed
    assert (wb.audit(subject="again")[0]["action"], wb.audit(subject="again")[0]["after"]["source"]) == (
        "experiment.clone", {"experiment": "checkout", "version": 1},
    )  # fmt: skip
    assert wb.timeline("again")[0].detail == "version 1: cloned from checkout, version 1"
    with pytest.raises(NotFound):
        wb.clone("nowhere", "x")


def test_a_clone_leaves_behind_what_was_about_that_one_run(wb: Workbench) -> None:
    """The dates it ran between would keep everybody out, and its winner is not known again."""
    ended = {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"}
    wb.create(EXPERIMENT)
    wb.start("checkout")
    wb.update("checkout", {"schedule": ended})
    wb.traffic("checkout", shares={"control": 0.1, "treatment": 0.9})
    wb.stop("checkout", reason="done")
    wb.promote("checkout")
    clone = wb.clone("checkout", "again")
    assert (clone.schedule.end, clone.rollout, clone.bucket_order) == (None, None, ())
    assert clone.shares == {"control": 0.1, "treatment": 0.9}


def test_what_is_assigned_follows_every_change(wb: Workbench) -> None:
    """By whichever view or process it was made; and unrelated words compile nothing anew."""
    wb.create(EXPERIMENT)
    assert wb.assign(user_id="u", experiment="checkout").variant is None
    wb.start("checkout")
    compiled = wb._shared.assigner()
    assert wb.assign(user_id="u", experiment="checkout").variant is not None
    wb.add_note("checkout", "a word")
    wb.learn("checkout", "we learnt", outcome="neutral")
    assert wb._shared.assigner() is compiled
    with wb._store.begin(actor="another process") as work:
        registry.update(work, "checkout", {"coverage": 0.0})
    assert wb.assign(user_id="u", experiment="checkout").variant is None
    wb.create(EXPERIMENT.changed(key="other"))
    wb.delete("other")
    wb.create(EXPERIMENT.changed(key="third"))
    wb.start("third")
    assert wb.assign(user_id="u", experiment="third").variant is not None


def test_learning_needs_an_outcome_until_a_look_has_one(wb: Workbench) -> None:
    """Without evidence it has to be said."""
    wb.create(EXPERIMENT)
    with pytest.raises(InvalidInput, match="has no outcome yet"):
        wb.learn("checkout", "we learnt")
    learnt = wb.learn("checkout", "we learnt", outcome="negative")
    assert (learnt.outcome, learnt.look, learnt.author) == ("negative", None, "root")
    assert [found.key for found in wb.list(outcome="Negative")] == ["checkout"]


def test_the_backlog_is_ranked(wb: Workbench) -> None:
    """What has not started, by RICE score; what has none comes last."""
    rice = {"impact": 1.0, "confidence": 0.5, "effort": 1.0}
    for key, score in (("low", rice), ("none", None), ("high", {**rice, "reach": 1000.0}), ("gone", rice)):
        wb.create(EXPERIMENT.changed(key=key, rice=score))
    wb.start("gone")
    wb.request_review("low", ["zoe"])
    assert [found.key for found in wb.backlog()] == ["high", "low", "none"]
    assert [found.key for found in wb.backlog(limit=1)] == ["high"]


def test_an_overdue_experiment_is_at_risk(wb: Workbench) -> None:
    """Of the active ones those with a reason to worry."""
    wb.create(EXPERIMENT.changed(stopping={"max_days": 1e-9}))
    wb.create(EXPERIMENT.changed(key="fine"))
    wb.start("checkout")
    wb.start("fine")
    assert [risk.kind for risk in wb.at_risk()["checkout"]] == ["overdue"]
    assert list(wb.at_risk()) == ["checkout"]
    assert wb.risks("fine") == []


def test_the_exported_audit_verifies_without_the_database(wb: Workbench) -> None:
    """Line by line, with a checkpoint kept elsewhere."""
    wb.create(EXPERIMENT)
    checkpoint = wb.audit_checkpoint()
    wb.start("checkout")
    entries = [AuditEntry.from_dict(json.loads(line)) for line in wb.export_audit()]
    assert verify_chain(entries, checkpoint=checkpoint).ok
    assert not verify_chain(entries[:-1], recorded_end=wb.audit_checkpoint()).ok
    assert wb.verify_audit(checkpoint).ok


def test_every_entry_carries_the_request_it_belongs_to(wb: Workbench) -> None:
    """What a server hands on; cut where it is endless."""
    wb.acting_as("ann", "c" * 300).create(EXPERIMENT)
    (entry,) = wb.audit()
    assert (entry["actor"], entry["correlation_id"]) == ("ann", "c" * 100)


def test_applying_files_again_does_nothing(wb: Workbench) -> None:
    """Create, change, nothing; in the order given, all or nothing."""
    b, a = EXPERIMENT.changed(key="b"), EXPERIMENT.changed(key="a")
    assert [(done.key, done.action) for done in wb.apply([b, a])] == [("b", "create"), ("a", "create")]
    newer = a.changed(coverage=0.5)
    assert [done.action for done in wb.plan([b, newer])] == ["nothing", "update"]
    assert [done.action for done in wb.apply([b, newer])] == ["nothing", "update"]
    end = wb.audit_checkpoint()
    assert {done.action for done in wb.apply([b, newer])} == {"nothing"}
    assert wb.audit_checkpoint() == end
    wb.start("a")
    with pytest.raises(Conflict, match="seed cannot be changed"):
        wb.apply([b.changed(coverage=0.1), newer.changed(seed="x"), EXPERIMENT])
    assert (wb.get("b").coverage, wb.count()) == (1.0, 2)


def test_elevations_grants_plans_and_metrics_by_their_verbs(wb: Workbench) -> None:
    """The short way through each."""
    wb.grant("root", "admin")
    wb.grant("ann", "experimenter")
    ann = wb.acting_as("ann")
    ann.create(EXPERIMENT)
    assert ann.sign_plan("checkout") == wb.signed_plans("checkout")[0]
    assert ann.define_metric({"key": "conversion"}).owner == "ann"
    assert wb.define_metric({"key": "conversion", "name": "Bought"}, reason="an admin may").name == "Bought"
    assert (wb.metric("conversion").owner, len(wb.metric_versions("conversion"))) == ("ann", 2)
    note = ann.add_note("checkout", "first")
    assert ann.edit_note(note.id, "second").text == "second"
    ann.delete_note(note.id)
    assert len(wb.note_history(note.id)) == 2
    wb.revoke("ann", reason="left")
    assert [found.actor for found in wb.grants()] == ["root"]
    assert wb.policy("any").review == "warn"
