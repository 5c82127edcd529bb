"""The registry's verbs, embedded and over HTTP: the same answers of the same types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hosting import CHECKOUT, TOKEN, running

import expkit
from expkit.client import RemoteWorkbench
from expkit.domain import Experiment, Metric
from expkit.domain.permissions import Grant
from expkit.domain.policy import Policy
from expkit.errors import (
    Conflict,
    ExpkitError,
    Forbidden,
    IllegalMove,
    InvalidDefinition,
    InvalidInput,
    NotFound,
    Overtaken,
    UnknownName,
)
from expkit.service import create_app
from expkit.settings import Settings
from expkit.storage import AuditEntry, Checkpoint, verify_chain
from expkit.workbench import Workbench

AnyWorkbench = Workbench | RemoteWorkbench
EXPERIMENT = Experiment.parse(CHECKOUT)
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


@pytest.fixture
def draft(wb: AnyWorkbench) -> str:
    return wb.create(EXPERIMENT).key


def test_versions_are_listed_read_and_restored(wb: AnyWorkbench, draft: str) -> None:
    """Each with its author, its reason and what it changed."""
    wb.update(draft, {"name": "Other"}, version=1, reason="clearer")
    newest, first = wb.versions(draft)
    assert (newest.version, newest.author, newest.reason) == (2, "ann", "clearer")
    assert newest.changes == ("name: 'Checkout button' → 'Other'",)
    assert wb.at_version(draft, first.version).name == "Checkout button"
    assert wb.restore(draft, 1, reason="no").version == 3
    assert wb.get(draft).definition() == wb.at_version(draft, 1).definition()


def test_traffic_of_a_running_experiment_opens_a_phase(wb: AnyWorkbench, draft: str) -> None:
    """The weight history is kept."""
    wb.start(draft)
    changed = wb.traffic(draft, coverage=0.5, shares={"control": 0.8, "treatment": 0.2}, reason="careful")
    assert (changed.coverage, changed.shares) == (0.5, {"control": 0.8, "treatment": 0.2})
    first, second = wb.phases(draft)
    assert (first.shares, first.ended_at) == ({"control": 0.5, "treatment": 0.5}, second.started_at)
    assert (second.coverage, second.ended_at) == (0.5, None)


def test_the_checklist_comes_before_the_start(wb: AnyWorkbench, draft: str) -> None:
    """With what the policy makes of each line."""
    items = {item.name: item for item in wb.checklist(draft)}
    assert (items["plan"].ok, items["plan"].strictness, items["plan"].blocks) == (False, "warn", False)
    signed = wb.sign_plan(draft)
    assert wb.signed_plans(draft) == [signed]
    assert {item.name: item.ok for item in wb.checklist(draft)}["plan"]


def test_notes_are_written_changed_and_deleted(wb: AnyWorkbench, draft: str) -> None:
    """And what they said before is kept."""
    note = wb.add_note(draft, "Looks slow.")
    assert wb.edit_note(note.id, "Looks slow on phones.").edited_at is not None
    assert [found.text for found in wb.notes(draft)] == ["Looks slow on phones."]
    (before,) = wb.note_history(note.id)
    assert (before.text, before.editor) == ("Looks slow.", "ann")
    wb.delete_note(note.id, reason="wrong experiment")
    assert wb.notes(draft) == []


def test_a_review_is_requested_and_cancelled(wb: AnyWorkbench, draft: str) -> None:
    """Its author comments, and does not judge."""
    review = wb.request_review(draft, ["bo"], deadline=LATER)
    assert (review.reviewers, review.deadline, wb.get(draft).status) == (("bo",), LATER, "review")
    assert wb.answer_review(review.id, "comment", "please look").answers[0].comment == "please look"
    with pytest.raises(Forbidden, match="cannot judge their own"):
        wb.answer_review(review.id, "approve")
    assert wb.cancel_review(review.id, reason="not yet").state == "cancelled"
    assert [found.state for found in wb.reviews(draft)] == ["cancelled"]


@pytest.mark.parametrize(
    "at",
    [LATER, LATER.replace(tzinfo=None), LATER.isoformat(), LATER.replace(tzinfo=None).isoformat()],
    ids=["aware", "naive", "text with an offset", "text without"],
)
def test_a_start_is_scheduled_in_any_shape_of_time(wb: AnyWorkbench, draft: str, at: str | datetime) -> None:
    """Text or datetime, with an offset or in a zone."""
    planned = wb.schedule(draft, at, timezone="UTC", reason="launch")
    assert (planned.at, planned.verb, planned.by) == (LATER, "start", "ann")
    assert wb.scheduled() == wb.scheduled(draft) == [planned]
    assert wb.unschedule(draft, reason="later") == 1
    assert (wb.scheduled(), wb.get(draft).status) == ([], "draft")


def test_a_zone_is_read_on_both_sides(wb: AnyWorkbench, draft: str) -> None:
    """Nine in New York is not nine in Berlin; of an hour that occurs twice the fold tells which."""
    naive = datetime(2031, 1, 2, 9, 0)  # noqa: DTZ001  # that is the point
    assert wb.schedule(draft, naive, timezone="America/New_York").at == datetime(2031, 1, 2, 14, tzinfo=UTC)
    assert wb.schedule(draft, naive.isoformat(), timezone="Europe/Berlin").at == datetime(2031, 1, 2, 8, tzinfo=UTC)
    twice = datetime(2031, 10, 26, 2, 30, fold=1)  # noqa: DTZ001
    assert wb.schedule(draft, twice, timezone="Europe/Berlin").at == datetime(2031, 10, 26, 1, 30, tzinfo=UTC)


def test_a_learning_is_kept_and_tracked(wb: AnyWorkbench) -> None:
    """The hypothesis tracker and the velocity know of it."""
    key = wb.create(EXPERIMENT.changed(hypothesis={
        "text": "Green sells.", "prediction": {"metric": "conversion", "lift": 0.05, "confidence": 0.8},
    })).key  # fmt: skip
    wb.start(key)
    wb.stop(key, reason="enough")
    assert wb.learn(key, "Green is just a colour.", outcome="negative").author == "ann"
    found = wb.hypotheses()
    assert (found.items[0].came_true, found.items[0].learning) == (False, "Green is just a colour.")
    assert (found.predictions, found.brier) == (1, pytest.approx(0.64))
    velocity = wb.velocity(days=7)
    assert (velocity.launched, velocity.completed, velocity.learnings) == (1, 1, 1)


def test_the_backlog_is_ranked(wb: AnyWorkbench, draft: str) -> None:
    """By RICE; what has none comes last."""
    wb.create(EXPERIMENT.changed(key="better", rice={"impact": 2, "confidence": 0.5, "effort": 1}))
    assert [found.key for found in wb.backlog()] == ["better", draft]
    assert [found.key for found in wb.backlog(limit=1)] == ["better"]


def test_the_registry_in_the_words_of_its_specification(wb: AnyWorkbench, draft: str) -> None:
    """Proposed, Running, Completed; sample size and RICE score."""
    rich = {"rice": {"impact": 2, "confidence": 0.5, "effort": 4}, "sample_size": 900, "owner": "bo"}
    wb.create(EXPERIMENT.changed(key="rich", **rich))
    wb.start("rich")
    (row,) = wb.registry_view(status="running", owner="bo")
    assert (row.id, row.status, row.primary_metric, row.sample_size, row.rice_score) == (
        "rich", "Running", "conversion", 900, 0.25,
    )  # fmt: skip
    assert row.start_date is not None
    assert [row.id for row in wb.registry_view(status="Proposed")] == [draft]
    assert [row.id for row in wb.registry_view(status="active")] == ["rich"]
    assert (wb.count(stage="Running"), wb.registry_view(status="Completed")) == (1, [])


def test_risks_are_told_by_experiment(wb: AnyWorkbench, draft: str) -> None:
    """Overdue is one; a draft has none. A service watches by itself, and would add its alert at some moment."""
    wb.set_policy({"stopping": "off"})
    past = datetime.now(UTC) - timedelta(days=3)
    late = EXPERIMENT.changed(key="late", schedule={"start": past - timedelta(days=9), "end": past})
    wb.start(wb.create(late).key)
    assert [risk.kind for risk in wb.risks("late")] == ["overdue"]
    assert wb.at_risk() == {"late": wb.risks("late")}
    assert wb.risks(draft) == []


def test_the_calendar_shows_what_is_planned(wb: AnyWorkbench, draft: str) -> None:
    """Between two times."""
    wb.schedule(draft, LATER)
    entries = wb.calendar(LATER - timedelta(days=1), LATER + timedelta(days=1))
    assert [(entry.at, entry.experiment) for entry in entries] == [(LATER, draft)]
    assert wb.calendar("2020-01-01", "2020-02-01", timezone="Europe/Berlin") == []


def test_a_metric_is_defined_once_for_all(wb: AnyWorkbench) -> None:
    """With an owner, and versions."""
    made = wb.define_metric({"key": "revenue", "kind": "sum", "unit": "EUR"})
    assert (made.owner, wb.metric("revenue"), wb.metrics()) == ("ann", made, [made])
    wb.define_metric(made.changed(unit="USD"), version=1, reason="new currency")
    assert [(found.version, found.reason) for found in wb.metric_versions("revenue")] == [(2, "new currency"), (1, "")]
    with pytest.raises(Conflict, match="at version 2, and you saw 1"):
        wb.define_metric(Metric(key="revenue", kind="sum", unit="CHF"), version=1)


def test_roles_are_granted_and_revoked(wb: AnyWorkbench) -> None:
    """From the first one on everything but reading takes one."""
    assert wb.grants() == []
    assert wb.grant("ann", "admin") == Grant(actor="ann", role="admin")
    wb.grant("bo/with a slash", "viewer", "shop")
    assert [(found.actor, found.project) for found in wb.grants()] == [("ann", "*"), ("bo/with a slash", "shop")]
    wb.revoke("bo/with a slash", "shop", reason="left")
    assert len(wb.grants()) == 1


def test_everybody_may_ask_who_they_are(wb: AnyWorkbench) -> None:
    """Their name, and their roles by project; while nobody has one, everything is open."""
    assert (wb.me().name, wb.me().is_open, wb.me().role_in("shop")) == ("ann", True, "admin")
    wb.grant("ann", "admin")
    wb.grant("root", "admin")
    wb.grant("ann", "reviewer", "shop")
    assert (wb.me().is_open, wb.me().roles) == (False, {"*": "admin", "shop": "reviewer"})
    assert (wb.me().role_in("shop"), wb.me().role_in("other")) == ("admin", "admin")
    wb.revoke("ann")
    assert (wb.me().role_in("shop"), wb.me().role_in("other")) == ("reviewer", None)


def test_a_refusal_says_what_would_be_needed(wb: AnyWorkbench) -> None:
    """Role and project, as values and not only in words."""
    wb.grant("ann", "admin")
    wb.grant("root", "admin")
    wb.grant("ann", "viewer")
    with pytest.raises(Forbidden) as refused:
        wb.create(EXPERIMENT.changed(project="shop"))
    assert (refused.value.role, refused.value.project) == ("experimenter", "shop")


def test_the_departments_are_the_filters_values(wb: AnyWorkbench) -> None:
    """Each once, by name."""
    for key, department in {"a": "Shop", "b": "search", "c": "Shop", "d": "", "e": "Größe"}.items():
        wb.create(EXPERIMENT.changed(key=key, department=department))
    assert wb.departments() == ["Größe", "search", "Shop"]
    assert wb.count(department="Shop") == 2


def test_an_elevation_is_requested(wb: AnyWorkbench) -> None:
    """And never answered by who asked."""
    asked = wb.request_elevation("operator", project="shop", reason="an incident", hours=2)
    assert (asked.actor, asked.state, asked.hours) == ("ann", "pending", 2)
    assert wb.elevations(state="pending") == wb.elevations() == [asked]
    with pytest.raises(Forbidden, match="your own"):
        wb.answer_elevation(asked.id, approve=True)


def test_a_policy_holds_in_its_project(wb: AnyWorkbench) -> None:
    """Elsewhere the organisation's does."""
    wb.set_policy({"review": "block", "approvals": 2}, reason="all of us")
    wb.set_policy(Policy(project="shop", review="off", retention={"events_days": 30}))
    assert (wb.policy("shop").review, wb.policy("shop").retention.events_days) == ("off", 30)
    assert (wb.policy("other").review, wb.policy().approvals) == ("block", 2)


