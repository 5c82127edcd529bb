"""What a programme's experiments have brought together: every ended one's lift, as seen and pulled together.

What wins is chosen for having looked large, so its sum overstates what was gained. Lifts are shrunk towards their
common mean by empirical Bayes, and the sum of what was shipped is corrected for the choice (see
`expkit.stats.shrinkage`). Only lifts of one metric add up, so each metric has its own sum; a gain is a change the way
that its metric should go. Errors are taken from the 95 % intervals, so that those of sequential plans count as wide as
they are; at another alpha they are scaled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from expkit.analysis.scorecard import MetricEstimate, Scorecard
from expkit.domain import Experiment
from expkit.domain.baseline import Baseline
from expkit.domain.noun import Noun, Text
from expkit.stats import Estimate, Interval, NotEstimable
from expkit.stats.distributions import critical
from expkit.stats.shrinkage import correct_winners, shrink_effects

__all__ = ["Contribution", "MetricGain", "Portfolio", "portfolio"]

SHIPPED = frozenset({"rolling_out", "rolled_out"})
LEVEL = 0.05


class Contribution(Noun):
    """One ended experiment: its best treatment's gain on the primary metric, relative to control."""

    experiment: Text
    name: Text
    metric: Text
    variant: Text
    status: Text
    shipped: bool
    gain: float
    lower: float
    upper: float
    shrunk: float | None = None
    """None where too few experiments share the metric."""
    shrunk_lower: float | None = None
    shrunk_upper: float | None = None


class MetricGain(Noun):
    """All ended experiments on one metric. Gains add up as small changes do."""

    metric: Text
    experiments: int
    shipped: int
    seen: float
    """The sum of the shipped ones' gains, as seen."""
    corrected: float
    """Without what the choice of winners overstates."""
    shrunk: float | None = None
    """The sum of the shipped ones' shrunk gains."""
    baseline: float | None = None
    """What it stands at since the last promotion, where one project has recorded it."""


class Portfolio(Noun):
    """The largest gains first."""

    contributions: tuple[Contribution, ...]
    metrics: tuple[MetricGain, ...]


def portfolio(
    experiments: Sequence[Experiment], scorecards: Mapping[str, Scorecard], baselines: Sequence[Baseline] = ()
) -> Portfolio:
    """Of experiments that have ended, those with a scorecard and a lift. `baselines` are those that hold now."""
    found = [
        one
        for experiment in experiments
        if experiment.stopped_at is not None and experiment.key in scorecards
        if (one := _contribution(experiment, scorecards[experiment.key])) is not None
    ]
    by_metric: dict[str, list[Contribution]] = {}
    for one in found:
        by_metric.setdefault(one.metric, []).append(one)
    judged = {metric: _shrunk(ones) for metric, ones in by_metric.items()}
    metrics = [_gain(metric, ones, _level(metric, baselines)) for metric, ones in judged.items()]
    every = [one for ones in judged.values() for one in ones]
    return Portfolio(
        contributions=tuple(sorted(every, key=lambda one: (-one.gain, one.experiment))),
        metrics=tuple(sorted(metrics, key=lambda one: (-one.experiments, one.metric))),
    )


def _contribution(experiment: Experiment, card: Scorecard) -> Contribution | None:
    known = [(row, ends) for row in card.primary if (ends := _ends(row)) is not None]
    if not known:
        return None
    winner = experiment.winner.key if experiment.rollout is not None and experiment.winner is not None else ""
    row, (gain, lower, upper) = max(known, key=lambda pair: (pair[0].variant == winner, pair[1][0]))
    width = critical(LEVEL, None, "two-sided") / critical(card.alpha, None, "two-sided")
    lower, upper = gain - width * (gain - lower), gain + width * (upper - gain)
    return Contribution(
        experiment=experiment.key, name=experiment.name, metric=row.metric, variant=row.variant,
        status=experiment.status, gain=gain, lower=lower, upper=upper,
        shipped=experiment.status in SHIPPED or (experiment.rollout is not None and experiment.status == "completed"),
    )  # fmt: skip


def _ends(row: MetricEstimate) -> tuple[float, float, float] | None:
    """The lift and its interval, turned so that more is better."""
    found = row.estimate
    if not isinstance(found, Estimate) or not isinstance(found.lift, float) or not isinstance(found.lift_ci, Interval):
        return None
    lower, upper = found.lift_ci
    if not all(map(math.isfinite, (lower, upper))) or not upper > lower:
        return None
    return (found.lift, lower, upper) if row.direction == "increase" else (-found.lift, -upper, -lower)


def _error(one: Contribution) -> float:
    return (one.upper - one.lower) / (2 * critical(LEVEL, None, "two-sided"))


def _shrunk(ones: list[Contribution]) -> list[Contribution]:
    pulled = shrink_effects([one.gain for one in ones], [_error(one) for one in ones])
    if isinstance(pulled, NotEstimable):
        return ones
    return [
        one.changed(shrunk=new.effect, shrunk_lower=new.ci.lower, shrunk_upper=new.ci.upper)
        for one, new in zip(ones, pulled, strict=True)
    ]


def _level(metric: str, baselines: Sequence[Baseline]) -> float | None:
    found = [one.level for one in baselines if one.metric == metric]
    return found[0] if len(found) == 1 else None


def _gain(metric: str, ones: list[Contribution], level: float | None) -> MetricGain:
    shipped = [one for one in ones if one.shipped]
    told = correct_winners(
        [one.gain for one in ones], [_error(one) for one in ones], selected=[one.shipped for one in ones]
    )
    known = [one.shrunk for one in shipped if one.shrunk is not None]
    return MetricGain(
        metric=metric, experiments=len(ones), shipped=len(shipped), seen=told.total,
        corrected=told.corrected if shipped else 0.0, baseline=level,
        shrunk=math.fsum(known) if len(known) == len(shipped) else None,
    )  # fmt: skip
