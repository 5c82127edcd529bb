"""The per-unit table: for every metric one number per unit, or two, aggregated from the unit's rows of `hits`.

Each column says how it is computed, how the values of two halves of a unit's events make that of all of them, and what
a unit has that did nothing. State kept per unit stands on this: only `merge` decides what may be brought forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from expkit.analysis.measures import Measure
from expkit.domain import Metric

__all__ = [
    "DAY",
    "END",
    "Merge",
    "UnitColumn",
    "UnitColumns",
    "make_scores",
    "measure_of",
    "microseconds",
    "unit_columns",
]

DAY = 86_400_000_000
"""In microseconds, like all times here."""
END = 2**62
"""Later than any moment."""

Merge = Literal["add", "any", "max", "least", ""]
"""Sum, boolean or, greatest, least of the two halves; "" needs every event again."""


class UnitColumn(NamedTuple):
    """One column: `sql` aggregates a unit's rows of `hits`, `zero` is what a unit has without any, both in SQL.

    Where `sql` is empty, `zero` says it all from the unit's own row of `arms`. After `window` microseconds from the
    first exposure the value does not change any more; None where it always may.
    """

    name: str
    sql: str
    merge: Merge
    zero: str
    window: int | None = None


class UnitColumns(NamedTuple):
    """The columns of all metrics, and the values of the parameters in their SQL."""

    columns: list[UnitColumn]
    parameters: dict[str, object]


def unit_columns(metrics: Sequence[Metric]) -> UnitColumns:
    """Column x{i} for each metric i, then d{i} for the denominator of a ratio."""
    columns: list[UnitColumn] = []
    parameters: dict[str, object] = {}
    for i, metric in enumerate(metrics):
        parameters |= {f"event{i}": metric.numerator_event, f"window{i}": _window(metric)}
        columns += _columns(i, metric, parameters)
    return UnitColumns(columns, parameters)


def make_scores(
    connection: Any,
    metrics: Sequence[Metric],
    attributes: Sequence[str],
    until: int | None = None,
    keep: Sequence[str] = (),
) -> None:
    """The table `frame`, one row per unit: the columns of all metrics, a{j} for each attribute.

    Null where the unit's window is not over by `until`. `keep` are columns of the units to have, too.
    """
    columns, parameters = unit_columns(metrics)
    asked = [f"{column.sql} AS {column.name}" for column in columns if column.sql]
    filled = [f"{_filled(column, until)} AS {column.name}" for column in columns]
    filled += [f"a{i}" for i in range(len(attributes))]
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE frame AS
        SELECT {", ".join(["variant", *keep, *filled])}
        FROM arms LEFT JOIN (SELECT {", ".join(["unit", *asked])} FROM hits GROUP BY unit) USING (unit)
        """,  # noqa: S608  # names of our own; values are parameters
        parameters,
    )


def measure_of(i: int, metric: Metric, attributes: Sequence[str]) -> Measure:
    """What is compared of metric i, by the columns of `frame`."""
    bottom = f"d{i}" if metric.kind == "ratio" else None
    covariates = (f"a{attributes.index(metric.covariate)}",) if metric.covariate in attributes else ()
    return Measure(metric.key, metric.title, f"x{i}", bottom, covariates=covariates)


def microseconds(at: datetime | None) -> int:
    """Since 1970; never, when empty."""
    return END if at is None else round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)


def _filled(column: UnitColumn, until: int | None) -> str:
    value = f"coalesce({column.name}, {column.zero})" if column.sql else column.zero
    if until is None or column.window is None:
        return value
    return f"CASE WHEN seen <= {until - column.window} THEN {value} END"


def _columns(i: int, metric: Metric, parameters: dict[str, object]) -> list[UnitColumn]:
    here = f"FILTER (event = $event{i} AND age <= $window{i})"
    counted, added = f"count(*) {here}", f"fsum(value) {here}"
    window = None if metric.window_days is None else _window(metric)
    match metric.kind:
        case "conversion":
            return [UnitColumn(f"x{i}", f"{counted} > 0", "any", "false", window)]
        case "count":
            return [UnitColumn(f"x{i}", counted, "add", "0", window)]
        case "sum":
            return [UnitColumn(f"x{i}", added, "add", "0", window)]
        case "ratio":
            parameters[f"bottom{i}"] = metric.denominator_event
            top = added if metric.measure == "value" else counted
            bottom = f"count(*) FILTER (event = $bottom{i} AND age <= $window{i})"
            return [UnitColumn(f"x{i}", top, "add", "0", window), UnitColumn(f"d{i}", bottom, "add", "0", window)]


def _window(metric: Metric) -> int:
    return END if metric.window_days is None else round(metric.window_days * DAY)
