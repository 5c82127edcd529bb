"""The same metrics over tables that already exist, where they are: only sums by variant leave the warehouse.

One statement per look, in SQLAlchemy's expression language, which compiles it for whatever database the engine is of:
units from the exposures (first exposure, several variants), their outcomes within each metric's window, one number per
unit and metric, and of those the number, the sum and the sums of squares and products by variant, taken about the
values of a first, shorter statement so that they keep their digits. DuckDB speaks PostgreSQL's dialect here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.exposed import Exposed
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.warehouse_sums import read_sums
from expkit.analysis.warehouse_tables import GRAIN, ROLES, Tables, refuse_odd, table, unanswered
from expkit.analysis.warehouse_units import Frame, frame_of
from expkit.domain import Experiment, Metric
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["ROLES", "Asked", "Tables", "read_warehouse"]


class Asked(NamedTuple):
    """What left the warehouse: units by variant, by phase and variant; the statistics of each metric and covariate by
    variant.
    """

    exposed: Exposed
    by_phase: list[dict[str, int]]
    statistics: dict[str, dict[str, ArmStatistic]]
    before: dict[str, dict[str, ArmStatistic]]


def read_warehouse(
    ask: Any,
    experiment: Experiment,
    metrics: Sequence[Metric],
    tables: Tables,
    at: datetime | None,
    starts: Sequence[datetime] = (),
    *,
    moment: datetime,
    whole: bool = False,
) -> Asked:
    """`ask` runs a statement; `starts` are those of the phases, `moment` is that of the look. With `whole`, units count
    once their window is over by then.
    """
    refuse_odd(metrics, tables)
    _refuse_clusters(experiment, tables)
    variants = [variant.key for variant in experiment.variants]
    refused = {metric.key: told for metric in metrics if (told := unanswered(metric, tables)) is not None}
    asked = [metric for metric in metrics if metric.key not in refused]
    covariates = list(dict.fromkeys(metric.covariate for metric in asked if metric.covariate))
    units = _units(experiment.key, tables, at, covariates)
    exposed = _exposed(ask(_counted(units)), variants)
    statistics: dict[str, dict[str, ArmStatistic]] = {
        key: {variant: ArmStatistic(exposed.counts[variant], None, why=told) for variant in variants}
        for key, told in refused.items()
    }
    before: dict[str, dict[str, ArmStatistic]] = {}
    if asked:
        frame = frame_of(Frame(units, asked, tables, at, variants, covariates, moment, whole))
        found = read_sums(ask, frame, asked, covariates, variants)
        statistics |= dict(zip([metric.key for metric in asked], found, strict=False))
        before = dict(zip(covariates, found[len(asked) :], strict=True))
    return Asked(exposed, _by_phase(ask, units, starts, variants), statistics, before)


def _refuse_clusters(experiment: Experiment, tables: Tables) -> None:
    plan = experiment.plan
    if plan.rows != plan.randomised:
        raise InvalidInput(
            f"{experiment.key!r} analyses {plan.rows}s and randomises {plan.randomised}s, "
            "and errors of clusters are not asked of a warehouse.",
            hint="import the events, or analyse what was randomised.",
        )
    if not plan.of_users and not all("unit" in tables.columns.get(which, {}) for which in ("exposures", "outcomes")):
        raise InvalidInput(
            "The rows are sessions, and nothing says which column names them.",
            hint='columns={"exposures": {"unit": "session_id"}, "outcomes": {"unit": "session_id"}}.',
        )


def _units(key: str, tables: Tables, at: datetime | None, covariates: Sequence[str]) -> Any:
    """One row per unit: its variant, whether it saw several, its first and last exposure; a{j}, the covariates as it
    first came with them.
    """
    import sqlalchemy as sa

    seen = table(tables, "exposures", covariates)
    there = sa.and_(seen.c.unit.is_not(None), seen.c.variant.is_not(None))
    if tables.role("exposures", "experiment"):
        there = sa.and_(there, seen.c.experiment == key)
    if at is not None:
        there = sa.and_(there, seen.c.moment <= at.timestamp() + GRAIN)
    firsts = [_first(seen, seen.c[name]).label(f"a{j}") for j, name in enumerate(covariates)]
    rows: Any = sa.select(seen, *firsts).where(there).subquery("seen") if firsts else seen
    found = sa.select(
        rows.c.unit,
        sa.func.min(rows.c.variant).label("variant"),
        sa.func.max(rows.c.variant).label("other"),
        sa.func.min(rows.c.moment).label("first"),
        sa.func.max(rows.c.moment).label("last"),
        *(sa.func.min(rows.c[f"a{j}"]).label(f"a{j}") for j in range(len(covariates))),
    )
    return (found if firsts else found.where(there)).group_by(rows.c.unit).cte("units")


def _first(seen: Any, column: Any) -> Any:
    """The first of a unit's values that there is."""
    import sqlalchemy as sa

    missing = sa.case((column.is_(None), 1), else_=0)
    value = sa.cast(column, sa.Double)
    return sa.func.first_value(value).over(partition_by=seen.c.unit, order_by=(missing, seen.c.moment))


def _counted(units: Any) -> Any:
    import sqlalchemy as sa

    multiple = sa.case((units.c.variant != units.c.other, sa.literal_column("1")), else_=sa.literal_column("0"))
    return sa.select(
        multiple, units.c.variant, sa.func.count(), sa.func.min(units.c.first), sa.func.max(units.c.last)
    ).group_by(multiple, units.c.variant)


def _by_phase(ask: Any, units: Any, starts: Sequence[datetime], variants: Sequence[str]) -> list[dict[str, int]]:
    """Units of one variant by the phase in which they first came."""
    import sqlalchemy as sa

    zero: sa.ColumnElement[int] = sa.literal_column("0", sa.Integer)
    one: sa.ColumnElement[int] = sa.literal_column("1", sa.Integer)
    phase = sum((sa.case((units.c.first >= start.timestamp() - GRAIN, one), else_=zero) for start in starts[1:]), zero)
    placed = sa.select(phase.label("phase"), units.c.variant).where(units.c.variant == units.c.other).subquery()
    counts = [dict.fromkeys(variants, 0) for _ in starts]
    if len(starts) > 1:
        grouped = sa.select(placed.c.phase, placed.c.variant, sa.func.count()).group_by(*placed.c)
        for place, variant, n in ask(grouped):
            if variant in counts[int(place)]:
                counts[int(place)][variant] = int(n)
    return counts


def _exposed(rows: Sequence[Any], variants: Sequence[str]) -> Exposed:
    single = {row[1]: int(row[2]) for row in rows if not row[0]}
    return Exposed(
        counts={variant: single.get(variant, 0) for variant in variants},
        multiple=sum(int(row[2]) for row in rows if row[0]),
        strays={variant: n for variant, n in single.items() if variant not in variants},
        first=min((_utc(row[3]) for row in rows), default=None),
        last=max((_utc(row[4]) for row in rows), default=None),
    )


def _utc(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
