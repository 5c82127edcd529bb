"""Changing a definition: every change is a version, nobody overwrites anybody, what runs keeps its question."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, tzinfo

import pytest
from drafts import ask, create, do, make, move, read, update

from expkit import registry
from expkit.domain.diff import diff
from expkit.errors import Conflict, InvalidInput, NotFound
from expkit.storage import Store, read_audit, verify_audit


def test_a_change_is_a_version_with_author_reason_and_diff(store: Store) -> None:
    """The newest first; the audit has it, too."""
    create(store)
    changed = update(store, {"coverage": 0.5, "tags": ["a"]}, "bob", reason="half is enough")
    assert (changed.version, changed.coverage, changed.tags) == (2, 0.5, ("a",))
    newest, oldest = ask(store, registry.versions, "checkout")
    assert (newest.author, newest.reason) == ("bob", "half is enough")
    assert newest.changes == ("coverage: 1.0 → 0.5", "tags: nothing → ['a']")
    assert (oldest.author, oldest.changes) == ("ann", ())
    entry = ask(store, read_audit)[0]
    assert (entry.action, entry.actor, entry.reason) == ("experiment.update", "bob", "half is enough")
    assert entry.after == {"version": 2, "changes": {"coverage": [None, 0.5], "tags": [None, ["a"]]}}


def test_a_change_of_nothing_is_no_version(store: Store) -> None:
    """Nor an audit entry."""
    create(store, coverage=0.5)
    assert update(store, {"coverage": 0.5}).version == 1
    assert len(ask(store, read_audit)) == 1


def test_who_saw_an_old_version_is_told_who_changed_what(store: Store) -> None:
    """And nothing of the newer change is lost."""
    create(store)
    update(store, {"coverage": 0.5}, "bob", version=1)
    with pytest.raises(Conflict, match=r"at version 2, and you saw version 1: changed by bob \(coverage: .* → 0.5\)"):
        update(store, {"name": "other"}, "zoe", version=1)
    assert (read(store).coverage, read(store).name) == (0.5, "Experiment checkout")


def test_of_writers_at_once_with_one_version_one_wins(store: Store) -> None:
    """The others are told."""
    create(store)
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            update(store, {"description": f"by {number}"}, f"w{number}", version=1)
            outcomes.append("won")
        except Conflict:
            outcomes.append("told")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told"] * 5 + ["won"]
    assert read(store).version == 2


def test_changes_without_a_version_all_arrive(store: Store) -> None:
    """Writers of different fields at once: each field has its value, each change its version."""
    create(store)
    fields = ["name", "description", "owner", "department"]
    threads = [threading.Thread(target=update, args=(store, {field: f"new {field}"})) for field in fields]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(store)
    assert [getattr(found, field) for field in fields] == [f"new {field}" for field in fields]
    assert found.version == 5


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "active"}, "status of experiment 'checkout' cannot be given"),
        ({"started_at": "2020-01-01T00:00:00Z"}, "started_at of experiment"),
        ({"version": 7}, "version of experiment"),
        ({"key": "other"}, r"key of 'checkout' cannot be changed.*clone"),
        ({"nme": "x"}, "did you mean 'name'"),
        ({"coverage": 2}, "coverage"),
        ({"variants": [{"key": "control"}]}, "variants"),
    ],
)
def test_what_cannot_be_changed_is_refused(store: Store, changes: dict[str, object], told: str) -> None:
    """State, key, unknown fields, values that are none."""
    create(store)
    with pytest.raises(InvalidInput, match=told):
        update(store, changes)
    assert read(store).version == 1


def test_a_whole_definition_with_its_state_can_be_sent_back(store: Store) -> None:
    """As REST clients do: what is repeated is no change."""
    seen = create(store)
    assert update(store, {**seen.model_dump(mode="json"), "name": "New"}).name == "New"


RUNNING = [
    ("coverage", 0.5, True), ("name", "New", True), ("tags", ["x"], True), ("priority", 3, True),
    ("stopping", {"max_days": 3}, True), ("guardrails", [{"metric": "error", "limit": 1}], True),
    ("metrics", ["conversion", "clicks"], False), ("hypothesis", "Another", False), ("eligibility", {"a": 1}, False),
    ("seed", "x", False), ("plan", {"alpha": 0.1}, False), ("type", "prompt", False), ("sample_size", 100, False),
    ("project", "other", False), ("variants", [{"key": "control"}, {"key": "other"}], False),
    ("variants", [{"key": "treatment"}, {"key": "control"}], False),
    ("variants", [{"key": "control", "params": {"a": 1}}, {"key": "treatment"}], False),
    ("variants", [{"key": "control", "weight": 0.1}, {"key": "treatment", "weight": 0.9}], True),
]  # fmt: skip


def test_the_question_of_a_running_experiment_stands(store: Store) -> None:
    """Traffic, guardrails and words may change; what is asked of whom may not."""
    for number, (field, value, may) in enumerate(RUNNING):
        key = f"e{number}"
        create(store, key)
        move(store, "start", key=key)
        if may:
            assert update(store, {field: value}, key=key).version == 2, field
        else:
            with pytest.raises(Conflict, match=r"is active: .*cannot be changed.*clone it"):
                update(store, {field: value}, key=key)


def test_of_a_finished_experiment_only_words_change(store: Store) -> None:
    """Its record stands."""
    create(store)
    move(store, "start", "stop")
    assert update(store, {"description": "what we saw"}).description == "what we saw"
    for changes in ({"coverage": 0.1}, {"guardrails": []}, {"stopping": {"max_days": 1}}):
        if changes != {"guardrails": []}:  # there were none
            with pytest.raises(Conflict, match="is stopped"):
                update(store, changes)


def test_traffic_of_a_running_experiment_opens_a_phase(store: Store) -> None:
    """The weight history: contiguous, the last one open until the stop."""
    create(store)
    update(store, {"coverage": 0.2})
    assert ask(store, registry.phases, "checkout") == []
    move(store, "start")
    update(store, {"coverage": 0.6})
    update(store, {"name": "no traffic"})
    move(store, "pause")
    update(store, {"variants": [{"key": "control", "weight": 0.9}, {"key": "treatment", "weight": 0.1}]})
    move(store, "resume", "stop")
    found = ask(store, registry.phases, "checkout")
    assert [(phase.phase, phase.version, phase.coverage) for phase in found] == [(1, 2, 0.2), (2, 3, 0.6), (3, 5, 0.6)]
    assert found[2].shares == {"control": 0.9, "treatment": 0.1}
    assert [phase.ended_at for phase in found] == [found[1].started_at, found[2].started_at, read(store).stopped_at]


def test_processes_whose_clocks_disagree_leave_no_phase_that_ends_before_it_began(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is an hour behind changes the traffic, and stops: its phase lasted no time, and the next follows on."""

    class Behind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=1)

    create(store)
    move(store, "start")
    monkeypatch.setattr("expkit.storage.store.datetime", Behind)
    update(store, {"coverage": 0.5})
    assert move(store, "stop").stopped_at == read(store).started_at
    first, second = ask(store, registry.phases, "checkout")
    assert first.started_at == first.ended_at == second.started_at == second.ended_at
    assert ask(store, registry.velocity).median_days == 0
    assert ask(store, verify_audit).ok


