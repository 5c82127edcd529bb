"""From statistics to judged estimates: multiplicity, verdicts, guardrails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate, Role, Verdict
from expkit.analysis.statistics import ArmStatistic
from expkit.domain import Guardrail
from expkit.stats import Estimate, NotEstimable, adjust

__all__ = ["Correction", "find_breach", "judge"]

Correction = Literal["none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"]


def judge(rows: Sequence[MetricEstimate], alpha: float, correction: Correction) -> tuple[MetricEstimate, ...]:
    """Adjusted p-values and verdicts.

    There are two families: the primary metric over all treatments, which is one test where there is one
    treatment, and the secondary metrics over all treatments. Guardrails stay as they are: missing harm costs more
    than a false alarm.
    """
    judged = list(rows)
    families: tuple[tuple[Role, int], ...] = (("primary", 2), ("secondary", 1))
    for role, least in families:
        family = [i for i, row in enumerate(judged) if row.role == role and isinstance(row.estimate, Estimate)]
        if correction == "none" or len(family) < least:
            continue
        adjusted = adjust([_p_value(judged[i]) for i in family], correction)
        for i, p_value in zip(family, adjusted.tolist(), strict=True):
            judged[i] = judged[i].model_copy(update={"adjusted_p_value": p_value})
    return tuple(row.model_copy(update={"verdict": _verdict(row, alpha)}) for row in judged)


def _p_value(row: MetricEstimate) -> float:
    return row.p_value if row.p_value is not None else math.nan


def _verdict(row: MetricEstimate, alpha: float) -> Verdict:
    if isinstance(row.estimate, NotEstimable) or row.p_value is None:
        return "unknown"
    if row.p_value >= alpha or row.estimate.effect == 0:
        return "inconclusive"
    return "better" if (row.estimate.effect > 0) == (row.direction == "increase") else "worse"


def find_breach(
    guardrail: Guardrail,
    variant: str,
    estimate: Estimate | NotEstimable,
    arm: ArmStatistic,
    alpha: float,
    level: float | None = None,
) -> GuardrailFinding:
    """Whether a treatment broke a guardrail: beyond the bound, and by more than chance explains.

    `limit` is tested against the arm's own level (one-sided, at alpha); `max_change` asks for a harm that is larger
    than tolerated and differs from none at alpha. A control of zero makes any such harm larger than tolerated.
    `level` is what alpha leaves for this look, where there are several.
    """
    over = [
        finding
        for finding in (
            _over_limit(guardrail, arm, alpha if level is None else level),
            _over_change(guardrail, estimate, alpha),
        )
        if finding is not None
    ]
    breached = None if not over else any(is_breach for is_breach, _ in over)
    return GuardrailFinding(
        metric=guardrail.metric.key,
        variant=variant,
        breached=breached,
        action=guardrail.action,
        detail="; ".join(text for _, text in over) or "there is not enough data to tell",
    )


def _over_limit(guardrail: Guardrail, arm: ArmStatistic, alpha: float) -> tuple[bool, str] | None:
    from scipy.special import ndtri

    if guardrail.limit is None or math.isnan(arm.mean) or not alpha > 0:
        return None
    up = guardrail.metric.direction == "decrease"  # then more is worse
    beyond = arm.mean - guardrail.limit if up else guardrail.limit - arm.mean
    breached = beyond > 0 and beyond >= -ndtri(alpha) * arm.se
    return bool(breached), f"level {arm.mean:.4g}, limit {'at most' if up else 'at least'} {guardrail.limit:.4g}"


def _over_change(guardrail: Guardrail, estimate: Estimate | NotEstimable, alpha: float) -> tuple[bool, str] | None:
    if guardrail.max_change is None or isinstance(estimate, NotEstimable):
        return None
    harm = estimate.effect if guardrail.metric.direction == "decrease" else -estimate.effect
    base = abs(estimate.control.mean)
    breached = harm > guardrail.max_change * base and estimate.p_value < alpha
    if harm <= 0:
        return False, "no harm"
    seen = f"harm {harm / base:.1%}" if base else f"harm {harm:.4g} over a control of zero"
    return breached, f"{seen}, tolerated {guardrail.max_change:.1%}"
