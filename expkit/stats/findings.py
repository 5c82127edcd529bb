"""Answers that are not an estimate with an interval: a bare test, and one against a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from expkit.stats.estimate import Arm, Interval, NotEstimable
from expkit.stats.terms import Alternative

__all__ = ["Equivalence", "Significance"]


@dataclass(frozen=True, slots=True)
class Significance:
    """A test that has no interval of its own. `df` are the degrees of freedom of its distribution, if any."""

    p_value: float
    statistic: float
    df: tuple[float, ...]
    alpha: float
    alternative: Alternative
    method: str
    effect: float | None = None
    """What the test is about, where that is one number; None where it is several arms."""
    kind: Literal["significance"] = "significance"

    @property
    def significant(self) -> bool:
        """Whether no effect is rejected at `alpha`."""
        return self.p_value < self.alpha


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether the effect lies within a margin; for non-inferiority one end of the margin is infinite.

    `margin` is in the unit of `effect`, or of `lift` where `relative`. `ci` belongs to that same quantity,
    at the level 1 - 2 alpha: it lies within the margin exactly when `shown`.
    """

    shown: bool
    p_value: float
    p_lower: float
    """Against the effect lying at or below the margin's lower end."""
    p_upper: float
    effect: float
    lift: float | NotEstimable
    ci: Interval
    margin: Interval
    relative: bool
    alpha: float
    method: str
    control: Arm
    treatment: Arm
    kind: Literal["equivalence"] = "equivalence"

    def __bool__(self) -> bool:
        return self.shown
