"""Notes, reviews, signed plans, policies: what people say about an experiment, and what it decides."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from drafts import ask, create, do, make, move, read, soon, update

from expkit import registry
from expkit.domain.collaboration import Review
from expkit.domain.policy import Policy
from expkit.errors import Conflict, Forbidden, InvalidInput, NotFound, UnknownName
from expkit.storage import Store, read_audit


def answer(store: Store, number: int, verdict: str, actor: str, comment: str = "", needed: int = 1) -> Review:
    return do(store, lambda work: registry.answer_review(work, number, verdict, comment, needed=needed), actor)


def request(store: Store, *reviewers: str, actor: str = "ann") -> Review:
    return do(store, lambda work: registry.request_review(work, "checkout", reviewers or ["zoe"]), actor)


def test_a_note_is_added_edited_and_deleted_with_its_history(store: Store) -> None:
    """What it said before is kept, with who changed it."""
    create(store)
    note = do(store, lambda work: registry.add_note(work, "checkout", "  first  "))
    edited = do(store, lambda work: registry.edit_note(work, note.id, "second"), "bob")
    assert (note.text, edited.text, edited.author, edited.edited_at is not None) == ("first", "second", "ann", True)
    assert [found.text for found in ask(store, registry.notes, "checkout")] == ["second"]
    do(store, lambda work: registry.delete_note(work, note.id, "wrong page"), "zoe")
    assert ask(store, registry.notes, "checkout") == []
    history = ask(store, registry.note_history, note.id)
    assert [(edit.text, edit.editor) for edit in history] == [("first", "bob"), ("second", "zoe")]
    assert [entry.action for entry in ask(store, read_audit)][:3] == ["note.delete", "note.edit", "note.add"]
    with pytest.raises(Conflict, match="was deleted"):
        do(store, lambda work: registry.edit_note(work, note.id, "third"))


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001, "nul \x00"])
def test_a_note_that_is_none_is_refused(store: Store, text: str) -> None:
    """Empty, endless or unstorable; also as an edit."""
    create(store)
    note = do(store, lambda work: registry.add_note(work, "checkout", "fine"))
    with pytest.raises(InvalidInput):
        do(store, lambda work: registry.add_note(work, "checkout", text))
    with pytest.raises(InvalidInput):
        do(store, lambda work: registry.edit_note(work, note.id, text))
    assert [found.text for found in ask(store, registry.notes, "checkout")] == ["fine"]


def test_notes_and_reviews_that_are_not_there(store: Store) -> None:
    """Of unknown numbers and experiments."""
    for act in (registry.delete_note, registry.cancel_review):
        with pytest.raises(NotFound, match=r"There is no (note|review) 7"):
            do(store, lambda work, act=act: act(work, 7))  # type: ignore[misc]
    with pytest.raises(NotFound, match="no experiment 'nowhere'"):
        do(store, lambda work: registry.add_note(work, "nowhere", "x"))


def test_a_review_goes_from_request_to_approval(store: Store) -> None:
    """The draft waits in review; the approval is of that version."""
    create(store)
    asked = request(store, "zoe", "bob", "zoe")
    assert (asked.state, asked.reviewers, asked.version, read(store).status) == ("open", ("zoe", "bob"), 1, "review")
    assert answer(store, asked.id, "comment", "ann", "please hurry").state == "open"
    assert answer(store, asked.id, "approve", "zoe", needed=2).state == "open"
    approved = answer(store, asked.id, "approve", "bob", needed=2)
    assert (approved.state, len(approved.answers)) == ("approved", 3)
    assert ask(store, registry.approvals, "checkout", 1) == {"zoe", "bob"}
    assert ask(store, registry.approvals, "checkout", 2) == set()


def test_nobody_judges_their_own(store: Store) -> None:
    """Neither who asked nor who wrote the version; comments are welcome."""
    create(store, actor="ann")
    asked = request(store, "zoe", actor="bob")
    for actor in ("ann", "bob"):
        with pytest.raises(Forbidden, match="cannot judge their own"):
            answer(store, asked.id, "approve", actor)
    assert ask(store, registry.approvals, "checkout", 1) == set()


def test_asking_for_changes_takes_words_and_takes_an_approval_back(store: Store) -> None:
    """The newest word of a reviewer counts."""
    create(store)
    number = request(store).id
    answer(store, number, "approve", "zoe")
    with pytest.raises(InvalidInput, match="Which changes"):
        answer(store, number, "changes", "zoe")
    assert answer(store, number, "changes", "zoe", "a guardrail").state == "changes"
    assert ask(store, registry.approvals, "checkout", 1) == set()
    assert answer(store, number, "approve", "zoe").state == "approved"
    with pytest.raises(UnknownName, match="did you mean 'approve'"):
        answer(store, number, "aprove", "zoe")


def test_an_approval_is_of_the_version_that_was_seen(store: Store) -> None:
    """A change meanwhile asks for a new review."""
    create(store)
    number = request(store).id
    update(store, {"coverage": 0.5})
    with pytest.raises(Conflict, match=r"Version 1 was to be reviewed, and 'checkout' is at version 2.*ask for one"):
        answer(store, number, "approve", "zoe")
    do(store, lambda work: registry.cancel_review(work, number))
    assert read(store).status == "draft"
    newer = request(store)
    assert answer(store, newer.id, "approve", "zoe").version == 2
    assert [found.id for found in ask(store, registry.reviews, "checkout")] == [newer.id, number]


def test_a_review_has_a_deadline_to_come_one_at_a_time_and_somebody_to_do_it(store: Store) -> None:
    """Each refusal says what to do."""
    create(store)
    with pytest.raises(InvalidInput, match="has passed"):
        do(store, lambda work: registry.request_review(work, "checkout", ["zoe"], soon(hours=-1)))
    with pytest.raises(InvalidInput, match="at least one reviewer"):
        do(store, lambda work: registry.request_review(work, "checkout", [" "]))
    assert read(store).status == "draft"
    deadline = soon()
    asked = do(store, lambda work: registry.request_review(work, "checkout", ["zoe"], deadline))
    assert asked.deadline == deadline
    with pytest.raises(Conflict, match=r"Review 1 of 'checkout' is open.*cancel"):
        request(store)


def test_a_reviewer_finds_what_waits_for_them_in_all_experiments(store: Store) -> None:
    """By who was asked and by state; names with odd letters are compared whole."""
    asked = {"one": ["bob"], "two": ["bo", "größe"], "three": ["bob", "größe"]}
    for key, reviewers in asked.items():
        with store.begin(actor="ann") as work:
            registry.create(work, make(key))
            registry.request_review(work, key, reviewers)
    with store.begin(actor="bob") as work:
        registry.answer_review(work, 1, "approve")
    with store.read() as connection:
        found = {
            name: [each.experiment for each in registry.reviews(connection, reviewer=name, state="open")]
            for name in ("bob", "bo", "größe", "%")
        }
        assert found == {"bob": ["three"], "bo": ["two"], "größe": ["three", "two"], "%": []}
        assert [each.experiment for each in registry.reviews(connection)] == ["three", "two", "one"]
        assert registry.reviews(connection, "one", state="open") == []
        with pytest.raises(UnknownName, match="approved"):
            registry.reviews(connection, state="approve")


def test_a_cancelled_review_takes_no_answers(store: Store) -> None:
    """Cancelled twice is cancelled once; its approvals count no more."""
    create(store)
    number = request(store).id
    answer(store, number, "approve", "zoe")
    for _ in range(2):
        assert do(store, lambda work: registry.cancel_review(work, number, "wrong people")).state == "cancelled"
    with pytest.raises(Conflict, match="was cancelled"):
        answer(store, number, "approve", "zoe")
    assert ask(store, registry.approvals, "checkout", 1) == set()
    move(store, "start")
    with pytest.raises(Conflict, match="comes before the start"):
        request(store)


def test_reviewers_at_once_are_all_counted(store: Store) -> None:
    """The last of four approvals approves, whoever it is."""
    create(store)
    number = request(store).id
    threads = [threading.Thread(target=answer, args=(store, number, "approve", f"r{n}", "", 4)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(store, registry.review, number).state == "approved"


def test_a_plan_is_signed_before_the_start(store: Store) -> None:
    """Its digest holds the promises and only them; signing twice is signing once."""
    create(store)
    signed = do(store, lambda work: registry.sign_plan(work, "checkout"))
    assert do(store, lambda work: registry.sign_plan(work, "checkout"), "bob") == signed
    update(store, {"name": "Other words", "coverage": 0.5})
    assert registry.plan_digest(read(store)) == signed.digest
    update(store, {"plan": {"alpha": 0.01}})
    assert registry.plan_digest(read(store)) != signed.digest
    newer = do(store, lambda work: registry.sign_plan(work, "checkout"))
    assert ask(store, registry.signed_plans, "checkout") == [newer, signed]
    move(store, "start")
    with pytest.raises(Conflict, match="a plan is signed before"):
        do(store, lambda work: registry.sign_plan(work, "checkout"))


def test_rules_hold_per_project_and_fall_back(store: Store) -> None:
    """The project's, else the organisation's, else the defaults."""
    assert ask(store, registry.policy_for, "growth") == Policy(project="growth")
    do(store, lambda work: registry.set_policy(work, Policy(review="block")))
    do(store, lambda work: registry.set_policy(work, Policy(project="growth", plan="block", approvals=2)))
    changed = Policy(project="growth", plan="off")
    do(store, lambda work: registry.set_policy(work, changed, "it slowed us down"))
    assert ask(store, registry.policy_for, "growth") == changed
    assert ask(store, registry.policy_for, "other").review == "block"
    assert [found.project for found in ask(store, registry.policies)] == ["*", "growth"]
    entry = ask(store, read_audit)[0]
    assert (entry.reason, (entry.before or {})["plan"], (entry.after or {})["plan"]) == (
        "it slowed us down",
        "block",
        "off",
    )


def test_the_timeline_tells_everything_in_order(store: Store) -> None:
    """Versions, notes, reviews, plans, moves, phases, looks, schedules, learnings."""
    create(store)
    note = do(store, lambda work: registry.add_note(work, "checkout", "first"))
    gone = do(store, lambda work: registry.add_note(work, "checkout", "a secret"))
    do(store, lambda work: registry.edit_note(work, note.id, "second"), "bob")
    do(store, lambda work: registry.delete_note(work, gone.id))
    do(store, lambda work: registry.sign_plan(work, "checkout"))
    number = do(store, lambda work: registry.request_review(work, "checkout", ["zoe"], work.at + timedelta(days=1))).id
    answer(store, number, "approve", "zoe", "well done")
    move(store, "start")
    update(store, {"coverage": 0.5}, reason="slowly")
    do(store, lambda work: registry.save_look(work, "checkout", 2, {"look": 1, "recommendation": {"headline": "Wait"}}))
    do(store, lambda work: registry.schedule_move(work, "checkout", "stop", soon()))
    entries = ask(store, registry.timeline, "checkout")
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    told = [(entry.what, entry.detail) for entry in entries]
    assert [what for what, _ in told] == [
        "created", "note", "note", "note changed", "plan signed", "review", "draft → review", "review: approve",
        "review → active", "changed", "phase", "look", "planned",
    ]  # fmt: skip
    assert told[1:4] == [("note", "second"), ("note", "(deleted)"), ("note changed", "it said: first")]
    assert told[5][1].startswith("of version 1, asked of zoe, by ")
    assert told[9:] == [
        ("changed", "version 2: slowly"), ("phase", "2: coverage 0.5; control 0.5, treatment 0.5"),
        ("look", "1: Wait"), ("planned", "stop"),
    ]  # fmt: skip
    assert {"ann", "bob", "zoe"} <= {entry.actor for entry in entries}
