"""One suite for both workbenches: what is true of the embedded one is true over HTTP."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
import pytest
from hosting import CHECKOUT

from expkit.client import RemoteWorkbench
from expkit.domain import Experiment, Outcome
from expkit.errors import (
    Conflict,
    ExpkitError,
    IllegalMove,
    InvalidDefinition,
    InvalidInput,
    NotFound,
    UnknownName,
)
from expkit.workbench import Workbench

AnyWorkbench = Workbench | RemoteWorkbench
EXPERIMENT = Experiment.parse(CHECKOUT)


def _verbs(cls: type) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(cls, inspect.isfunction)
    return {name: inspect.signature(verb) for name, verb in found if not name.startswith("_")}


NOT_OVER_HTTP = {
    "acting_as": "a service knows by the token who is asking",
    "move_events": "servers do it themselves",
    "query_events": "a query may read any file of the machine that it runs on",
    "tick": "servers do it themselves",
    "monitor": "servers do it themselves",
    "notify": "servers do it themselves",
    "leave_monitor": "servers do it themselves",
    "token_holder": "it is what a service asks when somebody shows a token",
}
"""Verbs that only the embedded workbench has, and why."""


def test_the_verbs_and_their_arguments_are_the_same() -> None:
    """Whoever moves from `open` to `connect` changes one line."""
    embedded = _verbs(Workbench)
    for name, signature in _verbs(RemoteWorkbench).items():
        assert signature == embedded[name], name


def test_no_verb_is_forgotten() -> None:
    """A new verb needs its route and its twin, or a line above."""
    assert set(_verbs(Workbench)) - set(_verbs(RemoteWorkbench)) == set(NOT_OVER_HTTP)


def test_create_get_list_count(wb: AnyWorkbench) -> None:
    """A draft, found by key, by text and by status."""
    made = wb.create(EXPERIMENT)
    assert (made.status, made.version) == ("draft", 1)
    assert wb.get("checkout") == made
    assert wb.list(text="green") == wb.list(status="draft") == [made]
    assert wb.list(status="active") == []
    assert (wb.count(), wb.count(text="nothing like it")) == (1, 0)


def test_a_definition_comes_back_as_it_was_given(wb: AnyWorkbench) -> None:
    """Nothing is lost on the way: params, conditions, guardrails, umlauts."""
    rich = EXPERIMENT.changed(
        key="rich", name="Größe", eligibility={"country": {"$in": ["DE", "AT"]}}, coverage=0.25,
        metrics=["conversion", {"key": "revenue", "kind": "sum"}],
        guardrails=[{"metric": {"key": "error", "direction": "decrease"}, "limit": 0.05, "action": "pause"}],
    )  # fmt: skip
    assert wb.create(rich).definition() == rich.definition()


def test_the_life_of_an_experiment(wb: AnyWorkbench) -> None:
    """Every move answers with the state that it led to."""
    wb.create(EXPERIMENT)
    assert [wb.start("checkout").status, wb.pause("checkout").status] == ["active", "paused"]
    assert [wb.resume("checkout").status, wb.stop("checkout", reason="done").status] == ["active", "stopped"]
    assert wb.clone("checkout", "again").status == "draft"
    assert wb.timeline("checkout")[0].what == "created"
    assert wb.timeline("checkout")[-1].detail == "done"


def test_a_draft_is_changed_and_deleted(wb: AnyWorkbench) -> None:
    """Each change is a version; a deleted draft is gone."""
    wb.create(EXPERIMENT)
    assert wb.update("checkout", {"name": "New name"}, version=1, reason="better").version == 2
    assert wb.get("checkout").name == "New name"
    wb.delete("checkout", reason="a typing error")
    with pytest.raises(NotFound):
        wb.get("checkout")


def test_a_reviewer_sees_what_waits_in_all_experiments(wb: AnyWorkbench) -> None:
    """Without naming any of them."""
    wb.create(EXPERIMENT)
    asked = wb.request_review("checkout", ["bob"], deadline="2100-01-01T12:00")
    assert wb.reviews(reviewer="bob", state="open") == wb.reviews("checkout") == [asked]
    assert wb.reviews(reviewer="zoe") == wb.reviews(state="approved") == []
    with pytest.raises(UnknownName):
        wb.reviews(state="opn")


def test_lists_are_filtered_with_the_words_that_people_see(wb: AnyWorkbench) -> None:
    """Or with the stored ones."""
    wb.create(EXPERIMENT.changed(type="prompt", owner="bo", tags=("x", "y")))
    assert wb.count(type="Prompt A/B Test", owner="bo", tag="y", status="All", days="30d") == 1
    assert [found.key for found in wb.list(type="prompt", order="newest")] == ["checkout"]
    assert wb.list(owner="somebody else") == []


def test_assignment_is_the_same_unit_by_unit_and_by_frame(wb: AnyWorkbench) -> None:
    """And goes with params, reason and bucket."""
    wb.create(EXPERIMENT)
    wb.start("checkout")
    frame = pd.DataFrame({"user_id": [f"u{number}" for number in range(50)]})
    by_frame = wb.assign_frame(frame, experiment="checkout")["variant"].tolist()
    answers = [wb.assign(user_id=unit, attributes={"a": 1}, experiment="checkout") for unit in frame["user_id"][:5]]
    assert [answer.variant for answer in answers] == by_frame[:5]
    assert set(by_frame) == {"control", "treatment"}
    assert answers[0].params["color"] in {"blue", "green"}
    assert wb.assign(session_id="s", placement="home").experiment == "checkout"
    assert wb.assign().variant is None


@pytest.mark.parametrize("key", ["", ".", "..", "/", "a/b", "a b", "%2e", "ä", "x" * 300])
def test_odd_keys_are_not_found(wb: AnyWorkbench, key: str) -> None:
    """Also those that a URL would swallow."""
    with pytest.raises(NotFound):
        wb.get(key)


def _fill(wb: AnyWorkbench) -> None:
    wb.create(EXPERIMENT)
    wb.start("checkout")
    frame = pd.DataFrame({"user_id": [f"u{number}" for number in range(400)]})
    shown = wb.assign_frame(frame, experiment="checkout").assign(experiment="checkout")
    assert wb.log_exposures(shown) == 400
    assert wb.log_outcomes([Outcome(event="conversion", user_id=f"u{number}") for number in range(0, 400, 3)]) == 134
    assert wb.log_traces([{"model": "m", "user_id": "u1", "latency_ms": 12.5}]) == 1


def test_a_look_is_taken_kept_and_shown(wb: AnyWorkbench) -> None:
    """The scorecard is a noun on both sides, equal to the kept one."""
    _fill(wb)
    scorecard = wb.analyze("checkout")
    assert sum(arm.n for arm in scorecard.arms) == 400
    assert scorecard.estimate("conversion", "treatment").control.n + scorecard.arm("treatment").n == 400
    assert wb.scorecard("checkout") == scorecard
    assert wb.analyze("checkout").look == 2
    assert "root_id" in wb.figure("checkout", theme="dark")
    assert "Checkout button" in wb.report("checkout")


def test_a_frame_is_analysed_without_a_registry(wb: AnyWorkbench) -> None:
    """Where the frame is."""
    frame = pd.DataFrame({"v": ["control", "treatment"] * 50, "revenue": [1.0, 2.0, 3.0, 4.5] * 25})
    found = wb.analyze(frame=frame, variant="v", metrics=["revenue"])
    assert found.estimate("revenue", "treatment").effect == pytest.approx(1.25)


def test_the_audit_knows_who_and_what(wb: AnyWorkbench) -> None:
    """The newest first, with real moments."""
    wb.create(EXPERIMENT)
    wb.start("checkout", reason="it is time")
    entries = wb.audit(subject="checkout")
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("ann", "experiment.start"),
        ("ann", "experiment.create"),
    ]
    assert entries[0]["reason"] == "it is time"
    assert entries[0]["at"] >= entries[1]["at"]
    assert wb.ready()


MISTAKES: dict[str, tuple[type[ExpkitError], Any]] = {
    "get nothing": (NotFound, lambda wb: wb.get("chekout")),
    "create twice": (Conflict, lambda wb: wb.create(EXPERIMENT)),
    "create started": (InvalidInput, lambda wb: wb.create(EXPERIMENT.changed(key="x", status="active"))),
    "create badly": (InvalidDefinition, lambda wb: wb.create({**CHECKOUT, "nme": "x"})),
    "pause a draft": (IllegalMove, lambda wb: wb.pause("checkout")),
    "start nothing": (NotFound, lambda wb: wb.start("chekout")),
    "clone onto itself": (Conflict, lambda wb: wb.clone("checkout", "checkout")),
    "clone badly": (InvalidDefinition, lambda wb: wb.clone("checkout", "not a key")),
    "an unknown status": (InvalidInput, lambda wb: wb.list(status="activ")),
    "an unknown filter": (InvalidInput, lambda wb: wb.list(stats="active")),
    "an unknown order": (UnknownName, lambda wb: wb.list(order="newst")),
    "update badly": (InvalidInput, lambda wb: wb.update("checkout", {"nme": "x"})),
    "update too late": (Conflict, lambda wb: wb.update("checkout", {"name": "x"}, version=7)),
    "delete nothing": (NotFound, lambda wb: wb.delete("chekout")),
    "roll a draft back": (IllegalMove, lambda wb: wb.rollback("checkout", reason="x")),
    "an odd page": (InvalidInput, lambda wb: wb.list(limit=0)),
    "an odd audit page": (InvalidInput, lambda wb: wb.audit(limit=0)),
    "no scorecard": (NotFound, lambda wb: wb.scorecard("checkout")),
    "no figure": (NotFound, lambda wb: wb.figure("checkout")),
    "no report": (NotFound, lambda wb: wb.report("checkout")),
    "an odd format": (InvalidInput, lambda wb: wb.report("checkout", format="htm")),
    "no timeline": (NotFound, lambda wb: wb.timeline("chekout")),
    "assign in nothing": (NotFound, lambda wb: wb.assign(user_id="u", experiment="chekout")),
    "a long id": (InvalidInput, lambda wb: wb.assign(user_id="x" * 501)),
    "a bad row": (InvalidInput, lambda wb: wb.log_outcomes([{"event": "conversion"}])),
    "an unknown column": (UnknownName, lambda wb: wb.log_outcomes([{"evnt": "x", "user_id": "u"}])),
    "analyze what": (InvalidInput, lambda wb: wb.analyze()),
    "analyze oddly": (InvalidInput, lambda wb: wb.analyze("checkout", alpha=0.1)),
}


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[type, str, str]]:
    """What the other workbench said, by mistake."""
    return {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_alike(wb: AnyWorkbench, mistake: str, told: dict[str, tuple[type, str, str]]) -> None:
    """Class, message and hint are the same on both sides."""
    cls, make = MISTAKES[mistake]
    wb.create(EXPERIMENT)
    with pytest.raises(cls) as found:
        make(wb)
    said = (type(found.value), found.value.message, found.value.hint)
    assert said[2]
    assert told.setdefault(mistake, said) == said


def test_the_snapshot_is_signed_and_named_by_its_etag(wb: AnyWorkbench) -> None:
    """Both hand out the same kind of bundle; asked again with what one has, it is that one."""
    wb.create(EXPERIMENT)
    wb.start("checkout")
    bundle = wb.config()
    assert [one.key for one in bundle.config.experiments] == ["checkout"]
    assert (wb.config(bundle), wb.config().etag) == (bundle, bundle.etag)
    assert bundle.signature
    wb.pause("checkout")
    assert wb.config(bundle).etag != bundle.etag
    assert list(wb.features()["features"]) == ["checkout"]


def test_a_batch_runs_where_the_workbench_is(wb: AnyWorkbench) -> None:
    """Launched, waited for, reported."""
    batch = wb.run_batch(template="simulate_ab", parameters=[{"users_per_arm": 500}], limits={"workers": 1})
    assert wb.batches()[0].job_id == batch.job_id
    ended = wb.wait(batch.job_id, timeout=240)
    assert (ended.status, ended.counts.succeeded) == ("succeeded", 1)
    assert wb.batch(batch.job_id).done
    report = wb.results(batch.job_id)
    assert [trial.status for trial in report.trials] == ["succeeded"]
    with pytest.raises(NotFound):
        wb.results("nope")


def test_a_batch_is_aborted_and_resumed(wb: AnyWorkbench) -> None:
    """What was recorded stays."""
    batch = wb.run_batch(
        template="simulate_ab", parameters=[{"users_per_arm": 500, "seed": n} for n in range(3)], limits={"workers": 1}
    )
    assert wb.abort(batch.job_id, reason="enough").status == "aborted"
    assert wb.wait(batch.job_id, timeout=120).status == "aborted"
    with pytest.raises(ExpkitError):
        wb.abort("nope")
