"""Effects by segment: every value of an attribute compared by itself, adjusted for how many there are, and shrunken.

One query per attribute over the per-unit table, grouped by variant and value. No verdict rests on a segment. Where
looks may follow, each segment's interval and p-value are those of its confidence sequence, which hold at any look
(Waudby-Smith et al. 2021); tests of whether segments differ are of this look alone, and say so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.analysis.estimates import metrics_of, progress_of
from expkit.analysis.exposed import Exposed, exposed_until, find_exposed
from expkit.analysis.first_seen import MISSING, OTHER, Column, add_parts
from expkit.analysis.looks import normal_z
from expkit.analysis.parts import Breakdown, Difference, Segment, SegmentEffect
from expkit.analysis.scan import scan
from expkit.analysis.scorecard import MetricEstimate
from expkit.analysis.sources import source_of
from expkit.analysis.statistics import EMPTY, ArmStatistic, compare
from expkit.analysis.summaries import summarize
from expkit.analysis.unit_columns import measure_of
from expkit.domain import Experiment, Metric
from expkit.domain.events import now
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Estimate, Interval, NotEstimable, Significance, adjust, confidence_sequence, segments_of
from expkit.stats.distributions import tail

if TYPE_CHECKING:
    from expkit.events import Reader
    from expkit.stats import Segments

__all__ = ["LEAST_UNITS", "MOST_VALUES", "break_down", "breakdowns", "needs_any_look"]

LEAST_UNITS = 100
"""In each arm; a segment with fewer has no estimate."""
MOST_VALUES = 10
MAX_VALUES = 50
MAX_ATTRIBUTES = 10
_NOTE = "Exploratory: no verdict rests on segments. p-values are adjusted over all of them (Benjamini and Hochberg)"
_ANY_LOOK = "; intervals and p-values hold at any look, tests of differences at this one"

Arms = dict[str, dict[str, ArmStatistic]]
"""By variant, then by the code of the segment."""


def break_down(
    experiment: Experiment,
    reader: Reader,
    by: Sequence[str],
    *,
    within: Mapping[str, str | None] | None = None,
    metrics: Sequence[str] = (),
    bins: Mapping[str, Sequence[float]] | None = None,
    values: int = MOST_VALUES,
    at: datetime | None = None,
) -> tuple[Breakdown, ...]:
    """The effects by the values of these attributes, on the units whose other attributes are `within`.

    `metrics` are keys of the experiment's own; the primary one when empty. An attribute has as many segments as
    `values`, the rest is one of its own; `bins` are the edges of those that are numbers.
    """
    if not experiment.plan.of_users:
        raise InvalidInput("Segments are told of users only, not of sessions.", hint="plan an analysis of users.")
    _refuse(experiment, by, within or {}, bins or {}, values)
    variants, chosen = [variant.key for variant in experiment.variants], _chosen(experiment, metrics)
    covariates = list(dict.fromkeys(metric.covariate for metric in chosen if metric.covariate))
    moment = at or now()
    whole_by = None if experiment.plan.method == "fixed" else moment
    until = exposed_until(experiment, at)
    exposed = find_exposed(reader.connection, experiment.key, variants, until, covariates)
    summarize(reader.connection, chosen, variants, at, covariates, whole_by=whole_by, moment=moment, keep=("u",))
    return breakdowns(
        experiment,
        reader.connection,
        chosen,
        chosen,
        by,
        within=within,
        bins=bins,
        values=values,
        any_look=needs_any_look(experiment, exposed),
    )


def needs_any_look(experiment: Experiment, exposed: Exposed, primary: Sequence[MetricEstimate] = ()) -> bool:
    """Whether one look's own intervals would not do: other looks may come, or came before."""
    done = progress_of(experiment, exposed.counts, exposed.days, over=experiment.stopped_at is not None).enough
    return experiment.plan.method != "fixed" or not done or any(row.decision is not None for row in primary)


