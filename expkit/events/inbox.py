"""The inbox: events are safe once the caller's unit of work has committed; from here they move to the lake."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.events.schemas import SCHEMA_VERSION, Kind, conform
from expkit.events.tables import inbox
from expkit.storage import Work

__all__ = ["Batch", "pack", "pending", "put", "unpack"]

MAX_ROWS = 100_000
_COLUMNS = ("kind", "rows", "body", "received_at", "actor")
_MAGIC = b"EXB1"


class Batch(NamedTuple):
    """One row of the inbox. `move` is the move that has claimed it, if any; a batch without a table has a `reason`."""

    id: int
    move: int | None
    table: Any | None
    reason: str = ""


def put(work: Work, kind: Kind, table: Any) -> int:
    """Write a valid table in batches of at most `MAX_ROWS` rows; how many rows it had."""
    parts = (table.slice(start, MAX_ROWS) for start in range(0, table.num_rows, MAX_ROWS))
    write = _copy if work.connection.dialect.name == "postgresql" else _insert
    at, actor = work.at.isoformat(), work.actor[:500]
    write(work.connection, ((kind, part.num_rows, pack(part), at, actor) for part in parts))
    return int(table.num_rows)


def _insert(connection: sa.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    for row in rows:
        connection.execute(sa.insert(inbox).values(dict(zip(_COLUMNS, row, strict=True))))


def _copy(connection: sa.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """PostgreSQL's own way in, on the same transaction; binary, so that no byte is written as text."""
    driver: Any = connection.connection.driver_connection
    statement = f"COPY inbox ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["varchar", "int4", "bytea", "varchar", "varchar"])
        for row in rows:
            copy.write_row(row)


def pending(connection: sa.Connection, kind: Kind, move: int | None = None) -> Iterator[Batch]:
    """The batches of a kind in the order of their arrival; only those that `move` has claimed, when it is given."""
    query = sa.select(inbox).where(inbox.c.kind == kind).order_by(inbox.c.id)
    if move is not None:
        query = query.where(inbox.c.move == move)
    for row in connection.execute(query):
        try:
            yield Batch(row.id, row.move, unpack(kind, row.body))
        except ValueError as error:
            yield Batch(row.id, row.move, None, str(error))


def pack(table: Any) -> bytes:
    """The table as a checksum and an Arrow stream that says its schema's version."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    schema = table.schema.with_metadata({"expkit.schema": str(SCHEMA_VERSION)})
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return _MAGIC + zlib.crc32(body).to_bytes(4, "big") + body


def unpack(kind: Kind, body: bytes) -> Any:
    """The table; `ValueError` says why it cannot be had, found by the checksum before Arrow trips over it."""
    import pyarrow as pa

    view = memoryview(body)
    if bytes(view[:4]) != _MAGIC or zlib.crc32(view[8:]) != int.from_bytes(view[4:8], "big"):
        raise ValueError("it is damaged: bytes are missing or have changed")
    with pa.ipc.open_stream(pa.py_buffer(view[8:])) as reader:
        table = reader.read_all()
    table.validate(full=True)  # bytes that are no text would spoil the table's log, and with it the table
    written = int((table.schema.metadata or {}).get(b"expkit.schema", b"1"))
    if written > SCHEMA_VERSION:
        raise ValueError(
            f"a newer expkit wrote it (schema {written}; this one knows {SCHEMA_VERSION}): update, then retry"
        )
    return conform(kind, table)
