"""Which fields of a metric go together: what does not apply to its kind is refused, rather than ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expkit.domain.metric import Metric

__all__ = ["faults"]


def faults(metric: Metric) -> Iterator[str]:
    """What is wrong with a metric, and the way out; nothing for one that makes sense."""
    yield from _of_ratios(metric)
    yield from _of_distributions(metric)
    yield from _of_values(metric)
    if metric.start_days is not None and metric.window_days is not None and metric.window_days <= metric.start_days:
        days = f"window_days {metric.window_days:g} ends before start_days {metric.start_days:g}"
        yield f"{days}: both count from the exposure"


def _of_ratios(metric: Metric) -> Iterator[str]:
    if metric.kind != "ratio":
        if metric.denominator or metric.denominator_where is not None:
            yield f"only a ratio has a denominator, and this is a {metric.kind}"
        if metric.per != "event":
            yield f"only a ratio is per {metric.per}, and this is a {metric.kind}: add kind: ratio"
        if metric.measure == "bounce":
            yield "bounces are counted by a ratio per session: add kind: ratio, per: session"
        return
    if metric.per == "day" and (metric.denominator or metric.denominator_where is not None):
        yield "days are no events: take denominator and denominator_where out, or per"
    if metric.measure == "bounce" and metric.per != "session":
        yield "bounces are counted among sessions: add per: session"


def _of_distributions(metric: Metric) -> Iterator[str]:
    if (metric.quantile is not None) != (metric.kind == "quantile"):
        yield "kind quantile and the field quantile need each other: kind: quantile, quantile: 0.95"
    if metric.kind == "evenness" and not metric.property:
        yield "evenness is over the values of a property: name it, property: item_id"
    if metric.kind in ("quantile", "evenness"):
        if metric.event == "*":
            yield f"a {metric.kind} is of one event: name it"
        if metric.covariate or metric.covariate_days is not None:
            yield f"a {metric.kind} has no covariate: it is no mean over units"


def _of_values(metric: Metric) -> Iterator[str]:
    adds = metric.kind in ("sum", "quantile", "evenness") or (metric.kind == "ratio" and metric.measure == "value")
    if metric.property and not adds:
        yield "it counts events and adds no property up: use kind: sum, or where"
    if metric.property and not all(metric.property.split(".")):
        yield f"property {metric.property!r} names none: write price, or basket.price"
    if metric.cap is not None and metric.winsorize is not None:
        yield "cap and winsorize both say where values are cut off: give one"
    if metric.kind not in ("count", "sum", "ratio") and (metric.cap is not None or metric.winsorize is not None):
        yield f"a {metric.kind} has nothing to cap: cap and winsorize are for count, sum and ratio"