def breakdowns(
    experiment: Experiment,
    connection: Any,
    metrics: Sequence[Metric],
    chosen: Sequence[Metric],
    by: Sequence[str],
    *,
    any_look: bool,
    within: Mapping[str, str | None] | None = None,
    bins: Mapping[str, Sequence[float]] | None = None,
    values: int = MOST_VALUES,
) -> tuple[Breakdown, ...]:
    """Stands on the tables that `summarize` made of `metrics`, whose `frame` keeps `u`, and changes `frame`."""
    columns = add_parts(
        connection, experiment.key, by, experiment.schedule.timezone, within=within or {}, bins=bins or {}, most=values
    )
    covariates = list(dict.fromkeys(metric.covariate for metric in metrics if metric.covariate))
    comparison = _Comparison(experiment, metrics, chosen, covariates, any_look)
    found = [comparison.of(connection, attribute, column) for attribute, column in zip(by, columns, strict=True)]
    note = f"{_NOTE}{_ANY_LOOK if any_look else ''}."
    return tuple(
        one.model_copy(update={"within": dict(within or {}), "note": note, "any_look": any_look})
        for one in _adjusted(found)
    )


@dataclass(frozen=True)
class _Comparison:
    """What is compared in every segment."""

    experiment: Experiment
    metrics: Sequence[Metric]
    chosen: Sequence[Metric]
    covariates: Sequence[str]
    any_look: bool

    def of(self, connection: Any, attribute: str, column: Column) -> Breakdown:
        counts: dict[str, dict[str, int]] = {}
        for variant, code, n in connection.execute(
            f"SELECT variant, {column.name}, count(*) FROM frame GROUP BY ALL ORDER BY ALL"  # noqa: S608
        ).fetchall():
            counts.setdefault(str(code), {one.key: 0 for one in self.experiment.variants})[variant] = n
        codes = sorted(counts, key=lambda code: (int(code) < 1, -int(code) if int(code) < 1 else int(code)))
        codes = [code for code in codes if code != str(OTHER)] + [code for code in codes if code == str(OTHER)]
        effects: dict[str, list[SegmentEffect]] = {code: [] for code in codes}
        differences: list[Difference] = []
        for metric, arms in self._arms(connection, column):
            for variant in self.experiment.treatments:
                estimates = {code: self._estimate(metric, arms, variant.key, code, counts[code]) for code in codes}
                told = segments_of(estimates, alpha=self.experiment.plan.alpha)
                differences.append(_difference(metric, variant.key, told))
                for code in codes:
                    effects[code].append(_effect(metric.key, variant.key, code, told))
        return Breakdown(
            attribute=attribute,
            segments=tuple(
                Segment(**_named(column, code), units=counts[code], effects=tuple(effects[code])) for code in codes
            ),
            differences=tuple(differences),
        )

    def _arms(self, connection: Any, column: Column) -> Iterator[tuple[Metric, Arms]]:
        """Of all metrics in one query."""
        asked = [(i, metric) for i, metric in enumerate(self.metrics) if metric in self.chosen and metric.per_unit]
        measures = [measure_of(i, metric, self.covariates) for i, metric in asked]
        found = scan(source_of(connection), "variant", measures, column.name, refuse=False) if asked else None
        for metric in self.chosen:
            at = next((place for place, (_, one) in enumerate(asked) if one == metric), None)
            empty: Arms = {}
            yield (
                metric,
                empty
                if found is None or at is None
                else {
                    variant: {str(code): arm for code, arm in arms.items()} for variant, arms in found.arms[at].items()
                },
            )

    def _estimate(
        self, metric: Metric, arms: Arms, variant: str, code: str, units: Mapping[str, int]
    ) -> Estimate | NotEstimable:
        if not metric.per_unit:
            return NotEstimable(f"A metric of kind {metric.kind} has no segments.", "name one that is per unit.")
        control = self.experiment.control.key
        least = min(units[control], units[variant])
        if least < LEAST_UNITS:
            hint = f"a segment is compared from {LEAST_UNITS} in each arm on."
            return NotEstimable(f"Not enough units: {least:,} in the smaller arm.", hint)
        sides = [arms.get(key, {}).get(code, EMPTY) for key in (control, variant)]

        def again(alpha: float) -> Estimate | NotEstimable:
            return compare(metric.kind, sides[0], sides[1], alpha=alpha, alternative="two-sided")

        found = again(self.experiment.plan.alpha)
        return _at_any_look(found, again, self.experiment.plan.alpha) if self.any_look else found


def _at_any_look(found: Estimate | NotEstimable, again: Any, alpha: float) -> Estimate | NotEstimable:
    """The interval of the confidence sequence at this look, which needs to know of no other one."""
    if not isinstance(found, Estimate) or not found.se > 0:
        return found
    z = normal_z(found)
    seen = confidence_sequence([z * found.se], [found.se], [found.control.n + found.treatment.n], alpha=alpha)
    bound = (float(seen.upper[-1]) - z * found.se) / found.se
    level = 2 * tail(bound)
    wide = again(level) if 0 < level < 1 else None
    if not isinstance(wide, Estimate):
        far = NotEstimable("No lift is excluded yet.", "wait for more units.")
        wide = replace(found, ci=Interval(-math.inf, math.inf), lift_ci=far)
    p = min(float(seen.p_values[-1]), 1.0)
    return replace(wide, alpha=alpha, p_value=p, method=f"{found.method}+always-valid")


