"""Tables of a warehouse: what they have to say and under which name, and what they cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from expkit.analysis.hit_columns import CALLS
from expkit.domain import ANY_EVENT, Metric
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import NotEstimable

__all__ = [
    "GRAIN",
    "ROLES",
    "ROLE_OF",
    "Tables",
    "asks_of",
    "columns_of",
    "refuse_odd",
    "roles_of",
    "table",
    "unanswered",
]

ROLES: dict[str, dict[str, str]] = {
    "exposures": {"unit": "user_id", "variant": "variant", "experiment": "experiment", "timestamp": "timestamp"},
    "outcomes": {
        "unit": "user_id", "event": "event", "value": "value", "timestamp": "timestamp", "event_id": "event_id",
        "session": "session_id",
    },
    "traces": {
        "unit": "user_id", "timestamp": "timestamp", "event_id": "event_id", "error": "error", "cost": "cost",
        "latency_ms": "latency_ms", "quality": "quality",
    },
}  # fmt: skip
"""What a table has to say, and the column that says it when nothing else is told. None where there is no such column:
all exposures are then of this experiment, each outcome counts 1, and no outcome is there twice."""
_NEEDED = {"unit", "variant", "event", "timestamp"}
ROLE_OF = {"trace.error": "error", "trace.cost": "cost", "trace.latency": "latency_ms", "trace.quality": "quality"}
"""What a model call has to say to be counted as such an event."""
GRAIN = 5e-7  # half a microsecond: seconds are floating on some databases


class Tables(NamedTuple):
    """The tables, by name or as `schema.name`, and the columns for each role, property or attribute."""

    exposures: str
    outcomes: str
    columns: Mapping[str, Mapping[str, str | None]]
    traces: str = ""

    def role(self, which: str, role: str) -> str | None:
        return {**ROLES[which], **self.columns.get(which, {})}.get(role, role)


def table(tables: Tables, which: str, names: Sequence[str] = (), roles: Sequence[str] | None = None) -> Any:
    """The columns of the roles, and of the properties of these names; `moment` is the time as seconds since 1970."""
    import sqlalchemy as sa

    from expkit.analysis.dialects import Epoch

    schema, _, name = getattr(tables, which).rpartition(".")
    asked = [role for role in ROLES[which] if role != "session"] if roles is None else list(roles)
    found = {role: tables.role(which, role) for role in dict.fromkeys([*asked, *names])}
    bare = sa.table(name, *(sa.column(column) for column in set(found.values()) if column), schema=schema or None)
    there = [bare.c[column].label(role) for role, column in found.items() if column and role != "timestamp"]
    return sa.select(*there, Epoch(bare.c[str(found["timestamp"])]).label("moment")).subquery(which)


def asks_of(metric: Metric, *, calls: bool) -> bool:
    """Whether it counts model calls, or outcomes."""
    return any((event in CALLS) == calls for event in _events(metric))


def roles_of(metric: Metric) -> set[str]:
    """What a metric asks of model calls."""
    return {ROLE_OF[event] for event in _events(metric) if event in ROLE_OF}


def columns_of(metrics: Sequence[Metric], *, calls: bool) -> list[str]:
    """The properties that metrics ask of model calls, or of outcomes: each is a column."""
    found: dict[str, None] = {}
    for metric in metrics:
        if asks_of(metric, calls=calls):
            for condition in (metric.where, metric.condition_below):
                found |= dict.fromkeys(_named(condition))
            found |= {metric.property: None} if metric.property else {}
    return list(found)


def unanswered(metric: Metric, tables: Tables) -> NotEstimable | None:
    """Why a warehouse is not asked for a metric."""
    events = "import the events: `expkit events import`."
    if not metric.per_unit:
        return NotEstimable(f"A {metric.kind} needs every event, and only sums leave a warehouse.", events)
    if metric.winsorize is not None:
        return NotEstimable("A quantile to cap at needs every unit, and only sums leave a warehouse.", "give a cap.")
    if asks_of(metric, calls=True) and not tables.traces:
        return NotEstimable("No table of model calls was named.", "name it: traces.")
    for event in _events(metric):
        if event in ROLE_OF and tables.role("traces", ROLE_OF[event]) is None:
            return NotEstimable(f"The model calls have no {ROLE_OF[event]}.", "name its column.")
    if metric.per == "session" and tables.role("outcomes", "session") is None:
        return NotEstimable("The outcomes have no sessions.", "name the column that tells them.")
    return None


def refuse_odd(metrics: Sequence[Metric], tables: Tables) -> None:
    """A table or a column that nobody asks for is a slip of the pen."""
    covariates = [metric.covariate for metric in metrics if metric.covariate]
    more = {
        "exposures": covariates,
        "outcomes": columns_of(metrics, calls=False),
        "traces": columns_of(metrics, calls=True),
    }
    for which, given in tables.columns.items():
        if which not in ROLES:
            raise UnknownName.among("table", which, ROLES)
        for role, column in given.items():
            if role not in {**ROLES[which], **dict.fromkeys(more[which])}:
                raise UnknownName.among("column", role, [*ROLES[which], *more[which]], f"what {which} have to say")
            if column is None and (role in _NEEDED or role not in ROLES[which]):
                raise InvalidInput(f"The {which} need a column for {role!r}.", hint="name it.")


def _events(metric: Metric) -> Iterator[str]:
    yield metric.numerator_event
    if metric.kind == "ratio" and metric.per != "day" and metric.denominator_event != ANY_EVENT:
        yield metric.denominator_event


def _named(condition: Any) -> Iterator[str]:
    for key, operand in condition.items():
        if key == "$not":
            yield from _named(operand)
        elif key.startswith("$"):
            for part in operand:
                yield from _named(part)
        else:
            yield key
