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

from expkit.analysis.canary import served
from expkit.analysis.estimates import Statistics
from expkit.analysis.exposed import count_by_phase, find_exposed
from expkit.analysis.judging import judge_guardrails
from expkit.analysis.rows import see_rows
from expkit.analysis.scorecard import GuardrailFinding, Scorecard
from expkit.analysis.statistics import compare
from expkit.analysis.summaries import summarize
from expkit.domain import Criterion, Experiment, Metric
from expkit.domain.events import Timestamp, now
from expkit.domain.noun import Noun, Text
from expkit.stats import Check, Estimate, NotEstimable, check_srm_sequential

if TYPE_CHECKING:
    from expkit.events import Reader
    from expkit.registry import Phase

__all__ = ["Watch", "ends_at", "watch_experiment"]

MISMATCHES = (100.0, 10_000.0)
"""Of the split: gross ones are found early, small ones in time."""
_SPLIT_ELSEWHERE = NotEstimable("The traffic of a canary is split elsewhere.", "look there for the shares.")


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
    counts, statistics = _seen(experiment, reader, at)
    return Watch(
        experiment=experiment.key,
        at=moment,
        units=counts,
        guardrails=tuple(judge_guardrails(experiment, statistics, counts)),
        split=_SPLIT_ELSEWHERE if experiment.canary else _split(experiment, reader, history, counts),
        criteria=tuple(_criteria(experiment, moment, counts, statistics, last)),
    )


def _seen(experiment: Experiment, reader: Reader, at: datetime | None) -> tuple[dict[str, int], Statistics]:
    if experiment.canary is not None:
        return served(reader.connection, experiment, experiment.canary, since=experiment.started_at, at=at)
    variants = [variant.key for variant in experiment.variants]
    metrics = list(_metrics(experiment))
    if not experiment.plan.of_users:
        seen = see_rows(reader.connection, experiment.key, experiment.plan, metrics, variants, at)
        return seen.dealt, {metric.key: arms for metric, arms in zip(metrics, seen.found, strict=True)}
    exposed = find_exposed(reader.connection, experiment.key, variants, at)
    if not metrics or not exposed.single:
        return exposed.counts, {}
    found = summarize(reader.connection, metrics, variants, at)
    return exposed.counts, {metric.key: arms for metric, arms in zip(metrics, found, strict=True)}


def _metrics(experiment: Experiment) -> Iterator[Metric]:
    known = {guardrail.metric.key: guardrail.metric for guardrail in experiment.guardrails}
    if experiment.stopping.when_powered:
        known.setdefault(experiment.primary_metric.key, experiment.primary_metric)
    yield from known.values()


def _split(
    experiment: Experiment, reader: Reader, history: Sequence[Phase], counts: Mapping[str, int]
) -> Check | NotEstimable:
    shares: Mapping[str, float] = experiment.shares
    if len(history) > 1 and not experiment.plan.of_users:
        starts, variants = [phase.started_at for phase in history], list(counts)
        counts = see_rows(
            reader.connection, experiment.key, experiment.plan, [], variants, None, starts=starts
        ).by_phase[-1]
        shares = history[-1].shares
    elif len(history) > 1:
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
