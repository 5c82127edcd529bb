"""The same metrics over tables that already exist, where they are: only sums by variant leave the warehouse.

One statement per look, in SQLAlchemy's expression language, which compiles it for whatever database the engine is of:
units from the exposures (first exposure, several variants), their outcomes within each metric's window, one number per
unit and metric, and of those the number, the sum and the sums of squares and products by variant, taken about the
values of a first, shorter statement so that they keep their digits. DuckDB speaks PostgreSQL's dialect here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.exposed import Exposed
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.sums import close_value
from expkit.domain import Experiment, Metric
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Covariates, Summary

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["ROLES", "Asked", "Tables", "read_warehouse"]

ROLES: dict[str, dict[str, str]] = {
    "exposures": {"unit": "user_id", "variant": "variant", "experiment": "experiment", "timestamp": "timestamp"},
    "outcomes": {
        "unit": "user_id", "event": "event", "value": "value", "timestamp": "timestamp", "event_id": "event_id",
    },
}  # fmt: skip
"""What a table has to say, and the column that says it when nothing else is told. None where there is no such column:
all exposures are then of this experiment, each outcome counts 1, and no outcome is there twice."""
_OPTIONAL = {"experiment", "value", "event_id"}
GRAIN = 5e-7  # half a microsecond: seconds are floating on some databases


class Tables(NamedTuple):
    """The two tables, by name or as `schema.name`, and the columns for each role."""

    exposures: str
    outcomes: str
    columns: Mapping[str, Mapping[str, str | None]]

    def role(self, table: str, role: str) -> str | None:
        return {**ROLES[table], **self.columns.get(table, {})}[role]


class Asked(NamedTuple):
    """What left the warehouse: units by variant, by phase and variant, and the statistics of each metric by variant."""

    exposed: Exposed
    by_phase: list[dict[str, int]]
    statistics: dict[str, dict[str, ArmStatistic]]


def read_warehouse(
    ask: Any,
    experiment: Experiment,
    metrics: Sequence[Metric],
    tables: Tables,
    at: datetime | None,
    starts: Sequence[datetime] = (),
) -> Asked:
    """`ask` runs a statement; `starts` are those of the phases."""
    import sqlalchemy as sa

    _refuse_odd(metrics, tables)
    variants = [variant.key for variant in experiment.variants]
    units = _units(experiment.key, tables, at)
    exposed = _exposed(ask(_counted(units)), variants)
    frame, names = _frame(units, metrics, tables, at, variants)
    columns = [frame.c[name] for name in names]
    spread = [one for column in columns for one in (sa.func.avg(column), sa.func.avg(column * column))]
    rough = [float(value or 0.0) for value in ask(sa.select(*spread))[0]]
    shifts = dict(zip(names, map(_shift, rough[::2], rough[1::2]), strict=True))
    asked = [frame.c.variant, sa.func.count()]
    for pair in _pairs(metrics):
        asked += [term for number in pair for term in [sa.func.sum(frame.c[number] - shifts[number])]]
        asked += [
            sa.func.sum((frame.c[one] - shifts[one]) * (frame.c[other] - shifts[other]))
            for place, one in enumerate(pair)
            for other in pair[place:]
        ]
    found = {row[0]: list(row[1:]) for row in ask(sa.select(*asked).group_by(frame.c.variant))}
    statistics: dict[str, dict[str, ArmStatistic]] = {metric.key: {} for metric in metrics}
    for variant in variants:
        n, *sums = found.get(variant, [0])
        rest: Iterator[Any] = iter(sums)
        for metric, pair in zip(metrics, _pairs(metrics), strict=True):
            statistics[metric.key][variant] = _statistic(metric, int(n), rest, [shifts[name] for name in pair])
    return Asked(exposed, _by_phase(ask, units, starts, variants), statistics)


def _refuse_odd(metrics: Sequence[Metric], tables: Tables) -> None:
    for table, given in tables.columns.items():
        if table not in ROLES:
            raise UnknownName.among("table", table, ROLES)
        for role, column in given.items():
            if role not in ROLES[table]:
                raise UnknownName.among("column", role, ROLES[table], f"what {table} have to say")
            if column is None and role not in _OPTIONAL:
                raise InvalidInput(f"The {table} need a column for {role!r}.", hint="name it.")
    for metric in metrics:
        if metric.covariate or any(
            name.startswith("trace.") for name in (metric.numerator_event, metric.denominator_event)
        ):
            raise InvalidInput(
                f"Metric {metric.key!r} asks for a covariate or for model calls, which no warehouse is asked for yet.",
                hint="take it out, or import the events.",
            )


def _table(tables: Tables, which: str) -> Any:
    """The columns of the roles, under the roles' names; `moment` is the time as seconds since 1970."""
    import sqlalchemy as sa

    from expkit.analysis.dialects import Epoch

    schema, _, name = getattr(tables, which).rpartition(".")
    found = {role: tables.role(which, role) for role in ROLES[which]}
    bare = sa.table(name, *(sa.column(column) for column in set(found.values()) if column), schema=schema or None)
    there = [bare.c[column].label(role) for role, column in found.items() if column and role != "timestamp"]
    return sa.select(*there, Epoch(bare.c[str(found["timestamp"])]).label("moment")).subquery(which)


