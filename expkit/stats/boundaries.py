"""A Brownian motion that is looked at now and then: chances to cross bounds, and bounds that give such chances.

The density of the score on the region where one goes on is carried from look to look by numerical
integration (Armitage, McPherson & Rowe 1969, JRSS A 132, 235-244; Jennison & Turnbull 2000, ch. 19), here
with Gauss-Legendre panels a few standard deviations of a step wide, so that errors are near 1e-12.
Information is a fraction of its planned maximum; the drift is the mean of z where that is 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from scipy import special

__all__ = ["Walk", "crossings", "upper_bounds"]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

NODES = 16  # per panel
WIDTH = 8.0  # of a panel, in standard deviations of the narrowest step at it
FAR = 9.0  # where an infinite bound is cut, in standard deviations
FARTHEST = 38.0  # beyond that, a normal density is no float
STEPS = 60
CLOSE = 1e-9  # Newton's last step; the one after it would be its square
_ROOT = math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Walk:
    """Where the score can be after some looks that did not stop: points and the chance around each."""

    time: float
    points: Floats
    mass: Floats
    drift: float

    @classmethod
    def start(cls, drift: float = 0.0) -> Walk:
        return cls(0.0, np.zeros(1), np.ones(1), drift)

    def above(self, z: float, time: float) -> float:
        """The chance to come so far and be above z at that time."""
        return float(self.mass @ special.ndtr(-self._standardised(z, time)))

    def below(self, z: float, time: float) -> float:
        return float(self.mass @ special.ndtr(self._standardised(z, time)))

    def upper_quantile(self, chance: float, time: float) -> float:
        """The z that is exceeded at that time with this chance: Newton's method on the log, kept in a bracket."""
        if chance <= 0:
            return math.inf
        return _falling(lambda z: self.above(z, time), lambda z: self._density(z, time), chance, self._start(chance))

    def lower_quantile(self, chance: float, time: float) -> float:
        if chance <= 0:
            return -math.inf
        mirrored = Walk(self.time, -self.points, self.mass, -self.drift)
        return -mirrored.upper_quantile(chance, time)

    def go_on(self, lower: float, upper: float, time: float, following: float | None) -> Walk:
        """The walk that stayed within the bounds (of z) at that time, with points fit for the step after it."""
        step, root = time - self.time, math.sqrt(time)
        a, b = _region(lower, upper, self.drift * root)
        if a >= b:
            return Walk(time, np.zeros(1), np.zeros(1), self.drift)
        ahead = (following - time) if following else step
        sd = math.sqrt(step * ahead / (step + ahead))
        points, weights = _panels(a * root, b * root, sd)
        distance = points[:, None] - (self.points + self.drift * step)[None, :]
        np.multiply(distance, distance, out=distance)
        np.multiply(distance, -0.5 / step, out=distance)
        np.exp(distance, out=distance)
        return Walk(time, points, weights * (distance @ self.mass) / (_ROOT * math.sqrt(step)), self.drift)

    def _standardised(self, z: float, time: float) -> Floats:
        step = time - self.time
        found: Floats = (z * math.sqrt(time) - self.points - self.drift * step) / math.sqrt(step)
        return found

    def _density(self, z: float, time: float) -> float:
        distance = self._standardised(z, time)
        return float(self.mass @ np.exp(-distance * distance / 2)) / _ROOT * math.sqrt(time / (time - self.time))

    def _start(self, chance: float) -> float:
        whole = float(self.mass.sum())
        alone = float(-special.ndtri(min(max(chance / whole, 1e-300), 1 - 1e-12))) if whole > 0 else 0.0
        return min(alone, float(self.points[-1]) / math.sqrt(self.time)) if self.time else alone


def upper_bounds(times: Sequence[float], spent: Sequence[float], two_sided: bool) -> tuple[float, ...]:
    """The bounds of z that use up `spent` (cumulative, of the upper side) when there is no drift."""
    walk, bounds, before = Walk.start(), [], 0.0
    for i, (time, now) in enumerate(zip(times, spent, strict=True)):
        bound = walk.upper_quantile(now - before, time)
        bounds.append(bound)
        before = max(now, before)
        if i + 1 < len(times):
            walk = walk.go_on(-bound if two_sided else -math.inf, bound, time, times[i + 1])
    return tuple(bounds)


def crossings(
    times: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float
) -> tuple[Floats, Floats]:
    """The chance at each look to stop there, below the lower and above the upper bound."""
    walk, low, high = Walk.start(drift), [], []
    for i, (time, a, b) in enumerate(zip(times, lower, upper, strict=True)):
        low.append(walk.below(a, time) if a > -math.inf else 0.0)
        high.append(walk.above(b, time) if b < math.inf else 0.0)
        if i + 1 < len(times):
            walk = walk.go_on(a, b, time, times[i + 1])
    return np.array(low), np.array(high)


def _region(lower: float, upper: float, centre: float) -> tuple[float, float]:
    a = max(lower, centre - FARTHEST) if lower > -math.inf else centre - FAR
    b = min(upper, centre + FARTHEST) if upper < math.inf else centre + FAR
    return min(a, b), max(b, a) if lower < upper else min(a, b)


def _panels(a: float, b: float, sd: float) -> tuple[Floats, Floats]:
    nodes, weights = _legendre(NODES)
    count = max(1, math.ceil((b - a) / (WIDTH * sd)))
    half = (b - a) / count / 2
    centres = a + half * (2 * np.arange(count) + 1)
    points = (centres[:, None] + half * nodes[None, :]).ravel()
    return points, np.tile(half * weights, count)


@cache
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return points, weights


def _falling(chance_above: Any, density: Any, chance: float, start: float) -> float:
    low, high, z = -FARTHEST, FARTHEST, start
    for _ in range(STEPS):
        value = chance_above(z)
        if value > chance:
            low = z
        else:
            high = z
        slope = density(z)
        step = value * math.log(value / chance) / slope if value > 0 and slope > 0 else math.inf
        after = z + step
        if abs(step) < CLOSE:
            return after
        if not low < after < high:
            after = (low + high) / 2
        z = after
    return z
