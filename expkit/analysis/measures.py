"""What is to be compared in a frame: columns, ratios of columns, with covariates and caps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from expkit.domain import ANY_EVENT, Metric
from expkit.errors import InvalidInput, UnknownName, did_you_mean, shorten
from expkit.stats.caps import CAP_QUANTILE
from expkit.stats.terms import finite, probability

__all__ = ["CovariateNames", "Measure", "MetricLike", "Winsorize", "measures_of"]

MetricLike: TypeAlias = "str | Metric | Mapping[str, Any]"
CovariateNames: TypeAlias = "Mapping[str, str | Sequence[str]] | str | Sequence[str]"
Winsorize: TypeAlias = "bool | float | Mapping[str, float]"

_OF_EVENTS = ("where", "denominator_where", "property", "per", "start_days", "covariate_days")
_FIELDS = ("key", "name", "column", "numerator", "denominator", "direction", "unit", "covariates", "cap", "winsorize")


class Measure(NamedTuple):
    """One metric of a frame: its column, the denominator's where it is a ratio, and what goes with it."""

    key: str
    title: str
    column: str
    bottom: str | None = None
    direction: Literal["increase", "decrease"] = "increase"
    unit: str = ""
    covariates: tuple[str, ...] = ()
    cap: float | None = None
    quantile: float | None = None
    """The cap as a quantile of the values that are not zero, over all variants."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *([self.bottom] if self.bottom is not None else []), *self.covariates)


def measures_of(
    metrics: MetricLike | Iterable[MetricLike],
    covariates: CovariateNames | None = None,
    caps: Mapping[str, float] | None = None,
    winsorize: Winsorize | None = None,
) -> list[Measure]:
    """The metrics with their covariates and caps, each once; a name that is no metric is refused."""
    listed = [metrics] if isinstance(metrics, str | Metric | Mapping) else list(metrics)
    measures = [_measure(metric) for metric in listed]
    if not measures:
        raise InvalidInput("No metric was named.", hint='name columns: metrics=["converted", "revenue"].')
    names = [measure.key for measure in measures]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"The metric {twice!r} stands twice.", hint="name each metric once.")
    for given, what in ((covariates, "covariates"), (caps, "caps"), (winsorize, "winsorize")):
        for name in given if isinstance(given, Mapping) else ():
            if name not in names:
                raise UnknownName.among("metric", str(name), names, f"{what}: it is not among the metrics")
    return [_with(measure, covariates, caps or {}, winsorize) for measure in measures]


def _measure(metric: MetricLike) -> Measure:
    if isinstance(metric, Mapping):
        return _of_mapping(metric)
    if not isinstance(metric, Metric):
        return Measure(str(metric), str(metric), str(metric))
    _refuse_what_needs_events(metric)
    bottom = metric.denominator_event if metric.kind == "ratio" else None
    covariates = (metric.covariate,) if metric.covariate else ()
    return Measure(
        metric.key, metric.title, metric.numerator_event, bottom, metric.direction, metric.unit, covariates,
        metric.cap, metric.winsorize,
    )  # fmt: skip


def _refuse_what_needs_events(metric: Metric) -> None:
    """A frame has one row per unit: what is asked of the events of a unit has no answer there."""
    plain = Metric(key="plain")
    odd = [name for name in _OF_EVENTS if getattr(metric, name) != getattr(plain, name)]
    if not metric.per_unit or odd or metric.numerator_event == ANY_EVENT or metric.measure == "bounce":
        asked = f"{odd[0]} asks" if odd else f"kind {metric.kind} asks" if not metric.per_unit else "it asks"
        raise InvalidInput(
            f"Metric {metric.key!r}: {asked} for the events of a unit, and a frame has one row per unit.",
            hint="name the column that has the number, or log the events.",
        )


def _of_mapping(given: Mapping[str, Any]) -> Measure:
    """`{"key": "ctr", "numerator": "clicks", "denominator": "impressions"}`."""
    for name in given:
        if name not in _FIELDS:
            raise InvalidInput(f"A metric has no field {shorten(name)}.", hint=did_you_mean(str(name), _FIELDS))
    column = given.get("numerator") or given.get("column") or given.get("key")
    if not isinstance(column, str):
        raise InvalidInput(f"{shorten(dict(given))} names no column.", hint='{"key": "revenue"} is the least.')
    direction = given.get("direction", "increase")
    if direction not in {"increase", "decrease"}:
        raise InvalidInput(f"Unknown direction {shorten(direction)}.", hint="increase or decrease.")
    key, bottom = str(given.get("key") or column), given.get("denominator")
    found = Measure(key, str(given.get("name") or key), column, bottom, direction, str(given.get("unit", "")))
    return _with(
        found,
        given.get("covariates") or (),
        {key: given["cap"]} if given.get("cap") is not None else {},
        {key: given["winsorize"]} if given.get("winsorize") is not None else None,
    )


def _with(
    measure: Measure, covariates: CovariateNames | None, caps: Mapping[str, float], winsorize: Winsorize | None
) -> Measure:
    more = covariates.get(measure.key, ()) if isinstance(covariates, Mapping) else covariates or ()
    names = (more,) if isinstance(more, str) else tuple(str(name) for name in more)
    cap = finite("cap", caps[measure.key]) if measure.key in caps else measure.cap
    quantile = measure.quantile if cap is None else None
    level = winsorize.get(measure.key) if isinstance(winsorize, Mapping) else winsorize
    for_all = not isinstance(winsorize, Mapping) and measure.bottom is not None  # a ratio is capped only by its name
    if level is not None and level is not False and cap is None and not for_all:
        quantile = CAP_QUANTILE if level is True else probability("winsorize", level)
    joined = tuple(dict.fromkeys((*measure.covariates, *names)))
    if measure.column in joined or measure.bottom in joined:
        raise InvalidInput(
            f"The metric {measure.key!r} is its own covariate.", hint="name a column from before the experiment."
        )
    return measure._replace(covariates=joined, cap=cap, quantile=quantile)
