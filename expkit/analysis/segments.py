"""Which segment a sample ratio mismatch comes from: one attribute of the exposures, or column of a frame, at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from expkit.analysis.columns import text
from expkit.analysis.exposed import json_path
from expkit.analysis.groups import Grouping
from expkit.analysis.sources import Source
from expkit.stats import SRM_ALPHA, Check, SegmentRatio, blame_srm

__all__ = ["find_culprit", "find_culprit_among", "told"]

MAX_ATTRIBUTES = 30
MAX_VALUES = 50
"""An attribute with more values than this is a number or an id, and makes no segments."""

_FIRST = """
    CREATE OR REPLACE TEMP TABLE firsts AS
    SELECT arms.unit, any_value(arms.variant) AS variant, arg_min(attributes, timestamp) AS attributes,
           arg_min(placement, timestamp) AS placement, CAST(min(timestamp) AS DATE)::VARCHAR AS day
    FROM exposures_received JOIN arms ON arms.unit = coalesce(user_id, session_id)
    WHERE experiment = $experiment GROUP BY arms.unit
"""


Rows = Sequence[tuple[Any, ...]]
"""Value, variant, units."""


class _Part(NamedTuple):
    attribute: str
    found: SegmentRatio


def find_culprit(connection: Any, experiment: str, shares: Mapping[str, float]) -> str:
    """The segment without which the shares fit best, in words; empty where no segment stands out.

    Looked at are the exposures' attributes, their placement and the day, as each unit first came.
    """
    connection.execute(_FIRST, {"experiment": experiment})
    return _most_to_blame(_exposed(connection), shares)


def find_culprit_among(source: Source, grouping: Grouping, segments: Sequence[str], shares: Mapping[str, float]) -> str:
    """The same for the columns of a frame; `grouping` says what was randomised."""
    what = "count(*)" if grouping.cluster is None else f"count(DISTINCT {text(grouping.cluster)})"
    return _most_to_blame(
        (
            (
                segment,
                source.ask(
                    f"SELECT {text(segment)} AS value, {grouping.there()} AS v, {what} FROM frame "  # noqa: S608
                    "WHERE v IS NOT NULL GROUP BY ALL ORDER BY ALL"
                ),
            )
            for segment in segments
        ),
        shares,
    )


def told(checks: Iterable[Check], culprit: str) -> tuple[Check, ...]:
    """The checks with their culprit, where there is one."""
    return tuple(replace(check, detail=f"{check.detail}; {culprit}") if culprit else check for check in checks)


def _most_to_blame(counted: Iterable[tuple[str, Rows]], shares: Mapping[str, float]) -> str:
    parts = list(_parts(counted, shares))
    alarming = [part for part in parts if part.found.p_value * len({one.attribute for one in parts}) < SRM_ALPHA]
    if not alarming:
        return ""
    attribute, found = max(alarming, key=lambda part: (part.found.p_without, part.found.statistic))
    rest = "without it the shares fit" if found.p_without >= SRM_ALPHA else "without it they still do not fit"
    return (
        f"most to blame: {attribute} {found.segment!r} with {found.units:,} units, {found.detail}; "
        f"{rest} (p = {found.p_without:.2g})"
    )


def _parts(counted: Iterable[tuple[str, Rows]], shares: Mapping[str, float]) -> Iterator[_Part]:
    for attribute, rows in counted:
        counts: dict[str, dict[str, int]] = {}
        for value, variant, n in rows:
            counts.setdefault("missing" if value is None else str(value), dict.fromkeys(shares, 0))[variant] = n
        if 1 < len(counts) <= MAX_VALUES:
            found = blame_srm(counts, shares)
            yield from (_Part(attribute, one) for one in (found if isinstance(found, tuple) else ()))


def _exposed(connection: Any) -> Iterator[tuple[str, Rows]]:
    for attribute, sql, parameters in _attributes(connection):
        query = f"SELECT {sql} AS value, variant, count(*) FROM firsts GROUP BY ALL ORDER BY ALL"  # noqa: S608
        yield attribute, connection.execute(query, parameters).fetchall()


def _attributes(connection: Any) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, SQL and parameters of what units are told apart by; attributes as the first units have them."""
    yield "placement", "placement", {}
    yield "day", "day", {}
    names: dict[str, None] = {}
    for (attributes,) in connection.execute("SELECT attributes FROM firsts ORDER BY hash(unit) LIMIT 1000").fetchall():
        names |= dict.fromkeys(json.loads(attributes or "{}"))
    for name in list(names)[:MAX_ATTRIBUTES]:
        yield name, "json_extract_string(attributes, $path)", {"path": json_path(name)}
