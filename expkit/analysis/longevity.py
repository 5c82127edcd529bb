"""Does the primary metric's effect last? Each unit's slope over its first days, arm by arm, in DuckDB.

A slope is a weighted sum over days, so that it follows from the sum of a unit's amounts and the sum of amount x day;
what happens at most once a day is kept as one bit per day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from expkit.analysis.hit_columns import DAY
from expkit.analysis.unit_columns import UnitColumn, UnitColumns, events_of
from expkit.domain import Experiment, Metric
from expkit.stats import Check, Summary, check_novelty
from expkit.stats.longevity import ALPHA, day_weights

__all__ = ["check_lasting", "lasting_columns"]

DAYS = (14, 7, 3)
"""As many days as enough units have been there for."""
LEAST = 100
_AMOUNTS = {"count": "1", "sum": "value"}


def lasting_columns(metric: Metric, metrics: Sequence[Metric]) -> UnitColumns:
    """What the check needs of each unit; nothing for a ratio and the like, or where the first days do not count."""
    if metric.kind not in {"conversion", "count", "sum"} or metric.start_days:
        return UnitColumns([], {})
    here, parameters, _ = events_of(metrics.index(metric), metrics)
    columns = [UnitColumn("late", "greatest(max(age), 0)", "max", "0")]
    if metric.kind == "conversion":
        days = f"bit_or(1 << least(greatest(age // {DAY}, 0), {max(DAYS)})::INTEGER)"
        columns.append(UnitColumn("days", f"{days} FILTER ({here} AND age < {max(DAYS) * DAY})", "bits", "0"))
    else:
        value = _value(metric, metrics)
        for most in DAYS:
            rows = f"FILTER ({here} AND age < {most * DAY})"
            columns.append(UnitColumn(f"amount{most}", f"fsum({value}) {rows}", "add", "0"))
            columns.append(UnitColumn(f"moved{most}", f"fsum({value} * (age // {DAY})) {rows}", "add", "0"))
    return UnitColumns(columns, parameters)


def check_lasting(connection: Any, experiment: Experiment, asked: UnitColumns) -> tuple[Check, ...]:
    """One check per treatment, of units that were seen long enough before the log ends; none where it is too early.

    Stands on the tables `arms` and `totals`.
    """
    metric, control = experiment.primary_metric, experiment.control.key
    treatments = [variant.key for variant in experiment.treatments]
    if not asked.columns:
        return ()
    (end,) = connection.execute("SELECT max(seen + coalesce(late, 0)) FROM arms LEFT JOIN totals USING (u)").fetchone()
    days = _days(connection, metric, [control, *treatments], end or 0)
    if not days:
        return ()
    slopes = dict(_slopes(connection, metric, days, (end or 0) - days * DAY))
    found = []
    for variant in treatments:
        check = check_novelty(slopes[control], slopes[variant], alpha=ALPHA / len(treatments))
        if isinstance(check, Check):
            found.append(replace(check, detail=f"{variant}, first {days} days: {check.detail}"))
    return tuple(found)


def _days(connection: Any, metric: Metric, variants: Sequence[str], end: int) -> int:
    settled = ", ".join(f"count(*) FILTER (seen <= {end - days * DAY})" for days in DAYS)
    rows = connection.execute(f"SELECT variant, {settled} FROM arms GROUP BY variant").fetchall()  # noqa: S608  # numbers
    counts = {variant: dict(zip(DAYS, units, strict=True)) for variant, *units in rows}
    for days in DAYS:
        whole = metric.window_days is None or days <= metric.window_days
        if whole and all(counts.get(variant, {}).get(days, 0) >= LEAST for variant in variants):
            return days
    return 0


def _slopes(connection: Any, metric: Metric, days: int, until: int) -> Iterator[tuple[str, Summary]]:
    weights = [float(one) for one in day_weights(days)]
    if metric.kind == "conversion":
        slope = " + ".join(f"{weight!r} * ((days >> {day}) & 1)" for day, weight in enumerate(weights))
    else:
        slope = f"moved{days} * {weights[1] - weights[0]!r} + amount{days} * {weights[0]!r}"
    rows = connection.execute(
        f"SELECT variant, count(*), avg(slope), var_samp(slope) FROM ("  # noqa: S608  # numbers and words of our own
        f"SELECT variant, coalesce({slope}, 0) AS slope FROM arms LEFT JOIN totals USING (u) WHERE seen <= {until}"
        ") GROUP BY variant"
    ).fetchall()
    for variant, n, mean, var in rows:
        yield variant, Summary(int(n), float(mean), float(var or 0.0))


def _value(metric: Metric, metrics: Sequence[Metric]) -> str:
    from expkit.analysis.hit_columns import hit_columns

    return hit_columns(metrics).number(metric.property) if metric.property else _AMOUNTS[metric.kind]
