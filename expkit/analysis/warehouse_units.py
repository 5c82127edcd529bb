"""One number per unit and metric of a warehouse's tables, as a statement: x{i}, d{i}, c{i}, e{i} as of a log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from expkit.analysis.hit_columns import CALLS
from expkit.analysis.warehouse_conditions import holds
from expkit.analysis.warehouse_tables import GRAIN, ROLE_OF, ROLES, Tables, asks_of, columns_of, roles_of, table
from expkit.domain import ANY_EVENT, Metric

__all__ = ["Frame", "frame_of"]

_DAY = 86_400.0


class Frame(NamedTuple):
    """What is asked: the units (a CTE), the metrics, up to when, and whether windows have to be over at the moment."""

    units: Any
    metrics: Sequence[Metric]
    tables: Tables
    at: datetime | None
    variants: Sequence[str]
    covariates: Sequence[str]
    moment: datetime
    whole: bool

    @property
    def before(self) -> float:
        """Seconds before the first exposure from which on events are asked for."""
        return max((metric.covariate_days or 0.0 for metric in self.metrics), default=0.0) * _DAY

    @property
    def conditions(self) -> dict[str, tuple[Mapping[str, Any], list[Metric]]]:
        """Each condition once, with those that ask it."""
        found: dict[str, tuple[Mapping[str, Any], list[Metric]]] = {}
        for metric in self.metrics:
            for condition in (metric.where, metric.condition_below):
                if condition:
                    found.setdefault(_text(condition), (condition, []))[1].append(metric)
        return found

    def condition(self, condition: Mapping[str, Any]) -> str:
        return f"w{list(self.conditions).index(_text(condition))}"

    @property
    def properties(self) -> list[str]:
        return list(dict.fromkeys(metric.property for metric in self.metrics if metric.property))


def frame_of(asked: Frame) -> Any:
    """One row per unit of one variant, with a number for every name; zero where the unit did nothing."""
    import sqlalchemy as sa

    units, hits = asked.units, _hits(asked)
    columns = {name: one for i, metric in enumerate(asked.metrics) for name, one in _columns(asked, hits, i, metric)}
    summed = {name: one for name, one in columns.items() if isinstance(one, sa.ColumnElement)}
    totals = (
        sa.select(hits.c.unit, *(sa.cast(value, sa.Double).label(name) for name, value in summed.items()))
        .group_by(hits.c.unit)
        .cte("totals")
    )
    joined, filled = units.outerjoin(totals, units.c.unit == totals.c.unit), []
    for i, metric in enumerate(asked.metrics):
        for name in [name for name in columns if name[1:] == str(i)]:
            if name in summed:
                source = totals.c[name]
            else:
                singles = columns[name].cte(f"singles{i}")
                joined, source = joined.outerjoin(singles, units.c.unit == singles.c.unit), singles.c.n
            filled.append(_over(asked, metric, sa.func.coalesce(source, sa.literal(0.0, sa.Double))).label(name))
        if metric.per == "day":
            filled.append(_over(asked, metric, _days(asked, metric)).label(f"d{i}"))
    frame = (
        sa.select(units.c.variant, *filled, *(units.c[f"a{j}"] for j in range(len(asked.covariates))))
        .select_from(joined)
        .where(units.c.variant == units.c.other, units.c.variant.in_(list(asked.variants)))
    )
    return frame.cte("frame")


def _hits(asked: Frame) -> Any:
    """The events that may count, each id once, of all tables."""
    import sqlalchemy as sa

    sessions = any(metric.per == "session" for metric in asked.metrics)
    parts = []
    if any(asks_of(metric, calls=False) for metric in asked.metrics):
        done = table(
            asked.tables, "outcomes", columns_of(asked.metrics, calls=False),
            [role for role in ROLES["outcomes"] if role != "session" or sessions],
        )  # fmt: skip
        value = done.c.value if asked.tables.role("outcomes", "value") else sa.literal(1.0, sa.Double)
        known = _rows(asked, done, "outcomes", {"event": done.c.event, "value": value}, sessions)
        events = {event for metric in asked.metrics for event in (metric.numerator_event, metric.denominator_event)}
        named = sorted(event for event in events if event not in CALLS)
        parts.append(sa.select(known) if ANY_EVENT in events else sa.select(known).where(known.c.event.in_(named)))
    if any(asks_of(metric, calls=True) for metric in asked.metrics):
        roles = sorted({role for metric in asked.metrics for role in roles_of(metric)})
        properties = columns_of(asked.metrics, calls=True)
        made = table(asked.tables, "traces", properties, ["unit", "timestamp", "event_id", *roles])
        known = _rows(asked, made, "traces", {role: made.c[role] for role in roles}, sessions)
        parts += list(_calls(asked, known, sessions))
    return (parts[0] if len(parts) == 1 else sa.union_all(*parts)).cte("hits")


def _rows(asked: Frame, source: Any, which: str, own: Mapping[str, Any], sessions: bool) -> Any:
    """A table's events from the units' first exposure on (or earlier), with what is asked of their properties."""
    import sqlalchemy as sa

    units, calls = asked.units, which == "traces"
    picked = [units.c.unit, units.c.first, source.c.moment, *(value.label(name) for name, value in own.items())]
    if sessions:
        session = source.c.session if "session" in source.c else sa.null()
        picked.append(sa.cast(session, sa.String).label("session"))
    for j, (condition, metrics) in enumerate(asked.conditions.values()):
        asking = any(asks_of(metric, calls=calls) for metric in metrics)
        met = holds(lambda name: source.c[name], condition) if asking else sa.false()
        picked.append(sa.case((met, 1), else_=0).label(f"w{j}"))
    for j, name in enumerate(asked.properties):
        asking = any(asks_of(metric, calls=calls) for metric in asked.metrics if metric.property == name)
        number = source.c[name] if asking else sa.null()
        picked.append(sa.cast(number, sa.Double).label(f"p{j}"))
    if asked.tables.role(which, "event_id"):
        order = sa.func.row_number().over(partition_by=source.c.event_id, order_by=(source.c.moment, units.c.unit))
        picked.append(order.label("turn"))
    found = (
        sa.select(*picked)
        .select_from(source.join(units, source.c.unit == units.c.unit))
        .where(source.c.moment >= units.c.first - asked.before if asked.before else source.c.moment >= units.c.first)
    )
    if asked.at is not None:
        found = found.where(source.c.moment <= asked.at.timestamp() + GRAIN)
    every = found.cte(f"{which}_there")
    if "turn" not in every.c:
        return every
    kept = [column for column in every.c if column.name != "turn"]
    return sa.select(*kept).where(every.c.turn == 1).cte(f"{which}_once")


def _calls(asked: Frame, made: Any, sessions: bool) -> Iterator[Any]:
    """Model calls as the events that metrics count."""
    import sqlalchemy as sa

    wanted = {event for metric in asked.metrics for event in (metric.numerator_event, metric.denominator_event)}
    shared = ["session"] if sessions else []
    shared += [f"w{j}" for j in range(len(asked.conditions))] + [f"p{j}" for j in range(len(asked.properties))]
    for event in [event for event in CALLS if event in wanted]:
        if event == "trace.call":
            value: Any = sa.literal(1.0, sa.Double)
        elif event == "trace.error":
            value = sa.case((sa.func.coalesce(made.c.error, "") != "", 1.0), else_=0.0)
        else:
            value = sa.cast(made.c[ROLE_OF[event]], sa.Double)
        columns = [made.c.unit, made.c.first, made.c.moment, sa.literal(event, sa.String).label("event")]
        found = sa.select(*columns, value.label("value"), *(made.c[name] for name in shared))
        yield found if event in ("trace.call", "trace.error") else found.where(made.c[ROLE_OF[event]].is_not(None))


def _columns(asked: Frame, hits: Any, i: int, metric: Metric) -> Iterator[tuple[str, Any]]:
    """An aggregate of a unit's hits for each name; bounces are a statement of their own."""
    import sqlalchemy as sa

    adds = metric.kind == "sum" or (metric.kind == "ratio" and metric.measure == "value")
    value = hits.c[f"p{asked.properties.index(metric.property)}"] if metric.property else hits.c.value
    spans = [("x", "d", _after(asked, hits, metric))]
    if metric.covariate_days is not None:
        since = hits.c.first - metric.covariate_days * _DAY - GRAIN
        spans.append(("c", "e", [hits.c.moment < hits.c.first, hits.c.moment >= since]))
    for above, below, span in spans:
        here = _here(asked, hits, metric, metric.numerator_event, metric.where, span)
        one = sa.case((here, 1.0), else_=0.0)
        if metric.measure == "bounce":
            yield f"{above}{i}", _singles(hits, here)
        elif metric.kind == "conversion":
            yield f"{above}{i}", sa.func.max(one)
        else:
            yield f"{above}{i}", sa.func.sum(sa.case((here, value), else_=0.0) if adds else one)
        if metric.kind == "ratio" and metric.per != "day":
            here = _here(asked, hits, metric, metric.denominator_event, metric.condition_below, span)
            if metric.per == "session":
                yield f"{below}{i}", sa.func.count(sa.distinct(sa.case((here, hits.c.session))))
            else:
                yield f"{below}{i}", sa.func.sum(sa.case((here, 1.0), else_=0.0))


