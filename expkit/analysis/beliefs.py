"""Bayesian plans: what to believe of an effect, and what each choice would lose.

Lifts are Normal(0, prior_sd) beforehand, as a share of the control mean that was seen; the estimate is normal with a
known standard error. Loss: Stucchio (2015), Bayesian A/B testing at VWO.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from expkit.analysis.scorecard import MetricKind
from expkit.analysis.statistics import ArmStatistic
from expkit.stats import Estimate, Interval, NormalPrior, NotEstimable, bayes_arms
from expkit.stats.bayes import shrink
from expkit.stats.distributions import critical, tail

__all__ = ["Belief", "believe", "chances_of_best"]


class Belief(NamedTuple):
    """The posterior as an estimate; losses are relative to control, or in the metric's own unit without one."""

    estimate: Estimate
    better: float
    loss_if_treatment: float
    loss_if_control: float


def believe(found: Estimate, prior_sd: float, alpha: float, increase: bool) -> Belief:
    """The p-value is twice the smaller of the chances to be better and worse: below alpha the interval has no zero."""
    size = 0.0 if isinstance(found.lift, NotEstimable) else abs(found.control.mean)
    prior = NormalPrior(0.0, prior_sd * size) if size else NormalPrior()
    mean, sd = shrink(found.effect, found.se, prior)
    half = critical(alpha, None, "two-sided") * sd
    good = mean if increase else -mean
    better, unit = tail(-good / sd), size or 1.0
    ends = Interval(mean - half, mean + half)
    estimate = replace(
        found,
        effect=mean,
        ci=ends,
        lift=mean / size if size else found.lift,
        lift_ci=Interval(ends.lower / size, ends.upper / size) if size else found.lift_ci,
        p_value=min(1.0, 2 * min(better, tail(good / sd))),
        se=sd,
        df=None,
        statistic=mean / sd,
        alpha=alpha,
        alternative="two-sided",
        method=f"{found.method}+bayes",
    )
    return Belief(estimate, better, _positive_part(-good, sd) / unit, _positive_part(good, sd) / unit)


def chances_of_best(kind: MetricKind, arms: Mapping[str, ArmStatistic], increase: bool) -> dict[str, float]:
    """The chance of each arm to be the best one; nothing where an arm has no posterior of its own (a ratio)."""
    if kind == "ratio" or len(arms) < 2 or any(arm.summary is None or arm.n < 2 for arm in arms.values()):
        return {}
    if kind == "conversion" and all(arm.successes is not None for arm in arms.values()):
        counts = {name: (arm.successes or 0, arm.n) for name, arm in arms.items()}
        found = bayes_arms(counts, family="proportions", lower_is_better=not increase)
    else:
        summaries = {name: replace(arm.summary, covariates=None) for name, arm in arms.items() if arm.summary}
        found = bayes_arms(summaries, family="means", lower_is_better=not increase)
    return {} if isinstance(found, NotEstimable) else {name: one.probability_best for name, one in found.items()}


def _positive_part(mean: float, sd: float) -> float:
    """E[max(X, 0)] of a normal X."""
    z = mean / sd
    return sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) + mean * tail(-z)
