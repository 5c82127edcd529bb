"""The lake stays in few files, and grows by columns without being rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from expkit.events import schemas, upkeep
from expkit.events.lake import Lake


def row(name: str, day: int = 1) -> dict[str, str]:
    return {"event_id": name, "event": "buy", "user_id": "u", "timestamp": f"2026-01-0{day}T12:00:00"}


def files(lake: Lake, kind: str = "outcomes") -> int:
    return len(lake.table(kind).file_uris())


def test_events_lie_by_the_time_at_which_they_happened(events, log, ids):
    """Late and out-of-order events are placed by event time, whenever they arrive."""
    log("outcomes", [row("late", 1), row("a", 3)])
    events.move()
    log("outcomes", [row("later", 1)])
    events.move()
    folders = {path.parent.name for path in Path(events.lake.url, "outcomes").rglob("*.parquet")}
    assert folders == {"date=2026-01-01", "date=2026-01-03"}
    assert ids() == ["a", "late", "later"]


def test_compaction_changes_nothing_but_the_files(events, log, ids):
    """One file for each partition afterwards; the version before it can still be read."""
    for name in "abcd":
        log("outcomes", [row(f"{name}1", 1), row(f"{name}2", 2)])
        events.move()
    before, version = ids(), events.lake.versions()["outcomes"]
    assert (upkeep.compact(events.lake, "outcomes"), files(events.lake)) == (6, 2)
    assert ids() == before == ids(versions={"outcomes": version})
    assert upkeep.compact(events.lake, "outcomes") == 0
    assert upkeep.compact(events.lake, "traces") == 0


def test_the_mover_bounds_the_number_of_small_files(events, log, ids, monkeypatch):
    """However often it moves, a partition never keeps `MANY` small files."""
    monkeypatch.setattr(upkeep, "MANY", 4)
    for n in range(10):
        log("outcomes", [row(f"{n}")])
        events.move()
        assert max(upkeep.small_files(events.lake, "outcomes").values()) < 4
    assert ids() == [str(n) for n in range(10)]


def test_a_table_of_many_partitions_is_bounded_too(events, log, monkeypatch):
    """Many partitions with two files each are joined as well; those with one have nothing to join."""
    monkeypatch.setattr(upkeep, "TOO_MANY", 6)
    for n in range(2):
        log("outcomes", [row(f"{n}{day}", day) for day in (1, 2, 3)])
        events.move()
    assert upkeep.small_files(events.lake, "outcomes") == {f"2026-01-0{day}": 1 for day in (1, 2, 3)}


def test_compaction_beside_a_move_loses_nothing(events, log, ids, monkeypatch):
    """Rows that arrive while files are joined are there once."""
    for name in "ab":
        log("outcomes", [row(name)])
        events.move()
    log("outcomes", [row("c")])
    table, moved = Lake.table, []

    def table_before_a_move(lake, kind, version=None):
        found = table(lake, kind, version)
        if not moved:
            moved.append(1)
            events.move()
        return found

    monkeypatch.setattr(Lake, "table", table_before_a_move)
    upkeep.compact(events.lake, "outcomes")
    with events.reader() as reader:
        found = reader.connection.execute("SELECT event_id FROM outcomes_received ORDER BY ALL").fetchall()
    assert found == [("a",), ("b",), ("c",)]


def test_sweeping_takes_what_no_version_needs(events, log, ids):
    """Young versions stay when asked for; with 0 days only the newest version's files are left, strays gone, too."""
    for name in "ab":
        log("outcomes", [row(name)])
        events.move()
    upkeep.compact(events.lake, "outcomes")
    folder = Path(events.lake.url, "outcomes")
    (folder / "date=2026-01-01" / "part-of-a-crash.parquet").write_bytes(b"half")
    assert len(list(folder.rglob("*.parquet"))) == 4
    assert upkeep.sweep(events.lake, "outcomes", 0) == 3
    assert (len(list(folder.rglob("*.parquet"))), ids()) == (1, ["a", "b"])
    assert upkeep.sweep(events.lake, "traces", 0) == 0


@pytest.fixture
def with_a_new_column(monkeypatch):
    def add() -> None:
        column = schemas.Column("channel", "text")
        monkeypatch.setitem(schemas.COLUMNS, "outcomes", (*schemas.COLUMNS["outcomes"], column))
        for place in ("schemas", "inbox", "reader"):
            monkeypatch.setattr(f"expkit.events.{place}.SCHEMA_VERSION", 2)

    return add


def test_a_new_column_needs_no_migration(events, log, with_a_new_column):
    """Files, tables and waiting batches of the older schema are read with null, and the table grows by itself."""
    log("outcomes", [row("moved")])
    events.move()
    log("outcomes", [row("waiting")])
    with_a_new_column()

    def channels() -> list[tuple[str, str | None]]:
        with events.reader() as reader:
            return reader.connection.execute("SELECT event_id, channel FROM outcomes ORDER BY 1").fetchall()

    assert channels() == [("moved", None), ("waiting", None)]
    log("outcomes", [{**row("new"), "channel": "mail"}])
    events.move()
    assert channels() == [("moved", None), ("new", "mail"), ("waiting", None)]
    upkeep.compact(events.lake, "outcomes")
    assert channels() == [("moved", None), ("new", "mail"), ("waiting", None)]


def test_properties_are_queried_by_name(events, log):
    """What callers put into `properties` is JSON that DuckDB's arrows reach into, in the lake as in the inbox."""
    for n, plan in enumerate(["free", "pro", "pro"]):
        log("outcomes", [{**row(f"{n}"), "properties": {"plan": plan, "seats": n}}])
        if n == 1:
            events.move()
    with events.reader() as reader:
        found = reader.connection.execute(
            "SELECT properties->>'plan' AS plan, sum((properties->>'seats')::INT) FROM outcomes GROUP BY ALL ORDER BY 1"
        ).fetchall()
    assert found == [("free", 0), ("pro", 3)]
