"""Many processes, processes that die, disks that fill, files that are torn: nothing acknowledged is lost."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from torture import missing, prepare, run_writers

from expkit.errors import StorageUnavailable
from expkit.storage import Store, audit_end, stream_audit, verify_audit

PROCESSES, WRITES = 20, 10
"""The full figure, 20 x 50, is in `benchmarks/registry_kill.py`; this is a fifth of it, for everyday."""


def test_twenty_processes_at_once_lose_nothing(database_url: str) -> None:
    """Creates, changes, moves, notes and words: all are there, in one valid chain, and nobody saw a lock."""
    prepare(database_url)
    said = run_writers(database_url, PROCESSES, WRITES, "w")
    assert [line for line in said if line.startswith("error")] == []
    assert len(set(said)) == PROCESSES * WRITES
    assert missing(database_url, said) == []


def test_killed_at_random_and_opened_again(database_url: str) -> None:
    """Five rounds of four processes, on one database; fifty are `benchmarks/registry_kill.py`."""
    prepare(database_url)
    chance, acknowledged = random.Random(7), []  # noqa: S311  # no secret
    for number in range(5):
        after, wait = chance.randint(1, 40), chance.uniform(0, 0.02)
        said = run_writers(database_url, 4, 10_000, f"r{number}", kill_after=after, wait=wait)
        acknowledged += [line for line in said if not line.startswith("error")]
        assert [line for line in said if line.startswith("error")] == []
        assert missing(database_url, acknowledged) == []
    assert len(acknowledged) > 5


FILLING = """
import resource, sys
from expkit.errors import StorageUnavailable
from expkit.storage import Store, stream_audit, verify_audit

store, acknowledged = Store.open(sys.argv[1]), 0
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))  # a file can grow no further: to SQLite a full disk
try:
    while True:
        with store.begin(actor="ann") as work:
            work.audit("word", "subject", after={"text": "x" * 5000})
        acknowledged += 1
except StorageUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
with store.begin(actor="ann") as work:
    work.audit("word", "after")
with store.read() as connection:
    print(acknowledged > 50, len(list(stream_audit(connection))) - acknowledged, verify_audit(connection).ok)
"""


def test_a_full_disk_says_so_and_is_written_again_when_there_is_room(tmp_path: Path) -> None:
    """One clear error, nothing half done, and the same store goes on."""
    Store.open(f"sqlite:///{tmp_path / 'expkit.db'}").close()
    words = [sys.executable, "-c", FILLING, f"sqlite:///{tmp_path / 'expkit.db'}"]
    done = subprocess.run(words, capture_output=True, text=True)
    told, counted = done.stdout.splitlines() or ["", done.stderr]
    assert "The database at" in told
    assert "disk" in told
    assert "Hint" in told
    assert counted == "True 1 True"


def test_a_torn_copy_opens_as_it_was_at_some_moment(migrated_sqlite: Path, tmp_path: Path) -> None:
    """A copy with its log cut anywhere is a whole older state; a checkpoint kept elsewhere tells that it is older."""
    path, chance = tmp_path / "expkit.db", random.Random(7)  # noqa: S311  # no secret
    shutil.copy(migrated_sqlite, path)
    store = Store.open(f"sqlite:///{path}")
    for number in range(40):
        with store.begin(actor="ann") as work:
            work.audit("word", str(number), after={"text": "x" * 500})
    with store.read() as connection:
        checkpoint = audit_end(connection)
    log, reached = path.with_name("expkit.db-wal").read_bytes(), set()
    for cut in [len(log), 0, *(chance.randrange(len(log)) for _ in range(10))]:
        folder = tmp_path / f"cut-{cut}"
        folder.mkdir()
        shutil.copy(path, folder / "expkit.db")
        (folder / "expkit.db-wal").write_bytes(log[:cut])
        torn = Store.open(f"sqlite:///{folder / 'expkit.db'}")
        with torn.read() as connection:
            entries = [entry.subject for entry in stream_audit(connection)]
            assert verify_audit(connection).ok
            assert verify_audit(connection, checkpoint=checkpoint).ok is (len(entries) == 40)
        assert entries == [str(number) for number in range(len(entries))]
        reached.add(len(entries))
        torn.close()
    store.close()
    assert {0, 40} < reached


def test_a_damaged_database_is_told_and_left_alone(migrated_sqlite: Path, tmp_path: Path) -> None:
    """Pages that were overwritten raise one clear error, whatever asks for them."""
    path = tmp_path / "expkit.db"
    shutil.copy(migrated_sqlite, path)
    bytes_before = path.read_bytes()
    path.write_bytes(bytes_before[:4096] + b"\xff" * (len(bytes_before) - 4096))
    with pytest.raises(StorageUnavailable, match=r"is damaged.*Hint: restore it from a backup"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes()[4096:] == b"\xff" * (len(bytes_before) - 4096)


@pytest.mark.parametrize(
    "change", ["after = 'no json'", "after = '{\"n\":NaN'", "at = 'yesterday'", "before = '{\"a\":1'", "actor = ''"]
)
def test_an_entry_that_is_no_entry_any_more_is_named(tmp_path: Path, migrated_sqlite: Path, change: str) -> None:
    """SQLite takes any text; verification says which entry it is instead of failing over it."""
    shutil.copy(migrated_sqlite, tmp_path / "expkit.db")
    store = Store.open(f"sqlite:///{tmp_path / 'expkit.db'}")
    for number in range(3):
        with store.begin(actor="ann") as work:
            work.audit("word", "x", before={"a": 1, "b": number}, after={"n": 2})
    with store.begin(actor="mallory") as work:
        work.connection.exec_driver_sql(f"UPDATE audit SET {change} WHERE id = 2")  # noqa: S608  # our own words
    with store.read() as connection:
        assert [finding.id for finding in verify_audit(connection).findings] == [2]
    store.close()


def test_text_shifted_between_two_fields_is_an_edit(tmp_path: Path, migrated_sqlite: Path) -> None:
    """Although what is hashed would read the same when one field is written behind the other."""
    shutil.copy(migrated_sqlite, tmp_path / "expkit.db")
    store = Store.open(f"sqlite:///{tmp_path / 'expkit.db'}")
    with store.begin(actor="ann") as work:
        work.audit("word", "x", before={"l": [{"x": 1}, {"y": 2}]}, after={"z": 3})
    shifted = {"before": '{"l":[{"x":1}', "after": '{"y":2}]},{"z":3}'}
    with store.begin(actor="mallory") as work:
        work.connection.execute(sa.text("UPDATE audit SET before = :before, after = :after"), shifted)
    with store.read() as connection:
        assert [finding.id for finding in verify_audit(connection).findings] == [1]
    store.close()
