"""A scorecard as rows ready to show. Figure, table, text and report all draw from these, so they cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.stats import Estimate, NotEstimable
from expkit.view import format as fmt

if TYPE_CHECKING:
    from expkit.analysis import MetricEstimate, Scorecard

__all__ = ["SYMBOLS", "Row", "extent", "scorecard_rows"]

SYMBOLS = {"better": "✓", "worse": "✗", "inconclusive": "≈", "unknown": "?"}
"""A verdict is told by word, sign, shape and colour; never by colour alone."""
ROLE_ORDER = {"primary": 0, "secondary": 1, "guardrail": 2}
OUTLIER = 6.0
"""An interval this many times wider than the median one is clipped, lest it squeeze the others to dots."""


class Row(NamedTuple):
    """One metric in one treatment. `lift`, `lower`, `upper` are shares; None where they cannot be estimated."""

    metric: str
    title: str
    label: str
    role: str
    variant: str
    wish: str
    verdict: str
    control: str
    treatment: str
    effect: str
    lift: float | None
    lower: float | None
    upper: float | None
    lift_text: str
    ci_text: str
    p_text: str
    adjusted_text: str
    reason: str
    hint: str
    notes: tuple[str, ...] = ()
    """What was done to the values: covariates, strata, caps; the interval that fits the adjusted p-value."""
    any_look_text: str = ""
    """The p-value that the verdict rests on, where the row's own holds for one look only."""

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.verdict, SYMBOLS["unknown"])


def scorecard_rows(scorecard: Scorecard) -> list[Row]:
    """Primary metric first, then secondary ones, then guardrails; within each, the order of the experiment."""
    names = {arm.key: arm.name or arm.key for arm in scorecard.arms}
    found = sorted(scorecard.estimates, key=lambda item: ROLE_ORDER.get(item.role, len(ROLE_ORDER)))
    several = len({item.variant for item in found}) > 1
    return [_row(item, names, several) for item in found]


def extent(rows: list[Row]) -> tuple[float, float]:
    """Where the lift axis begins and ends, zero inside; intervals beyond it are drawn with an arrow."""
    reaches = sorted(reach for row in rows if (reach := max(map(abs, _ends(row)), default=0.0)) > 0)
    if not reaches:
        return -0.1, 0.1
    limit = min(reaches[-1], OUTLIER * reaches[len(reaches) // 2])
    ends = [min(max(end, -limit), limit) for row in rows for end in _ends(row)]
    low, high = min(*ends, 0.0), max(*ends, 0.0)
    room = 0.25 * max(-low, high)
    return min(low, -room) * 1.08, max(high, room) * 1.08


def _ends(row: Row) -> list[float]:
    """The finite places that a row wants to see on the axis."""
    return [end for end in (row.lift, row.lower, row.upper) if end is not None and math.isfinite(end)]


def _row(item: MetricEstimate, names: dict[str, str], several: bool) -> Row:
    variant = names.get(item.variant, item.variant)
    shared: dict[str, Any] = {
        "metric": item.metric,
        "title": item.title,
        "label": f"{item.title} · {variant}" if several else item.title,
        "role": item.role,
        "variant": variant,
        "wish": "lower is better" if item.direction == "decrease" else "higher is better",
        "verdict": item.verdict,
        "p_text": "–",
        "adjusted_text": fmt.p_value(item.adjusted_p_value),
        "any_look_text": ""
        if item.decision is None or item.decision.p_value is None
        else fmt.p_value(item.decision.p_value),
    }
    if isinstance(item.estimate, NotEstimable):
        return Row(**shared, **_without_numbers(item.estimate))
    return Row(**{**shared, "p_text": fmt.p_value(item.estimate.p_value)}, **_numbers(item, item.estimate))


def _numbers(item: MetricEstimate, estimate: Estimate) -> dict[str, Any]:
    def level(value: float, signed: bool = False) -> str:
        return fmt.amount(value, item.kind, item.unit, signed=signed)

    lower, upper = (level(end, signed=True) for end in estimate.ci)
    return {
        "control": level(estimate.control.mean),
        "treatment": level(estimate.treatment.mean),
        "effect": f"{level(estimate.effect, signed=True)} ({fmt.interval(lower, upper)})",
        "notes": tuple(note for note in (_saved(estimate), item.note, _adjusted(item, level)) if note),
        **_lift(estimate),
    }


def _adjusted(item: MetricEstimate, level: Callable[..., str]) -> str:
    """`adjusted (holm): p 0.031, interval +0.1% to +4.2%`; of the lift, where there is one."""
    if item.adjusted_p_value is None or not item.correction:
        return ""
    text = f"adjusted ({item.correction}): p {fmt.p_value(item.adjusted_p_value)}"
    if item.adjusted_lift_ci is not None:
        return f"{text}, interval {_percents(*item.adjusted_lift_ci)}"
    if item.adjusted_ci is not None:
        lower, upper = (level(end, signed=True) for end in item.adjusted_ci)
        return f"{text}, interval {fmt.interval(lower, upper)}"
    return text


def _saved(estimate: Estimate) -> str:
    """`covariates took 36% of the variance away`; a harmful one says so too."""
    saved = estimate.variance_saved
    if saved is None or not math.isfinite(saved):
        return ""
    what = "covariates" if "cuped" in estimate.method else "strata"
    if saved < 0:
        return f"{what} added {fmt.share(-saved)} to the variance"
    return f"{what} took {fmt.share(saved)} of the variance away"


def _lift(estimate: Estimate) -> dict[str, Any]:
    lift, ends = estimate.lift, estimate.lift_ci
    known = None if isinstance(lift, NotEstimable) else lift
    lower, upper = (None, None) if isinstance(ends, NotEstimable) else ends
    missing = next((part for part in (lift, ends) if isinstance(part, NotEstimable)), None)
    return {
        "lift": known,
        "lower": lower,
        "upper": upper,
        "lift_text": "–" if known is None else fmt.percent(known, signed=True),
        "ci_text": "–" if lower is None or upper is None else _percents(lower, upper),
        "reason": missing.reason if missing is not None else "",
        "hint": missing.hint if missing is not None else "",
    }


def _percents(lower: float, upper: float) -> str:
    return fmt.interval(fmt.percent(lower, signed=True), fmt.percent(upper, signed=True))


def _without_numbers(estimate: NotEstimable) -> dict[str, Any]:
    dashes = dict.fromkeys(("control", "treatment", "effect", "lift_text", "ci_text"), "–")
    return {**dashes, "lift": None, "lower": None, "upper": None, "reason": estimate.reason, "hint": estimate.hint}
