"""The audit table and its end. Entries are only ever added, at the end, one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.storage.chain import (
    GENESIS,
    AuditEntry,
    Checkpoint,
    Verdict,
    digest,
    digest_as_stored,
    seal,
    verify_chain,
)
from expkit.storage.metadata import Moment, metadata

__all__ = ["PendingEntry", "append_entries", "audit_end", "audit_table", "read_audit", "stream_audit", "verify_audit"]

audit_table = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # its place in the chain, without gaps
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False, index=True),
    sa.Column("action", sa.String(100), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False, index=True),
    sa.Column("before", sa.JSON(none_as_null=True)),
    sa.Column("after", sa.JSON(none_as_null=True)),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("correlation_id", sa.String(100), nullable=False, default=""),
    sa.Column("previous", sa.String(64), nullable=False, server_default=""),
    sa.Column("hash", sa.String(64), nullable=False, server_default=""),
)

end_table = sa.Table(
    "audit_end",
    metadata,
    sa.Column(
        "one", sa.Integer, primary_key=True, autoincrement=False
    ),  # there is one row, and its lock is the chain's
    sa.Column("id", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("at", Moment),
    sa.Column("seal", sa.String(64), nullable=False, default=""),
)


class PendingEntry(NamedTuple):
    """What a unit of work has to say, before it has its place in the chain."""

    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


def append_entries(
    connection: sa.Connection,
    pending: Sequence[PendingEntry],
    *,
    actor: str,
    correlation_id: str,
    at: datetime,
    key: str = "",
) -> None:
    """Give the entries their places. The lock on the chain's end is the last that a unit of work takes.

    Time never runs backwards in the chain: under a clock that was set back, entries carry the time of the last.
    """
    row = connection.execute(sa.select(end_table).with_for_update()).one()
    end, moment = Checkpoint(row.id, row.hash), max(at, row.at) if row.at else at
    rows = []
    for item in pending:
        entry = AuditEntry(end.id + 1, moment, actor, *item, correlation_id, end.hash, "")
        entry = entry._replace(hash=digest(entry))
        rows.append(entry._asdict())
        end = Checkpoint(entry.id, entry.hash)
    connection.execute(sa.insert(audit_table), rows)
    sealed = seal(key, end) if key else ""
    connection.execute(sa.update(end_table).values(id=end.id, hash=end.hash, at=moment, seal=sealed))


def read_audit(
    connection: sa.Connection, *, subject: str | None = None, limit: int = 100, offset: int = 0
) -> list[AuditEntry]:
    """The newest entries first."""
    query = sa.select(audit_table).order_by(audit_table.c.id.desc()).limit(limit).offset(offset)
    if subject is not None:
        query = query.where(audit_table.c.subject == subject)
    return [AuditEntry(*row) for row in connection.execute(query)]


def stream_audit(connection: sa.Connection) -> Iterator[AuditEntry]:
    """All entries in the chain's order, without holding them all."""
    query = sa.select(audit_table).order_by(audit_table.c.id)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield AuditEntry(*row)


def audit_end(connection: sa.Connection) -> Checkpoint:
    """Number, hash and seal of the newest entry: keep it elsewhere, and a cut or a rewrite will be found."""
    row = connection.execute(sa.select(end_table.c.id, end_table.c.hash, end_table.c.seal)).one()
    return Checkpoint(row.id, row.hash, row.seal)


def verify_audit(connection: sa.Connection, *, checkpoint: Checkpoint | None = None, key: str = "") -> Verdict:
    """Walk the whole chain; with a checkpoint or the key also find a cut end and a rewritten chain."""
    row = connection.execute(sa.select(end_table)).one_or_none()
    recorded = Checkpoint(row.id, row.hash) if row else Checkpoint(0, GENESIS)
    return verify_chain(
        _stream_as_stored(connection),
        checkpoint=checkpoint,
        recorded_end=recorded,
        key=key,
        sealed=bool(key),
        found_seal=row.seal if row else None,
        end_missing=row is None,
        digest_of=digest_as_stored,
    )


def _stream_as_stored(connection: sa.Connection) -> Iterator[AuditEntry]:
    """Entries with their JSON as text. What is no time any more becomes one that cannot match its hash."""
    sqlite = connection.dialect.name == "sqlite"
    columns = [
        sa.cast(column, sa.Text) if column.name in {"before", "after"} or (sqlite and column.name == "at") else column
        for column in audit_table.c
    ]
    rows = connection.execute(sa.select(*columns).order_by(audit_table.c.id), execution_options={"yield_per": 1000})
    for row in rows:
        entry = AuditEntry._make(row)
        yield entry._replace(at=_moment(str(entry.at))) if sqlite else entry


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
