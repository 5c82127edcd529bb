"""Rows as callers send them -> one valid Arrow table in the canonical columns, and what is wrong with the bad rows.

Everything is checked by column, so a frame of a million rows costs about a second.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any, NamedTuple

from expkit.domain.logged import Logged
from expkit.errors import InvalidInput, shorten
from expkit.events.checks import Variants, check_times, check_variants
from expkit.events.convert import amounts, jsons, moments, numbers, texts
from expkit.events.findings import SHOWN, Findings
from expkit.events.intake import ABSENT, Sheet, take_in
from expkit.events.schemas import COLUMNS, Column, Kind, arrow_schema

__all__ = ["Sifted", "sift", "to_table"]

MAX_TEXT = 500
MAX_KEY = 100
KEY = r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$"  # as in `domain`

_CONVERTERS = {
    "id": texts, "key": texts, "text": texts, "number": numbers, "amount": amounts, "json": jsons, "moment": moments,
}  # fmt: skip


def to_table(kind: Kind, rows: Any) -> Any:
    """All rows as a `pyarrow.Table`, ids and times filled in; `InvalidInput` when any row is bad."""
    table, findings, sheet = _checked(kind, rows)
    if sheet.bad:
        raise next(iter(sheet.bad.values()))
    findings.refuse()
    return table


class Sifted(NamedTuple):
    """The good rows, what was wrong with the others, and which rows the good ones were; None when all are."""

    table: Any
    logged: Logged
    kept: Any | None = None


def sift(
    kind: Kind, rows: Any, *, at: datetime, known: Variants | None = None, shown: int = SHOWN, lenient: bool = False
) -> Sifted:
    """The good rows as a table, and what was wrong with the others, `shown` of them by number.

    `InvalidInput` when no row is good, unless `lenient`: a part of a longer log may be all bad.

    Beyond what `to_table` asks, times may not lie in the future of `at`, and exposures have to be to one of the
    `known` variants, where they are given.
    """
    import numpy as np

    table, findings, sheet = _checked(kind, rows)
    check_times(table, findings, at)
    if kind == "exposures" and known is not None:
        check_variants(table, findings, known)
    bad = findings.rows()
    if not bad.size:
        return Sifted(table, Logged(table.num_rows))
    if len(sheet.bad) == sheet.rows and not lenient:
        raise next(iter(sheet.bad.values()))
    if bad.size == sheet.rows and not lenient:
        findings.refuse()
    good = np.ones(sheet.rows, dtype=bool)
    good[bad] = False
    return Sifted(table.filter(good), findings.logged(shown), np.flatnonzero(good))


def _checked(kind: Kind, rows: Any) -> tuple[Any, Findings, Sheet]:
    import pyarrow as pa

    sheet = take_in(kind, rows)
    schema = arrow_schema(kind)
    findings = Findings(kind, sheet.rows)
    if not sheet.rows:
        return schema.empty_table(), findings, sheet
    for row, error in sheet.bad.items():
        findings.add([row], str(error), rule="it is no row")
    if len(sheet.bad) == sheet.rows:
        return schema.empty_table(), findings, sheet
    _refuse_missing_columns(kind, sheet)
    columns = {column.name: _column(column, sheet, findings) for column in COLUMNS[kind]}
    _somebody(columns, findings)
    return pa.table(columns, schema=schema), findings, sheet


def _refuse_missing_columns(kind: Kind, sheet: Sheet) -> None:
    """One sentence when a whole column is not there; a list of all rows would only hide it."""
    missing = [c.name for c in COLUMNS[kind] if c.required and c.default is None and c.name not in sheet.columns]
    if missing:
        raise InvalidInput(
            f"{kind.capitalize()} need the column {missing[0]!r}, and no row has it.",
            hint=f"the columns given are {', '.join(map(repr, sheet.columns)) or 'none'}.",
        )
    if not {"user_id", "session_id"} & set(sheet.columns):
        raise InvalidInput(
            f"{kind.capitalize()} need user_id or session_id: neither user_id nor session_id is given in any row.",
            hint="an event belongs to somebody.",
        )


def _column(column: Column, sheet: Sheet, findings: Findings) -> Any:
    raw = sheet.columns.get(column.name)
    if raw is None:
        return _constant(column.default, column, sheet.rows)
    if isinstance(raw, list):
        raw = [column.default if value is ABSENT else value for value in raw]
    values = _CONVERTERS[column.type](column.name, raw, findings)
    if column.type in {"id", "key", "text"}:
        values = _sized(column, values, findings)
    return _filled(column, values, findings, needed=column.required or column.name in sheet.needed)


def _constant(value: Any, column: Column, rows: int) -> Any:
    import pyarrow as pa

    if column.type == "id":
        return pa.array(_ids(rows))
    if column.type == "moment":
        return pa.array([datetime.now(UTC)] * rows, pa.timestamp("us", "UTC"))
    kind = pa.float64() if column.type in {"number", "amount"} else pa.string()
    return pa.repeat(pa.scalar(value, kind), rows)


def _sized(column: Column, values: Any, findings: Findings) -> Any:
    """Length and, for keys, letters; an empty text is no text."""
    import pyarrow.compute as pc

    name, limit = column.name, MAX_KEY if column.type == "key" else MAX_TEXT
    lengths = pc.utf8_length(values)
    if (pc.max(lengths).as_py() or 0) > limit:
        findings.add(
            pc.greater(lengths, limit),
            lambda row: f"{name} has {lengths[row].as_py():,} characters ({shorten(values[row].as_py(), 30)})",
            f"{name} has at most {limit} characters.",
            rule=f"{name} is longer than {limit} characters",
        )
    if column.default is None and pc.any(pc.equal(lengths, 0)).as_py():
        values = pc.if_else(pc.equal(lengths, 0), None, values)
    if column.type == "key":
        findings.add(
            pc.invert(pc.match_substring_regex(values, KEY)),
            lambda row: f"{name} {shorten(values[row].as_py())} is no key",
            "a key starts with a letter or digit and goes on with letters, digits, '.', '_' and '-'.",
            rule=f"{name} is no key",
        )
    return values


def _filled(column: Column, values: Any, findings: Findings, *, needed: bool) -> Any:
    """Null where something has to be: an error, a fresh id, the present moment, or the default."""
    import pyarrow.compute as pc

    if not values.null_count:
        return values
    if column.type == "id":
        return _with_ids(values)
    if column.type == "moment" and not needed:
        return pc.fill_null(values, _constant(None, column, 1)[0])
    if needed:
        hint = (
            f"leave {column.name} out for {column.default:g}, or give a number." if column.default is not None else ""
        )
        findings.add(pc.is_null(values), f"{column.name} is missing", hint)
        return values
    return values if column.default is None else pc.fill_null(values, column.default)


def _with_ids(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return pc.replace_with_mask(values, pc.is_null(values), pa.array(_ids(values.null_count)))


def _ids(count: int) -> list[str]:
    """Random 128-bit names, as `uuid4` makes them, but for a million rows at once."""
    digits = os.urandom(16 * count).hex()
    return [digits[at : at + 32] for at in range(0, len(digits), 32)]


def _somebody(columns: dict[str, Any], findings: Findings) -> None:
    import pyarrow.compute as pc

    nobody = pc.and_(pc.is_null(columns["user_id"]), pc.is_null(columns["session_id"]))
    findings.add(nobody, "neither user_id nor session_id is given", "an event belongs to somebody.")