def test_definitions_are_planned_and_applied(wb: AnyWorkbench, draft: str) -> None:
    """All or nothing; applied again, nothing happens."""
    wanted = [EXPERIMENT.changed(name="Renamed", coverage=0.25), EXPERIMENT.changed(key="fresh")]
    planned = wb.plan(wanted)
    assert [(found.key, found.action) for found in planned] == [(draft, "update"), ("fresh", "create")]
    assert planned[0].changes[1] == ("name", "Checkout button", "Renamed")
    assert wb.apply(wanted, reason="from git") == planned
    assert [found.action for found in wb.apply(wanted)] == ["nothing", "nothing"]
    assert wb.versions(draft)[0].reason == "from git"


def test_a_plan_that_was_agreed_to_is_the_one_applied(wb: AnyWorkbench, draft: str) -> None:
    """It goes there and back whole; when somebody was faster, nothing is applied."""
    wanted = [EXPERIMENT.changed(coverage=0.25, metrics=["conversion", "revenue"]), EXPERIMENT.changed(key="fresh")]
    planned = wb.plan(wanted)
    wb.update(draft, {"owner": "eve"})
    with pytest.raises(Overtaken, match="Nothing was applied"):
        wb.apply(wanted, plan=planned)
    assert wb.count() == 1
    planned = wb.plan(wanted)
    assert wb.apply(wanted, plan=planned) == planned


