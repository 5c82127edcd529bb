"""Looks that read only what is new: the same scorecard as of all events, whatever came in which order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expkit.analysis import Scorecard, analyze_experiment, closer, kept_tables
from expkit.analysis.bring_forward import MOST_HIT_PARTS, MOST_UNIT_PARTS
from expkit.domain import Experiment
from expkit.events import KINDS, Lake, Reader, arrow_schema, to_table, upkeep
from expkit.events.unit_state import StateFolder, drop_all

START = datetime(2026, 1, 1, tzinfo=UTC)
ADDED_UP = [
    "buy",
    {"key": "revenue", "kind": "sum", "event": "buy", "window_days": 3, "covariate": "before"},
    {"key": "clicks", "kind": "count", "event": "click", "covariate_days": 4},
    {"key": "ctr", "kind": "ratio", "event": "click", "measure": "count", "denominator": "view"},
    "trace.cost",
]
EVERY_EVENT = [
    {"key": "clicks", "kind": "count", "event": "click"},
    {"key": "per_session", "kind": "ratio", "event": "buy", "per": "session"},
    {"key": "p50", "kind": "quantile", "quantile": 0.5, "event": "buy"},
]


def experiment(metrics: list[Any], method: str = "fixed") -> Experiment:
    return Experiment.parse({
        "key": "e", "name": "E", "hypothesis": "If, then", "metrics": metrics, "plan": {"method": method},
        "variants": [{"key": "control"}, {"key": "treatment"}],
    })  # fmt: skip


class World:
    """A lake that grows, and looks at it."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.moves, self.events = Lake(str(folder)), 0, 0

    @property
    def state(self) -> StateFolder:
        return StateFolder(Path(self.lake.url), "e")

    def log(self, **rows: list[dict[str, Any]]) -> None:
        self.moves += 1
        for kind in KINDS:
            if found := rows.get(kind):
                self.lake.append(kind, to_table(kind, found), "test", self.moves)

    def look(self, asked: Experiment, state: StateFolder | None = None) -> Scorecard:
        tables = {kind: table for kind in KINDS if (table := self.lake.table(kind)) is not None}
        waiting = {kind: arrow_schema(kind).empty_table() for kind in KINDS}
        with Reader(self.lake, waiting, tables, "e") as reader:
            return analyze_experiment(asked, reader, moment=START + timedelta(days=20), state=state)

    def name(self) -> str:
        self.events += 1
        return f"id{self.events}"

    def exposure(self, user: int, hour: float, variant: str = "", **more: Any) -> dict[str, Any]:
        variant = variant or ("treatment" if user % 2 else "control")
        return {
            "event_id": self.name(), "experiment": "e", "variant": variant, "user_id": f"u{user}",
            "timestamp": START + timedelta(hours=hour), **more,
        }  # fmt: skip

    def outcome(self, user: int, hour: float, event: str = "buy", value: float = 1.0, **more: Any) -> dict[str, Any]:
        return {
            "event_id": self.name(), "event": event, "user_id": f"u{user}", "value": value, "session_id": f"s{user}",
            "timestamp": START + timedelta(hours=hour), **more,
        }  # fmt: skip


@pytest.fixture(autouse=True)
def _kept_however_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_tables, "LEAST_HITS", 0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "lake")
    world.log(
        exposures=[world.exposure(user, user % 50, attributes={"before": user % 7}) for user in range(400)],
        outcomes=[
            world.outcome(user, user % 50 + user % 13 - 4, event, user % 11)
            for user in range(450) for event in ("buy", "click", "view") if user % 3
        ],
        traces=[{"event_id": world.name(), "model": "m", "user_id": f"u{user}", "cost": user % 5,
                 "timestamp": START + timedelta(hours=60)} for user in range(0, 400, 4)],
    )  # fmt: skip
    return world


