"""From the inbox to the lake: exactly once, whoever dies, whoever else moves."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit.errors import StorageUnavailable
from expkit.events import Events
from expkit.events.lake import Lake
from expkit.events.tables import inbox as inbox_table
from expkit.events.tables import lake_movers
from expkit.storage import Store


def rows(*names: str) -> list[dict[str, str]]:
    return [{"event_id": name, "event": "buy", "user_id": "u"} for name in names]


class Died(Exception):
    """What a killed process would not even raise."""


def test_logged_rows_are_read_before_and_after_the_move(events, log, ids):
    """Reading includes the inbox; a move changes nothing that a reader sees."""
    assert log("outcomes", rows("a", "b")) == 2
    assert ids() == ["a", "b"]
    assert (events.waiting(), events.move(), events.waiting()) == (2, 2, 0)
    log("outcomes", rows("c"))
    assert ids() == ["a", "b", "c"]


def test_a_move_with_nothing_to_do(events, ids):
    """An empty inbox makes no table and no commit."""
    assert events.move() == 0
    assert events.lake.versions() == {}
    assert [ids(kind) for kind in ("exposures", "outcomes", "traces")] == [[], [], []]


def test_rows_of_a_failed_unit_of_work_are_not_there(store, events, ids):
    """What the caller rolls back was never logged."""
    with pytest.raises(Died), store.begin(actor="ann") as work:  # noqa: PT012
        events.log_outcomes(work, rows("a"))
        raise Died
    assert ids() == []


def test_a_crash_between_commit_and_delete(events, log, ids, monkeypatch):
    """The rows are in the lake and in the inbox; they count once, and the next move only forgets them."""
    log("outcomes", rows("a", "b"))
    append = Lake.append

    def append_and_die(*args):
        append(*args)
        raise Died

    monkeypatch.setattr(Lake, "append", append_and_die)
    with pytest.raises(Died):
        events.move()
    monkeypatch.undo()
    version = events.lake.versions()["outcomes"]
    assert (events.waiting(), ids()) == (2, ["a", "b"])
    assert (events.move(), events.waiting(), ids()) == (2, 0, ["a", "b"])
    assert events.lake.versions()["outcomes"] == version


def test_a_crash_between_claim_and_commit(events, log, ids, monkeypatch):
    """The rows are claimed and not in the lake; the next move takes them, then what came later."""
    log("outcomes", rows("a"))
    monkeypatch.setattr(Lake, "append", lambda *_: (_ for _ in ()).throw(Died))
    with pytest.raises(Died):
        events.move()
    monkeypatch.undo()
    log("outcomes", rows("b"))
    assert (events.move(), events.waiting(), ids()) == (2, 0, ["a", "b"])


def test_every_row_is_in_the_lake_once_without_help_from_ids(events, log, monkeypatch):
    """Exactly once holds for the files themselves, not only for what is left after removing duplicates."""
    append = Lake.append

    def append_and_die(*args):
        append(*args)
        raise Died

    for name in "abc":
        log("outcomes", rows(name))
        monkeypatch.setattr(Lake, "append", append_and_die)
        with pytest.raises(Died):
            events.move()
        monkeypatch.undo()
        events.move()
    with events.reader() as reader:
        received = reader.connection.execute("SELECT event_id FROM outcomes_received ORDER BY ALL").fetchall()
    assert received == [("a",), ("b",), ("c",)]


def test_an_event_sent_twice_counts_once(events, log, ids):
    """The same id in one batch, in two, in the lake and in the inbox; the earliest counts."""
    log("outcomes", [*rows("a", "a"), {**rows("b")[0], "value": 2, "timestamp": "2026-01-02"}])
    events.move()
    log("outcomes", [*rows("a"), {**rows("b")[0], "value": 1, "timestamp": "2026-01-01"}])
    assert ids() == ["a", "b"]
    with events.reader() as reader:
        assert reader.connection.execute("SELECT value FROM outcomes WHERE event_id = 'b'").fetchone() == (1,)


def test_two_movers_at_once_and_writers_all_along(store, events, tmp_path):
    """Threads log and move, each mover with its own `Events` as another process would have; nothing is lost."""
    others = [Events(store, str(tmp_path / "a lake")) for _ in range(2)]
    failures: list[BaseException] = []

    def guarded(target):
        try:
            target()
        except BaseException as error:
            failures.append(error)

    def write(writer: int) -> None:
        for n in range(8):
            with store.begin(actor="ann") as work:
                events.log_outcomes(work, rows(f"{writer}-{n}-a", f"{writer}-{n}-b"))

    targets = [*(lambda w=w: write(w) for w in range(4)), *((lambda o=o: [o.move() for _ in range(4)]) for o in others)]
    threads = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.move()
    assert failures == []
    with events.reader() as reader:
        received = reader.connection.execute("SELECT event_id FROM outcomes_received ORDER BY ALL").fetchall()
    assert received == sorted((f"{w}-{n}-{x}",) for w in range(4) for n in range(8) for x in "ab")


def test_a_slow_mover_does_not_write_what_another_wrote(events, log, monkeypatch):
    """Two commits of one move conflict in Delta's log; the loser sees that its rows are there."""
    log("outcomes", rows("a"))
    made, raced = Lake._made, []

    def made_while_another_moves(lake, kind):
        table = made(lake, kind)
        if not raced:
            raced.append(1)
            Events(events._store, lake.url).move()
        return table

    monkeypatch.setattr(Lake, "_made", made_while_another_moves)
    assert events.move() == 0
    with events.reader() as reader:
        assert reader.connection.execute("SELECT count(*) FROM outcomes_received").fetchone() == (1,)


