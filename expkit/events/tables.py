"""The inbox: batches of events that are durable and not yet in the lake."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from expkit.storage import metadata

__all__ = ["inbox", "lake_movers", "quarantine"]

# SQLite numbers rows by itself only where the key is a plain INTEGER
_Number = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # exposures, outcomes or traces
    Column("rows", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # a checksum, and an Arrow IPC stream compressed with zstd
    Column("received_at", String(40), nullable=False),  # ISO 8601, UTC
    Column("actor", String(500), nullable=False),
    # The number of the move that takes this batch to the lake; null until one has claimed it. Claims rather
    # than "all ids up to": on PostgreSQL a lower id may commit after a higher one, and would be passed over.
    Column("move", _Number, nullable=True),
    Index("ix_inbox_kind_move", "kind", "move"),
    sqlite_autoincrement=True,  # an id is never used twice, even after the inbox was emptied
)

lake_movers = Table(
    "lake_movers",
    metadata,
    # One row: under which name this database signs its moves in the lake's transaction logs, and the last one.
    Column("app_id", String(64), primary_key=True),
    Column("last_move", _Number, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    # What the mover could not take to the lake, under the number that it had in the inbox.
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", String(40), nullable=False),
    Column("actor", String(500), nullable=False),
    Column("reason", Text, nullable=False),
    Column("quarantined_at", String(40), nullable=False),
)
