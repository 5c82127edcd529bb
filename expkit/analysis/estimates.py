"""The estimates of an experiment: every metric of every treatment, judged by the plan's method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from expkit.analysis.beliefs import chances_of_best
from expkit.analysis.judgement import judge
from expkit.analysis.looks import Horizon
from expkit.analysis.monitoring import Again, Monitor
from expkit.analysis.recommendation import Progress
from expkit.analysis.scorecard import MetricEstimate, Role, Scorecard
from expkit.analysis.statistics import ArmStatistic, compare, told_cap
from expkit.domain import Experiment, Metric
from expkit.stats import Alternative, Estimate, NotEstimable

__all__ = ["Statistics", "estimates_of", "metrics_of", "progress_of"]

Statistics = Mapping[str, Mapping[str, ArmStatistic]]
"""By metric, then by variant."""

OPEN_ENDED = "a unit's outcomes keep adding up, which this method's promise does not cover: give the metric window_days"


def metrics_of(experiment: Experiment) -> list[Metric]:
    """Its metrics and those of its guardrails, each once."""
    every = [*experiment.metrics, *(guardrail.metric for guardrail in experiment.guardrails)]
    return list({metric.key: metric for metric in every}.values())


def progress_of(experiment: Experiment, counts: Mapping[str, int], days: float | None, *, over: bool) -> Progress:
    shares = experiment.shares
    return Progress(
        units=min((n for variant, n in counts.items() if shares.get(variant, 0) > 0), default=0),
        days=days,
        planned_units=experiment.sample_size or experiment.stopping.sample_size,
        planned_days=experiment.plan.days,
        most_days=experiment.stopping.max_days,
        over=over,
        method=experiment.plan.method,
    )


def estimates_of(
    experiment: Experiment,
    statistics: Statistics,
    past: Sequence[Scorecard],
    counts: Mapping[str, int],
    days: float | None,
    waiting: Mapping[str, int],
) -> tuple[MetricEstimate, ...]:
    """`counts` are the units of each variant, `waiting` those whose window is not over, by metric."""
    plan, over = experiment.plan, experiment.stopped_at is not None
    complete = frozenset(
        card.look
        for card in past
        if progress_of(experiment, {arm.key: arm.n for arm in card.arms}, card.days, over=False).enough
    )
    monitor = Monitor(
        plan=plan,
        horizon=Horizon.of(experiment),
        past=past,
        days=days,
        done=progress_of(experiment, counts, days, over=False).enough,
        over=over,
        complete=complete,
    )
    found = list(_rows(experiment, statistics, waiting))
    rows = [monitor(row, again) for row, again in found]
    if plan.method == "bayesian":  # what is believed of one metric does not hang on how many others there are
        return _with_best(experiment, statistics, judge(rows, plan.alpha, "none"))
    again = [one for _, one in found]
    return judge(rows, plan.alpha, plan.correction, gatekeeping=plan.gatekeeping, again=again)


def _rows(
    experiment: Experiment, statistics: Statistics, waiting: Mapping[str, int]
) -> Iterator[tuple[MetricEstimate, Again]]:
    own = {metric.key for metric in experiment.metrics}
    for metric in metrics_of(experiment):
        first = metric == experiment.primary_metric
        role: Role = "primary" if first else "secondary" if metric.key in own else "guardrail"
        alternative: Alternative = experiment.plan.alternative if first else "two-sided"
        arms = statistics[metric.key]
        for variant in experiment.treatments:
            sides = (arms[experiment.control.key], arms[variant.key])
            note = _note(experiment, metric, waiting.get(metric.key, 0), sides)
            again = _comparison(metric, statistics, experiment.control.key, variant.key, alternative)
            row = MetricEstimate(
                metric=metric.key,
                title=metric.title,
                kind=metric.kind,
                role=role,
                variant=variant.key,
                direction=metric.direction,
                unit=metric.unit,
                estimate=again(experiment.plan.alpha),
                verdict="unknown",
                note=note,
            )
            yield row, again


def _comparison(metric: Metric, statistics: Statistics, control: str, variant: str, alternative: Alternative) -> Again:
    arms = statistics[metric.key]

    def again(alpha: float) -> Estimate | NotEstimable:
        return compare(metric.kind, arms[control], arms[variant], alpha=alpha, alternative=alternative)

    return again


def _note(experiment: Experiment, metric: Metric, waiting: int, arms: Iterable[ArmStatistic]) -> str:
    found = [told] if (told := told_cap(arms)) else []
    if experiment.plan.method != "fixed" and metric.window_days is None:
        found.append(OPEN_ENDED)
    elif experiment.plan.method != "fixed" and waiting:
        found.append(f"{waiting:,} units do not count yet: their {metric.window_days:g} days are not over")
    return "; ".join(found)


def _with_best(
    experiment: Experiment, statistics: Statistics, rows: Sequence[MetricEstimate]
) -> tuple[MetricEstimate, ...]:
    best = chances_of_best(
        experiment.primary_metric.kind,
        statistics[experiment.primary_metric.key],
        experiment.primary_metric.direction == "increase",
    )
    found = []
    for row in rows:
        if row.role == "primary" and row.decision is not None and row.variant in best:
            told = row.decision.model_copy(update={"probability_best": best[row.variant]})
            row = row.model_copy(update={"decision": told})  # noqa: PLW2901
        found.append(row)
    return tuple(found)