def test_a_reader_beside_a_move(events, log, monkeypatch):
    """Batches that move after the inbox was read and before the lake was are neither lost nor counted twice."""
    log("outcomes", rows("a", "b"))
    table, moved = Lake.table, []

    def table_after_a_move(lake, kind, version=None):
        if not moved:
            moved.append(1)
            events.move()
        return table(lake, kind, version)

    monkeypatch.setattr(Lake, "table", table_after_a_move)
    with events.reader() as reader:
        assert reader.connection.execute("SELECT event_id FROM outcomes ORDER BY ALL").fetchall() == [("a",), ("b",)]


def test_a_large_batch_is_split(events, log, store, monkeypatch):
    """No row of the inbox grows without limit, and one move need not take everything."""
    monkeypatch.setattr("expkit.events.inbox.MAX_ROWS", 3)
    monkeypatch.setattr("expkit.events.log.MAX_ROWS_PER_MOVE", 5)
    assert log("outcomes", rows(*"abcdefgh")) == 8
    with store.read() as connection:
        assert connection.scalars(sa.select(inbox_table.c.rows)).all() == [3, 3, 2]
    assert events.move() == 8
    assert events.lake.versions() == {"outcomes": 2}


def test_a_lake_that_is_lost_and_a_database_that_is_restored(events, log, store, ids):
    """Numbers of moves go on from whichever side has the higher one, so that no batch is taken for moved."""
    log("outcomes", rows("a"))
    events.move()
    with store.begin(actor="ann") as work:  # as an older backup would have it
        work.connection.execute(sa.update(lake_movers).values(last_move=0))
    log("outcomes", rows("b"))
    assert (events.move(), ids()) == (1, ["a", "b"])


def test_two_databases_share_a_lake(events, log, tmp_path, ids):
    """Each signs its moves with its own name."""
    other_store = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    other = Events(other_store, events.lake.url)
    log("outcomes", rows("a"))
    with other_store.begin(actor="bob") as work:
        other.log_outcomes(work, rows("b"))
    assert (events.move(), other.move(), ids()) == (1, 1, ["a", "b"])
    other_store.close()


def test_partitions_and_versions(events, log, ids):
    """Exposures lie by experiment, and an old version can be read again."""
    for n, key in enumerate(("one", "two", "one")):
        log("exposures", [{"event_id": f"{n}", "experiment": key, "variant": "control", "user_id": "u"}])
        events.move()
    assert ids("exposures", experiment="one") == ["0", "2"]
    assert ids("exposures", experiment="none") == []
    assert ids("exposures", versions={"exposures": 2}) == ["0", "1"]
    folders = {path.name for path in Path(events.lake.url, "exposures").glob("experiment=*")}
    assert folders == {"experiment=one", "experiment=two"}


def test_remote_lakes_are_read_through_arrow(events, log, ids, monkeypatch):
    """Where DuckDB cannot open the files itself, it reads an Arrow dataset."""
    log("outcomes", rows("a"))
    log("exposures", [{"event_id": "e", "experiment": "one", "variant": "control", "user_id": "u"}])
    events.move()
    monkeypatch.setattr(events.lake, "folder", None)
    assert (ids(), ids("exposures", experiment="one"), ids("exposures", experiment="two")) == (["a"], ["e"], [])


def test_new_files_are_synced_before_the_inbox_forgets(events, log, monkeypatch):
    """Data, log and folders are on disk when the rows leave the inbox."""
    import os

    synced: list[str] = []
    sync = os.fsync

    def remember(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        sync(handle)

    monkeypatch.setattr("expkit.events.lake.os.fsync", remember)
    log("outcomes", rows("a"))
    events.move()
    folder = Path(events.lake.url)
    parquet = [str(path) for path in folder.rglob("*.parquet")]
    commits = [str(path) for path in folder.rglob("*.json")]
    assert {*parquet, *commits, str(folder), str(folder / "outcomes")} <= set(synced)
    assert len(commits) == 2
    assert json.loads(Path(sorted(commits)[1]).read_text().splitlines()[0])


def test_a_lake_that_cannot_be_written_loses_nothing(store, tmp_path):
    """The error says where and what to do, and the inbox keeps the rows."""
    (tmp_path / "file").touch()
    events = Events(store, str(tmp_path / "file" / "lake"))
    with store.begin(actor="ann") as work:
        events.log_outcomes(work, rows("a"))
    with pytest.raises(StorageUnavailable, match=r"cannot be (read|written).*stay in the inbox"):
        events.move()
    good = Events(store, str(tmp_path / "lake"))
    assert (good.waiting(), good.move()) == (1, 1)


def test_a_folder_that_delta_cannot_open_is_refused_at_once(store, tmp_path):
    """delta-rs panics on some letters; that must not be found out at the first move."""
    with pytest.raises(StorageUnavailable, match=r"cannot be at .*\[ \].*EXPKIT_LAKE"):
        Events(store, str(tmp_path / "[x]"))


def test_a_lake_may_be_named_by_a_file_url(store, tmp_path):
    """`file://` is a local folder like any other."""
    assert Events(store, f"file://{tmp_path}/my%20lake").lake.folder == tmp_path / "my lake"
    assert Events(store, "s3://bucket/lake/").lake.url == "s3://bucket/lake"


def test_a_version_that_is_not_there(events):
    """Reading the lake as it was needs the lake."""
    from expkit.errors import NotFound

    with pytest.raises(NotFound, match="no table outcomes"):
        events.reader(versions={"outcomes": 1})
