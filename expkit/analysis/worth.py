"""What a treatment is worth: its effect times value and traffic, less what it costs, and whether to wait for more data.

The effect is believed to be normal (a Normal(0, prior_sd) on lifts beforehand, shrunken by what was seen), so gain and
net are normal, too. Choosing on the average: Raiffa & Schlaifer (1961, Applied Statistical Decision Theory, ch. 5).
What more data are worth is the expected value of sample information, E[max(0, M)] - max(0, m), where M is what the mean
will be after them, Normal(m, s) as seen from now (preposterior analysis, ibid.).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from expkit.analysis.parts import Part
from expkit.domain.noun import Noun, Text
from expkit.errors import InvalidInput
from expkit.stats import Estimate, Interval, NormalPrior, NotEstimable
from expkit.stats.bayes import shrink
from expkit.stats.distributions import critical, tail

if TYPE_CHECKING:
    from expkit.analysis.scorecard import MetricEstimate, Scorecard
    from expkit.domain import Experiment

__all__ = ["Economics", "Waiting", "Worth", "worth_of"]


class Economics(Noun):
    """What a change of the metric is worth, on how much traffic, and what it costs."""

    value: float = 1.0
    """Of one more of what the metric counts, per unit: of a conversion, or 1 where the metric is money already."""
    traffic: float | None = Field(default=None, gt=0)
    """Units (for a ratio, of what stands below) over the horizon; as they came lately, when empty."""
    days: float = Field(default=365.0, gt=0, le=36_500)
    """The horizon: for how long the change will bring its value."""
    build: float = Field(default=0.0, ge=0)
    """What it costs once, when it is shipped."""
    running: float = Field(default=0.0, ge=0)
    """What it costs for each unit that gets it."""
    wait: float = Field(default=7.0, gt=0, le=3650)
    """Days that one might go on with the experiment before one chooses."""
    prior_sd: float | None = Field(default=None, gt=0, le=1000)
    """Of lifts before anything was seen; the plan's when empty. A large one believes the data alone."""
    metric: Text | None = None
    """The primary one when empty."""
    variant: Text | None = None
    """The only treatment when empty."""


class Waiting(Part):
    """Going on for some days, and choosing then."""

    days: float
    units: float
    """New ones in both arms."""
    information: float
    """What choosing with more data gains on average: never below 0."""
    cost: float
    """What is lost meanwhile, where the better choice is not everybody's yet; negative where waiting brings in."""
    net: float
    """Above 0: wait."""


class Worth(Part):
    """What shipping a treatment brings over the horizon, by what is believed of its effect."""

    experiment: Text
    look: int
    metric: Text
    variant: Text
    economics: Economics
    traffic: float
    alpha: float
    effect: float
    """Believed, per unit, in the metric's own unit; `effect_ci` likewise."""
    effect_ci: Interval
    gain: float
    gain_ci: Interval
    cost: float
    net: float
    net_ci: Interval
    roi: float | None = None
    """Net for each unit of money spent; None where nothing is."""
    roi_ci: Interval | None = None
    probability_positive: float = Field(ge=0, le=1)
    """That the net is above 0."""
    break_even: float | None = None
    """The effect that pays its costs; None where nothing has a value."""
    break_even_lift: float | None = None
    waiting: Waiting | None = None
    """None where it has stopped, or where nobody knows how many units come."""

    @property
    def ship(self) -> bool:
        """Whether shipping now brings more on average than keeping control."""
        return self.net > 0