def _singles(hits: Any, here: Any) -> Any:
    """The sessions with a single event, by unit."""
    import sqlalchemy as sa

    single = (
        sa.select(hits.c.unit).where(here).group_by(hits.c.unit, hits.c.session).having(sa.func.count() == 1).subquery()
    )
    return sa.select(single.c.unit, sa.cast(sa.func.count(), sa.Double).label("n")).group_by(single.c.unit)


def _here(asked: Frame, hits: Any, metric: Metric, event: str, condition: Mapping[str, Any], span: Any) -> Any:
    import sqlalchemy as sa

    parts = [hits.c.event.not_in(list(CALLS)) if event == ANY_EVENT else hits.c.event == event, *span]
    if condition:
        parts.append(hits.c[asked.condition(condition)] == 1)
    if metric.property and event == metric.numerator_event:
        parts.append(hits.c[f"p{asked.properties.index(metric.property)}"].is_not(None))
    if metric.per == "session":
        parts.append(hits.c.session.is_not(None))
    return sa.and_(*parts)


def _after(asked: Frame, hits: Any, metric: Metric) -> list[Any]:
    age, found = hits.c.moment - hits.c.first, []
    if metric.window_days is not None:
        found.append(age <= metric.window_days * _DAY + GRAIN)
    if metric.start_days is not None:
        found.append(age >= metric.start_days * _DAY - GRAIN)
    elif asked.before:
        found.append(hits.c.moment >= hits.c.first)
    return found


def _over(asked: Frame, metric: Metric, value: Any) -> Any:
    """Null where the unit's window has to be over and is not."""
    import sqlalchemy as sa

    if not asked.whole or metric.window_days is None:
        return value
    return sa.case((asked.units.c.first <= asked.moment.timestamp() - metric.window_days * _DAY + GRAIN, value))


def _days(asked: Frame, metric: Metric) -> Any:
    import sqlalchemy as sa

    days: Any = (asked.moment.timestamp() - asked.units.c.first) / _DAY
    if metric.window_days is not None:
        days = sa.case((days > metric.window_days, metric.window_days), else_=days)
    since = days - (metric.start_days or 0.0)
    return sa.case((since > 0, since), else_=0.0)


def _text(condition: Mapping[str, Any]) -> str:
    return json.dumps(condition, sort_keys=True)
