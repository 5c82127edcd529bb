"""What a scorecard advises, by rules that a reader can check: the reasons say which rule spoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate, Recommendation
from expkit.stats import Check, NotEstimable

__all__ = ["Progress", "recommend"]

LEAST_UNITS = 100
"""Without a planned size, an arm with fewer units than this is too small to decide on."""

CAUTIONS = frozenset(
    {"novelty", "anomaly", "outlier_units", "missing_exposure", "late_exposure", "logging_delay", "clock_skew"}
)
"""Checks that put the answer in a light, and do not make the data doubtful."""

_NO_EXPOSURES = (
    "An arm without exposures has nothing to compare. Log an exposure whenever a unit sees its variant "
    "(log_exposures), and outcomes under the same user_id or session_id (log_outcomes)."
)


class Progress(NamedTuple):
    """How far the data got: units in the smallest arm and days, against what was planned. `over` ends the waiting."""

    units: int
    days: float | None = None
    planned_units: int | None = None
    planned_days: float | None = None
    most_days: float | None = None
    over: bool = False
    method: str = "fixed"

    @property
    def planned(self) -> bool:
        return self.planned_units is not None or self.planned_days is not None

    @property
    def enough(self) -> bool:
        if self.over or (self.most_days is not None and (self.days or 0) >= self.most_days):
            return True
        if not self.planned:
            return self.units >= LEAST_UNITS
        units = self.planned_units is None or self.units >= self.planned_units
        # as many as are shown: the first exposure is never in the first second, nor the last one in the last
        return units and (self.planned_days is None or round(self.days or 0, 1) >= self.planned_days)

    def __str__(self) -> str:
        parts = []
        if self.planned_units is not None:
            parts.append(f"{self.units:,} of {self.planned_units:,} planned units in the smallest arm")
        if self.planned_days is not None:
            parts.append(f"{self.days or 0:.1f} of {self.planned_days:g} planned days")
        return " and ".join(parts) or f"{self.units:,} units in the smallest arm, and no planned sample size"


def recommend(
    primary: Sequence[MetricEstimate],
    checks: Sequence[Check],
    guardrails: Sequence[GuardrailFinding],
    progress: Progress,
) -> Recommendation:
    """In this order: data that cannot be trusted, broken guardrails, the primary metric, the planned size."""
    broken = [finding for finding in guardrails if finding.breached]
    alarms = [check for check in checks if not check.ok and check.name not in CAUTIONS]
    cautions = [check for check in checks if not check.ok and check.name in CAUTIONS]
    if alarms:
        return _investigate(alarms, broken)
    if broken:
        return _rollback(broken)
    if not progress.units:
        return _wait_for_exposures(progress)
    advice = _by_primary(primary, progress)
    told = tuple(f"Take care: {check.name}, {check.detail}." for check in cautions)
    return advice.model_copy(update={"reasons": (*advice.reasons, *told)}) if told else advice


def _investigate(alarms: Sequence[Check], broken: Sequence[GuardrailFinding]) -> Recommendation:
    told = {
        "srm": "Units did not arrive in the planned shares, so the arms may not be comparable: {}. "
        "Look at how units are assigned, exposed and logged.",
        "multiple_exposure": "Too many units saw more than one variant: {}. Look at what is hashed, and for how long.",
    }
    reasons = [told.get(check.name, "{}.").format(check.detail) for check in alarms]
    return Recommendation(
        action="investigate",
        headline="The data cannot be trusted yet",
        reasons=(*reasons, *(_broken(finding) for finding in broken)),
    )


def _rollback(broken: Sequence[GuardrailFinding]) -> Recommendation:
    variant = broken[0].variant
    return Recommendation(
        action="rollback",
        variant=variant,
        headline=f"{variant} breaks a guardrail",
        reasons=tuple(_broken(finding) for finding in broken),
    )


def _broken(finding: GuardrailFinding) -> str:
    return f"{finding.variant} breaks the guardrail {finding.metric}: {finding.detail}."


def _wait_for_exposures(progress: Progress) -> Recommendation:
    return Recommendation(
        action="continue",
        headline="Not every variant has been seen yet" if progress.days is not None else "Nobody was exposed yet",
        reasons=(_NO_EXPOSURES,),
    )


def _by_primary(primary: Sequence[MetricEstimate], progress: Progress) -> Recommendation:
    reasons = tuple(_sentence(row) for row in primary)
    better = [row for row in primary if row.verdict == "better"]
    if better and (_decided(better) if progress.method != "fixed" else progress.enough):
        best = max(better, key=_gain)
        return Recommendation(
            action="promote",
            variant=best.variant,
            headline=f"{best.variant} is better on {best.title}",
            reasons=reasons,
        )
    if better and progress.method == "bayesian":
        risky = "It is probably better, but choosing it would still lose more on average than the plan allows."
        return Recommendation(action="continue", headline="Ahead, not yet safe to choose", reasons=(*reasons, risky))
    if better:
        early = f"So far {progress}; a difference found before the planned end is too often chance."
        return Recommendation(
            action="continue", headline="Ahead, but not at the planned end", reasons=(*reasons, early)
        )
    if primary and all(row.verdict == "worse" for row in primary):
        return Recommendation(action="stop", headline=f"Worse than control on {primary[0].title}", reasons=reasons)
    decisions = {row.decision.decision for row in primary if row.decision is not None}
    if decisions == {"futile"}:
        hopeless = "The planned effect would be missed even if everything went on as planned."
        return Recommendation(action="stop", headline="Going on is hopeless", reasons=(*reasons, hopeless))
    if decisions == {"end"}:
        end = "All planned information is in and no bound was reached; further looks can decide nothing."
        return Recommendation(action="stop", headline="No clear difference", reasons=(*reasons, end))
    if primary and all(map(_as_good, primary)):
        equal = "Whichever is chosen loses less than the plan cares about."
        return Recommendation(action="stop", headline="The arms are as good as equal", reasons=(*reasons, equal))
    return _inconclusive(reasons, progress)


def _decided(better: Sequence[MetricEstimate]) -> bool:
    """A bound that was reached decides at any look; a belief does when it is safe to act on."""
    return all(
        row.decision is None or row.decision.method != "bayesian" or row.decision.decision == "stop" for row in better
    )


def _as_good(row: MetricEstimate) -> bool:
    """Bayesian: whichever seems better can be chosen safely, and it is not clear which one is."""
    return row.decision is not None and row.decision.method == "bayesian" and row.decision.decision == "stop"


def _inconclusive(reasons: tuple[str, ...], progress: Progress) -> Recommendation:
    if progress.enough and (progress.planned or progress.over or progress.most_days is not None):
        end = f"The data is complete ({progress}), and shows no clear difference; a larger or bolder experiment might."
        return Recommendation(action="stop", headline="No clear difference", reasons=(*reasons, end))
    more = f"So far {progress}."
    if not progress.planned:
        more += " Size the experiment, so that it is clear when to stop."
    return Recommendation(action="continue", headline="No clear difference yet", reasons=(*reasons, more))


def _gain(row: MetricEstimate) -> float:
    if isinstance(row.estimate, NotEstimable):
        return 0.0
    return row.estimate.effect if row.direction == "increase" else -row.estimate.effect


def _sentence(row: MetricEstimate) -> str:
    """`Conversion of treatment: +4.20% (95% interval −1.10% to +9.40%), p = 0.12.`"""
    found = row.estimate
    what = f"{row.title} of {row.variant}"
    if isinstance(found, NotEstimable):
        return f"{what} cannot be estimated: {found}"
    size, ends, sign = found.effect, found.ci, "{:+.4g}"
    if not isinstance(found.lift, NotEstimable) and not isinstance(found.lift_ci, NotEstimable):
        size, ends, sign = found.lift, found.lift_ci, "{:+.2%}"
    adjusted = "" if row.adjusted_p_value is None else " (adjusted)"
    told, lower, upper = (sign.format(one).replace("-", "−") for one in (size, *ends))
    span = f"{lower} to {upper}"
    level = f"{1 - found.alpha:.0%} interval"
    if row.decision is not None and row.decision.probability_better is not None:
        return f"{what}: {told} ({level} {span}), P(better) = {row.decision.probability_better:.1%}."
    again = row.decision.p_value if row.decision is not None else None
    looks = "" if again is None else f"; as it was looked at early or again, p = {again:.2g}"
    return f"{what}: {told} ({level} {span}), p = {row.p_value:.2g}{adjusted}{looks}."
