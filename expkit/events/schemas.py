"""The canonical columns of the three kinds of events: what callers may send, the inbox and the lake hold.

The schema is additive: a new version adds columns that may be null and takes none away. Batches, tables and files of
older versions are read with null in the columns that they do not have; `SCHEMA_VERSION` counts the versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "KINDS", "PARTITIONS", "SCHEMA_VERSION", "Column", "Kind", "arrow_schema", "conform", "names"]

SCHEMA_VERSION = 1

Kind = Literal["exposures", "outcomes", "traces"]
KINDS: tuple[Kind, ...] = ("exposures", "outcomes", "traces")


class Column(NamedTuple):
    """One column. A `default` stands in where the column or a row's key is left out; None stays null."""

    name: str
    type: Literal["id", "key", "text", "number", "amount", "json", "moment"]
    required: bool = False
    default: str | float | None = None


_WHO = (Column("user_id", "text"), Column("session_id", "text"))

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    "exposures": (
        Column("event_id", "id"),
        Column("experiment", "key", required=True),
        Column("variant", "key", required=True),
        *_WHO,
        Column("placement", "text", default=""),
        Column("attributes", "json", default="{}"),
        Column("timestamp", "moment"),
    ),
    "outcomes": (
        Column("event_id", "id"),
        Column("event", "text", required=True),
        Column("value", "number", required=True, default=1.0),
        *_WHO,
        Column("properties", "json", default="{}"),
        Column("timestamp", "moment"),
    ),
    "traces": (
        Column("event_id", "id"),
        Column("model", "text", required=True),
        Column("prompt", "text", default=""),
        Column("version", "text", default=""),
        Column("experiment", "key"),
        Column("variant", "key"),
        *_WHO,
        Column("latency_ms", "amount"),
        Column("cost", "amount"),
        Column("quality", "number"),
        Column("error", "text", default=""),
        Column("properties", "json", default="{}"),
        Column("timestamp", "moment"),
    ),
}

PARTITIONS: dict[Kind, str] = {"exposures": "experiment", "outcomes": "date", "traces": "date"}


def names(kind: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in COLUMNS[kind])


def arrow_schema(kind: Kind) -> pa.Schema:
    import pyarrow as pa

    types = {"number": pa.float64(), "amount": pa.float64(), "moment": pa.timestamp("us", "UTC")}
    return pa.schema([(column.name, types.get(column.type, pa.string())) for column in COLUMNS[kind]])


def conform(kind: Kind, table: Any) -> Any:
    """A table of this or an older version in the columns of this one; `ValueError` when it has others."""
    import pyarrow as pa

    schema = arrow_schema(kind)
    if strangers := sorted(set(table.column_names) - set(schema.names)):
        raise ValueError(f"{kind} have no column {', '.join(map(repr, strangers))}")
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
