"""Two arms' own intervals make one for their difference and one for their ratio ("MOVER").

Donner & Zou (2012), Statistical Methods in Medical Research 21, 347-359; for proportions with Wilson's
intervals the difference is Newcombe's (1998, method 10). A ratio of 1 is excluded exactly when a
difference of 0 is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from expkit.stats.estimate import NotEstimable
from expkit.stats.roots import crossing

__all__ = ["Limits", "mover_difference", "mover_ratio", "mover_statistic"]

MAX_Z = 38.0  # beyond it a p-value is no longer a number


class Limits(NamedTuple):
    """An estimate and its interval."""

    at: float
    lower: float
    upper: float


def mover_difference(control: Limits, treatment: Limits, z: float = 1.0) -> tuple[float, float]:
    """The ends for treatment minus control, from intervals at |z|; they change places where z < 0."""
    effect = treatment.at - control.at
    down = math.hypot(treatment.at - treatment.lower, control.upper - control.at)
    up = math.hypot(treatment.upper - treatment.at, control.at - control.lower)
    return (effect - down, effect + up) if z >= 0 else (effect + up, effect - down)


def mover_ratio(control: Limits, treatment: Limits, z: float = 1.0) -> tuple[float, float] | NotEstimable:
    """The ends for treatment over control: all ratios R with no difference between treatment and R control."""
    if control.lower <= 0 < control.at and treatment.lower < 0:
        return NotEstimable("The control is not clearly above zero, so the ratio has no bounds.", "read the effect.")
    if control.at <= 0 or treatment.at < 0:
        return NotEstimable("A ratio needs a control above zero.", "read the absolute effect.")
    c, t = control.at, treatment.at
    lower = _end(c, t, control.upper - c, t - treatment.lower, -1)
    upper = _end(c, t, c - control.lower, treatment.upper - t, 1)
    return (lower, upper) if z >= 0 else (upper, lower)


def _end(c: float, t: float, off_c: float, off_t: float, side: int) -> float:
    """A root R of (t - R c)^2 = off_t^2 + R^2 off_c^2; without one upwards the ratio has no bound."""
    a, b, rest = c * c - off_c * off_c, c * t, t * t - off_t * off_t
    if a <= 0 and side > 0:
        return math.inf
    root = math.sqrt(max(b * b - a * rest, 0.0))
    if side < 0:  # as a quotient, which keeps its digits and holds where a <= 0
        return rest / (b + root) if b + root else 0.0
    return (b + root) / a


def mover_statistic(limits: Callable[[float], tuple[Limits, Limits]]) -> float:
    """The z at which the interval of the difference just touches zero: its inversion as a test."""
    control, treatment = limits(1.0)
    effect = treatment.at - control.at
    if effect == 0:
        return 0.0

    def beyond(z: float) -> float:
        lower, upper = mover_difference(*limits(z))
        return lower if effect > 0 else -upper

    guess = max(abs(effect) / max(abs(effect) - beyond(1.0), 1e-300), 1e-3)  # the ends move nearly in proportion
    return math.copysign(crossing(beyond, 0.0, MAX_Z, guess, guess / 4), effect)