def test_retention_plans_and_removes(wb: AnyWorkbench, draft: str) -> None:
    """Nothing is old enough here; both say so."""
    wb.set_policy({"retention": {"drafts_days": 1}})
    assert wb.retention_plan() == wb.apply_retention("tidy") == []


def test_the_audit_is_verified_and_exported(wb: AnyWorkbench, draft: str) -> None:
    """The export verifies without the database; a checkpoint finds a rewritten chain."""
    seen = wb.audit_checkpoint()
    verdict = wb.verify_audit(seen)
    assert (verdict.ok, verdict.end, verdict.findings) == (True, seen, ())
    assert "checkpoint" in verdict.unknown[0]
    entries = [AuditEntry.from_dict(json.loads(line)) for line in wb.export_audit()]
    assert verify_chain(entries, checkpoint=seen).ok
    assert wb.audit(limit=1)[0] == entries[-1]._asdict()
    assert not wb.verify_audit(Checkpoint(seen.id, "0" * 64)).ok


def test_tokens_are_made_listed_and_revoked(wb: AnyWorkbench) -> None:
    """The secret is told once."""
    made = wb.create_token("bo", days=1)
    assert (made.token.actor, made.token.created_by) == ("bo", "ann")
    assert made.token.expires_at - made.token.created_at == timedelta(days=1)
    assert wb.tokens() == [made.token]
    assert made.secret not in repr(made) + repr(wb.audit())
    assert wb.revoke_token(made.token.id, reason="lost").revoked_at is not None
    assert wb.create_token().token.actor == "ann"


