"""Confidence sequences for a quantile, of any distribution (Howard & Ramdas 2022, Bernoulli 28, 1704-1728).

How many values lie at or below the true quantile is a sum of coins with that chance; the beta-binomial mixture
says which sums are believable at every look at once, and those become order statistics of the values so far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from expkit.errors import InvalidInput
from expkit.stats.always_valid import ConfidenceSequence, mixture_rho
from expkit.stats.columns import column
from expkit.stats.terms import ALPHA, Values, count, probability

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["quantile_ranks", "quantile_sequence"]

TUNED_FOR = 1000.0


def quantile_ranks(n: int, q: float, *, alpha: float = ALPHA, tuned_for: float = TUNED_FOR) -> tuple[int, int]:
    """The ranks (from 1) of the values between which the quantile lies; 0 and n + 1 stand for no bound."""
    size, level, chance = count("n", n), probability("alpha", alpha), probability("q", q)
    own = mixture_rho(tuned_for, level)
    a, b = own * chance, own * (1 - chance)
    sums = np.arange(size + 1)
    log = special.betaln(a + sums, b + size - sums) - special.betaln(a, b)
    log -= sums * math.log(chance) + (size - sums) * math.log1p(-chance)
    believable = np.flatnonzero(log < -math.log(level))
    return int(believable[0]), int(believable[-1]) + 1


def quantile_sequence(
    values: Values,
    q: float = 0.5,
    looks: Sequence[int] | None = None,
    *,
    treatment: Values | None = None,
    treatment_looks: Sequence[int] | None = None,
    alpha: float = ALPHA,
    tuned_for: float = TUNED_FOR,
) -> ConfidenceSequence:
    """The q-quantile of values in the order in which they came, after each of `looks` values.

    With `treatment` it is the difference of the arms' quantiles, treatment minus control; each arm then gets half
    of alpha. `p_values` are for that difference, 1 or alpha: whether 0 was ever excluded (all 1 for one arm).
    """
    probability("alpha", alpha)
    if treatment is None:
        lower, upper = _ends(values, looks, q, alpha, tuned_for)
        return ConfidenceSequence(lower, upper, np.ones(lower.size), alpha, "two-sided", "quantile")
    low_c, high_c = _ends(values, looks, q, alpha / 2, tuned_for)
    low_t, high_t = _ends(treatment, looks if treatment_looks is None else treatment_looks, q, alpha / 2, tuned_for)
    if low_c.size != low_t.size:
        raise InvalidInput("The arms have different numbers of looks.", hint="give treatment_looks as many.")
    lower, upper = low_t - high_c, high_t - low_c
    excluded = np.maximum.accumulate((lower > 0) | (upper < 0))
    return ConfidenceSequence(lower, upper, np.where(excluded, alpha, 1.0), alpha, "two-sided", "quantile difference")


def _ends(
    values: Values, looks: Sequence[int] | None, q: float, alpha: float, tuned_for: float
) -> tuple[Floats, Floats]:
    x = column("values", values)
    x = x[~np.isnan(x)]
    at = [x.size] if looks is None else [count("look", look) for look in looks]
    if not at or any(b <= a for a, b in zip([0, *at], at, strict=False)) or at[-1] > x.size:
        raise InvalidInput(
            "The looks are out of order, repeated or beyond the values.", hint=f"rising counts of units up to {x.size}."
        )
    ends = []
    for n in at:
        low, high = quantile_ranks(n, q, alpha=alpha, tuned_for=tuned_for)
        seen = np.sort(x[:n])
        ends.append((seen[low - 1] if low else -math.inf, seen[high - 1] if high <= n else math.inf))
    return np.maximum.accumulate(np.array(ends)[:, 0]), np.minimum.accumulate(np.array(ends)[:, 1])
