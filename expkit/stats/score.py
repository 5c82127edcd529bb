"""The score statistic of two proportions against any difference or ratio, and its inversion."""

from __future__ import annotations

import math
from typing import NamedTuple

from expkit.stats.roots import crossing

__all__ = ["Counts", "difference_interval", "ratio_interval", "score_of_difference", "score_of_ratio"]


class Counts(NamedTuple):
    """Successes and units of both arms."""

    x_c: int
    n_c: int
    x_t: int
    n_t: int

    @property
    def p_c(self) -> float:
        return self.x_c / self.n_c

    @property
    def p_t(self) -> float:
        return self.x_t / self.n_t

    def var(self, p_c: float, p_t: float, ratio: float = 1.0) -> float:
        """Variance of p_t - ratio p_c were the proportions these."""
        return p_t * (1 - p_t) / self.n_t + ratio**2 * p_c * (1 - p_c) / self.n_c

    @property
    def correction(self) -> float:
        """Miettinen & Nurminen's factor on the variance, N / (N - 1)."""
        units = self.n_c + self.n_t
        return units / (units - 1)


def difference_interval(counts: Counts, z: float) -> tuple[float, float]:
    """All differences whose score lies within -z and z: the test's inversion, by root finding."""
    width = math.sqrt(counts.var(*_smoothed(counts)))
    middle = counts.p_t - counts.p_c

    def end(at: float) -> float:
        return crossing(
            lambda d: score_of_difference(counts, d) - at, -1.0, 1.0, middle - at * width, abs(at) * width / 8
        )

    return end(z), end(-z)


def ratio_interval(counts: Counts, z: float) -> tuple[float, float]:
    """The same for the ratio; the search runs over its log, whose ends are beyond any number of units."""
    p_c, p_t = _smoothed(counts)
    width = math.sqrt((1 - p_t) / (counts.n_t * p_t) + (1 - p_c) / (counts.n_c * p_c))
    middle = math.log(p_t / p_c)

    def end(at: float) -> float:
        return crossing(
            lambda log: score_of_ratio(counts, math.exp(log)) - at,
            -100.0,
            100.0,
            middle - at * width,
            abs(at) * width / 8,
        )

    return math.exp(end(z)), math.exp(end(-z))


def _smoothed(counts: Counts) -> tuple[float, float]:
    return (counts.x_c + 0.5) / (counts.n_c + 1), (counts.x_t + 0.5) / (counts.n_t + 1)


def score_of_difference(counts: Counts, difference: float) -> float:
    """Z against this difference, with the variance under it (Farrington & Manning 1990)."""
    p_c = restricted_by_difference(counts, difference)
    return _z(counts.p_t - counts.p_c - difference, counts.var(p_c, min(max(p_c + difference, 0.0), 1.0)))


def score_of_ratio(counts: Counts, ratio: float) -> float:
    """Z against this ratio, with the variance under it (Koopman 1984)."""
    p_c = _restricted_by_ratio(counts, ratio)
    return _z(counts.p_t - ratio * counts.p_c, counts.var(p_c, min(ratio * p_c, 1.0), ratio))


def _z(distance: float, variance: float) -> float:
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def restricted_by_difference(counts: Counts, d: float) -> float:
    """Maximum-likelihood p_c under p_t = p_c + d.

    A root of the likelihood's cubic, by the trigonometric form of Miettinen & Nurminen (1985, Statistics
    in Medicine 4, 213-226, appendix); Newton's steps return the digits that the arc cosine loses.
    """
    x_c, n_c, x_t, n_t = counts
    n, x = n_c + n_t, x_c + x_t
    if d == 0:
        return x / n
    c2 = ((n_t + 2 * n_c) * d - n - x) / n
    c1 = ((n_c * d - n - 2 * x_c) * d + x) / n
    c0 = x_c * d * (1 - d) / n
    q = c2**3 / 27 - c1 * c2 / 6 + c0 / 2
    r = math.copysign(math.sqrt(max(c2**2 / 9 - c1 / 3, 0.0)), q)
    angle = math.acos(min(max(q / r**3, -1.0), 1.0)) if r**3 else 0.0
    p = 2 * r * math.cos((math.pi + angle) / 3) - c2 / 3
    low, high = max(0.0, -d), min(1.0, 1 - d)
    for _ in range(3):
        p = min(max(p, low), high)
        slope = (3 * p + 2 * c2) * p + c1
        p -= (((p + c2) * p + c1) * p + c0) / slope if slope else 0.0
    return min(max(p, low), high)


def _restricted_by_ratio(counts: Counts, ratio: float) -> float:
    """Maximum-likelihood p_c under p_t = ratio p_c: the smaller root of the likelihood's quadratic."""
    x_c, n_c, x_t, n_t = counts
    if ratio == 1:
        return (x_c + x_t) / (n_c + n_t)
    a, b, c = ratio * (n_c + n_t), ratio * (x_c + n_t) + x_t + n_c, x_c + x_t
    return 2 * c / (b + math.sqrt(max(b * b - 4 * a * c, 0.0)))