def _units(key: str, tables: Tables, at: datetime | None) -> Any:
    """One row per unit: its variant, whether it saw several, its first and last exposure."""
    import sqlalchemy as sa

    seen = _table(tables, "exposures")
    found = sa.select(
        seen.c.unit,
        sa.func.min(seen.c.variant).label("variant"),
        sa.func.max(seen.c.variant).label("other"),
        sa.func.min(seen.c.moment).label("first"),
        sa.func.max(seen.c.moment).label("last"),
    ).where(seen.c.unit.is_not(None), seen.c.variant.is_not(None))
    if tables.role("exposures", "experiment"):
        found = found.where(seen.c.experiment == key)
    if at is not None:
        found = found.where(seen.c.moment <= at.timestamp() + GRAIN)
    return found.group_by(seen.c.unit).cte("units")


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


def _frame(
    units: Any, metrics: Sequence[Metric], tables: Tables, at: datetime | None, variants: Sequence[str]
) -> tuple[Any, list[str]]:
    """One row per unit of one variant, with a number for every name; zero where the unit did nothing."""
    import sqlalchemy as sa

    hits = _hits(units, metrics, tables, at)
    named: dict[str, Any] = {}
    for i, metric in enumerate(metrics):
        here = _within(hits, metric, metric.numerator_event)
        one = sa.case((here, 1.0), else_=0.0)
        value = sa.case((here, hits.c.value), else_=0.0)
        adds = metric.kind == "sum" or (metric.kind == "ratio" and metric.measure == "value")
        named[f"x{i}"] = sa.func.max(one) if metric.kind == "conversion" else sa.func.sum(value if adds else one)
        if metric.kind == "ratio":
            below = _within(hits, metric, metric.denominator_event)
            named[f"d{i}"] = sa.func.sum(sa.case((below, 1.0), else_=0.0))
    totals = (
        sa.select(hits.c.unit, *(sa.cast(value, sa.Double).label(name) for name, value in named.items()))
        .group_by(hits.c.unit)
        .cte("totals")
    )
    filled = [sa.func.coalesce(totals.c[name], sa.literal(0.0, sa.Double)).label(name) for name in named]
    frame = (
        sa.select(units.c.variant, *filled)
        .select_from(units.outerjoin(totals, units.c.unit == totals.c.unit))
        .where(units.c.variant == units.c.other, units.c.variant.in_(list(variants)))
    )
    return frame.cte("frame"), list(named)


def _hits(units: Any, metrics: Sequence[Metric], tables: Tables, at: datetime | None) -> Any:
    """The outcomes that may count, each id once: those from the unit's first exposure on."""
    import sqlalchemy as sa

    done = _table(tables, "outcomes")
    events = sorted({event for metric in metrics for event in (metric.numerator_event, metric.denominator_event)})
    value = done.c.value if tables.role("outcomes", "value") else sa.literal(1.0, sa.Double)
    picked = [units.c.unit, done.c.event, value.label("value"), units.c.first, done.c.moment]
    if tables.role("outcomes", "event_id"):
        order = sa.func.row_number().over(partition_by=done.c.event_id, order_by=(done.c.moment, units.c.unit))
        picked.append(order.label("turn"))
    found = (
        sa.select(*picked)
        .select_from(done.join(units, done.c.unit == units.c.unit))
        .where(done.c.event.in_(events), done.c.moment >= units.c.first)
    )
    if at is not None:
        found = found.where(done.c.moment <= at.timestamp() + GRAIN)
    every = found.cte("hits")
    if "turn" not in every.c:
        return every
    return sa.select(every).where(every.c.turn == 1).cte("once")


def _within(hits: Any, metric: Metric, event: str) -> Any:
    import sqlalchemy as sa

    if metric.window_days is None:
        return hits.c.event == event
    return sa.and_(hits.c.event == event, hits.c.moment - hits.c.first <= metric.window_days * 86_400.0 + GRAIN)


def _pairs(metrics: Sequence[Metric]) -> list[list[str]]:
    return [[f"x{i}", f"d{i}"] if metric.kind == "ratio" else [f"x{i}"] for i, metric in enumerate(metrics)]


def _shift(mean: float, square: float) -> float:
    return close_value(mean, max(square - mean * mean, 0.0) ** 0.5)


def _statistic(metric: Metric, n: int, sums: Iterator[Any], shifts: Sequence[float]) -> ArmStatistic:
    if not n:
        return ArmStatistic(0, Summary(0, 0.0, 0.0), 0, ratio=metric.kind == "ratio")
    totals = [float(next(sums) or 0.0) for _ in shifts]
    squares = {(i, j): float(next(sums) or 0.0) for i in range(len(shifts)) for j in range(i, len(shifts))}
    summary = Summary.from_sums(n, totals[0], squares[0, 0], shifts[0])
    if metric.kind == "conversion":
        return ArmStatistic(n, summary, round(totals[0] + n * shifts[0]))
    if metric.kind != "ratio":
        return ArmStatistic(n, summary)
    below = Summary.from_sums(n, totals[1], squares[1, 1], shifts[1])
    cov = (squares[0, 1] - totals[0] * totals[1] / n) / max(n - 1, 1)
    covariates = Covariates((below.mean,), ((below.var,),), (cov,), (below.low,))
    return ArmStatistic(n, Summary(n, summary.mean, summary.var, covariates, summary.low), ratio=True)


def _utc(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
