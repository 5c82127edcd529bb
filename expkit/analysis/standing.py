"""How an experiment stands: what lists filter by, what is learnt from a look, and what may go wrong before the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from expkit.analysis.scorecard import Scorecard
from expkit.domain import Alert, Experiment, Guardrail
from expkit.domain.collaboration import Learning
from expkit.domain.noun import Noun, Text
from expkit.errors import InvalidInput
from expkit.stats import Estimate, Interval

__all__ = ["Risk", "learning_of", "risks", "standing"]

Outcome = Literal["positive", "negative", "neutral"]
NEAR_ITS_BOUND = 0.8
"""A guardrail is near its bound when the harm that is plausible has used up this share of what is tolerated."""


class Risk(Noun):
    """One reason why an experiment may not give its answer."""

    kind: Literal["underpowered", "check", "guardrail", "overdue", "alert"]
    detail: Text


def standing(experiment: Experiment, scorecard: Scorecard) -> tuple[str, str]:
    """Outcome and significance for the filters: what the primary metric says, once there are units enough.

    Before the planned sample size an inconclusive look is "insufficient"; its outcome stays open.
    """
    verdicts = {row.verdict for row in scorecard.primary}
    if "better" in verdicts:
        return "positive", "significant"
    if "worse" in verdicts:
        return "negative", "significant"
    if "inconclusive" in verdicts and _enough(experiment, scorecard):
        return "neutral", "not_significant"
    return "", "insufficient"


def learning_of(
    experiment: Experiment,
    look: Mapping[str, Any] | None,
    text: str,
    outcome: Outcome | None,
    author: str,
    at: datetime,
) -> Learning:
    """A conclusion with the evidence of the newest look; without a look its outcome has to be given."""
    scorecard = Scorecard.parse(look) if look else None
    found = standing(experiment, scorecard)[0] if scorecard else ""
    if outcome is None and not found:
        raise InvalidInput(
            f"Experiment {experiment.key!r} has no outcome yet.",
            hint="give it: outcome='positive', 'negative' or 'neutral'.",
        )
    best = _best(scorecard) if scorecard else None
    ends = best.lift_ci if best and isinstance(best.lift_ci, Interval) else Interval(-math.inf, math.inf)
    lift = best.lift if best and isinstance(best.lift, float) else None
    return Learning.parse({
        "experiment": experiment.key, "text": text, "outcome": outcome or found, "author": author, "at": at,
        "look": scorecard.look if scorecard else None, "lift": lift,
        "lift_lower": _finite(ends.lower), "lift_upper": _finite(ends.upper),
    })  # fmt: skip


def risks(
    experiment: Experiment, scorecard: Scorecard | None, at: datetime, alerts: Iterable[Alert] = ()
) -> list[Risk]:
    """Alerts that nobody has acknowledged; under-powered at its projected end, a failing check, a guardrail near its
    bound, overdue.
    """
    found = [Risk(kind="alert", detail=f"{alert.subject}: {alert.detail}"[:500]) for alert in alerts if alert.is_open]
    found += _overdue(experiment, at)
    if scorecard is not None:
        found += _underpowered(experiment, scorecard)
        found += [
            Risk(kind="check", detail=f"{check.name}: {check.detail}"[:500])
            for check in scorecard.checks
            if not check.ok
        ]
        found += _near_a_bound(experiment, scorecard)
    return found


def _enough(experiment: Experiment, scorecard: Scorecard) -> bool:
    wanted = experiment.sample_size or experiment.stopping.sample_size
    return wanted is None or min(arm.n for arm in scorecard.arms if arm.share > 0) >= wanted


def _best(scorecard: Scorecard) -> Estimate | None:
    estimates = [row.estimate for row in scorecard.primary if isinstance(row.estimate, Estimate)]
    return min(estimates, key=lambda estimate: estimate.p_value, default=None)


def _planned_end(experiment: Experiment) -> datetime | None:
    days = experiment.stopping.max_days or experiment.plan.days
    if experiment.schedule.end is not None:
        return experiment.schedule.end
    return experiment.started_at + timedelta(days=days) if experiment.started_at and days else None


def _overdue(experiment: Experiment, at: datetime) -> Iterator[Risk]:
    end = _planned_end(experiment)
    if experiment.status in {"active", "paused"} and end is not None and at > end:
        yield Risk(kind="overdue", detail=f"It was to end on {end:%Y-%m-%d} and still runs.")


def _underpowered(experiment: Experiment, scorecard: Scorecard) -> Iterator[Risk]:
    end, wanted = _planned_end(experiment), experiment.sample_size or experiment.stopping.sample_size
    if end is None or wanted is None or experiment.status not in {"active", "paused"} or not scorecard.started_at:
        return
    elapsed, whole = (scorecard.at - scorecard.started_at).total_seconds(), (end - scorecard.started_at).total_seconds()
    if elapsed <= 0 or whole <= 0:
        return
    smallest = min(arm.n for arm in scorecard.arms if arm.share > 0)
    projected = smallest * max(whole / elapsed, 1.0)
    if projected < wanted:
        yield Risk(
            kind="underpowered",
            detail=f"The smallest arm will have {projected:,.0f} units by {end:%Y-%m-%d}; {wanted:,} are planned.",
        )


def _near_a_bound(experiment: Experiment, scorecard: Scorecard) -> Iterator[Risk]:
    bounds = {guardrail.metric.key: guardrail for guardrail in experiment.guardrails}
    for finding in scorecard.guardrails:
        name = f"{finding.metric} of {finding.variant}"
        if finding.breached:
            yield Risk(
                kind="guardrail",
                detail=f"{finding.metric} of {finding.variant} has crossed its bound: {finding.detail}"[:500],
            )
            continue
        row = next(
            (row for row in scorecard.estimates if (row.metric, row.variant) == (finding.metric, finding.variant)), None
        )
        if finding.metric in bounds and row is not None and isinstance(row.estimate, Estimate):
            yield from _close(name, bounds[finding.metric], row.estimate)


def _close(name: str, guardrail: Guardrail, estimate: Estimate) -> Iterator[Risk]:
    """The worst that is plausible (an end of the confidence interval) against each bound."""
    bad = -1.0 if guardrail.metric.direction == "increase" else 1.0
    if guardrail.max_change is not None and isinstance(estimate.lift_ci, Interval):
        harm = max(bad * estimate.lift_ci.lower, bad * estimate.lift_ci.upper)
        if harm >= NEAR_ITS_BOUND * guardrail.max_change:
            detail = f"{name} may be {harm:.1%} worse; {guardrail.max_change:.1%} is tolerated."
            yield Risk(kind="guardrail", detail=detail)
    if guardrail.limit is not None:
        room = bad * (guardrail.limit - estimate.control.mean)
        worst = max(bad * estimate.ci.lower, bad * estimate.ci.upper)
        if worst >= NEAR_ITS_BOUND * room:
            level = estimate.control.mean + bad * worst
            detail = f"{name} may reach {level:.4g}; its limit is {guardrail.limit:.4g}."
            yield Risk(kind="guardrail", detail=detail)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
