"""Priors from past experiments, and how much an answer hangs on its prior.

The spread of true effects is that of the estimates beyond their own errors: Paule & Mandel (1982), J. Res. NBS 87,
377-385, by solving sum(w (x - mean)^2) = k - 1; or `dl`, DerSimonian & Laird (1986).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from expkit.errors import InvalidInput
from expkit.stats.bayes import NormalPrior, shrink, tail_width
from expkit.stats.columns import column
from expkit.stats.distributions import tail
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.roots import bisect
from expkit.stats.terms import ALPHA, Values, finite, probability, word

__all__ = ["PriorView", "effect_prior", "prior_sensitivity"]

MIN_EFFECTS = 3


@dataclass(frozen=True, slots=True)
class PriorView:
    """What one prior makes of an estimate."""

    prior: NormalPrior
    effect: float
    ci: Interval
    probability_better: float


def effect_prior(
    effects: Values, ses: Values, *, mean: float | None = 0.0, method: Literal["paule-mandel", "dl"] = "paule-mandel"
) -> NormalPrior | NotEstimable:
    """The normal prior that past effects and their standard errors suggest; `mean=None` estimates its mean, too."""
    x, s = _pairs(effects, ses)
    word("method", method, ("paule-mandel", "dl"))
    if len(x) < MIN_EFFECTS:
        return NotEstimable(f"{len(x)} past effects.", f"a spread needs {MIN_EFFECTS} or more.")
    known = None if mean is None else finite("mean", mean)
    tau2 = _dersimonian_laird(x, s, known) if method == "dl" else _paule_mandel(x, s, known)
    if tau2 <= 0:
        return NotEstimable(
            "Past effects differ no more than their errors do, so the prior would be a point.",
            "name a prior yourself, e.g. NormalPrior(0, 0.05).",
        )
    weights = [1 / (one * one + tau2) for one in s]
    return NormalPrior(_mean(x, weights) if known is None else known, math.sqrt(tau2))


def prior_sensitivity(
    effect: float, se: float, priors: Sequence[NormalPrior], *, alpha: float = ALPHA
) -> tuple[PriorView, ...]:
    """One estimate under several priors, in the order given."""
    estimate, error, level = finite("effect", effect), finite("se", se), probability("alpha", alpha)
    if error <= 0:
        raise InvalidInput(f"se is {error:g}.", hint="a standard error is above 0.")
    views = []
    for prior in priors:
        mean, sd = shrink(estimate, error, prior)
        half = tail_width(level) * sd
        views.append(PriorView(prior, mean, Interval(mean - half, mean + half), tail(-mean / sd)))
    return tuple(views)


def _pairs(effects: Values, ses: Values) -> tuple[list[float], list[float]]:
    x, s = column("effects", effects).tolist(), column("ses", ses).tolist()
    if len(x) != len(s):
        raise InvalidInput(f"{len(x)} effects and {len(s)} standard errors.", hint="give one of each.")
    there = [(a, b) for a, b in zip(x, s, strict=True) if not (math.isnan(a) or math.isnan(b))]
    if any(b <= 0 for _, b in there):
        raise InvalidInput("A standard error is not above 0.", hint="leave that effect out.")
    return [a for a, _ in there], [b for _, b in there]


def _mean(x: list[float], weights: list[float]) -> float:
    return math.fsum(w * a for w, a in zip(weights, x, strict=True)) / math.fsum(weights)


def _paule_mandel(x: list[float], s: list[float], known: float | None) -> float:
    freedom = len(x) - (1 if known is None else 0)

    def excess(tau2: float) -> float:
        weights = [1 / (one * one + tau2) for one in s]
        centre = _mean(x, weights) if known is None else known
        return math.fsum(w * (a - centre) ** 2 for w, a in zip(weights, x, strict=True)) - freedom

    if excess(0.0) <= 0:
        return 0.0
    return bisect(excess, 0.0, (max(map(abs, x)) + abs(known or 0.0)) ** 2 * 4 + max(s) ** 2)


def _dersimonian_laird(x: list[float], s: list[float], known: float | None) -> float:
    weights = [1 / (one * one) for one in s]
    centre = _mean(x, weights) if known is None else known
    q = math.fsum(w * (a - centre) ** 2 for w, a in zip(weights, x, strict=True))
    whole, squares = math.fsum(weights), math.fsum(w * w for w in weights)
    if known is not None:
        return max((q - len(x)) / whole, 0.0)
    return max((q - (len(x) - 1)) / (whole - squares / whole), 0.0)
