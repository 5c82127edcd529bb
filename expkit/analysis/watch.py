"""Watching a running experiment: guardrails, split and stopping criteria, at any moment and as often as one likes.

What is promised holds at all moments together. A guardrail is judged by a confidence sequence (`expkit.stats.
always_valid`) at alpha over the number of bounds, so that an experiment that harms nothing is stopped with a chance of
no more than alpha, however long it is watched. The split is tested by the sequential sample ratio
(`expkit.stats.sequential_srm`). Power hangs on the spread alone, not on the effect that is seen: looking is free.
Units count at once with what they have done so far, because harm should be found early; benchmarks/guardrails.py
measures how often that raises a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from expkit.analysis.estimates import Statistics, estimates_of
from expkit.analysis.exposed import count_by_phase, find_exposed
from expkit.analysis.guardrails import Bound, find_breach
from expkit.analysis.levels import LEAST_UNITS, TUNED_FOR, judge_level, undecided
from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate, Scorecard
from expkit.analysis.statistics import compare
from expkit.analysis.summaries import summarize
from expkit.domain import Criterion, Experiment, Guardrail, Metric
from expkit.domain.events import Timestamp, now
from expkit.domain.noun import Noun, Text
from expkit.stats import Check, Estimate, NotEstimable, check_srm_sequential
from expkit.stats.distributions import tail

if TYPE_CHECKING:
    from expkit.events import Reader
    from expkit.registry import Phase

__all__ = ["LEAST_UNITS", "Watch", "ends_at", "watch_experiment"]

MISMATCHES = (100.0, 10_000.0)
"""Of the split: gross ones are found early, small ones in time."""


class Watch(Noun):
    """What was seen at one moment; no look in the plan's sense."""

    experiment: Text
    at: Timestamp
    units: dict[str, int]
    """By variant."""
    guardrails: tuple[GuardrailFinding, ...] = ()
    split: Check | NotEstimable
    criteria: tuple[Criterion, ...] = ()

    @property
    def broken(self) -> tuple[GuardrailFinding, ...]:
        return tuple(finding for finding in self.guardrails if finding.breached)

    @property
    def mismatch(self) -> Check | None:
        """The split, where it is not the promised one."""
        return self.split if isinstance(self.split, Check) and not self.split.ok else None


def watch_experiment(
    experiment: Experiment,
    reader: Reader,
    *,
    at: datetime | None = None,
    history: Sequence[Phase] = (),
    last: Scorecard | None = None,
) -> Watch:
    """What stands now. `history` are the phases, of which the newest one's split is tested; `last` the newest look."""
    moment = at or now()
    variants = [variant.key for variant in experiment.variants]
    exposed = find_exposed(reader.connection, experiment.key, variants, at)
    metrics = list(_metrics(experiment))
    statistics: Statistics = {}
    if metrics and exposed.single:
        found = summarize(reader.connection, metrics, variants, at)
        statistics = {metric.key: arms for metric, arms in zip(metrics, found, strict=True)}
    return Watch(
        experiment=experiment.key,
        at=moment,
        units=exposed.counts,
        guardrails=tuple(_findings(experiment, statistics, exposed.counts)),
        split=_split(experiment, reader, history, exposed.counts),
        criteria=tuple(_criteria(experiment, moment, exposed.counts, statistics, last)),
    )


def _metrics(experiment: Experiment) -> Iterator[Metric]:
    known = {guardrail.metric.key: guardrail.metric for guardrail in experiment.guardrails}
    if experiment.stopping.when_powered:
        known.setdefault(experiment.primary_metric.key, experiment.primary_metric)
    yield from known.values()


def _findings(experiment: Experiment, statistics: Statistics, counts: Mapping[str, int]) -> Iterator[GuardrailFinding]:
    bounds = len(experiment.guardrails) * len(experiment.treatments)
    if not bounds or not statistics:
        return
    alpha = experiment.plan.alpha / bounds
    rows, control = _rows(experiment, statistics, alpha), experiment.control.key
    for guardrail in experiment.guardrails:
        for variant in experiment.treatments:
            row = rows[guardrail.metric.key, variant.key]
            arm, base = statistics[guardrail.metric.key][variant.key], statistics[guardrail.metric.key][control]
            if _few(counts, control, variant.key):
                yield undecided(guardrail, variant.key, "there is not enough data to tell")
            elif arm.se == base.se == 0:
                yield _without_spread(guardrail, variant.key, base.mean, arm.mean)
            elif row.decision is None and guardrail.limit is not None:  # as where control made no calls
                yield judge_level(guardrail, variant.key, arm, alpha)
            elif row.decision is None or row.decision.bound is None:
                yield undecided(guardrail, variant.key, row.note or str(row.estimate))
            else:
                level = tail(abs(row.decision.bound))
                yield find_breach(Bound.of(guardrail), variant.key, row.estimate, arm, alpha, level, kind=row.kind)


