"""Many noisy effects at once: pulled together by as much as their noise explains, and winners corrected for winning.

James & Stein (1961), positive part, about the mean (Efron & Morris 1975, JASA 70, 311-319); empirical Bayes for
unequal errors (Morris 1983, JASA 78, 47-55). What selected effects overstate in sum: Lee & Shen (2018), KDD, 491-499;
one of them: the likelihood given that it was selected (Zhong & Prentice 2008, Biostatistics 9, 621-634).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from expkit.errors import InvalidInput
from expkit.stats.bayes import NormalPrior, shrink, tail_width
from expkit.stats.columns import column
from expkit.stats.distributions import critical, tail
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.priors import effect_prior
from expkit.stats.roots import crossing
from expkit.stats.terms import ALPHA, Values, finite, probability, word

__all__ = ["Portfolio", "Shrunken", "correct_winner", "correct_winners", "shrink_effects"]

LEAST = 4


@dataclass(frozen=True, slots=True)
class Shrunken:
    """One effect after looking at the others: `weight` is the share that its own data kept."""

    effect: float
    ci: Interval
    weight: float


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The sum of the effects that were selected for being large, as seen and corrected."""

    selected: tuple[int, ...]
    total: float
    overstated: float
    corrected: float
    kind: Literal["portfolio"] = "portfolio"


def shrink_effects(
    effects: Values,
    ses: Values,
    *,
    method: Literal["empirical-bayes", "james-stein"] = "empirical-bayes",
    prior: NormalPrior | None = None,
    alpha: float = ALPHA,
) -> tuple[Shrunken, ...] | NotEstimable:
    """Effects in the order given, each pulled towards their common mean, or a `prior` of your own.

    Both need four effects. `james-stein` takes the errors as equal (their mean square). The intervals of
    `empirical-bayes` count the error of the spread and of the mean (Morris 1983, eq. 4.1); with a `prior` of your own
    they are the posterior's.
    """
    level = probability("alpha", alpha)
    word("method", method, ("empirical-bayes", "james-stein"))
    x, s = _pairs(effects, ses)
    half = tail_width(level)
    if prior is not None:
        posterior = [(*shrink(effect, se, prior), se) for effect, se in zip(x, s, strict=True)]
        return tuple(Shrunken(m, Interval(m - half * sd, m + half * sd), (sd / se) ** 2) for m, sd, se in posterior)
    if len(x) < LEAST:
        return NotEstimable(f"{len(x)} effects.", f"a common spread takes {LEAST} or more; or give a prior.")
    return _james_stein(x, s, half) if method == "james-stein" else _morris(x, s, half)


def correct_winners(
    effects: Values, ses: Values, *, alpha: float = ALPHA, selected: Sequence[bool] | None = None
) -> Portfolio:
    """What effects selected for z above the one-sided critical value at alpha / 2 add up to, without the luck."""
    x, s = _pairs(effects, ses)
    bound = critical(probability("alpha", alpha), None, "two-sided")
    chosen = [e > bound * se for e, se in zip(x, s, strict=True)] if selected is None else [bool(c) for c in selected]
    if len(chosen) != len(x):
        raise InvalidInput(f"{len(chosen)} choices for {len(x)} effects.", hint="say for each whether it was selected.")
    over = math.fsum(se * _density(bound - e / se) for e, se in zip(x, s, strict=True))
    total = math.fsum(e for e, c in zip(x, chosen, strict=True) if c)
    return Portfolio(tuple(i for i, c in enumerate(chosen) if c), total, over, total - over)


def correct_winner(effect: float, se: float, *, alpha: float = ALPHA) -> float | NotEstimable:
    """One significant effect's likeliest true size, given that it would not be told had it not been significant."""
    x, s = finite("effect", effect), finite("se", se)
    bound = critical(probability("alpha", alpha), None, "two-sided")
    if s <= 0:
        raise InvalidInput(f"se is {s:g}.", hint="a standard error is above 0.")
    z = abs(x) / s
    if z < bound:
        return NotEstimable("The effect was not significant, so it was not selected.", "use the estimate as it is.")

    def left(mean: float) -> float:
        chance = tail(bound - mean) + tail(bound + mean)
        pull = (_density(bound - mean) - _density(bound + mean)) / chance
        return z - mean - pull

    return math.copysign(crossing(left, 0.0, z + 1, z / 2, 0.5), x) * s


def _morris(x: list[float], s: list[float], half: float) -> tuple[Shrunken, ...]:
    """Morris's estimate with the spread of Paule and Mandel; his factor keeps it from trusting that too much."""
    found, k = effect_prior(x, s, mean=None), len(x)
    tau2 = found.sd**2 if isinstance(found, NormalPrior) else 0.0
    weights = [1 / (se * se + tau2) for se in s]
    mean = math.fsum(w * e for w, e in zip(weights, x, strict=True)) / math.fsum(weights)
    answers = []
    for effect, se in zip(x, s, strict=True):
        pull = (k - 3) / (k - 1) * se * se / (se * se + tau2)
        centre = effect - pull * (effect - mean)
        own = 1 / (se * se + tau2) / math.fsum(weights)  # how much the mean hangs on this one
        variance = se * se * (1 - (1 - own) * pull) + 2 / (k - 3) * (pull * (effect - mean)) ** 2
        sd = math.sqrt(variance)
        answers.append(Shrunken(centre, Interval(centre - half * sd, centre + half * sd), 1 - pull))
    return tuple(answers)


def _james_stein(x: list[float], s: list[float], half: float) -> tuple[Shrunken, ...]:
    k = len(x)
    mean, noise = math.fsum(x) / k, math.fsum(se * se for se in s) / k
    spread = math.fsum((e - mean) ** 2 for e in x)
    weight = max(0.0, 1 - (k - 3) * noise / spread) if spread > 0 else 0.0
    answers = []
    for effect in x:
        centre, pull = mean + weight * (effect - mean), 1 - weight
        sd = math.sqrt(noise * (weight + pull / k) + 2 / (k - 3) * (pull * (effect - mean)) ** 2)
        answers.append(Shrunken(centre, Interval(centre - half * sd, centre + half * sd), weight))
    return tuple(answers)


def _pairs(effects: Any, ses: Any) -> tuple[list[float], list[float]]:
    x, s = column("effects", effects).tolist(), column("ses", ses).tolist()
    if len(x) != len(s) or not x:
        raise InvalidInput(f"{len(x)} effects and {len(s)} standard errors.", hint="give one of each.")
    if any(math.isnan(e) for e in x) or not all(se > 0 for se in s):
        raise InvalidInput("An effect is missing, or a standard error is not above 0.", hint="leave that one out.")
    return x, s


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
