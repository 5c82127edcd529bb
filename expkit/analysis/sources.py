"""Anybody's frame as a relation that DuckDB can sum, wherever the data lies.

A Parquet or CSV file is scanned in place, pandas, polars and Arrow through Arrow without copying numbers, a DuckDB
relation in its own database. What streams - a polars LazyFrame, a reader of batches - is read once, batch by batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.files import refuse_damage, register_file
from expkit.errors import InvalidInput, UnknownName
from expkit.storage.memory import open_duckdb

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SAMPLE_ROWS", "Source", "open_source", "source_of"]

SAMPLE_ROWS = 2048
"""The first rows tell which value to take the sums about, and what looks like a proportion."""

_COSTLY = ("GROUP_BY", "JOIN", "ORDER_BY", "TOP_N", "WINDOW", "AGGREGATE", "UNNEST", "CROSS_PRODUCT", "CTE")
"""Steps of a relation's plan that looking at its first rows would run twice."""
_WHAT = "give a pandas, polars or Arrow frame, a DuckDB relation, or a Parquet or CSV file."


class Source(NamedTuple):
    """The relation `frame`, its first rows as `head`, and what is known before it is read.

    `whole` names the columns that surely have no nulls. Data that can be read only `once` allows one query.
    """

    ask: Callable[[str], list[tuple[Any, ...]]]
    types: dict[str, str]
    head: str = f"(SELECT * FROM frame LIMIT {SAMPLE_ROWS})"  # noqa: S608  # a number of our own
    whole: frozenset[str] = frozenset()
    once: bool = False


@contextmanager
def open_source(
    frame: Any, columns: Sequence[str], *, names: Sequence[str] = (), twice: bool = False
) -> Iterator[Source]:
    """A source with these columns, or an error with the nearest name.

    A text file's columns `names` stay text. What streams is kept, to be read `twice`.
    """
    import duckdb

    if isinstance(frame, duckdb.DuckDBPyRelation):
        refuse_unknown(columns, frame.columns)
        if not any(step in frame.explain() for step in _COSTLY):
            with refuse_damage("The relation"):
                yield _in_place(frame)
            return
        frame = frame.select(*map(duckdb.ColumnExpression, dict.fromkeys(columns))).to_arrow_reader()
    with open_duckdb() as connection:
        if isinstance(frame, str | os.PathLike):
            whole = register_file(connection, frame, columns, names)
            with refuse_damage(f"{os.fspath(frame)}"):
                yield source_of(connection, whole=whole)
        else:
            with refuse_damage("The frame"):
                yield _registered(connection, frame, columns, twice)


def refuse_unknown(columns: Sequence[str], known: Sequence[str]) -> None:
    for column in columns:
        if column not in known:
            raise UnknownName.among("column", column, known, "the frame")


def source_of(connection: Any, name: str = "frame", **more: Any) -> Source:
    """A table or view of a connection."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows

    return Source(ask, {row[0]: str(row[1]) for row in ask(f"DESCRIBE {name}")}, **more)


def _in_place(relation: Any) -> Source:
    """A relation that only reads is asked in its own database."""
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))

    def ask(sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = relation.query("frame", sql).fetchall()
        return rows

    return Source(ask, types)


def _registered(connection: Any, frame: Any, columns: Sequence[str], twice: bool) -> Source:
    kind = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
    if kind == "polars.LazyFrame":
        refuse_unknown(columns, frame.collect_schema().names())
        return _stream(connection, _batches(frame.select(list(dict.fromkeys(columns)))), twice)
    if kind == "pyarrow.RecordBatchReader":
        refuse_unknown(columns, frame.schema.names)
        return _stream(connection, frame, twice)
    if kind.startswith("pyarrow.") and kind.endswith("Dataset"):
        refuse_unknown(columns, frame.schema.names)
        connection.register("frame", frame)
        return source_of(connection)
    table = _arrow_table(frame, columns)
    connection.register("frame", table)
    whole = frozenset(name for name in table.column_names if not table.column(name).null_count)
    return source_of(connection, whole=whole)


def _arrow_table(frame: Any, columns: Sequence[str]) -> pa.Table:
    """The columns alone: the others may hold anything."""
    import narwhals as nw

    found = nw.from_native(frame, pass_through=True)
    if not isinstance(found, nw.DataFrame | nw.LazyFrame):
        if hasattr(frame, "__arrow_c_stream__"):
            return _from_capsule(frame, columns)
        raise InvalidInput(f"A {type(frame).__name__} is not a frame.", hint=_WHAT)
    refuse_unknown(columns, found.collect_schema().names())
    wanted = found.select(*dict.fromkeys(columns))
    try:
        return (wanted.collect("pyarrow") if isinstance(wanted, nw.LazyFrame) else wanted).to_arrow()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"A column holds values of several kinds: {str(error)[:200]}.", hint="make each column one type."
        ) from None


def _from_capsule(frame: Any, columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    table = pa.table(frame)
    refuse_unknown(columns, table.column_names)
    return table.select(list(dict.fromkeys(columns)))


def _batches(lazy: Any) -> pa.RecordBatchReader:
    """The frame's own streaming engine makes the batches, DuckDB adds them up: it is never whole in memory."""
    import pyarrow as pa

    schema = lazy.head(0).collect().to_arrow().schema
    found = (batch for part in lazy.collect_batches() for batch in part.to_arrow().cast(schema).to_batches())
    return pa.RecordBatchReader.from_batches(schema, found)


def _stream(connection: Any, reader: pa.RecordBatchReader, twice: bool) -> Source:
    """The first batches are looked at, and then read again with the rest."""
    import pyarrow as pa

    if twice:
        connection.register("frame", reader.read_all())
        return source_of(connection)
    seen: list[pa.RecordBatch] = []
    for batch in reader:
        seen.append(batch)
        if sum(one.num_rows for one in seen) >= SAMPLE_ROWS:
            break
    head = pa.Table.from_batches(seen, reader.schema)

    def again() -> Iterator[pa.RecordBatch]:
        yield from seen
        yield from reader

    connection.register("head", head.slice(0, SAMPLE_ROWS))
    connection.register("frame", pa.RecordBatchReader.from_batches(reader.schema, again()))
    return source_of(connection, "head", head="head", once=True)