def test_templates_are_listed(wb: AnyWorkbench) -> None:
    """With their parameters."""
    found = wb.templates()["simulate_ab"]
    assert "users_per_arm" in [parameter.name for parameter in found.parameters]
    assert json.loads(found.source)["cells"]


MISTAKES: dict[str, tuple[type[ExpkitError], Any]] = {
    "a version that is not": (NotFound, lambda wb: wb.at_version("checkout", 7)),
    "a version below all": (NotFound, lambda wb: wb.restore("checkout", 0)),
    "no such variant": (UnknownName, lambda wb: wb.traffic("checkout", shares={"tretment": 1.0})),
    "shares over one": (InvalidDefinition, lambda wb: wb.traffic("checkout", shares={"treatment": 0.7})),
    "too much coverage": (InvalidDefinition, lambda wb: wb.traffic("checkout", coverage=7.5)),
    "no such note": (NotFound, lambda wb: wb.edit_note(7, "x")),
    "an empty note": (InvalidInput, lambda wb: wb.add_note("checkout", " ")),
    "a note on nothing": (NotFound, lambda wb: wb.add_note("chekout", "x")),
    "history of nothing": (NotFound, lambda wb: wb.note_history(7)),
    "no reviewer": (InvalidInput, lambda wb: wb.request_review("checkout", [])),
    "a deadline in the past": (InvalidInput, lambda wb: wb.request_review("checkout", ["bo"], deadline="2020-01-01")),
    "no such review": (NotFound, lambda wb: wb.answer_review(7, "approve")),
    "a time in the past": (InvalidInput, lambda wb: wb.schedule("checkout", "2020-01-01T00:00")),
    "no time at all": (InvalidInput, lambda wb: wb.schedule("checkout", "soon")),
    "no such zone": (UnknownName, lambda wb: wb.schedule("checkout", "2031-01-01T00:00", timezone="Europe/Berln")),
    "schedule what": (UnknownName, lambda wb: wb.schedule("checkout", LATER, verb="strt")),
    "unschedule what": (UnknownName, lambda wb: wb.unschedule("checkout", "strt")),
    "nothing is scheduled": (NotFound, lambda wb: wb.unschedule("checkout")),
    "learn nothing": (ExpkitError, lambda wb: wb.learn("checkout", " ", outcome="positive")),
    "an odd outcome": (InvalidDefinition, lambda wb: wb.learn("checkout", "x", outcome="good")),
    "no such metric": (NotFound, lambda wb: wb.metric("revenu")),
    "a bad metric": (InvalidDefinition, lambda wb: wb.define_metric({"key": "x", "knd": "sum"})),
    "no such role": (UnknownName, lambda wb: wb.grant("bo", "operatr")),
    "the first grant": (Conflict, lambda wb: wb.grant("bo", "viewer")),
    "revoke nothing": (NotFound, lambda wb: wb.revoke("bo")),
    "elevation without reason": (InvalidInput, lambda wb: wb.request_elevation("admin")),
    "no such elevation": (NotFound, lambda wb: wb.answer_elevation(7, approve=True)),
    "a bad policy": (InvalidDefinition, lambda wb: wb.set_policy({"reviw": "block"})),
    "apply what": (InvalidInput, lambda wb: wb.apply([CHECKOUT])),
    "apply twice": (Conflict, lambda wb: wb.plan([EXPERIMENT, EXPERIMENT])),
    "an odd stage": (InvalidInput, lambda wb: wb.registry_view(status="runing")),
    "an odd filter of the view": (InvalidInput, lambda wb: wb.registry_view(ownr="bo")),
    "a calendar of when": (InvalidInput, lambda wb: wb.calendar("soon", "later")),
    "risks of nothing": (NotFound, lambda wb: wb.risks("chekout")),
    "sign nothing": (NotFound, lambda wb: wb.sign_plan("chekout")),
    "sign too late": (Conflict, lambda wb: wb.sign_plan("running")),
    "review too late": (Conflict, lambda wb: wb.request_review("running", ["bo"])),
    "schedule too late": (IllegalMove, lambda wb: wb.schedule("running", LATER)),
    "a token without end": (InvalidInput, lambda wb: wb.create_token(days=10_000)),
    "a token for no time": (InvalidInput, lambda wb: wb.create_token(days=0)),
    "no such token": (NotFound, lambda wb: wb.revoke_token(7)),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, RemoteWorkbench]]:
    """A workbench, and another of the same content behind a service."""
    settings = Settings.read(tmp_path_factory.mktemp("local")).with_(token=TOKEN, actor="ann", database_url="")
    with (
        Workbench.open(settings) as local,
        Workbench.open(settings.with_(home=tmp_path_factory.mktemp("hosted"))) as hosted,
        running(create_app(hosted)) as address,
        expkit.connect(address, token=TOKEN) as remote,
    ):
        for workbench in (local, hosted):
            workbench.create(EXPERIMENT)
            workbench.create(EXPERIMENT.changed(key="running"))
            workbench.start("running")
        yield local, remote


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_alike(both: tuple[Workbench, RemoteWorkbench], mistake: str) -> None:
    """Class, message and hint are the same on both sides."""
    cls, make = MISTAKES[mistake]
    said = []
    for workbench in both:
        with pytest.raises(cls) as found:
            make(workbench)
        said.append((type(found.value), found.value.message, found.value.hint))
    assert said[0] == said[1]
    assert said[0][2]
