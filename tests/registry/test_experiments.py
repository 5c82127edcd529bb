"""The registry's contract, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading

import pytest

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.filters import Filters
from expkit.errors import Conflict, IllegalMove, InvalidInput, NotFound, UnknownName
from expkit.storage import Store, read_audit


def make(key: str = "checkout", **values: object) -> Experiment:
    return Experiment.parse({
        "key": key, "name": f"Experiment {key}", "hypothesis": "If, then", "metrics": ["conversion"],
        "variants": [{"key": "control"}, {"key": "treatment"}], **values,
    })  # fmt: skip


def create(store: Store, *experiments: Experiment) -> None:
    for experiment in experiments:
        with store.begin(actor="ann") as work:
            registry.create(work, experiment)


def move(store: Store, key: str, verb: str, reason: str = "") -> Experiment:
    with store.begin(actor="bob") as work:
        return registry.move(work, key, verb, reason)


def read(store: Store, key: str = "checkout") -> Experiment:
    with store.read() as connection:
        return registry.get(connection, key)


def test_what_was_created_comes_back_equal(store: Store) -> None:
    """The whole definition, with the state that the registry keeps."""
    experiment = make(
        coverage=0.3,
        tags=["a", "ü"],
        eligibility={"country": {"$in": ["DE"]}},
        rice={"impact": 1, "confidence": 1, "effort": 2},
    )
    create(store, experiment)
    found = read(store)
    assert found.definition() == experiment.definition()
    assert (found.status, found.version) == ("draft", 1)
    assert found.created_at is not None


def test_a_key_is_taken_once(store: Store) -> None:
    """The second is refused, the first is as it was."""
    create(store, make(name="first"))
    with pytest.raises(Conflict, match="already an experiment 'checkout'"):
        create(store, make(name="second"))
    assert read(store).name == "first"


def test_state_cannot_be_given(store: Store) -> None:
    """Nobody starts an experiment by creating it."""
    with pytest.raises(InvalidInput, match="status of experiment 'checkout' cannot be given"):
        create(store, make(status="active"))


def test_an_unknown_key_offers_the_nearest(store: Store) -> None:
    """A slip of the pen finds its experiment."""
    create(store, make())
    with pytest.raises(NotFound, match="did you mean 'checkout'"):
        read(store, "chekout")


def test_moves_change_the_status_and_are_audited(store: Store) -> None:
    """Start, pause, resume, stop; each with an entry of who and why, and its times."""
    create(store, make())
    for verb in ("start", "pause", "resume"):
        move(store, "checkout", verb)
    stopped = move(store, "checkout", "stop", "done")
    assert stopped.status == "stopped"
    assert stopped.started_at is not None
    assert stopped.stopped_at is not None
    with store.read() as connection:
        entries = read_audit(connection, subject="checkout")
        told = [(entry.what, entry.detail) for entry in registry.timeline(connection, "checkout")]
    assert [entry.action for entry in entries] == [
        "experiment.stop", "experiment.resume", "experiment.pause", "experiment.start", "experiment.create",
    ]  # fmt: skip
    assert (entries[0].actor, entries[0].reason, entries[0].before, entries[0].after) == (
        "bob", "done", {"status": "active"}, {"status": "stopped", "version": 1},
    )  # fmt: skip
    assert told[0] == ("created", "version 1")
    assert told[-1] == ("active → stopped", "done")


def test_an_illegal_move_changes_nothing(store: Store) -> None:
    """Neither the status nor the audit."""
    create(store, make())
    with pytest.raises(IllegalMove, match="Cannot pause 'checkout': it is draft"):
        move(store, "checkout", "pause")
    assert read(store).status == "draft"
    with store.read() as connection:
        assert len(read_audit(connection)) == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_stopping_needs_a_reason(store: Store, reason: str) -> None:
    """A blank is none."""
    create(store, make())
    move(store, "checkout", "start")
    with pytest.raises(InvalidInput, match="needs a reason"):
        move(store, "checkout", "stop", reason)
    assert read(store).status == "active"


def test_a_stop_says_how_many_units_there_were(store: Store) -> None:
    """As the newest look has counted them; without a look there is nothing to say."""
    create(store, make("seen"), make("unseen"))
    for key in ("seen", "unseen"):
        move(store, key, "start")
    with store.begin(actor="ann") as work:
        for number, n in ((1, 10), (2, 20)):
            arms = [{"key": "control", "n": n}, {"key": "treatment", "n": n + 1}]
            registry.save_look(work, "seen", 1, {"look": number, "arms": arms})
    for key in ("seen", "unseen"):
        move(store, key, "stop", "done")
    with store.read() as connection:
        unseen, seen = [entry.after for entry in read_audit(connection, limit=2)]
    assert seen == {"status": "stopped", "version": 1, "look": 2, "units": {"control": 20, "treatment": 21}}
    assert unseen == {"status": "stopped", "version": 1}


def test_of_many_who_start_at_once_one_wins(store: Store) -> None:
    """The others are told; there is one move in the audit."""
    create(store, make())
    outcomes: list[str] = []

    def start() -> None:
        try:
            move(store, "checkout", "start")
            outcomes.append("started")
        except Conflict as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("started") == 1
    assert len(outcomes) == 6
    with store.read() as connection:
        assert [entry.action for entry in read_audit(connection)].count("experiment.start") == 1


def found(store: Store, *, limit: int = 100, offset: int = 0, order: str = "newest", **filters: object) -> list[str]:
    with store.read() as connection:
        page = registry.find(connection, Filters.parse(filters), order=order, limit=limit, offset=offset)
        return [experiment.key for experiment in page]


def test_find_by_status_and_words(store: Store) -> None:
    """Every word must occur, in any case and alphabet; wildcards mean themselves."""
    create(store, make("a", name="Blue Button"), make("b", name="Red button", owner="ZOË"), make("c", name="100% off"))
    move(store, "b", "start")
    assert found(store) == ["c", "b", "a"]
    assert found(store, text="BUTTON blue") == ["a"]
    assert found(store, text="zoë") == ["b"]
    assert found(store, text="0%") == ["c"]
    assert found(store, text="_") == []
    assert found(store, status="active") == ["b"]
    assert found(store, limit=1, offset=1) == ["b"]
    with store.read() as connection:
        assert (registry.count(connection), registry.count(connection, Filters(text="button"))) == (3, 2)


def test_the_six_filters_of_the_dashboard(store: Store) -> None:
    """Time range, department, status, type, significance and outcome, with the words that people see."""
    create(store, make("a", department="Search", type="prompt"), make("b", type="model", tags=["vip"]), make("c"))
    move(store, "c", "start")
    with store.begin(actor="ann") as work:
        registry.save_look(work, "c", 1, {"look": 1}, "positive", "significant")
    assert found(store, type="Prompt A/B Test") == ["a"]
    assert found(store, type="Model Comparison") == ["b"]
    assert found(store, department="Search") == ["a"]
    assert found(store, department="All", status="All", type="all", days="All Time") == ["c", "b", "a"]
    assert found(store, significance="Statistically Significant") == ["c"]
    assert found(store, significance="Insufficient Data") == ["b", "a"], "nobody has looked at them yet"
    with store.begin(actor="ann") as work:
        registry.save_look(work, "b", 1, {"look": 1}, "", "insufficient")
        registry.save_look(work, "a", 1, {"look": 1}, "neutral", "not_significant")
    assert found(store, significance="Insufficient Data") == ["b"]
    assert found(store, significance="Not Significant") == ["a"]
    assert found(store, outcome="Positive") == ["c"]
    assert found(store, outcome="Neutral") == ["a"]
    assert found(store, outcome="In Progress") == ["b"]
    assert found(store, days="30d") == ["c", "b", "a"]
    assert found(store, tag="vip") == ["b"]
    assert found(store, tag="vi") == []


def test_orders(store: Store) -> None:
    """By RICE score, without one last; by name; by the newest change."""
    rice = {"impact": 1, "confidence": 1, "effort": 2}
    create(store, make("a", name="Z", rice=rice), make("b", name="y"), make("c", name="x", rice={**rice, "reach": 10}))
    assert found(store, order="rice") == ["c", "a", "b"]
    assert found(store, order="name") == ["c", "b", "a"]
    move(store, "a", "start")
    assert found(store, order="changed")[0] == "a"
    with pytest.raises(UnknownName, match="did you mean 'rice'"):
        found(store, order="rise")


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (1001, 0), (1, -1)])
def test_a_page_has_bounds(store: Store, limit: int, offset: int) -> None:
    """No page of nothing and none of everything."""
    with store.read() as connection, pytest.raises(InvalidInput, match="limit lies between 1 and 1000"):
        registry.find(connection, limit=limit, offset=offset)


def test_an_unknown_status_offers_the_nearest(store: Store) -> None:
    """The filter's values are the lifecycle's."""
    with pytest.raises(InvalidInput, match="did you mean 'active'"):
        found(store, status="activ")


def test_the_revision_changes_with_every_change(store: Store) -> None:
    """Compiled snapshots rely on it."""
    seen = set()
    for change in (lambda: None, lambda: create(store, make()), lambda: move(store, "checkout", "start")):
        change()
        with store.read() as connection:
            seen.add(registry.revision(connection))
    assert len(seen) == 3


def test_looks_are_numbered_and_the_newest_is_read(store: Store) -> None:
    """Each look keeps its scorecard; a number is taken once."""
    create(store, make())
    with store.begin(actor="ann") as work:
        assert registry.next_look(work.connection, "checkout") == 1
        registry.save_look(work, "checkout", 1, {"look": 1, "recommendation": {"headline": "Wait"}})
    with store.begin(actor="ann") as work:
        assert registry.next_look(work.connection, "checkout") == 2
        registry.save_look(work, "checkout", 1, {"look": 2})
    with store.read() as connection:
        assert registry.latest_look(connection, "checkout") == {"look": 2}
        assert [entry.detail for entry in registry.timeline(connection, "checkout")] == ["version 1", "1: Wait", "2"]
        assert registry.latest_look(connection, "other") is None
    with pytest.raises(Conflict, match="Look 2"), store.begin(actor="ann") as work:
        registry.save_look(work, "checkout", 1, {"look": 2})


@pytest.mark.parametrize("hostile", ["'; DROP TABLE experiments; --", "\\", "%_", '"', "𝔘𝔫𝔦 🎉", "a" * 500])
def test_hostile_text_is_just_text(store: Store, hostile: str) -> None:
    """SQL, wildcards and wide characters come back as they went in."""
    experiment = make(description=hostile, variants=[{"key": "control", "params": {"x": hostile}}, {"key": "t"}])
    create(store, experiment)
    assert read(store).definition() == experiment.definition()
    with store.read() as connection:
        registry.find(connection, Filters(text=hostile))
