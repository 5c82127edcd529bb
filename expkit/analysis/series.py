"""What every kept look said of one comparison: the test of that look alone beside the sequence that holds at any look.

Confidence sequences: Waudby-Smith et al. (2021), arXiv:2103.06476. That a fixed test read again and again errs far more
often than its alpha: Armitage, McPherson & Rowe (1969), Journal of the Royal Statistical Society A 132, 235-244.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field

from expkit.analysis.looks import normal_z
from expkit.analysis.monitoring import TUNED_FOR
from expkit.analysis.parts import Part
from expkit.analysis.scorecard import MetricEstimate, Scorecard, Verdict
from expkit.domain.events import Timestamp
from expkit.domain.noun import Text
from expkit.stats import Estimate, Interval, confidence_sequence, mixture_rho
from expkit.stats.distributions import critical, p_value

__all__ = ["LookSeries", "SeriesPoint", "look_series"]


class SeriesPoint(Part):
    """One look. Both intervals are absolute, and two-sided."""

    look: int = Field(ge=1)
    at: Timestamp
    units: int = Field(ge=0)
    """In both arms."""
    effect: float
    fixed_p_value: float
    fixed_ci: Interval
    """Of a test at this look alone."""
    any_look_p_value: float
    """The smallest one so far: it never rises."""
    any_look_ci: Interval
    """Of the confidence sequence: all of them hold at once."""
    verdict: Verdict
    """What the look said, by the plan's own method."""


class LookSeries(Part):
    """One metric of one treatment over all kept looks that have an estimate, the oldest first."""

    metric: Text
    title: Text
    kind: Text
    unit: Text = ""
    variant: Text
    alpha: float = Field(gt=0, lt=1)
    points: tuple[SeriesPoint, ...]

    @property
    def peeked(self) -> int | None:
        """The look at which somebody who reads the fixed test at every look would have stopped."""
        return next((point.look for point in self.points if point.fixed_p_value < self.alpha), None)

    @property
    def crossed(self) -> int | None:
        """The look at which the sequence tells the effect from none."""
        return next((point.look for point in self.points if point.any_look_p_value <= self.alpha), None)


def look_series(cards: Sequence[Scorecard], planned_units: int | None = None) -> tuple[LookSeries, ...]:
    """One for each comparison of the newest look; the sequence is tuned for so many units of the smaller arm."""
    if not cards:
        return ()
    found = (_series(row, cards, planned_units) for row in cards[-1].estimates)
    return tuple(one for one in found if one.points)


def _series(row: MetricEstimate, cards: Sequence[Scorecard], planned_units: int | None) -> LookSeries:
    alpha = cards[-1].alpha
    seen = [
        (card, one, one.estimate)
        for card in cards
        for one in card.estimates
        if (one.metric, one.variant) == (row.metric, row.variant) and isinstance(one.estimate, Estimate)
    ]
    rho, so_far = mixture_rho(float(planned_units or TUNED_FOR), alpha), 1.0
    points = []
    for card, one, found in seen:
        z, effect, se = _own(one, found)
        if not se > 0:
            continue
        units, half = found.control.n + found.treatment.n, critical(alpha, None, "two-sided") * se
        # each look's interval stands by itself; only the p-values know of those before
        sequence = confidence_sequence([effect], [se], [units], alpha=alpha, rho=rho)
        so_far = min(so_far, float(sequence.p_values[0]))
        points.append(
            SeriesPoint(
                look=card.look,
                at=card.at,
                units=units,
                effect=effect,
                fixed_p_value=p_value(z, None, "two-sided"),
                fixed_ci=Interval(effect - half, effect + half),
                any_look_p_value=so_far,
                any_look_ci=Interval(float(sequence.lower[0]), float(sequence.upper[0])),
                verdict=one.verdict,
            )
        )
    return LookSeries(
        metric=row.metric, title=row.title, kind=row.kind, unit=row.unit, variant=row.variant, alpha=alpha,
        points=tuple(points),
    )  # fmt: skip


def _own(row: MetricEstimate, found: Estimate) -> tuple[float, float, float]:
    """z, effect and standard error as the data have them, before bound or prior; the error fits z."""
    decision = row.decision
    z, effect, se = (
        (decision.z, decision.effect, decision.se)
        if decision is not None
        else (normal_z(found), found.effect, found.se)
    )
    if z and effect and math.isfinite(effect / z):
        return z, effect, abs(effect / z)
    return z, effect, se
