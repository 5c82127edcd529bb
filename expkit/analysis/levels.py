"""One arm's level against a number: at any moment, without anybody to compare with.

The arm's mean has a one-sided confidence sequence (`expkit.stats.always_valid`). Where the number is itself an
estimate, as the control of an experiment that is over, half of alpha goes to the sequence and half to the number's own
interval, which is fixed: at no moment are both wrong with more than alpha (Bonferroni). That it still stands where it
stood is an assumption: nobody gets the control any more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from expkit.analysis.scorecard import GuardrailFinding
from expkit.analysis.statistics import ArmStatistic
from expkit.domain import Guardrail
from expkit.stats import confidence_sequence, mixture_rho

__all__ = ["LEAST_UNITS", "TUNED_FOR", "Reference", "judge_against", "judge_level", "undecided"]

LEAST_UNITS = 30
"""An arm with fewer units than this breaks no guardrail: a normal law is not yet near."""
TUNED_FOR = 1000
"""Units at which a confidence sequence is tightest: harm is to be found early."""


class Reference(NamedTuple):
    """What a level is compared with, and how sure that is."""

    level: float
    se: float
    name: str
    """control at look 3; the baseline of checkout."""


def judge_level(guardrail: Guardrail, variant: str, arm: ArmStatistic, alpha: float) -> GuardrailFinding:
    """The arm's own level against the guardrail's limit."""
    limit = guardrail.limit or 0.0
    if _few(arm):
        return undecided(guardrail, variant, "there is not enough data to tell")
    detail = f"level {arm.mean:.4g}, limit at {'least' if _falls(guardrail) else 'most'} {limit:.4g}"
    return undecided(guardrail, variant, detail).model_copy(
        update={"breached": _beyond(arm, limit, alpha, falls=_falls(guardrail))}
    )


def judge_against(
    guardrail: Guardrail, variant: str, arm: ArmStatistic, reference: Reference, alpha: float
) -> GuardrailFinding:
    """The arm's level against the tolerated change of a level that was seen before."""
    from scipy.special import ndtri

    most, falls = guardrail.max_change or 0.0, _falls(guardrail)
    if _few(arm):
        return undecided(guardrail, variant, "there is not enough data to tell")
    # the level at which the harm is just tolerated, moved by what is not known of the reference
    margin = -most if falls else most
    bad = -1.0 if falls else 1.0
    edge = reference.level + margin * abs(reference.level)
    edge += bad * -float(ndtri(alpha / 2)) * abs(1 + margin * math.copysign(1, reference.level)) * reference.se
    harm = bad * (arm.mean - reference.level)
    share = f"{harm / abs(reference.level):.1%}" if reference.level else f"{harm:.4g}"
    seen = "no harm" if harm <= 0 else f"harm {share}"
    detail = f"level {arm.mean:.4g} against {reference.level:.4g} ({reference.name}; nobody gets it now): {seen}, "
    return undecided(guardrail, variant, f"{detail}tolerated {most:.1%}").model_copy(
        update={"breached": _beyond(arm, edge, alpha / 2, falls=falls)}
    )


def undecided(guardrail: Guardrail, variant: str, detail: str) -> GuardrailFinding:
    return GuardrailFinding(
        metric=guardrail.metric.key, variant=variant, breached=None, action=guardrail.action, detail=detail
    )


def _falls(guardrail: Guardrail) -> bool:
    """Whether less is worse."""
    return guardrail.metric.direction == "increase"


def _few(arm: ArmStatistic) -> bool:
    return arm.n < LEAST_UNITS or math.isnan(arm.mean)


def _beyond(arm: ArmStatistic, edge: float, alpha: float, *, falls: bool) -> bool:
    beyond = edge - arm.mean if falls else arm.mean - edge
    if arm.se == 0:
        return beyond > 0
    rho = mixture_rho(TUNED_FOR, alpha, "greater")
    seen = confidence_sequence([beyond], [arm.se], [arm.n], alpha=alpha, alternative="greater", rho=rho)
    return bool(seen.p_values[-1] <= alpha)
