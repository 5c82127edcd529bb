"""Guardrails: whether one broke, and whether harm beyond what is tolerated is ruled out (non-inferiority).

Not finding harm is not the same as showing that there is none, so a guardrail has three answers: broken, held, and
neither yet. A share of the control is tested without dividing by it (see `expkit.stats.equivalence`).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from expkit.analysis.scorecard import GuardrailFinding, MetricKind
from expkit.analysis.statistics import ArmStatistic, no_worse
from expkit.domain import Guardrail
from expkit.stats import Estimate, Interval, NotEstimable

__all__ = ["Bound", "find_breach"]


class Bound(NamedTuple):
    """How far a metric may go: the largest tolerated harm as a share of control, and the level not to cross."""

    metric: str
    direction: Literal["increase", "decrease"] = "increase"
    max_change: float | None = None
    limit: float | None = None
    action: Literal["alert", "pause", "stop", "rollback"] = "alert"

    @classmethod
    def of(cls, guardrail: Guardrail) -> Bound:
        metric = guardrail.metric
        return cls(metric.key, metric.direction, guardrail.max_change, guardrail.limit, guardrail.action)


class _Answer(NamedTuple):
    """Of one bound: whether it broke, whether it held, the p-value of the latter, and in words."""

    breached: bool
    held: bool | None
    p_value: float | None
    detail: str


def find_breach(
    bound: Bound,
    variant: str,
    estimate: Estimate | NotEstimable,
    arm: ArmStatistic,
    alpha: float,
    level: float | None = None,
    *,
    kind: MetricKind = "mean",
    control: ArmStatistic | None = None,
) -> GuardrailFinding:
    """Whether a treatment broke a guardrail: beyond the bound, and by more than chance explains; or held it.

    `limit` is tested against the arm's own level (one-sided, at alpha); `max_change` asks for a harm that is larger
    than tolerated and differs from none at alpha. A control of zero makes any such harm larger than tolerated.
    It held once harm beyond the bound is ruled out at alpha: with `control` by the test of non-inferiority, without,
    by the interval of the estimate, as looks that are taken again and again need it.
    `level` is what alpha leaves for this look, where there are several.
    """
    limit = _over_limit(bound, arm, alpha if level is None else level)
    change = _over_change(bound, estimate, arm, alpha, kind, control)
    answers = [one for one in (limit, change) if one is not None]
    known = [one.held for one in answers]
    p_values = [one.p_value for one in answers if one.p_value is not None]
    return GuardrailFinding(
        metric=bound.metric,
        variant=variant,
        breached=any(one.breached for one in answers) if answers else None,
        held=None if not known or None in known else all(known),
        p_value=max(p_values, default=None),
        action=bound.action,
        detail="; ".join(one.detail for one in answers) or "there is not enough data to tell",
    )


def _over_limit(bound: Bound, arm: ArmStatistic, alpha: float) -> _Answer | None:
    from scipy.special import ndtr, ndtri

    if bound.limit is None or math.isnan(arm.mean) or not alpha > 0:
        return None
    up = bound.direction == "decrease"  # then more is worse
    beyond = arm.mean - bound.limit if up else bound.limit - arm.mean
    breached = beyond > 0 and beyond >= -ndtri(alpha) * arm.se
    p = None if arm.se == 0 else float(ndtr(beyond / arm.se))
    detail = f"level {arm.mean:.4g}, limit {'at most' if up else 'at least'} {bound.limit:.4g}"
    return _Answer(bool(breached), None if p is None else p < alpha, p, detail)


def _over_change(
    bound: Bound,
    estimate: Estimate | NotEstimable,
    arm: ArmStatistic,
    alpha: float,
    kind: MetricKind,
    control: ArmStatistic | None,
) -> _Answer | None:
    most = bound.max_change
    if most is None or isinstance(estimate, NotEstimable):
        return None
    falls = bound.direction == "increase"
    harm, base = -estimate.effect if falls else estimate.effect, abs(estimate.control.mean)
    breached = harm > most * base and estimate.p_value < alpha
    held, p = _ruled_out(bound, estimate, arm, alpha, kind, control)
    seen = "no harm" if harm <= 0 else f"harm {harm / base:.1%}" if base else f"harm {harm:.4g} over a control of zero"
    more = "" if held is None or breached else f", more is {'' if held else 'not yet '}ruled out"
    more += f" (p = {p:.2g})" if more and p is not None else ""
    return _Answer(breached, held, p, f"{seen}, tolerated {most:.1%}{more}")


def _ruled_out(
    bound: Bound,
    estimate: Estimate,
    arm: ArmStatistic,
    alpha: float,
    kind: MetricKind,
    control: ArmStatistic | None,
) -> tuple[bool | None, float | None]:
    most, falls = bound.max_change or 0.0, bound.direction == "increase"
    if control is not None and alpha < 0.5:  # the interval that goes with it is at 1 - 2 alpha
        found = no_worse(kind, control, arm, most, better=bound.direction, alpha=alpha)
        return (None, None) if isinstance(found, NotEstimable) else (found.shown, found.p_value)
    if not isinstance(estimate.lift_ci, Interval):
        return None, None
    return (estimate.lift_ci.lower > -most if falls else estimate.lift_ci.upper < most), None
