"""The inbox: events are safe once the caller's unit of work has committed; from here they move to the lake."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.errors import StorageUnavailable
from expkit.events.schemas import Kind, arrow_schema
from expkit.events.tables import inbox
from expkit.storage import Work

__all__ = ["Batch", "pending", "put"]

MAX_ROWS = 100_000
_MAGIC = b"EXB1"


class Batch(NamedTuple):
    """One row of the inbox. `move` is the move that has claimed it, if any."""

    id: int
    move: int | None
    table: Any


def put(work: Work, kind: Kind, table: Any) -> int:
    """Write a valid table in batches of at most `MAX_ROWS` rows; how many rows it had."""
    for start in range(0, table.num_rows, MAX_ROWS):
        part = table.slice(start, MAX_ROWS)
        work.connection.execute(
            sa.insert(inbox).values(
                kind=kind,
                rows=part.num_rows,
                body=_pack(part),
                received_at=work.at.isoformat(),
                actor=work.actor[:500],
            )
        )
    return int(table.num_rows)


def pending(connection: sa.Connection, kind: Kind, move: int | None = None) -> Iterator[Batch]:
    """The batches of a kind in the order of their arrival; only those that `move` has claimed, when it is given."""
    query = sa.select(inbox).where(inbox.c.kind == kind).order_by(inbox.c.id)
    if move is not None:
        query = query.where(inbox.c.move == move)
    for row in connection.execute(query):
        yield Batch(row.id, row.move, _unpack(kind, row))


def _pack(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return _MAGIC + zlib.crc32(body).to_bytes(4, "big") + body


def _unpack(kind: Kind, row: Any) -> Any:
    """The table, unless a byte has changed: then an error that says which batch, before Arrow trips over it."""
    import pyarrow as pa

    body = memoryview(row.body)
    if bytes(body[:4]) != _MAGIC or zlib.crc32(body[8:]) != int.from_bytes(body[4:8], "big"):
        raise StorageUnavailable(
            f"Batch {row.id} in the inbox ({row.rows:,} {row.kind} of {row.received_at[:19]}) is damaged.",
            hint=f"restore the database from a backup, or delete row {row.id} of table inbox and log its events again.",
        )
    with pa.ipc.open_stream(pa.py_buffer(body[8:])) as reader:
        table = reader.read_all()
    return table.cast(arrow_schema(kind))