def assert_same(found: Scorecard, whole: Scorecard) -> None:
    """Counts exactly, numbers to 1e-12 of what they are made of."""

    def same(value: Any, other: Any, path: str) -> None:
        if isinstance(value, float) and isinstance(other, float):
            assert value == pytest.approx(other, rel=1e-12, abs=1e-13, nan_ok=True), path
        elif isinstance(value, dict):
            assert value.keys() == other.keys(), path
            for name in value:
                same(value[name], other[name], f"{path}/{name}")
        elif isinstance(value, list):
            for place, (inner, twin) in enumerate(zip(value, other, strict=True)):
                same(inner, twin, f"{path}/{place}")
        else:
            assert value == other, path

    same(found.model_dump(mode="json"), whole.model_dump(mode="json"), "")


def took_all(caplog: pytest.LogCaptureFixture) -> bool:
    return any("read again" in record.message for record in caplog.records)


@pytest.mark.parametrize("metrics", [ADDED_UP, EVERY_EVENT])
@pytest.mark.parametrize("method", ["fixed", "always_valid"])
def test_a_look_at_what_is_new_says_what_a_look_at_everything_says(
    world: World, metrics: list[Any], method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """New units, units that come back, outcomes that were there before their unit, an earlier first exposure, a
    second variant, a forced one.
    """
    caplog.set_level("INFO")
    asked = experiment(metrics, method)
    world.look(asked, world.state)
    world.log(
        exposures=[
            *(world.exposure(user, 60 + user % 5) for user in range(380, 470)),
            world.exposure(3, 0), world.exposure(52, 1, attributes={"before": 100}),
            world.exposure(10, 30, "treatment"), world.exposure(11, 30, "elsewhere"),
            world.exposure(12, 31, attributes={"assignment": {"forced": True}}),
        ],
        outcomes=[world.outcome(user, 61 + user % 9, event, 2.5) for user in range(460) for event in ("buy", "click")],
    )  # fmt: skip
    assert_same(world.look(asked, world.state), world.look(asked))
    assert_same(world.look(asked, world.state), world.look(asked))
    assert not took_all(caplog)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["expose", "buy", "click", "view", "call", "other", "force"]),
        st.integers(0, 25), st.integers(0, 200), st.integers(0, 9),
    ), max_size=25,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(EVENTS, min_size=2, max_size=5))
def test_whatever_comes_in_whatever_order(tmp_path_factory: pytest.TempPathFactory, batches: list[list[Any]]) -> None:
    """Every batch is looked at both ways."""
    world = World(tmp_path_factory.mktemp("lake"))
    asked = experiment(ADDED_UP)
    for batch in batches:
        rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        for what, user, hour, value in batch:
            if what in {"expose", "other", "force"}:
                variant = "treatment" if what == "other" else ""
                attributes = {"before": value, **({"assignment": {"forced": True}} if what == "force" else {})}
                rows["exposures"].append(world.exposure(user, hour, variant, attributes=attributes))
            elif what == "call":
                rows["traces"].append({"event_id": world.name(), "model": "m", "user_id": f"u{user}",
                                       "cost": value, "timestamp": START + timedelta(hours=hour)})  # fmt: skip
            else:
                rows["outcomes"].append(world.outcome(user, hour, what, value))
        world.log(**rows)
        assert_same(world.look(asked, world.state), world.look(asked))


def test_an_event_that_is_sent_again_counts_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """In another batch, or twice in the same."""
    caplog.set_level("INFO")
    asked = experiment(ADDED_UP)
    new = world.outcome(7, 70, "buy", 3.0)
    world.log(outcomes=[new])
    world.look(asked, world.state)
    world.log(outcomes=[new, twice := world.outcome(9, 71, "buy", 4.0), twice])
    assert_same(world.look(asked, world.state), world.look(asked))
    assert not took_all(caplog)


