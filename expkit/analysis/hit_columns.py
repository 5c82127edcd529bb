"""What the rows of `hits` have to say beside event, value and age, where a metric asks for it.

Columns w{j} tell whether an event meets a condition, p{j} are a number from its properties, or the text of one;
`session` is the session it was in. Nothing of it is read where no metric asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from expkit.analysis.property_filters import Parameters, condition_sql, property_sql
from expkit.domain import ANY_EVENT, Metric

__all__ = ["CALLS", "DAY", "HitColumns", "hit_columns"]

DAY = 86_400_000_000
"""In microseconds, like all times here."""
CALLS = {
    "trace.error": "(error <> '')::INTEGER::DOUBLE",
    "trace.cost": "cost",
    "trace.latency": "latency_ms",
    "trace.quality": "quality",
    "trace.call": "1.0",
}
"""A model call as the events that its metrics count, and their values."""
_OWN = ("model", "prompt", "version", "latency_ms", "cost", "quality", "error")
"""What a call says of itself stands among its properties."""


class HitColumns(NamedTuple):
    """The SQL of each column, made of what the rows of outcomes and of calls `bring` along.

    `events` are those that are asked for, all where it is None; `before` how long before a unit's first exposure.
    """

    columns: dict[str, str]
    parameters: dict[str, object]
    names: dict[tuple[str, str], str]
    events: tuple[str, ...] | None
    calls: tuple[str, ...]
    before: int

    @property
    def more(self) -> str:
        """The columns, to be written after others."""
        return "".join(f", {sql} AS {name}" for name, sql in self.columns.items())

    def bring(self, *, calls: bool = False) -> str:
        """What the columns are made of, to be written after other columns of the log."""
        named = ", ".join(f"'{name}', {name}" for name in _OWN)
        own = f"TRY(json_merge_patch(properties, json_object({named})))"
        bag = f", {own if calls else 'properties'} AS bag" if any(name != "session" for name in self.columns) else ""
        return bag + (", session_id" if "session" in self.columns else "")

    def met(self, condition: Mapping[str, Any]) -> str:
        return self.names["where", _text(condition)]

    def number(self, path: str) -> str:
        return self.names["number", path]

    def kind(self, path: str) -> str:
        return self.names["kind", path]


def hit_columns(metrics: Sequence[Metric]) -> HitColumns:
    """What all metrics ask for together, each once."""
    asking: dict[tuple[str, str], list[Metric]] = {}
    conditions: dict[str, Mapping[str, Any]] = {}
    for metric in metrics:
        for condition in (metric.where, metric.condition_below):
            if condition:
                conditions[_text(condition)] = condition
                asking.setdefault(("where", _text(condition)), []).append(metric)
        if metric.property:
            asking.setdefault(("kind" if metric.kind == "evenness" else "number", metric.property), []).append(metric)
    values, columns, names = Parameters("property"), dict[str, str](), dict[tuple[str, str], str]()
    for j, ((what, text), asked) in enumerate(asking.items()):
        name = names[what, text] = f"{'w' if what == 'where' else 'p'}{j}"
        made = condition_sql("bag", conditions[text], values) if what == "where" else _of_property(what, text, values)
        events = sorted({event for metric in asked for event in _events(metric)})
        there = "true" if ANY_EVENT in events else f"list_contains({values(events)}, event)"
        columns[name] = f"TRY(CASE WHEN {there} THEN {made} END)"  # what cannot be read is not there
    if any(metric.per == "session" for metric in metrics):
        columns["session"] = "CASE WHEN session_id IS NOT NULL THEN hash(session_id) END"  # told apart, never shown
    every = sorted({event for metric in metrics for event in _events(metric)})
    return HitColumns(
        columns,
        values.values,
        names,
        None if ANY_EVENT in every else tuple(every),
        tuple(event for event in CALLS if event in every),
        max((round(metric.covariate_days * DAY) for metric in metrics if metric.covariate_days), default=0),
    )


def _events(metric: Metric) -> Iterator[str]:
    yield metric.numerator_event
    if metric.kind == "ratio" and metric.per != "day":
        yield metric.denominator_event


def _of_property(what: str, path: str, values: Parameters) -> str:
    text = f"json_extract_string({property_sql('bag', path, values)}, '$')"
    number = f"TRY_CAST({text} AS DOUBLE)"
    return text if what == "kind" else f"CASE WHEN isfinite({number}) THEN {number} END"


def _text(condition: Mapping[str, Any]) -> str:
    return json.dumps(condition, sort_keys=True)
