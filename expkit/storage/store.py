"""One database: SQLite (WAL, full sync) by default, PostgreSQL for teams, one code path.

Thread safety: a `Store` may be shared by threads; a `Work` belongs to the thread that opened it.
Promise: when `begin()` leaves without an error, the change and its audit entries are on disk; when it
leaves with one, neither is.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from expkit.errors import ExpkitError, InvalidInput
from expkit.storage.audit import PendingEntry, append_entries
from expkit.storage.failures import refused_text, statement_failure, storage_failure
from expkit.storage.migrations import migrate

__all__ = ["Store", "Work"]

BUSY_TIMEOUT_MS = 30_000
PATIENCE_SECONDS = 120.0
"""How long a SQLite writer waits for its turn: its queue is a lottery, and twenty writers on a slow disk are many."""
MAX_REASON = 20_000
_WRITE = "expkit_write"
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""What SQLite does of itself: every statement of a transaction sees what the first one saw."""


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work: what happens in it commits as one, audit entries included."""

    connection: sa.Connection
    actor: str
    correlation_id: str
    at: datetime
    pending: list[PendingEntry] = field(default_factory=list)

    def audit(
        self,
        action: str,
        subject: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Say what is being changed; the entry gets its place in the chain when the unit of work commits."""
        if len(reason) > MAX_REASON or "\x00" in reason:
            raise InvalidInput(
                f"The reason has {len(reason):,} characters." if "\x00" not in reason else "A NUL is in the reason.",
                hint=f"say it in at most {MAX_REASON:,} characters of text.",
            )
        self.pending.append(
            PendingEntry(
                action,
                subject[:500],
                None if before is None else _json(before),
                None if after is None else _json(after),
                reason,
            )
        )


class Store:
    """`Store.open(url)` creates the database or brings it up to date."""

    def __init__(self, engine: sa.Engine, audit_key: str = "") -> None:
        self.engine = engine
        self._reader = engine if engine.dialect.name == "sqlite" else engine.execution_options(**_SNAPSHOT)
        self._audit_key = audit_key

    @classmethod
    def open(cls, url: str, audit_key: str = "") -> Self:
        """`audit_key` seals the audit's end, so that nobody without it can cut or rewrite the chain unseen."""
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise InvalidInput(
                f"{url!r} is not a database URL.", hint="sqlite:///path/to/expkit.db or postgresql://user@host/name"
            ) from None
        store = cls(_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed), audit_key)
        try:
            with store._failures():
                migrate(store.engine)
        except BaseException:
            store.close()
            raise
        return store

    @contextmanager
    def begin(self, *, actor: str, correlation_id: str | None = None) -> Iterator[Work]:
        """A write transaction. On SQLite it takes the write lock at once, so that it never fails half way for it."""
        if "\x00" in actor:
            raise refused_text("a NUL character in the actor's name")
        with (
            self._failures(),
            self.engine.connect().execution_options(**{_WRITE: True}) as connection,
            connection.begin(),
        ):
            work = Work(connection, actor[:200], (correlation_id or "")[:100], datetime.now(UTC))
            yield work
            if work.pending:
                append_entries(
                    connection, work.pending, actor=work.actor, correlation_id=work.correlation_id, at=work.at,
                    key=self._audit_key,
                )  # fmt: skip

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One moment of the database, whatever others commit meanwhile: else a chain that grows while it is verified
        would look cut.
        """
        with self._failures(), self._reader.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except ExpkitError:
            raise
        except sa.exc.DBAPIError as error:
            raise statement_failure(error, self.engine.url) from error
        except UnicodeEncodeError as error:
            raise refused_text(error) from None


def _json(data: Mapping[str, Any]) -> dict[str, Any]:
    """As it will come back from the database: what is hashed now must hash the same when it is verified."""
    plain = json.loads(json.dumps(dict(data), allow_nan=False, default=str))
    ordered: dict[str, Any] = json.loads(json.dumps(plain, sort_keys=True))
    return ordered


def _serialized(value: Any) -> str:
    """Compact; with the audit's keys in order this is the very text that its digest is made of."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value, separators=(",", ":"))
    return text


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database in {None, "", ":memory:"}:
        engine = sa.create_engine(
            "sqlite://",
            poolclass=sa.pool.StaticPool,
            connect_args={"check_same_thread": False},
            json_serializer=_serialized,
        )
    else:
        if not str(url.database).startswith("file:"):  # SQLite's own URI: its author knows where it is
            _make_folder(Path(str(url.database)).parent)
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, json_serializer=_serialized)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_failure(error, folder) from error


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves; sqlite3's own habit commits behind our back
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -64000")  # KiB: a list of ten thousand experiments then reads no file
    _patiently(partial(cursor.execute, "PRAGMA journal_mode = WAL"))
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    _patiently(partial(connection.exec_driver_sql, "BEGIN IMMEDIATE" if writes else "BEGIN"))


def _patiently(statement: Callable[[], object]) -> None:
    """Again while others are busy: SQLite's own waiting ends early, and where a log is recovered it does not reach."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            statement()
        except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
            code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF
            if code not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL} or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _server(url: sa.URL) -> sa.Engine:
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", json_serializer=_serialized)
    except ModuleNotFoundError as error:
        from expkit.errors import MissingDependency

        raise MissingDependency.needs(str(error.name), "postgres") from None
    except sa.exc.NoSuchModuleError:
        raise InvalidInput(
            f"There is no driver for {url.drivername!r}.", hint="use sqlite:///... or postgresql://..."
        ) from None
