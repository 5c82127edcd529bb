"""Arrow columns built whole: ids from digits, repeated texts from codes, JSON from combinations of codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from expkit.events import KINDS, arrow_schema

__all__ = ["EXPOSURES", "OUTCOMES", "TRACES", "Coded", "Ids", "empty", "json_texts", "table", "texts", "times", "utc"]

Array = np.ndarray[Any, np.dtype[Any]]

EXPOSURES, OUTCOMES, TRACES = (arrow_schema(kind) for kind in KINDS)
MOMENT = EXPOSURES.field("timestamp").type
WIDTH = 8
FOUR_DIGITS = np.frombuffer(b"".join(b"%04d" % number for number in range(10_000)), dtype=np.uint8).reshape(-1, 4)


class Coded(NamedTuple):
    """A column of few values: `levels[codes]`."""

    levels: tuple[Any, ...]
    codes: Array

    def pick(self, by_level: Sequence[float]) -> Array:
        """One number per row, looked up by level."""
        return np.asarray(by_level, dtype=np.float64)[self.codes]


class Ids(NamedTuple):
    """Numbered ids of one length, such as `u00000042`, as rows of bytes."""

    letters: Array

    @classmethod
    def numbered(cls, prefix: str, count: int) -> Ids:
        head = np.frombuffer(prefix.encode(), dtype=np.uint8)
        letters = np.empty((count, len(head) + WIDTH), dtype=np.uint8)
        letters[:, : len(head)] = head
        number = np.arange(count, dtype=np.uint32)
        letters[:, -4:] = FOUR_DIGITS[number % 10_000]
        letters[:, -8:-4] = FOUR_DIGITS[number // 10_000]
        return cls(letters)

    def where(self, mask: Array, other: Ids) -> Ids:
        """These where the mask holds, the others elsewhere; both have one length."""
        return Ids(np.where(mask[:, None], self.letters, other.letters))

    def column(self, mask: Array | None = None) -> pa.Array:
        """As Arrow text, null where the mask does not hold."""
        count, width = self.letters.shape
        offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
        valid = None if mask is None else pa.py_buffer(np.packbits(mask, bitorder="little"))
        buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(self.letters))]
        return pa.Array.from_buffers(pa.string(), count, buffers)

    def tolist(self) -> list[str]:
        count, width = self.letters.shape
        rows = np.ascontiguousarray(self.letters).view(f"S{width}").reshape(count)
        found: list[str] = rows.astype(str).tolist()
        return found


def texts(levels: Sequence[str | None], codes: Array) -> pa.Array:
    """Repeated texts; a level that is None is null."""
    return pa.array(levels, pa.string()).take(pa.array(codes))


def json_texts(columns: Mapping[str, Coded]) -> pa.Array:
    """One JSON object per row. Each combination of values is written once, however many rows have it."""
    combined = np.zeros(len(next(iter(columns.values())).codes), dtype=np.int64)
    for column in columns.values():
        combined = combined * len(column.levels) + column.codes
    found, places = np.unique(combined, return_inverse=True)
    written = []
    for rest in found.tolist():
        values = []
        for name in reversed(list(columns)):
            rest, place = divmod(rest, len(columns[name].levels))  # noqa: PLW2901  # digits, from the right
            values.append((name, columns[name].levels[place]))
        written.append(json.dumps(dict(reversed(values))))
    return texts(written, places)


def times(start: datetime, micros: Array) -> pa.Array:
    """Moments so many microseconds after the start, which is in UTC unless it says otherwise."""
    first = int(utc(start).timestamp() * 1_000_000)
    return pa.array(micros.astype(np.int64) + first).view(pa.int64()).cast(pa.timestamp("us")).cast(MOMENT)


def utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def table(schema: pa.Schema, columns: Mapping[str, Any]) -> pa.Table:
    """A table in the schema's order; a text instead of a column stands in every row."""
    rows = len(columns["event_id"])
    whole = {
        name: texts([value], np.zeros(rows, dtype=np.int8)) if isinstance(value, str) else value
        for name, value in columns.items()
    }
    return pa.table([whole[name] for name in schema.names], schema=schema)


def empty(schema: pa.Schema) -> pa.Table:
    return schema.empty_table()
