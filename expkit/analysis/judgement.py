"""From estimates to judged estimates: multiplicity, adjusted intervals, verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from expkit.analysis.scorecard import MetricEstimate, Verdict
from expkit.stats import Estimate, NotEstimable, adjust, gatekeep, interval_levels

if TYPE_CHECKING:
    from expkit.analysis.monitoring import Again

__all__ = ["Correction", "judge"]

Correction = Literal["none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"]
_LEAST_LEVEL = 1e-300


def judge(
    rows: Sequence[MetricEstimate],
    alpha: float,
    correction: Correction,
    *,
    gatekeeping: bool = False,
    again: Sequence[Again | None] = (),
) -> tuple[MetricEstimate, ...]:
    """Adjusted p-values, the intervals that go with them, and verdicts.

    There are two families: the primary metric over all treatments, which is one test where there is one
    treatment, and the secondary metrics over all treatments. With `gatekeeping` the second counts only once all of
    the first are significant. Guardrails stay as they are: missing harm costs more than a false alarm. `again`
    repeats each comparison at the alpha that its adjustment leaves; a row without it keeps its interval alone.
    """
    judged = list(rows)
    families = [[i for i, row in enumerate(rows) if row.role == role] for role in ("primary", "secondary")]
    p_values = [[_p_value(rows[i]) for i in family] for family in families]
    own = [p if correction == "none" else adjust(p, correction).tolist() for p in p_values]
    adjusted = [_gated(own, p_values, correction)[i] if gatekeeping else own[i] for i in range(len(families))]
    for at, family in enumerate(families):
        known = sum(not math.isnan(p) for p in p_values[at])
        behind = gatekeeping and at > 0 and bool(families[0])
        if (known < 2 - at or correction == "none") and not behind:  # one primary comparison is one test
            continue
        levels = _levels(p_values[at], own[at], adjusted[at], alpha, correction)
        named = ", ".join(filter(None, (correction.replace("none", ""), "after the primary metric" if behind else "")))
        for i, p, level in zip(family, adjusted[at], levels, strict=True):
            if not math.isnan(p):
                judged[i] = _adjusted(judged[i], p, named, level, again[i] if again else None)
    verdicts = [_verdict(row, alpha) for row in judged]
    if any(map(_at_any_look, rows)):
        sound = [_at_any_look(row) or row for row in rows]
        verdicts = [row.verdict for row in judge(sound, alpha, correction, gatekeeping=gatekeeping)]
    return tuple(row.model_copy(update={"verdict": told}) for row, told in zip(judged, verdicts, strict=True))


def _at_any_look(row: MetricEstimate) -> MetricEstimate | None:
    """The row by the p-value that holds at any look, where its own keeps to a plan of one look."""
    at_any_look = row.decision.p_value if row.decision is not None else None
    if at_any_look is None or isinstance(row.estimate, NotEstimable):
        return None
    told = row.decision.model_copy(update={"p_value": None}) if row.decision is not None else None
    return row.model_copy(update={"estimate": replace(row.estimate, p_value=at_any_look), "decision": told})


def _gated(own: Sequence[list[float]], p_values: Sequence[list[float]], correction: Correction) -> list[list[float]]:
    if correction != "none":
        return [family.tolist() for family in gatekeep(p_values, correction)]
    gate = max((1.0 if math.isnan(p) else p for p in own[0]), default=0.0)
    return [own[0], [max(p, gate) for p in own[1]]]


def _levels(
    p_values: Sequence[float], own: Sequence[float], adjusted: Sequence[float], alpha: float, correction: Correction
) -> list[float]:
    """The alpha of each interval, which excludes no effect exactly when the adjusted p-value is below alpha."""
    plain = [alpha] * len(p_values) if correction == "none" else interval_levels(p_values, correction, alpha).tolist()
    return [
        min(level, alpha * p / gate) if gate > mine else level
        for level, p, mine, gate in zip(plain, p_values, own, adjusted, strict=True)
    ]


def _adjusted(row: MetricEstimate, p: float, correction: str, level: float, again: Again | None) -> MetricEstimate:
    update: dict[str, Any] = {"adjusted_p_value": p, "correction": correction}
    one_look = row.decision is None or row.decision.p_value is not None
    wider = again(level) if again is not None and one_look and level > _LEAST_LEVEL else None
    if isinstance(wider, Estimate):
        update |= {"adjusted_alpha": level, "adjusted_ci": wider.ci}
        update["adjusted_lift_ci"] = None if isinstance(wider.lift_ci, NotEstimable) else wider.lift_ci
    return row.model_copy(update=update)


def _p_value(row: MetricEstimate) -> float:
    return row.p_value if row.p_value is not None else math.nan


def _verdict(row: MetricEstimate, alpha: float) -> Verdict:
    if isinstance(row.estimate, NotEstimable) or row.p_value is None:
        return "unknown"
    decided = row.decision.decided_effect if row.decision is not None else None
    effect = row.estimate.effect if decided is None else decided
    if row.p_value >= alpha or effect == 0:
        return "inconclusive"
    return "better" if (effect > 0) == (row.direction == "increase") else "worse"
