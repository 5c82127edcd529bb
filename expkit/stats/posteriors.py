"""Distributions that beliefs end as, and questions about several of them, by quadrature instead of simulation.

A question is an integral over one distribution of the others' chances; Gauss-Legendre panels over the range that
holds all but 1e-15 of it, on a scale that fits the distribution, answer to about 1e-10 (nearly flat beliefs about a
ratio: 1e-5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
from scipy import special

from expkit.stats.roots import crossing

__all__ = [
    "BetaPosterior", "GammaPosterior", "NormalPosterior", "Posterior", "StudentPosterior", "chance_above", "difference",
    "loss", "ratio",
]  # fmt: skip

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

TINY = 1e-15
PANELS, NODES = 24, 16
CORNER = 3.0


class Posterior(Protocol):
    """One unknown number, and how likely it is below others."""

    @property
    def mean(self) -> float: ...

    @property
    def sd(self) -> float: ...

    def below(self, x: Floats) -> Floats: ...

    def above(self, x: Floats) -> Floats: ...

    def quantile(self, chance: float) -> float: ...

    def spread(self) -> tuple[Floats, Floats]:
        """Points, and the chance around each."""
        ...


@dataclass(frozen=True)
class BetaPosterior:
    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        return math.sqrt(self.a * self.b / (self.a + self.b + 1)) / (self.a + self.b)

    def below(self, x: Floats) -> Floats:
        return np.asarray(special.betainc(self.a, self.b, np.clip(x, 0, 1)), dtype=float)

    def above(self, x: Floats) -> Floats:
        return np.asarray(special.betaincc(self.a, self.b, np.clip(x, 0, 1)), dtype=float)

    def quantile(self, chance: float) -> float:
        return float(special.betaincinv(self.a, self.b, chance))

    def spread(self) -> tuple[Floats, Floats]:
        # on the scale of log odds, where even a Beta(0.01, 1) is smooth
        low = special.logit(max(self.quantile(TINY), 1e-300))
        high = -special.logit(max(float(special.betaincinv(self.b, self.a, TINY)), 1e-300))
        # chances of a flat belief end with a corner, which takes finer panels
        odds, weights = _panels(low, high, PANELS if min(self.a, self.b) > CORNER else 8 * PANELS)
        log = -self.a * np.log1p(np.exp(-odds)) - self.b * np.logaddexp(0, odds) - special.betaln(self.a, self.b)
        return special.expit(odds), _whole(weights * np.exp(log))


@dataclass(frozen=True)
class GammaPosterior:
    shape: float
    rate: float

    @property
    def mean(self) -> float:
        return self.shape / self.rate

    @property
    def sd(self) -> float:
        return math.sqrt(self.shape) / self.rate

    def below(self, x: Floats) -> Floats:
        return np.asarray(special.gammainc(self.shape, np.maximum(x, 0) * self.rate), dtype=float)

    def above(self, x: Floats) -> Floats:
        return np.asarray(special.gammaincc(self.shape, np.maximum(x, 0) * self.rate), dtype=float)

    def quantile(self, chance: float) -> float:
        return float(special.gammaincinv(self.shape, chance)) / self.rate

    def spread(self) -> tuple[Floats, Floats]:
        low = math.log(max(float(special.gammaincinv(self.shape, TINY)), 1e-300))
        logs, weights = _panels(low, math.log(float(special.gammainccinv(self.shape, TINY))))
        mass = weights * np.exp(self.shape * logs - np.exp(logs) - special.gammaln(self.shape))
        return np.exp(logs) / self.rate, _whole(mass)


@dataclass(frozen=True)
class NormalPosterior:
    mean: float
    sd: float

    def below(self, x: Floats) -> Floats:
        return np.asarray(special.ndtr((np.asarray(x) - self.mean) / self.sd), dtype=float)

    def above(self, x: Floats) -> Floats:
        return np.asarray(special.ndtr((self.mean - np.asarray(x)) / self.sd), dtype=float)

    def quantile(self, chance: float) -> float:
        return self.mean + self.sd * float(special.ndtri(chance))

    def spread(self) -> tuple[Floats, Floats]:
        z, weights = _panels(-8.5, 8.5)
        return self.mean + self.sd * z, _whole(weights * np.exp(-z * z / 2))


@dataclass(frozen=True)
class StudentPosterior:
    """A mean whose variance is unknown, too: location + scale times Student's t."""

    mean: float
    scale: float
    df: float

    @property
    def sd(self) -> float:
        return self.scale * math.sqrt(self.df / (self.df - 2)) if self.df > 2 else math.inf

    def below(self, x: Floats) -> Floats:
        return np.asarray(special.stdtr(self.df, (np.asarray(x) - self.mean) / self.scale), dtype=float)

    def above(self, x: Floats) -> Floats:
        return np.asarray(special.stdtr(self.df, (self.mean - np.asarray(x)) / self.scale), dtype=float)

    def quantile(self, chance: float) -> float:
        return self.mean + self.scale * float(special.stdtrit(self.df, chance))

    def spread(self) -> tuple[Floats, Floats]:
        # t = sinh(u) draws heavy tails in
        end = math.asinh(-float(special.stdtrit(self.df, TINY)))
        u, weights = _panels(-end, end)
        t = np.sinh(u)
        mass = weights * np.cosh(u) * np.exp(-(self.df + 1) / 2 * np.log1p(t * t / self.df))
        return self.mean + self.scale * t, _whole(mass)