def _effect(metric: str, variant: str, code: str, told: Segments) -> SegmentEffect:
    one = told.segments[code]
    shrunken = None if isinstance(one.shrunken, NotEstimable) else one.shrunken
    return SegmentEffect(
        metric=metric,
        variant=variant,
        estimate=one.estimate,
        shrunken=shrunken.effect if shrunken else None,
        shrunken_ci=shrunken.ci if shrunken else None,
        against_rest=one.against_rest,
        against_rest_p_value=one.against_rest_p,
    )


def _difference(metric: Metric, variant: str, told: Segments) -> Difference:
    found, known = told.interaction, isinstance(told.interaction, Significance)
    return Difference(
        metric=metric.key,
        title=metric.title,
        kind=metric.kind,
        unit=metric.unit,
        variant=variant,
        p_value=found.p_value if isinstance(found, Significance) else None,
        note="" if known else str(found),
    )


def _adjusted(found: Sequence[Breakdown]) -> Iterator[Breakdown]:
    """The p-values of every metric over all segments of all attributes, and those of differences over attributes."""
    effects = [one for breakdown in found for segment in breakdown.segments for one in segment.effects]
    p_values = _by_metric([(one.metric, _p(one.estimate)) for one in effects])
    differing = _by_metric([(one.metric, one.p_value) for breakdown in found for one in breakdown.differences])
    told, tests = iter(p_values), iter(differing)
    for breakdown in found:
        segments = tuple(
            segment.model_copy(
                update={
                    "effects": tuple(one.model_copy(update={"adjusted_p_value": next(told)}) for one in segment.effects)
                }
            )
            for segment in breakdown.segments
        )
        differences = tuple(one.model_copy(update={"adjusted_p_value": next(tests)}) for one in breakdown.differences)
        yield breakdown.model_copy(update={"segments": segments, "differences": differences})


def _by_metric(named: Sequence[tuple[str, float | None]]) -> list[float | None]:
    answers: list[float | None] = [None] * len(named)
    for metric in dict.fromkeys(name for name, _ in named):
        places = [at for at, (name, p) in enumerate(named) if name == metric and p is not None]
        for at, p in zip(places, adjust([named[at][1] for at in places], "bh").tolist() if places else [], strict=True):
            answers[at] = p
    return answers


def _p(estimate: Estimate | NotEstimable) -> float | None:
    return estimate.p_value if isinstance(estimate, Estimate) else None


def _named(column: Column, code: str) -> dict[str, Any]:
    if int(code) == MISSING:
        return {"value": "missing", "what": "missing"}
    if int(code) == OTHER:
        return {"value": "other", "what": "other"}
    return {"value": column.values[int(code) - 1][:500]}


def _chosen(experiment: Experiment, metrics: Sequence[str]) -> list[Metric]:
    known = {metric.key: metric for metric in metrics_of(experiment)}
    for key in metrics:
        if key not in known:
            raise UnknownName.among("metric", key, known, f"experiment {experiment.key!r}")
    return [known[key] for key in dict.fromkeys(metrics)] or [experiment.primary_metric]


def _refuse(
    experiment: Experiment,
    by: Sequence[str],
    within: Mapping[str, str | None],
    bins: Mapping[str, Sequence[float]],
    values: int,
) -> None:
    if not by or len(by) > MAX_ATTRIBUTES or len(set(by)) < len(by):
        raise InvalidInput(
            f"{len(by)} attributes to break {experiment.key!r} down by.",
            hint=f"name from 1 to {MAX_ATTRIBUTES}, each once; drill down into one value with within=....",
        )
    if not 1 <= values <= MAX_VALUES:
        raise InvalidInput(f"{values} values per attribute.", hint=f"from 1 to {MAX_VALUES}; the rest is `other`.")
    for name in bins:
        if name not in (*by, *within):
            raise UnknownName.among("attribute", name, (*by, *within), "those asked for")
    if set(by) & set(within):
        same = ", ".join(sorted(set(by) & set(within)))
        raise InvalidInput(f"{same} is fixed, and cannot be broken down by.", hint="name another attribute.")