def _without_spread(guardrail: Guardrail, variant: str, base: float, mean: float) -> GuardrailFinding:
    """All units of an arm are alike, as when every call fails: there is no doubt that a test could measure."""
    sign = 1 if guardrail.metric.direction == "decrease" else -1
    limit, most = guardrail.limit, guardrail.max_change
    breached = limit is not None and sign * (mean - limit) > 0
    breached |= most is not None and sign * (mean - base) > most * abs(base)
    detail = f"{mean:.4g} in every unit, {base:.4g} in every one of control"
    return undecided(guardrail, variant, detail).model_copy(update={"breached": breached})


def _rows(experiment: Experiment, statistics: Statistics, alpha: float) -> dict[tuple[str, str], MetricEstimate]:
    """The guardrails' metrics, judged as an always-valid plan of one look would."""
    plan = {"method": "always_valid", "alpha": alpha, "correction": "none"}
    metrics = list({guardrail.metric.key: guardrail.metric for guardrail in experiment.guardrails}.values())
    watched = experiment.changed(plan=plan, metrics=metrics, sample_size=TUNED_FOR)
    rows = estimates_of(watched, statistics, (), {}, None, {})
    return {(row.metric, row.variant): row for row in rows}


def _few(counts: Mapping[str, int], *variants: str) -> bool:
    return min(counts[variant] for variant in variants) < LEAST_UNITS


def _split(
    experiment: Experiment, reader: Reader, history: Sequence[Phase], counts: Mapping[str, int]
) -> Check | NotEstimable:
    shares: Mapping[str, float] = experiment.shares
    if len(history) > 1:
        counts = count_by_phase(reader.connection, list(counts), [phase.started_at for phase in history])[-1]
        shares = history[-1].shares
    variants = list(counts)
    seen, promised = [[counts[key] for key in variants]], [shares.get(key, 0.0) for key in variants]
    return check_srm_sequential(seen, promised, concentration=MISMATCHES)


def _criteria(
    experiment: Experiment,
    at: datetime,
    counts: Mapping[str, int],
    statistics: Statistics,
    last: Scorecard | None,
) -> Iterator[Criterion]:
    stopping = experiment.stopping
    if stopping.sample_size is not None:
        units = min((counts[key] for key, share in experiment.shares.items() if share > 0), default=0)
        detail = f"{units:,} of {stopping.sample_size:,} units in the smallest arm"
        yield Criterion(name="sample_size", met=units >= stopping.sample_size, detail=detail)
    if stopping.when_powered:
        yield _power(experiment, statistics)
    if stopping.when_significant:
        yield _boundary(last)
    if (end := ends_at(experiment)) is not None:
        yield Criterion(name="end", met=at >= end, detail=f"{end:%Y-%m-%d %H:%M} UTC")


def _power(experiment: Experiment, statistics: Statistics) -> Criterion:
    """Of the treatment that has least: the chance to find the smallest effect worth finding with the spread so far."""
    from scipy.special import ndtr, ndtri

    plan, metric, arms = experiment.plan, experiment.primary_metric, statistics.get(experiment.primary_metric.key, {})
    if plan.minimum_effect is None:
        return Criterion(name="power", met=False, detail="the plan names no minimum_effect")
    sides = 2 if plan.alternative == "two-sided" else 1
    powers = []
    for variant in experiment.treatments if arms else ():
        found = compare(
            metric.kind, arms[experiment.control.key], arms[variant.key], alpha=plan.alpha, alternative=plan.alternative
        )
        if not isinstance(found, Estimate) or not found.se > 0:
            return Criterion(name="power", met=False, detail="there is not enough data to tell")
        effect = plan.minimum_effect * abs(found.control.mean)
        powers.append(float(ndtr(effect / found.se + ndtri(plan.alpha / sides))))
    least = min(powers, default=0.0)
    detail = f"a change of {plan.minimum_effect:.1%} would be found with power {least:.0%}; {plan.power:.0%} is planned"
    return Criterion(name="power", met=least >= plan.power, detail=detail)


def _boundary(last: Scorecard | None) -> Criterion:
    """At a recorded look: a plan of looks spends its alpha there, and nowhere else."""
    if last is None:
        return Criterion(name="boundary", met=False, detail="nobody has looked yet")
    told = {row.variant: row.decision.decision for row in last.primary if row.decision is not None}
    if last.method == "fixed" or not told:
        return Criterion(name="boundary", met=False, detail=f"a {last.method} plan has no boundary to cross")
    won = "stop" in told.values()
    met = won or all(decision in {"futile", "end"} for decision in told.values())
    detail = ", ".join(f"{variant}: {decision}" for variant, decision in told.items())
    return Criterion(name="boundary", met=met, detail=f"look {last.look}, {detail}")


def ends_at(experiment: Experiment) -> datetime | None:
    """When its time is over, by its schedule or its longest duration."""
    ends = [experiment.schedule.end] if experiment.schedule.end else []
    days = experiment.stopping.max_days
    if days is not None and experiment.started_at is not None and math.isfinite(days):
        ends.append(experiment.started_at + timedelta(days=days))
    return min(ends, default=None)