def test_an_event_that_comes_again_and_is_another_one_has_all_read(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The earlier one counts, as always."""
    caplog.set_level("INFO")
    asked = experiment(ADDED_UP)
    new = world.outcome(7, 70, "buy", 3.0)
    world.log(outcomes=[new])
    world.look(asked, world.state)
    world.log(outcomes=[{**new, "timestamp": START + timedelta(hours=55), "value": 30.0}])
    assert_same(world.look(asked, world.state), world.look(asked))
    assert took_all(caplog)


def test_compaction_in_between_changes_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What it wrote anew is known already, or read from where it was first."""
    caplog.set_level("INFO")
    asked = experiment(ADDED_UP)
    world.look(asked, world.state)
    world.log(exposures=[world.exposure(900, 60)], outcomes=[world.outcome(900, 61), world.outcome(5, 62)])
    for kind in KINDS:
        upkeep.compact(world.lake, kind)
    assert_same(world.look(asked, world.state), world.look(asked))
    assert not took_all(caplog)


def test_rows_that_leave_the_lake_leave_the_state(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """All events are read, and what is kept from then on is without them."""
    caplog.set_level("INFO")
    asked = experiment(ADDED_UP)
    world.look(asked, world.state)
    world.lake.delete("outcomes", START + timedelta(hours=20))
    assert_same(world.look(asked, world.state), world.look(asked))
    assert took_all(caplog)


@pytest.mark.parametrize("harm", ["torn", "gone", "meta", "lake", "older", "other"])
def test_a_state_that_is_not_whole_is_made_anew(world: World, harm: str) -> None:
    """Torn or lost files cost time, and nothing else."""
    asked = experiment(ADDED_UP)
    world.look(asked, world.state)
    part = next(world.state.path.glob("units-*"))
    if harm == "torn":
        body = bytearray(part.read_bytes())
        body[len(body) // 2 :] = bytes(len(body) - len(body) // 2)
        part.write_bytes(bytes(body))
    elif harm == "gone":
        part.unlink()
    elif harm == "meta":
        (world.state.path / "state.json").write_text("{")
    elif harm in {"older", "other"}:  # a backup of the lake, or another one
        meta = json.loads((world.state.path / "state.json").read_text())
        meta["versions"]["outcomes"] += 7 if harm == "older" else 0
        meta["digest"] += "" if harm == "older" else "of another lake"
        (world.state.path / "state.json").write_text(json.dumps(meta))
    else:
        upkeep.compact(world.lake, "outcomes")
        upkeep.sweep(world.lake, "outcomes", 0)
    world.log(outcomes=[world.outcome(5, 62)])
    assert_same(world.look(asked, world.state), world.look(asked))
    assert_same(world.look(asked, world.state), world.look(asked))


def test_another_definition_has_another_state(world: World) -> None:
    """Or else it would count the old one's outcomes."""
    world.look(experiment(ADDED_UP), world.state)
    asked = experiment(["click", *EVERY_EVENT[1:]])
    assert_same(world.look(asked, world.state), world.look(asked))


def test_who_finds_it_taken_does_without(world: World) -> None:
    """Two looks at a time are as right as one, and what is kept is that of who had it."""
    asked = experiment(ADDED_UP)
    world.look(asked, world.state)
    before = (world.state.path / "state.json").read_text()
    world.log(outcomes=[world.outcome(5, 62)])
    with world.state.taken() as ours:
        assert ours
        assert_same(world.look(asked, world.state), world.look(asked))
    assert (world.state.path / "state.json").read_text() == before


def test_parts_stay_few(world: World) -> None:
    """Those of a like size are joined; nothing that is of no use is left."""
    asked = experiment(ADDED_UP)
    for at in range(24):
        world.log(outcomes=[world.outcome(at, 62 + at)])
        world.look(asked, world.state)
    state = json.loads((world.state.path / "state.json").read_text())
    assert len(state["units"]) <= MOST_UNIT_PARTS
    assert len(state["hits"]) <= MOST_HIT_PARTS
    named = {part[0] for kind in ("units", "hits", "tallies") for part in state[kind]}
    assert {file.name for file in world.state.path.iterdir()} == named | {"state.json", "lock"}
    assert_same(world.look(asked, world.state), world.look(asked))


def test_what_left_the_lake_during_a_look_is_not_kept(world: World) -> None:
    """The look is that of its moment; the state would outlive it."""
    tables = {kind: table for kind in KINDS if (table := world.lake.table(kind)) is not None}
    waiting = {kind: arrow_schema(kind).empty_table() for kind in KINDS}
    with Reader(world.lake, waiting, tables, "e") as reader:
        world.lake.delete("outcomes", START + timedelta(hours=20))
        drop_all(Path(world.lake.url))
        analyze_experiment(experiment(ADDED_UP), reader, state=world.state)
    assert [file.name for file in world.state.path.iterdir()] == ["lock"]


def test_what_left_the_lake_during_a_look_at_what_is_new_is_not_kept(world: World) -> None:
    """Neither the new state nor the one from before, nor a file of them."""
    asked = experiment(ADDED_UP)
    world.look(asked, world.state)
    world.log(outcomes=[world.outcome(5, 62)])
    tables = {kind: table for kind in KINDS if (table := world.lake.table(kind)) is not None}
    waiting = {kind: arrow_schema(kind).empty_table() for kind in KINDS}
    with Reader(world.lake, waiting, tables, "e") as reader:
        world.lake.delete("outcomes", START + timedelta(hours=20))
        analyze_experiment(asked, reader, moment=START + timedelta(days=20), state=world.state)
    assert [file.name for file in world.state.path.iterdir()] == ["lock"]


def test_where_nothing_can_be_kept_nothing_is(world: World) -> None:
    """A lake that may only be read, say: the look is what it is."""
    (Path(world.lake.url) / "units").write_text("no folder")
    asked = experiment(ADDED_UP)
    assert_same(world.look(asked, world.state), world.look(asked))


def test_a_full_disk_costs_nothing_but_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the state cannot be written, the look is what it is, and the next one reads everything."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    asked = experiment(ADDED_UP)
    monkeypatch.setattr(StateFolder, "write", full)
    assert_same(world.look(asked, world.state), world.look(asked))
    world.log(outcomes=[world.outcome(5, 62)])
    assert_same(world.look(asked, world.state), world.look(asked))
    assert [file.name for file in world.state.path.iterdir()] == ["lock"]


def test_all_states_can_be_dropped(world: World) -> None:
    """As erasure and retention do."""
    world.look(experiment(ADDED_UP), world.state)
    drop_all(Path(world.lake.url))
    assert [file.name for file in world.state.path.iterdir()] == ["lock"]
    world.look(experiment(ADDED_UP), world.state)
    drop_all(Path(world.lake.url), days=30)
    assert (world.state.path / "state.json").exists()
    drop_all(None)


@pytest.mark.parametrize("metric", ["buy", {"key": "revenue", "kind": "sum", "event": "buy"}, "web.ctr"])
@pytest.mark.parametrize("most", [0, 500_000])
def test_what_is_told_of_days_is_told_alike(
    tmp_path: Path, metric: Any, most: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an effect lasts, and which days stand out; where there are many units, from the sums that are kept."""
    caplog.set_level("INFO")
    monkeypatch.setattr(closer, "MOST_UNITS", most)
    world, asked = World(tmp_path / "lake"), experiment([metric])
    for part in range(3):
        users = range(part * 300, part * 300 + 300)
        world.log(
            exposures=[world.exposure(user, user % 12 * 24 + user % 7) for user in users],
            outcomes=[world.outcome(user, user % 12 * 24 + 8 + after * 24, event, 1 + user % 2 / (1 + after))
                      for event in ("buy", "click", "impression")
                      for user in users for after in range((12 if user % 2 else 6) + user // 2 % 5)],
        )  # fmt: skip
        found = world.look(asked, world.state)
        assert_same(found, world.look(asked))
    names = {check.name for check in found.checks}
    assert "anomaly" in names
    assert ("novelty" in names) == (metric != "web.ctr")
    assert len(found.daily) == 12
    assert not took_all(caplog)
