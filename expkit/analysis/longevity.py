"""Does the primary metric's effect last? Each unit's slope over its first days, arm by arm, in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from expkit.analysis.estimates import metrics_of
from expkit.analysis.hit_columns import hit_columns
from expkit.analysis.unit_columns import events_of
from expkit.domain import Experiment, Metric
from expkit.stats import Check, Summary, check_novelty
from expkit.stats.longevity import ALPHA, day_weights

__all__ = ["check_lasting"]

DAYS = (14, 7, 3)
"""As many days as enough units have been there for."""
LEAST = 100
_DAY = 86_400_000_000


def check_lasting(connection: Any, experiment: Experiment) -> tuple[Check, ...]:
    """One check per treatment, of units that were seen long enough before the log ends; none too early, or for a metric
    that does not add up from day to day: a ratio, a quantile, one that starts later.

    Stands on the tables that `summarize` made.
    """
    metrics, control = metrics_of(experiment), experiment.control.key
    metric = metrics[0]
    treatments = [variant.key for variant in experiment.treatments]
    if metric.kind not in ("conversion", "count", "sum") or metric.start_days is not None:
        return ()
    days = _days(connection, metric, [control, *treatments])
    if not days:
        return ()
    slopes = dict(_slopes(connection, metrics, days))
    found = []
    for variant in treatments:
        check = check_novelty(slopes[control], slopes[variant], alpha=ALPHA / len(treatments))
        if isinstance(check, Check):
            found.append(replace(check, detail=f"{variant}, first {days} days: {check.detail}"))
    return tuple(found)


def _days(connection: Any, metric: Metric, variants: Sequence[str]) -> int:
    (end,) = connection.execute("SELECT max(moment) FROM (SELECT max(seen) AS moment FROM arms UNION ALL "
                                "SELECT max(seen + age) FROM hits JOIN arms USING (u))").fetchone()  # fmt: skip
    for days in DAYS:
        if metric.window_days is not None and days > metric.window_days:
            continue
        rows = connection.execute(
            "SELECT variant, count(*) FROM arms WHERE seen <= $until GROUP BY ALL",
            {"until": (end or 0) - days * _DAY},
        ).fetchall()
        counts = dict(rows)
        if all(counts.get(variant, 0) >= LEAST for variant in variants):
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE settled AS SELECT u, variant FROM arms WHERE seen <= $until",
                {"until": (end or 0) - days * _DAY},
            )
            return days
    return 0


def _slopes(connection: Any, metrics: Sequence[Metric], days: int) -> Iterator[tuple[str, Summary]]:
    """Of the first metric."""
    counts, parameters, _ = events_of(0, metrics)
    added = hit_columns(metrics).number(metrics[0].property) if metrics[0].property else "value"
    value = {"conversion": "1.0", "count": "count(*)", "sum": f"fsum({added})"}[metrics[0].kind]
    rows = connection.execute(
        f"""
        SELECT variant, count(*), avg(slope), var_samp(slope) FROM (
            SELECT settled.variant, u, coalesce(fsum(amount * weight), 0) AS slope
            FROM settled LEFT JOIN (
                SELECT u, age // {_DAY} AS day, {value} AS amount FROM hits
                WHERE {counts} AND age < {days * _DAY} GROUP BY ALL
            ) USING (u) LEFT JOIN (
                SELECT unnest(range({days})) AS day, unnest($weights) AS weight
            ) USING (day) GROUP BY ALL
        ) GROUP BY variant
        """,  # noqa: S608  # numbers and words of our own
        {**parameters, "weights": day_weights(days).tolist()},
    ).fetchall()
    for variant, n, mean, var in rows:
        yield variant, Summary(int(n), float(mean), float(var or 0.0))