def chance_above(first: Posterior, others: Sequence[Posterior], margin: float = 0.0) -> float:
    """P(first > every other one + margin)."""
    if len(others) == 1:
        # over the narrower of the two, so that the other one's chances are smooth between the points
        if others[0].sd < first.sd:
            points, mass = others[0].spread()
            return float(mass @ first.above(points + margin))
        points, mass = first.spread()
        return float(mass @ others[0].below(points - margin))
    points, mass = _fine([first, *others], 0)
    return float(mass @ _product(others, points - margin))


def loss(chosen: Posterior, others: Sequence[Posterior]) -> float:
    """What is lost on average by choosing this one: E[max(all) - chosen], an integral of chances without cancelling."""
    arms = [chosen, *others]
    low, high = min(arm.quantile(TINY) for arm in arms), max(_upper(arm) for arm in arms)
    edges = {low, high}
    for arm in arms:
        edges.update(arm.quantile(p) for p in (1e-9, 1e-4, 0.02, 0.2, 0.5, 0.8, 0.98, 1 - 1e-4, 1 - 1e-9))
    cuts = sorted(edge for edge in edges if low <= edge <= high)
    total = 0.0
    for a, b in pairwise(cuts):
        x, weights = _panels(a, b, 2)
        total += float(weights @ (chosen.below(x) * (1 - _product(others, x))))
    return total


def difference(treatment: Posterior, control: Posterior, chance: float) -> float:
    """The quantile of treatment minus control."""
    centre = treatment.mean - control.mean
    spread = _finite_sd(treatment) + _finite_sd(control)
    first_narrower = treatment.sd < control.sd
    points, mass = (treatment if first_narrower else control).spread()

    def over(d: float) -> float:
        chances = control.below(points - d) if first_narrower else treatment.above(points + d)
        return float(mass @ chances) - (1 - chance)

    return crossing(over, centre - 1e4 * spread, centre + 1e4 * spread, centre, spread)


def ratio(treatment: Posterior, control: Posterior, chance: float) -> float:
    """The quantile of treatment over control, both above zero."""
    points, mass = control.spread()

    def over(log: float) -> float:
        return float(mass @ treatment.above(math.exp(log) * points)) - (1 - chance)

    width = treatment.sd / treatment.mean + control.sd / control.mean
    return math.exp(crossing(over, -600.0, 600.0, math.log(treatment.mean / control.mean), width))


def _finite_sd(arm: Posterior) -> float:
    return arm.sd if math.isfinite(arm.sd) else arm.quantile(0.84) - arm.quantile(0.16)


def _upper(arm: Posterior) -> float:
    return arm.quantile(1 - TINY)


def _product(arms: Sequence[Posterior], x: Floats) -> Floats:
    found = np.ones_like(x)
    for arm in arms:
        found = found * arm.below(x)
    return found


def _fine(arms: Sequence[Posterior], which: int) -> tuple[Floats, Floats]:
    """The points of one arm, more of them where others are much narrower."""
    own = arms[which]
    ratio_of_sds = _finite_sd(own) / min(_finite_sd(arm) for arm in arms)
    if ratio_of_sds <= 3:
        return own.spread()
    cuts = {TINY, 1 - TINY}
    for arm in arms:
        found = own.below(np.array([arm.quantile(p) for p in np.linspace(0.0, 1.0, 41)[1:-1]]))
        cuts.update(float(p) for p in found if TINY < p < 1 - TINY)
    points, mass = [], []
    for a, b in pairwise(sorted(cuts)):
        chances, weights = _panels(a, b, 1)
        points.append(np.array([own.quantile(float(p)) for p in chances]))
        mass.append(weights)
    return np.concatenate(points), _whole(np.concatenate(mass))


def _panels(low: float, high: float, panels: int = PANELS) -> tuple[Floats, Floats]:
    nodes, weights = _legendre()
    half = (high - low) / panels / 2
    centres = low + half * (2 * np.arange(panels) + 1)
    return (centres[:, None] + half * nodes).ravel(), np.tile(half * weights, panels)


def _whole(mass: Floats) -> Floats:
    found: Floats = mass / mass.sum()
    return found


@cache
def _legendre() -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return points, weights
