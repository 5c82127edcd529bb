"""The per-unit table: for every metric one number per unit, or two, aggregated from the unit's rows of `hits`.

Each column says how it is computed, how the values of two halves of a unit's events make that of all of them, and what
a unit has that did nothing. State kept per unit stands on this: only `merge` decides what may be brought forward.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from expkit.analysis.hit_columns import DAY, HitColumns, hit_columns
from expkit.analysis.measures import Measure
from expkit.domain import ANY_EVENT, Metric

__all__ = [
    "DAY",
    "END",
    "Merge",
    "UnitColumn",
    "UnitColumns",
    "events_of",
    "make_frame",
    "make_totals",
    "measure_of",
    "microseconds",
    "unit_columns",
]

END = 2**62
"""Later than any moment."""

Merge = Literal["add", "any", "max", "least", "bits", ""]
"""Sum, boolean or, greatest, least, bitwise or of the two halves; "" needs every event again."""


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

    def with_(self, more: UnitColumns) -> UnitColumns:
        return UnitColumns([*self.columns, *more.columns], {**self.parameters, **more.parameters})

    def parameters_of(self, sql: str) -> dict[str, object]:
        """Those that a text names: DuckDB takes no others."""
        named = set(re.findall(r"\$(\w+)", sql))
        return {name: value for name, value in self.parameters.items() if name in named}


def unit_columns(metrics: Sequence[Metric], now: int | None = None) -> UnitColumns:
    """Column x{i} for each metric i, d{i} for the denominator of a ratio, c{i} and e{i} for what both were before.

    `now` is the moment up to which days are counted, where they are: the present one, when empty.
    """
    asked = hit_columns(metrics)
    parameters: dict[str, object] = {}
    if any(metric.per == "day" for metric in metrics):
        parameters["now"] = microseconds(datetime.now(UTC)) if now is None else now
    columns = [
        column for i, metric in enumerate(metrics) for column in _Columns(i, metric, asked, parameters).of_metric()
    ]
    return UnitColumns(columns, parameters)


def events_of(i: int, metrics: Sequence[Metric]) -> tuple[str, dict[str, object], int | None]:
    """Which rows of `hits` a metric counts, the values of the parameters in that, and its window."""
    metric, parameters = metrics[i], dict[str, object]()
    columns = _Columns(i, metric, hit_columns(metrics), parameters)
    here = columns.here(f"event{i}", metric.numerator_event, metric.where)
    return here, columns.with_window(), columns.window


def make_totals(connection: Any, asked: UnitColumns) -> None:
    """The table `totals`: every column that is aggregated, for the units that have `hits`."""
    wanted = ", ".join(["u", *(f"{column.sql} AS {column.name}" for column in asked.columns if column.sql)])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE totals AS SELECT {wanted} FROM hits GROUP BY u",  # noqa: S608  # our names
        asked.parameters_of(wanted),
    )


def make_frame(
    connection: Any,
    asked: UnitColumns,
    attributes: Sequence[str],
    until: int | None = None,
    keep: Sequence[str] = (),
) -> None:
    """The table `frame`, one row per unit of `arms`: the columns of all metrics, a{j} for each attribute.

    Null where the unit's window is not over by `until`. `keep` are columns of the units to have, too.
    """
    filled = [f"{_filled(column, until)} AS {column.name}" for column in asked.columns]
    wanted = ", ".join(["variant", *keep, *filled, *(f"a{i}" for i in range(len(attributes)))])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE frame AS SELECT {wanted} FROM arms LEFT JOIN totals USING (u)",  # noqa: S608
        asked.parameters_of(wanted),
    )


def measure_of(i: int, metric: Metric, attributes: Sequence[str]) -> Measure:
    """What is compared of metric i, by the columns of `frame`."""
    bottom = f"d{i}" if metric.kind == "ratio" else None
    covariates = [f"a{attributes.index(metric.covariate)}"] if metric.covariate in attributes else []
    if metric.covariate_days is not None:
        covariates += [f"c{i}", f"e{i}"] if bottom and metric.per != "day" else [f"c{i}"]
    return Measure(
        metric.key, metric.title, f"x{i}", bottom,
        covariates=tuple(covariates), cap=metric.cap, quantile=metric.winsorize,
    )  # fmt: skip


def microseconds(at: datetime | None) -> int:
    """Since 1970; never, when empty."""
    return END if at is None else round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)


def _filled(column: UnitColumn, until: int | None) -> str:
    value = f"coalesce({column.name}, {column.zero})" if column.sql else column.zero
    if until is None or column.window is None:
        return value
    return f"CASE WHEN seen <= {until - column.window} THEN {value} END"


class _Columns(NamedTuple):
    """The columns of one metric."""

    i: int
    metric: Metric
    asked: HitColumns
    parameters: dict[str, object]

    @property
    def window(self) -> int | None:
        return None if self.metric.window_days is None else _span(self.metric.window_days)

    def with_window(self) -> dict[str, object]:
        self.parameters[f"window{self.i}"] = END if self.window is None else self.window
        return self.parameters

    def of_metric(self) -> Iterator[UnitColumn]:
        metric, i = self.metric, self.i
        self.with_window()
        yield self._top()._replace(window=self.window)
        if metric.kind == "ratio":
            yield self._bottom()._replace(window=self.window)
        if metric.covariate_days is not None:
            before = f"age < 0 AND age >= {-_span(metric.covariate_days)}"
            yield self._top(before)._replace(name=f"c{i}")
            if metric.kind == "ratio" and metric.per != "day":  # so many days are the same for all
                yield self._bottom(before)._replace(name=f"e{i}")

    def _top(self, span: str = "") -> UnitColumn:
        metric, name = self.metric, f"x{self.i}"
        here = self._filter(f"event{self.i}", metric.numerator_event, metric.where, span)
        counted = f"count(*) {here}"
        match metric.kind:
            case "conversion":
                if span:  # a covariate is a number
                    return UnitColumn(name, f"({counted} > 0)::INTEGER", "max", "0")
                return UnitColumn(name, f"{counted} > 0", "any", "false")
            case "quantile" | "evenness":
                return UnitColumn(name, counted, "", "0")
        if metric.measure == "bounce":
            single = f"list_filter(map_values(histogram(session) {here}), lambda events: events = 1)"
            return UnitColumn(name, f"len({single})", "", "0")
        if metric.kind == "count" or metric.measure == "count":
            return UnitColumn(name, counted, "add", "0")
        value = self.asked.number(metric.property) if metric.property else "value"
        return UnitColumn(name, f"fsum({value}) {here}", "add", "0")

    def _bottom(self, span: str = "") -> UnitColumn:
        metric, i, name = self.metric, self.i, f"d{self.i}"
        if metric.per == "day":
            since, until = _span(metric.start_days or 0), f"least($window{i}, $now - seen)"
            return UnitColumn(name, "", "", f"greatest({until} - {since}, 0) / {DAY}.0")
        here = self._filter(f"bottom{i}", metric.denominator_event, metric.condition_below, span)
        if metric.per == "session":
            return UnitColumn(name, f"count(DISTINCT session) {here}", "", "0")
        return UnitColumn(name, f"count(*) {here}", "add", "0")

    def _filter(self, parameter: str, event: str, condition: Mapping[str, Any], span: str) -> str:
        return f"FILTER ({self.here(parameter, event, condition, span)})"

    def here(self, parameter: str, event: str, condition: Mapping[str, Any], span: str = "") -> str:
        """Which rows of `hits` count."""
        metric, parts = self.metric, []
        if event != ANY_EVENT:
            self.parameters[parameter] = event
            parts.append(f"event = ${parameter}")
        elif self.asked.calls:
            calls = ", ".join(f"'{call}'" for call in self.asked.calls)
            parts.append(f"event NOT IN ({calls})")
        parts.append(span or self._after())
        if condition:
            parts.append(self.asked.met(condition))
        if metric.property and event == metric.numerator_event:
            asked = self.asked.kind if metric.kind == "evenness" else self.asked.number
            parts.append(f"{asked(metric.property)} IS NOT NULL")
        if metric.per == "session":
            parts.append("session IS NOT NULL")
        return " AND ".join(parts)

    def _after(self) -> str:
        metric, since = self.metric, f"age <= $window{self.i}"
        if metric.start_days is not None:
            return f"{since} AND age >= {_span(metric.start_days)}"
        return f"{since} AND age >= 0" if self.asked.before else since


def _span(days: float) -> int:
    return round(days * DAY)
