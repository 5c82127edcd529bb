"""Deleted rows leave no bytes behind, or somebody says that they did."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit.errors import Conflict, StorageUnavailable
from expkit.storage import Store
from expkit.storage.metadata import metadata
from expkit.storage.scrub import scrub

NAME = "a-name-that-nobody-else-has"


def _write_and_delete(store: Store) -> None:
    import expkit.events  # noqa: F401  # its tables

    table = metadata.tables["inbox"]
    values = {"kind": "traces", "rows": 1, "body": NAME.encode() * 50, "received_at": "", "actor": NAME}
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.insert(table), [values] * 20)
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.delete(table))


def _bytes(store: Store) -> bytes:
    if store.engine.dialect.name == "sqlite":
        folder = Path(str(store.engine.url.database)).parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    with store.engine.begin() as connection:
        connection.execute(sa.text("CHECKPOINT"))
        file = connection.scalar(sa.text("SELECT pg_relation_filepath('inbox')"))
        return Path(connection.scalar(sa.text("SHOW data_directory")), file).read_bytes()


def test_no_byte_is_left(store: Store) -> None:
    """Neither in the file's free pages nor in its log."""
    _write_and_delete(store)
    assert NAME.encode() in _bytes(store)
    scrub(store, ["inbox"])
    assert NAME.encode() not in _bytes(store)


@pytest.mark.parametrize(
    ("holds", "error", "told"),
    [("BEGIN; SELECT * FROM inbox", Conflict, "still in the database's log"),
     ("BEGIN IMMEDIATE", StorageUnavailable, "still in the database's file: database is locked")],
)  # fmt: skip
def test_whoever_holds_the_database_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: str, error: type[Exception], told: str
) -> None:
    """The deletion holds, and scrubbing can be repeated."""
    monkeypatch.setattr("expkit.storage.store.BUSY_TIMEOUT_MS", 50)
    store = Store.open(f"sqlite:///{tmp_path / 'expkit.db'}")
    _write_and_delete(store)
    other = sqlite3.connect(tmp_path / "expkit.db", isolation_level=None)
    for statement in holds.split("; "):
        other.execute(statement).fetchall()
    with pytest.raises(error, match=told):
        scrub(store, ["inbox"])
    other.execute("ROLLBACK")
    other.close()
    scrub(store, ["inbox"])
    assert NAME.encode() not in _bytes(store)
    store.close()
