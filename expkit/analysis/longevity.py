"""Does the primary metric's effect last? Each unit's slope over its first days, arm by arm, in DuckDB.

A slope is a weighted sum over days, so that it follows from the sum of a unit's amounts and the sum of amount x day;
what happens at most once a day is kept as one bit per day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from expkit.analysis.hit_columns import DAY
from expkit.analysis.unit_columns import UnitColumn, UnitColumns, events_of
from expkit.domain import Experiment, Metric
from expkit.stats import Check, Summary, check_novelty
from expkit.stats.longevity import ALPHA, day_weights

__all__ = ["DAYS", "check_lasting", "check_slopes", "lasting_columns", "slopes_of"]

DAYS = (14, 7, 3)
"""As many days as enough units have been there for."""
LEAST = 100
_AMOUNTS = {"count": "1", "sum": "value"}

Slopes = Sequence[tuple[str, int, float, float | None]]


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


def slopes_of(metric: Metric, asked: UnitColumns) -> list[str]:
    """A unit's slope over each number of days, in SQL; nothing where nothing is asked."""
    return [_slope(metric, days) for days in DAYS] if asked.columns else []


def check_lasting(connection: Any, experiment: Experiment, asked: UnitColumns) -> tuple[Check, ...]:
    """One check per treatment, of units that were seen long enough before the log ends; none where it is too early.

    Stands on the tables `arms`, `totals` and `tallies`.
    """
    if not asked.columns:
        return ()
    (end,) = connection.execute("SELECT max(seen + coalesce(late, 0)) FROM arms LEFT JOIN totals USING (u)").fetchone()

    def slopes(days: int, until: int) -> Slopes:
        slope = _slope(experiment.primary_metric, days)
        found: Slopes = connection.execute(
            f"SELECT variant, count(*), avg(slope), var_samp(slope) FROM ("  # noqa: S608  # numbers and words of our own
            f"SELECT variant, coalesce({slope}, 0) AS slope FROM arms LEFT JOIN totals USING (u) WHERE seen <= {until}"
            ") GROUP BY variant"
        ).fetchall()
        return found

    return check_slopes(connection, experiment, end or 0, slopes)


def check_slopes(
    connection: Any, experiment: Experiment, end: int, slopes: Callable[[int, int], Slopes]
) -> tuple[Check, ...]:
    """The same for slopes from elsewhere: by variant the number of units, mean and variance of the slope over so many
    days, of units seen until a moment.
    """
    treatments = [variant.key for variant in experiment.treatments]
    days = _days(connection, experiment.primary_metric, [experiment.control.key, *treatments], end)
    if not days:
        return ()
    found = {variant: Summary(int(n), mean, var or 0.0) for variant, n, mean, var in slopes(days, end - days * DAY)}
    checks = []
    for variant in treatments:
        check = check_novelty(found[experiment.control.key], found[variant], alpha=ALPHA / len(treatments))
        if isinstance(check, Check):
            checks.append(replace(check, detail=f"{variant}, first {days} days: {check.detail}"))
    return tuple(checks)


def _days(connection: Any, metric: Metric, variants: Sequence[str], end: int) -> int:
    settled = ", ".join(f"sum(n) FILTER (seen <= {end - days * DAY})" for days in DAYS)
    rows = connection.execute(
        f"SELECT variant, {settled} FROM tallies WHERE NOT multiple GROUP BY variant"  # noqa: S608  # numbers
    ).fetchall()
    counts = {variant: dict(zip(DAYS, units, strict=True)) for variant, *units in rows}
    for days in DAYS:
        whole = metric.window_days is None or days <= metric.window_days
        if whole and all((counts.get(variant, {}).get(days) or 0) >= LEAST for variant in variants):
            return days
    return 0


def _slope(metric: Metric, days: int) -> str:
    weights = [float(one) for one in day_weights(days)]
    if metric.kind == "conversion":
        return " + ".join(f"{weight!r}::DOUBLE * ((days >> {day}) & 1)" for day, weight in enumerate(weights))
    return f"moved{days} * {weights[1] - weights[0]!r}::DOUBLE + amount{days} * {weights[0]!r}::DOUBLE"


def _value(metric: Metric, metrics: Sequence[Metric]) -> str:
    from expkit.analysis.hit_columns import hit_columns

    return hit_columns(metrics).number(metric.property) if metric.property else _AMOUNTS[metric.kind]