def worth_of(experiment: Experiment, card: Scorecard, asked: Economics) -> Worth:
    """Of the look's own estimate; `InvalidInput` where there is none, or no traffic to multiply it with."""
    row = card.row(asked.metric or experiment.primary_metric.key, asked.variant)
    found = row.estimate
    if isinstance(found, NotEstimable):
        raise InvalidInput(f"{row.metric} of {row.variant} has no estimate: {found.reason}", hint=found.hint or "wait.")
    mean, sd, se = _believed(row, found, asked.prior_sd or experiment.plan.prior_sd)
    per_day = _per_day(experiment, card)
    traffic = asked.traffic or (per_day or 0.0) * asked.days
    if not traffic:
        raise InvalidInput("How many units will there be?", hint="give traffic=..., for the whole horizon.")
    sign = 1.0 if row.direction == "increase" else -1.0
    scale, cost = sign * asked.value * traffic, asked.build + asked.running * traffic
    half = critical(card.alpha, None, "two-sided") * sd
    ends = sorted((scale * (mean - half), scale * (mean + half)))
    gain, net, spread = scale * mean, scale * mean - cost, abs(scale) * sd
    even = cost / scale if scale else None
    base = abs(found.control.mean)
    return Worth(
        experiment=card.experiment,
        look=card.look,
        metric=row.metric,
        variant=row.variant,
        economics=asked,
        traffic=traffic,
        alpha=card.alpha,
        effect=mean,
        effect_ci=Interval(mean - half, mean + half),
        gain=gain,
        gain_ci=Interval(*ends),
        cost=cost,
        net=net,
        net_ci=Interval(ends[0] - cost, ends[1] - cost),
        roi=net / cost if cost else None,
        roi_ci=Interval((ends[0] - cost) / cost, (ends[1] - cost) / cost) if cost else None,
        probability_positive=min(tail(-net / spread), 1.0) if spread else float(net > 0),
        break_even=even,
        break_even_lift=even / base if even is not None and base else None,
        waiting=_waiting(experiment, card, asked, row.variant, (mean, sd, se), (scale, cost, traffic), per_day),
    )


def _believed(row: MetricEstimate, found: Estimate, prior_sd: float) -> tuple[float, float, float]:
    """Mean and sd of the effect, and the standard error of the data; as they are, before bound or prior."""
    effect, se = (row.decision.effect, row.decision.se) if row.decision is not None else (found.effect, found.se)
    size = abs(found.control.mean)
    return *shrink(effect, se, NormalPrior(0.0, prior_sd * size) if size else NormalPrior()), se


def _per_day(experiment: Experiment, card: Scorecard) -> float | None:
    """Eligible units a day, by the pace of the last days; those that are not let in count, too."""
    reached = card.progress
    if reached is None or not reached.per_day or not reached.units or not experiment.coverage:
        return None
    return reached.per_day * sum(arm.n for arm in card.arms) / reached.units / experiment.coverage


def _waiting(
    experiment: Experiment,
    card: Scorecard,
    asked: Economics,
    variant: str,
    believed: tuple[float, float, float],
    scales: tuple[float, float, float],
    per_day: float | None,
) -> Waiting | None:
    """The mean after more data is Normal(now, s), s^2 being the variance that they will take away."""
    (mean, sd, se), (scale, cost, traffic) = believed, scales
    now = sum(arm.n for arm in card.arms if arm.key in {variant, card.control})
    if experiment.stopped_at is not None or per_day is None or not now or not sd:
        return None
    arms = sum(arm.share for arm in card.arms if arm.key in {variant, card.control})
    units = per_day * experiment.coverage * arms * asked.wait
    later = 1 / (1 / sd**2 + units / now / se**2)
    s, net = abs(scale) * math.sqrt(max(sd**2 - later, 0.0)), scale * mean - cost
    information = max(_positive_part(net, s) - max(net, 0.0), 0.0)
    daily = (scale * mean - asked.running * traffic) / asked.days
    treated = card.arm(variant).share * experiment.coverage
    lost = daily * asked.wait * ((1 - treated) if net > 0 else -treated)
    return Waiting(days=asked.wait, units=units, information=information, cost=lost, net=information - lost)


def _positive_part(mean: float, sd: float) -> float:
    """E[max(X, 0)] of a normal X."""
    if not sd:
        return max(mean, 0.0)
    z = mean / sd
    return sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) + mean * tail(-z)
