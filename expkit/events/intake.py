"""Whatever a caller has – rows, nouns, a pandas, polars or Arrow frame – as raw columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from expkit.domain import Exposure, Outcome, Trace
from expkit.errors import InvalidInput, UnknownName, shorten
from expkit.events.schemas import Kind, names

__all__ = ["ABSENT", "Sheet", "as_table", "take_in"]

NOUNS: dict[Kind, type[BaseModel]] = {"exposures": Exposure, "outcomes": Outcome, "traces": Trace}


class _Absent:
    def __repr__(self) -> str:
        return "left out"


ABSENT = _Absent()
"""A row that does not have the key, unlike one whose value is None."""


class Sheet(NamedTuple):
    """Columns by name: an Arrow column from a frame, a list (with `ABSENT`) from rows."""

    rows: int
    columns: dict[str, Any]
    bad: dict[int, InvalidInput] = {}
    """Rows that are no rows at all; what is in `columns` for them is empty."""
    needed: frozenset[str] = frozenset()
    """Columns in which every row needs a value of its own, though something would stand in."""


def take_in(kind: Kind, rows: Any) -> Sheet:
    """The columns, all of them known ones, their values not yet looked at."""
    if isinstance(rows, Sheet):
        sheet = rows
    elif _is_pandas(rows):
        sheet = Sheet(len(rows), {str(name): _from_series(rows[name]) for name in rows.columns})
    elif (table := as_table(rows)) is not None:
        sheet = Sheet(table.num_rows, dict(zip(table.column_names, table.columns, strict=True)))
    else:
        sheet = _from_rows(kind, rows)
    for name in sheet.columns:
        if name not in names(kind):
            raise UnknownName.among("column", name, names(kind), kind)
    return sheet


def _is_pandas(rows: Any) -> bool:
    return type(rows).__module__.split(".")[0] == "pandas" and hasattr(rows, "columns")


def _from_series(series: Any) -> Any:
    """An Arrow column, or a list where pandas holds Python objects of several types."""
    import pyarrow as pa

    if getattr(series, "ndim", 1) != 1:
        raise InvalidInput("A column's name stands twice in the frame.", hint="rename one of them.")
    if str(series.dtype) == "object":
        return [None if _is_missing(value) else value for value in series.tolist()]
    return pa.chunked_array([pa.array(series, from_pandas=True)])


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT or pandas' NA, which in a column of objects all mean "nothing"."""
    return (
        value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and value != value)
    )


def as_table(rows: Any) -> Any:
    """An Arrow table from anything that speaks Arrow or that narwhals knows, else None."""
    import pyarrow as pa

    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if hasattr(rows, "__arrow_c_stream__"):
        return pa.table(rows)
    if isinstance(rows, list | tuple | Mapping | BaseModel):
        return None
    import narwhals as nw

    frame = nw.from_native(rows, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        return frame.collect("pyarrow").to_arrow()
    return frame.to_arrow() if isinstance(frame, nw.DataFrame) else None


def _from_rows(kind: Kind, rows: Any) -> Sheet:
    if isinstance(rows, Mapping | BaseModel):
        rows = [rows]
    if isinstance(rows, str | bytes) or not isinstance(rows, Iterable):
        raise InvalidInput(
            f"{kind.capitalize()} cannot be read from {shorten(rows)}.", hint="give a list of dicts, or a data frame."
        )
    known = frozenset(names(kind))
    noun = NOUNS[kind]
    bad: dict[int, InvalidInput] = {}
    taken: list[Mapping[str, Any]] = []
    for number, row in enumerate(rows):
        if type(row) is dict and known.issuperset(row):
            taken.append(row)
        elif isinstance(row, noun):
            taken.append(dict(row))
        elif (error := _unfit(kind, number, row)) is None:
            taken.append(row)
        else:
            bad[number] = error
            taken.append({})
    used = dict.fromkeys(name for row in taken for name in row)
    return Sheet(len(taken), {name: [row.get(name, ABSENT) for row in taken] for name in used}, bad)


def _unfit(kind: Kind, number: int, row: Any) -> InvalidInput | None:
    if not isinstance(row, Mapping):
        found = f"a {type(row).__name__}" if isinstance(row, BaseModel) else shorten(row)
        return InvalidInput(
            f"Row {number} of the {kind} is {found}.",
            hint=f"give a dict or {NOUNS[kind].__name__}(...). Rows are counted from 0.",
        )
    for name in row:
        if name not in names(kind):
            raise UnknownName.among("column", str(name), names(kind), f"row {number} of the {kind}")
    return None
