"""The sample size of an experiment, from its own plan: the statistics are those of `expkit.stats`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from expkit.design.sizing_traffic import Timetable, plan_days
from expkit.domain import Experiment
from expkit.errors import InvalidInput
from expkit.stats import (
    Alternative,
    LookMethod,
    SampleSize,
    power_for_one_look,
    size_means,
    size_proportions,
)
from expkit.stats.power import shared_alpha

__all__ = ["Design", "size_experiment"]


@dataclass(frozen=True, slots=True)
class Design:
    """What it takes to find the smallest effect worth finding in the primary metric."""

    experiment: str
    metric: str
    baseline: float
    sd: float | None
    minimum_effect: float
    """Relative to the baseline."""
    effect: float
    """The same, absolute and with its sign."""
    alpha: float
    power: float
    alternative: Alternative
    arms: Mapping[str, int]
    """Units per variant, in the proportions of the weights."""
    total: int
    days: int | None
    """None when the daily units are not known."""
    weeks: int | None = None
    """The days, rounded up to whole weeks, so that every weekday counts as often as any other."""
    end: date | None = None
    """The last day of the last week, where the start is known."""

    @property
    def per_arm(self) -> int:
        """Units in the smallest arm; with equal weights, in each."""
        return min(units for units in self.arms.values() if units)


def size_experiment(
    experiment: Experiment,
    *,
    baseline: float,
    sd: float | None = None,
    daily_units: float | Sequence[float] | None = None,
    minimum_effect: float | None = None,
    rho: float = 0.0,
    start: date | None = None,
) -> Design:
    """Size an experiment by its primary metric and plan; every treatment's comparison gets the plan's power.

    Looks that the plan's method provides for cost units, and so do several treatments where the plan corrects for them:
    each is sized at its share of alpha, which is never too few. A Bayesian plan is sized as a fixed one.
    `baseline` is the metric's present value per unit, `sd` its standard deviation between units (a conversion needs
    none), `daily_units` how many eligible units come a day, before coverage: one number, or seven from Monday to
    Sunday. `minimum_effect` replaces the plan's. `rho` is the metric's correlation with the covariates of CUPED.
    """
    smallest = _minimum_effect(experiment, minimum_effect)
    shares = _shares(experiment)
    size = _size(experiment, baseline, sd, smallest, tuple(shares.values()), rho)
    timetable = None if daily_units is None else _timetable(experiment, size.total, daily_units, start)
    units = dict(zip(shares, size.per_arm, strict=True))
    return Design(
        experiment=experiment.key,
        metric=experiment.primary_metric.key,
        baseline=baseline,
        sd=sd,
        minimum_effect=smallest,
        effect=size.effect,
        alpha=experiment.plan.alpha,
        power=experiment.plan.power,
        alternative=size.alternative,
        arms={variant.key: units.get(variant.key, 0) for variant in experiment.variants},
        total=size.total,
        days=timetable.days if timetable else None,
        weeks=timetable.weeks if timetable else None,
        end=timetable.end if timetable else None,
    )


def _minimum_effect(experiment: Experiment, given: float | None) -> float:
    effect = experiment.plan.minimum_effect if given is None else given
    if effect is None:
        raise InvalidInput(
            f"Experiment {experiment.key!r} does not say which effect is worth finding.",
            hint="set plan.minimum_effect or pass minimum_effect; 0.05 is five per cent of the baseline.",
        )
    if not (0 < effect < math.inf):
        raise InvalidInput(f"minimum_effect is {effect:g}.", hint="it is a size, above 0; 0.05 is five per cent.")
    return effect


def _shares(experiment: Experiment) -> dict[str, float]:
    """Control first; a treatment that gets nobody is compared with nothing."""
    control, shares = experiment.control.key, experiment.shares
    if not shares[control]:
        raise InvalidInput(f"The control {control!r} has a weight of 0.", hint="nothing can be compared with it.")
    treatments = {key: share for key, share in shares.items() if share and key != control}
    if not treatments:
        raise InvalidInput("Every treatment has a weight of 0.", hint="give at least one treatment some units.")
    return {control: shares[control], **treatments}


def _size(
    experiment: Experiment,
    baseline: float,
    sd: float | None,
    smallest: float,
    shares: tuple[float, ...],
    rho: float,
) -> SampleSize:
    metric, plan = experiment.primary_metric, experiment.plan
    # two-sided curves are not symmetric for proportions: the effect to find is the one that is hoped for
    downwards = metric.direction == "decrease" and plan.alternative == "two-sided"
    effect = -smallest if downwards else smallest
    comparisons = 1 if plan.correction == "none" else len(shares) - 1
    method: LookMethod = "fixed" if plan.method == "bayesian" else plan.method
    looked = power_for_one_look(
        plan.power,
        method,
        1 if method == "fixed" else plan.looks,
        alpha=shared_alpha(plan.alpha, comparisons),
        alternative=plan.alternative,
        spending=plan.spending,
    )
    if metric.kind == "conversion":
        return size_proportions(
            baseline, effect, relative=True, alpha=plan.alpha, power=looked, alternative=plan.alternative,
            shares=shares, rho=rho, comparisons=comparisons,
        )  # fmt: skip
    if sd is None:
        raise InvalidInput(
            f"Metric {metric.key!r} is a {metric.kind}, and a mean needs its standard deviation.",
            hint="pass sd: how much the metric varies between units, from past data.",
        )
    return size_means(
        baseline, sd, effect, relative=True, alpha=plan.alpha, power=looked, alternative=plan.alternative,
        shares=shares, rho=rho, comparisons=comparisons,
    )  # fmt: skip


def _timetable(
    experiment: Experiment, total: int, daily_units: float | Sequence[float], start: date | None
) -> Timetable:
    if not experiment.coverage:
        raise InvalidInput(
            f"Experiment {experiment.key!r} lets nobody in: its coverage is 0.", hint="raise the coverage."
        )
    return plan_days(total, daily_units, coverage=experiment.coverage, start=start)
