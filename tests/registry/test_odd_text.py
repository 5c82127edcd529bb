"""What people (and attackers) type: it is kept as it is, or refused in one clear way, on both databases alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafts import ask, create, do, make, move, read, soon, update

from expkit import registry
from expkit.domain import Experiment, Metric
from expkit.domain.filters import Filters
from expkit.domain.policy import Policy
from expkit.errors import ExpkitError, InvalidDefinition, InvalidInput
from expkit.storage import Store, Work, read_audit, verify_audit

SQL = "'); DROP TABLE experiments; -- \" \\ %_ :x %(y)s {z} ⟨t⟩"


def test_sql_in_every_field_is_text(store: Store) -> None:
    """It comes back as it went in, is found, and nothing is dropped."""
    everything = make(
        name=SQL, hypothesis={"if": SQL, "then": SQL, "because": SQL}, description=SQL, owner=SQL, department=SQL,
        project=SQL, tags=[SQL], eligibility={SQL: SQL}, placements=[SQL], seed=SQL,
        variants=[{"key": "control", "name": SQL, "description": SQL, "params": {SQL: SQL}}, {"key": "t"}],
        metrics=[{"key": "m", "name": SQL, "description": SQL, "event": SQL, "unit": SQL, "owner": SQL}],
    )  # fmt: skip
    do(store, lambda work: registry.create(work, everything), SQL)
    update(store, {"name": f"{SQL} again"}, SQL, reason=SQL)
    do(store, lambda work: registry.add_note(work, "checkout", SQL), SQL)
    number = do(store, lambda work: registry.request_review(work, "checkout", [SQL]), SQL).id
    do(store, lambda work: registry.answer_review(work, number, "comment", SQL), SQL)
    do(store, lambda work: registry.define_metric(work, everything.metrics[0], reason=SQL), SQL)
    do(store, lambda work: registry.set_policy(work, Policy(project=SQL), SQL), SQL)
    do(store, lambda work: registry.grant(work, SQL, "admin"), SQL)
    do(store, lambda work: registry.request_elevation(work, "admin", project=SQL, reason=SQL, hours=1), SQL)
    do(store, lambda work: registry.schedule_move(work, "checkout", "start", soon(), SQL), SQL)
    assert ask(store, registry.at_version, "checkout", 1) == everything.definition()
    for filters in (Filters(text=SQL), Filters(owner=SQL, department=SQL, project=SQL), Filters(tag=SQL)):
        assert [found.key for found in ask(store, registry.find, filters)] == ["checkout"]
    assert {entry.actor for entry in ask(store, read_audit)} == {SQL.strip()}
    assert ask(store, verify_audit).ok


TALKERS: dict[str, Callable[[Work, str], object]] = {
    "name": lambda work, text: registry.update(work, "checkout", {"name": text}),
    "description": lambda work, text: registry.update(work, "checkout", {"description": text * 3}),
    "reason": lambda work, text: registry.update(work, "checkout", {"coverage": 0.1}, reason=text * 3),
    "move": lambda work, text: registry.move(work, "checkout", "start", text * 3),
    "note": lambda work, text: registry.add_note(work, "checkout", text * 3),
    "deletion": lambda work, text: registry.delete_draft(work, "checkout", text * 3),
    "reviewer": lambda work, text: registry.request_review(work, "checkout", [text]),
    "schedule": lambda work, text: registry.schedule_move(work, "checkout", "start", soon(), text * 3),
    "metric": lambda work, text: registry.define_metric(work, Metric(key="m", name=text)),
    "metric's reason": lambda work, text: registry.define_metric(work, Metric(key="m"), reason=text * 3),
    "policy": lambda work, text: registry.set_policy(work, Policy(), text * 3),
    "role": lambda work, text: registry.grant(work, text, "admin"),
    "project": lambda work, text: registry.grant(work, "ann", "admin", text),
    "elevation": lambda work, text: registry.request_elevation(work, "admin", project=text, reason=text, hours=1),
}


@pytest.mark.parametrize("text", ["x" * 10_000, "nul \x00", "half \ud83d"], ids=["long", "nul", "surrogate"])
def test_text_that_cannot_be_kept_is_refused_and_nothing_is_changed(store: Store, text: str) -> None:
    """Ten thousand characters where there is room for some hundred, NUL, half a surrogate pair."""
    create(store)
    for what, act in TALKERS.items():
        with pytest.raises(InvalidInput) as told:
            do(store, lambda work, act=act: act(work, text))  # type: ignore[misc]
        assert told.value.hint, what
    assert (read(store).version, read(store).status, len(ask(store, read_audit))) == (1, "draft", 1)
    assert ask(store, registry.versions, "checkout")[0].version == 1


def test_an_actor_with_an_endless_name_is_cut(store: Store) -> None:
    """To as much as the audit keeps."""
    create(store, actor="x" * 10_000)
    assert ask(store, registry.versions, "checkout")[0].author == "x" * 200
    with pytest.raises(ExpkitError):
        create(store, "other", actor="nul \x00")


def test_a_reason_of_any_sensible_length_can_be_read_again(store: Store) -> None:
    """What is accepted never makes a list unreadable."""
    create(store)
    update(store, {"coverage": 0.5}, reason="r" * 20_000)
    assert len(ask(store, registry.versions, "checkout")[0].reason) == 20_000
    move(store, "start")
    assert ask(store, registry.timeline, "checkout")[1].detail.endswith("rrr")


def test_a_long_diff_is_cut_not_lost(store: Store) -> None:
    """The version has it whole."""
    create(store)
    update(store, {"description": "d" * 10_000})
    newest = ask(store, registry.versions, "checkout")[0]
    assert len(newest.changes[0]) == 500
    assert len(ask(store, registry.at_version, "checkout", 2)["description"]) == 10_000


@pytest.mark.parametrize("data", [b"key: \xff\xfe", b"\xc3\x28: x", "key: 'ü'".encode("latin-1")])
def test_a_file_that_is_not_utf8_says_where(data: bytes) -> None:
    """One clear error, no traceback of the parser."""
    with pytest.raises(InvalidDefinition, match=r"Hint"):
        Experiment.from_yaml(data)


def test_a_search_finds_words_wherever_they_stand(store: Store) -> None:
    """Values and the names that people chose, not the names of fields; tags with blanks as a whole."""
    create(
        store, tags=["two words"], description="Straße\nund  Haus", eligibility={"land": {"$in": ["Österreich"]}},
        variants=[{"key": "control", "params": {"colour": "red"}}, {"key": "t"}],
    )  # fmt: skip
    for text in ("STRASSE haus", "österreich", "land", "colour", "red", "conver", "checkout"):
        assert len(ask(store, registry.find, Filters(text=text))) == 1, text
    for text in ("hypothesis", "eligibility", "haus mouse"):
        assert ask(store, registry.find, Filters(text=text)) == [], text
    assert len(ask(store, registry.find, Filters(tag="Two Words"))) == 1
    assert ask(store, registry.find, Filters(tag="two")) == []
