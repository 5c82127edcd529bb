"""Exposures x outcomes -> one number per unit and metric -> statistics per arm, in DuckDB.

A unit belongs to the variant it was exposed to; one that saw several is counted and left out. Its outcomes count
from its first exposure on, for as long as the metric's window says. A unit without outcomes counts with zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from expkit.analysis.distributions import arms_of
from expkit.analysis.exposed import make_arms
from expkit.analysis.hits import make_hits
from expkit.analysis.measures import Measure
from expkit.analysis.scan import scan
from expkit.analysis.sources import source_of
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.unit_columns import (
    UnitColumns,
    make_frame,
    make_totals,
    measure_of,
    microseconds,
    unit_columns,
)
from expkit.domain import Metric

__all__ = ["measured", "summarize"]


def summarize(
    connection: Any,
    metrics: Sequence[Metric],
    variants: Sequence[str],
    at: datetime | None,
    attributes: Sequence[str] = (),
    *,
    whole_by: datetime | None = None,
    moment: datetime | None = None,
    keep: Sequence[str] = (),
) -> list[dict[str, ArmStatistic]]:
    """The statistics of each metric, then of each attribute, by variant, for the units that `find_exposed` found.

    With `whole_by`, a metric's units count once their window is over by then, so that none of their values changes any
    more. `moment` is up to when days are counted: that of `at`, or now. `keep` are columns of `arms` that `frame` has.
    """
    make_arms(connection, variants)
    make_hits(connection, metrics, at)
    columns = unit_columns(metrics, microseconds(moment or at or datetime.now(UTC)))
    make_totals(connection, columns)
    return measured(connection, metrics, columns, variants, attributes, whole_by=whole_by, keep=keep)


def measured(
    connection: Any,
    metrics: Sequence[Metric],
    columns: UnitColumns,
    variants: Sequence[str],
    attributes: Sequence[str] = (),
    *,
    whole_by: datetime | None = None,
    keep: Sequence[str] = (),
) -> list[dict[str, ArmStatistic]]:
    """The same, of the tables `arms`, `hits` and `totals`."""
    until = microseconds(whole_by) if whole_by else None
    make_frame(connection, columns, attributes, until, keep)
    measures = [measure_of(i, metric, attributes) for i, metric in enumerate(metrics) if metric.per_unit]
    measures += [Measure(name, name, f"a{i}") for i, name in enumerate(attributes)]
    found = scan(source_of(connection, "frame"), "variant", measures, refuse=False) if measures else None
    scanned = found.of_variants(variants) if found else []
    for i, metric in enumerate(metrics):
        if not metric.per_unit:
            scanned.insert(i, arms_of(connection, i, metrics, variants, until))
    return scanned
