"""Comparing two rates: events per user-day, per hour, per thousand requests.

These take events as a Poisson process. Where some units have many more events than others - nearly
always, for users - give one number per unit to `compare_means`, or to `compare_ratios` with the exposure as
denominators: their errors hold whatever the overdispersion, negative binomial included.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

from expkit.errors import InvalidInput
from expkit.stats.conditional import Conditional
from expkit.stats.contrast import NO_LIFT, Contrast
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, finite, probability, word

__all__ = ["RatesMethod", "compare_rates"]

RatesMethod = Literal["score", "exact", "wald"]

MAX_EVENTS = 2_000_000


class Events(NamedTuple):
    """Events and exposure of both arms."""

    x_c: int
    t_c: float
    x_t: int
    t_t: float

    @property
    def rates(self) -> tuple[float, float]:
        return self.x_c / self.t_c, self.x_t / self.t_t


def compare_rates(
    events_c: int,
    exposure_c: float,
    events_t: int,
    exposure_t: float,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    method: RatesMethod = "score",
) -> Estimate | NotEstimable:
    """Treatment's rate minus control's, from events and the exposure they were counted over.

    `score`: given the total, the treatment's events are binomial; z without and intervals by Wilson's
    method (Przyborowski & Wilenski 1940, Biometrika 31, 313-323; Ng & Tang 2005). `exact`: the binomial
    itself. Both are told as the difference and lift that their rate ratios make at the total seen. `wald`:
    unconditional, Fieller for the lift. An arm's `n` counts its events, its `mean` is the
    rate; the exact `statistic` is the treatment's events.

    >>> round(compare_rates(21, 3011, 11, 800, method="exact").p_value, 5)
    0.07967
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("method", method, get_args(RatesMethod))
    events = Events(
        count("events of the control", events_c),
        _exposure("control", exposure_c),
        count("events of the treatment", events_t),
        _exposure("treatment", exposure_t),
    )
    if not events.x_c + events.x_t:
        return NotEstimable("There are no events in either arm.", "collect more exposure.")
    if method == "wald":
        return _wald(events, float(alpha), alternative, relative)
    if method == "exact" and events.x_c + events.x_t > MAX_EVENTS:
        return NotEstimable("There are too many events for an exact test.", "use method='score'.")
    statistic, p, ratios = (_exact if method == "exact" else _score)(events, float(alpha), alternative)
    return _estimate(events, statistic, p, ratios, float(alpha), alternative, relative, method)


def _exposure(which: str, value: Any) -> float:
    exposure = finite(f"exposure of the {which}", value)
    if exposure <= 0:
        raise InvalidInput(f"exposure of the {which} is {exposure:g}.", hint="units, days or hours, above 0.")
    return exposure


def _score(events: Events, alpha: float, alternative: Alternative) -> tuple[float, float, tuple[float, float]]:
    from expkit.stats.wilson import wilson_limits

    total, share = events.x_c + events.x_t, events.t_t / (events.t_c + events.t_t)
    statistic = (events.x_t - total * share) / math.sqrt(total * share * (1 - share))
    limits = wilson_limits(events.x_t, total, abs(critical(alpha, None, alternative)))
    ends = (limits.lower, limits.upper) if alternative == "two-sided" or alpha < 0.5 else limits[:0:-1]
    odds = [end / (1 - end) * (1 - share) / share if end < 1 else math.inf for end in ends]
    return statistic, p_value(statistic, None, alternative), (odds[0], odds[1])


def _exact(events: Events, alpha: float, alternative: Alternative) -> tuple[float, float, tuple[float, float]]:
    import numpy as np
    from scipy.special import gammaln

    total = events.x_c + events.x_t
    k = np.arange(total + 1)
    logs = gammaln(total + 1) - gammaln(k + 1) - gammaln(total - k + 1) + k * math.log(events.t_t / events.t_c)
    family = Conditional(0, logs, events.x_t)
    return float(events.x_t), family.p_value(alternative), family.interval(alpha, alternative)


def _estimate(
    events: Events,
    statistic: float,
    p: float,
    ratios: tuple[float, float],
    alpha: float,
    alternative: Alternative,
    relative: bool,
    method: RatesMethod,
) -> Estimate:
    base, rate = events.rates
    lower, upper = (_difference_at(events, ratio) for ratio in ratios)
    lift: float | NotEstimable = NO_LIFT
    lift_ci: Interval | NotEstimable = NO_LIFT
    if relative and events.x_c:
        lift, lift_ci = rate / base - 1, interval(ratios[0] - 1, ratios[1] - 1, alternative)
    elif relative:
        lift = lift_ci = NotEstimable("The control has no events.", "read the absolute effect.")
    return Estimate(
        effect=rate - base,
        ci=interval(lower, upper, alternative),
        lift=lift,
        lift_ci=lift_ci,
        p_value=p,
        statistic=statistic,
        se=math.sqrt(base / events.t_c + rate / events.t_t),
        df=None,
        alpha=alpha,
        alternative=alternative,
        method=method,
        control=Arm(events.x_c, base),
        treatment=Arm(events.x_t, rate),
    )


def _difference_at(events: Events, ratio: float) -> float:
    """The difference of two rates with this ratio that give the observed total."""
    total = events.x_c + events.x_t
    if math.isinf(ratio):
        return total / events.t_t
    return total * (ratio - 1) / (events.t_c + ratio * events.t_t)


def _wald(events: Events, alpha: float, alternative: Alternative, relative: bool) -> Estimate | NotEstimable:
    base, rate = events.rates
    return Contrast.of_means(base, rate, base / events.t_c, rate / events.t_t).estimate(
        (Arm(events.x_c, base), Arm(events.x_t, rate)),
        alpha=alpha,
        alternative=alternative,
        method="wald",
        relative=relative,
        lift_method="fieller",
    )