def test_a_rollout_taken_back_was_stopped_when_it_was_stopped(store: Store) -> None:
    """The time of the stop is the analysis' end; the rollback does not move it."""
    create(store)
    stopped = move(store, "start", "stop").stopped_at
    assert move(store, "promote", "rollback").stopped_at == stopped


def test_any_version_can_be_restored(store: Store) -> None:
    """As a new one that equals it, with fields that were added since taken away."""
    create(store, coverage=0.3)
    update(
        store, {"coverage": 0.5, "eligibility": {"country": "DE"}, "rice": {"impact": 1, "confidence": 1, "effort": 1}}
    )
    restored = do(store, lambda work: registry.restore(work, "checkout", 1))
    assert restored.definition() == make(coverage=0.3).definition() == ask(store, registry.at_version, "checkout", 1)
    assert restored.version == 3
    assert ask(store, registry.versions, "checkout")[0].reason == "restored version 1"
    with pytest.raises(NotFound, match=r"has no version 9.*1"):
        do(store, lambda work: registry.restore(work, "checkout", 9))


def test_a_restore_obeys_the_lifecycle(store: Store) -> None:
    """What may not be changed may not be restored."""
    create(store)
    update(store, {"seed": "x"})
    move(store, "start")
    with pytest.raises(Conflict, match="seed cannot be changed"):
        do(store, lambda work: registry.restore(work, "checkout", 1))


def test_only_a_draft_can_be_deleted(store: Store) -> None:
    """With all that hangs on it; the audit keeps its last definition, and the key is free again."""
    create(store, description="keep me in mind")
    do(store, lambda work: registry.add_note(work, "checkout", "a note"))
    do(store, lambda work: registry.delete_draft(work, "checkout", "a slip"))
    with pytest.raises(NotFound):
        read(store)
    entry = ask(store, read_audit)[0]
    assert (entry.action, entry.reason) == ("experiment.delete", "a slip")
    assert entry.before is not None
    assert entry.before["definition"]["description"] == "keep me in mind"
    create(store)
    assert ask(store, registry.notes, "checkout") == []
    move(store, "start")
    with pytest.raises(Conflict, match=r"is active; only a draft can be deleted.*archive"):
        do(store, lambda work: registry.delete_draft(work, "checkout"))


def test_a_whole_definition_replaces_another(store: Store) -> None:
    """What it leaves out goes back to its default."""
    create(store, coverage=0.3, tags=["a"])
    replaced = do(store, lambda work: registry.replace(work, "checkout", make(tags=["b"])))
    assert (replaced.coverage, replaced.tags, replaced.version) == (1.0, ("b",), 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": True}), ({"a": 1}, {"a": 1.0}), ({"a": None}, {}), ({"a": []}, {"a": {}}),
        ({"a": {"k": {"key": "k"}}}, {"a": [{"key": "k"}]}), ({"a": [{"x": [1]}]}, {"a": [{"x": [True]}]}),
        ({"m": [{"key": "a"}, {"key": "b"}]}, {"m": [{"key": "b"}, {"key": "a"}]}),
    ],
)  # fmt: skip
def test_the_smallest_change_is_one(before: dict[str, object], after: dict[str, object]) -> None:
    """Types, order and absence count: otherwise a change would be dropped as none."""
    assert len(diff(before, after)) == 1
    assert diff(before, before) == []


def test_which_metric_is_primary_can_be_changed(store: Store) -> None:
    """The first one is, and an order is a change."""
    create(store, metrics=["a", "b"])
    changed = update(store, {"metrics": ["b", "a"]})
    assert (changed.primary_metric.key, changed.version) == ("b", 2)
    assert ask(store, registry.versions, "checkout")[0].changes == ("metrics.order: ['a', 'b'] → ['b', 'a']",)
