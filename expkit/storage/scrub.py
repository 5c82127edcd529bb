"""After a deletion: databases keep deleted bytes in free pages and logs, until somebody asks them not to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from expkit.errors import Conflict, StorageUnavailable

if TYPE_CHECKING:
    from expkit.storage.store import Store

__all__ = ["scrub"]


def scrub(store: Store, tables: Sequence[str]) -> None:
    """Rewrite what held the deleted rows: SQLite's whole file and its log; these tables of PostgreSQL.

    PostgreSQL's own write-ahead log and backups are the server's to rotate.
    """
    with store._failures():
        connection = store.engine.raw_connection()
        try:
            if store.engine.dialect.name == "postgresql":
                _postgres(connection, tables)
            else:
                _sqlite(connection)
        except store.engine.dialect.loaded_dbapi.Error as error:
            told = str(error).splitlines()[0]
            raise StorageUnavailable(
                f"The rows are deleted, and their bytes are still in the database's file: {told}.",
                hint="repeat this once nobody holds the database, and there is room for a copy of it.",
            ) from error
        finally:
            connection.close()


def _postgres(connection: object, tables: Sequence[str]) -> None:
    driver = connection.driver_connection  # type: ignore[attr-defined]  # SQLAlchemy's proxy
    driver.rollback()
    driver.autocommit = True
    try:
        for table in tables:
            driver.execute(f"VACUUM FULL {table}")
    finally:
        driver.autocommit = False


def _sqlite(connection: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("VACUUM")
    busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    cursor.close()
    if busy:
        raise Conflict(
            "The rows are deleted, and their bytes are still in the database's log: somebody is reading it.",
            hint="repeat this when nobody does.",
        )
