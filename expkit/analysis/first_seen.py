"""What units were when they first came, as the columns that segments are made of.

An attribute counts as it was at the first exposure, also where it lacked then: what came later may be an effect of the
treatment. The day's hour and the weekday are those of the experiment's time zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from expkit.analysis.exposed import json_path
from expkit.errors import InvalidInput

__all__ = ["BUILT_IN", "Column", "add_parts"]

BUILT_IN = ("placement", "time_of_day", "weekday")
"""Known of every exposure; an attribute of such a name is not seen."""
_TIMES = ("night, 0 to 6", "morning, 6 to 12", "afternoon, 12 to 18", "evening, 18 to 24")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOUR = 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MISSING, OTHER = -1, 0
"""The codes of units that lack the attribute, and of all values that do not stand on their own."""


class Column(NamedTuple):
    """One attribute in `frame`: its codes stand in `name`, `values` are what the codes from 1 on mean."""

    name: str
    values: tuple[str, ...]


def add_parts(
    connection: Any,
    experiment: str,
    attributes: Sequence[str],
    timezone: str,
    *,
    within: Mapping[str, str | None],
    bins: Mapping[str, Sequence[float]],
    most: int,
) -> list[Column]:
    """Add a code for each attribute to `frame` (which keeps `u`), and leave in it only units that are `within`.

    The `most` largest values of an attribute have their own code; bins and the parts of day and week all have one.
    """
    asked = list(dict.fromkeys([*attributes, *within]))
    _make_raw(connection, experiment, asked, timezone, bins)
    where, parameters = _conditions(asked, within)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE inside AS SELECT * FROM raw{where}", parameters)  # noqa: S608
    columns, codes, values = [], [], {}
    for i, attribute in enumerate(attributes):
        known = _ordered(attribute, bins) or _largest(connection, f"r{i}", most)
        values[f"known{i}"] = list(known)
        codes.append(
            f"CASE WHEN r{i} IS NULL THEN {MISSING} ELSE coalesce(list_position($known{i}, r{i}), {OTHER}) END AS g{i}"
        )
        columns.append(Column(f"g{i}", known))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE frame AS SELECT frame.*, {', '.join(codes)} "  # noqa: S608
        "FROM frame JOIN inside USING (u)",
        values,
    )
    return columns


def _make_raw(
    connection: Any, experiment: str, asked: Sequence[str], timezone: str, bins: Mapping[str, Sequence[float]]
) -> None:
    """The table `raw`: r0, r1, ... as text, null where it is missing, by the unit's number."""
    first, columns, parameters = [], [], {"experiment": experiment}
    for i, name in enumerate(asked):
        if name in BUILT_IN[1:]:
            columns.append(f"{_clock(connection, name, timezone)} AS r{i}")
            continue
        if name == "placement":
            first.append(f"arg_min_null(nullif(placement, ''), timestamp) AS r{i}")
        else:
            parameters[f"path{i}"] = json_path(name)
            first.append(f"arg_min_null(json_extract_string(attributes, $path{i}), timestamp) AS r{i}")
        columns.append(f"{_binned(f'r{i}', bins[name])} AS r{i}" if name in bins else f"r{i}")
    inner = (
        f"JOIN (SELECT coalesce(user_id, session_id) AS unit, {', '.join(first)} FROM exposures_received "  # noqa: S608
        "WHERE experiment = $experiment GROUP BY unit) USING (unit)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE raw AS SELECT u, {', '.join(columns)} FROM arms {inner if first else ''}",  # noqa: S608
        parameters if first else {},
    )


def _conditions(asked: Sequence[str], within: Mapping[str, str | None]) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    for name, value in within.items():
        at = asked.index(name)
        parts.append(f"r{at} IS NULL" if value is None else f"r{at} = $within{at}")
        if value is not None:
            parameters[f"within{at}"] = value
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), parameters


def _ordered(attribute: str, bins: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    if attribute in bins:
        return tuple(_bin_names(bins[attribute]))
    return {"time_of_day": _TIMES, "weekday": _WEEKDAYS}.get(attribute, ())


def _largest(connection: Any, column: str, most: int) -> tuple[str, ...]:
    rows = connection.execute(
        f"SELECT {column} FROM inside WHERE {column} IS NOT NULL GROUP BY ALL "  # noqa: S608  # a name of our own
        f"ORDER BY count(*) DESC, {column} LIMIT {most}"
    ).fetchall()
    return tuple(value for (value,) in rows)


def _binned(column: str, edges: Sequence[float]) -> str:
    number, names = f"TRY_CAST({column} AS DOUBLE)", list(_bin_names(edges))
    cases = " ".join(f"WHEN {number} < {edge!r} THEN '{name}'" for edge, name in zip(edges, names, strict=False))
    return f"CASE WHEN isfinite({number}) THEN CASE {cases} ELSE '{names[-1]}' END END"


def _bin_names(edges: Sequence[float]) -> Iterator[str]:
    if not edges or any(not a < b for a, b in pairwise(edges)):
        raise InvalidInput(f"Bins at {list(edges)}.", hint="one edge or more, from small to large: 18, 30, 50.")
    yield f"below {edges[0]:g}"
    yield from (f"{a:g} to {b:g}" for a, b in pairwise(edges))
    yield f"{edges[-1]:g} and above"


def _clock(connection: Any, name: str, timezone: str) -> str:
    """The part of the day or of the week of `seen`, by the clocks of the time zone."""
    hours = f"((seen + {_offset(connection, timezone)}) // {_HOUR})"
    if name == "time_of_day":
        return f"[{', '.join(f'{chr(39)}{word}{chr(39)}' for word in _TIMES)}][({hours} % 24) // 6 + 1]"
    words = [*_WEEKDAYS[3:], *_WEEKDAYS[:3]]  # the first of January 1970 was a Thursday
    return f"[{', '.join(f'{chr(39)}{word}{chr(39)}' for word in words)}][({hours} // 24) % 7 + 1]"


def _offset(connection: Any, timezone: str) -> str:
    """Microseconds to add to UTC; by moment, where the clocks were changed on the way."""
    zone = ZoneInfo(timezone)
    row = connection.execute("SELECT min(seen), max(seen) FROM arms").fetchone()
    if timezone == "UTC" or row is None or row[0] is None:
        return "0"
    first, last = (_EPOCH + timedelta(microseconds=moment) for moment in row)
    at, steps = first.replace(minute=0, second=0, microsecond=0), list[tuple[datetime, int]]()
    while at <= last:
        offset = round((zone.utcoffset(at.astimezone(zone)) or timedelta()) / timedelta(microseconds=1))
        if not steps or steps[-1][1] != offset:
            steps.append((at, offset))
        at += timedelta(hours=1)
    cases = " ".join(
        f"WHEN seen < {round((at - _EPOCH) / timedelta(microseconds=1))} THEN {before}"
        for (_, before), (at, _) in pairwise(steps)
    )
    return f"(CASE {cases} ELSE {steps[-1][1]} END)" if cases else str(steps[-1][1])
