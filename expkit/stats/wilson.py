"""The interval of one proportion: Wilson's, and its usual rivals."""

from __future__ import annotations

import math
from typing import Literal, get_args

from expkit.errors import InvalidInput
from expkit.stats.distributions import critical, interval
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.mover import Limits
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability, word

__all__ = ["ProportionMethod", "proportion_interval", "wilson_limits"]

ProportionMethod = Literal["wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"]


def proportion_interval(
    successes: int,
    n: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    method: ProportionMethod = "wilson",
) -> Interval | NotEstimable:
    """Between which proportions the truth lies; `greater` gives a lower bound, `less` an upper one.

    `wilson` (1927, JASA 22, 209-212) inverts the score test. `clopper-pearson` (1934, Biometrika 26,
    404-413) never covers less than promised. The others: Brown, Cai & DasGupta (2001, Statistical
    Science 16, 101-133).

    >>> [round(end, 4) for end in proportion_interval(81, 263)]
    [0.2553, 0.3662]
    """
    probability("alpha", alpha)
    word("method", method, get_args(ProportionMethod))
    x, units = count("successes", successes), count("n", n)
    if x > units:
        raise InvalidInput(f"{x} successes among {units} units.", hint="count each unit at most once.")
    if not units:
        return NotEstimable("There are no units.", "collect some.")
    if method == "wald" and x in (0, units):
        return NotEstimable("All units did the same, so Wald's error is zero.", "use method='wilson'.")
    z = critical(alpha, None, alternative_of(alternative))
    lower, upper = _ends(x, units, z, alpha / 2 if alternative == "two-sided" else alpha, method)
    found = interval(lower, upper, alternative)
    return Interval(max(found.lower, 0.0), min(found.upper, 1.0))


def wilson_limits(x: int, n: int, z: float) -> Limits:
    """Both ends at z standard errors; they are where |x / n - p| = z sqrt(p (1 - p) / n)."""
    p, square = x / n, z * z
    middle, half = p + square / (2 * n), z * math.sqrt((p * (1 - p) + square / (4 * n)) / n)
    whole = 1 + square / n
    return Limits(p, 0.0 if x == 0 else (middle - half) / whole, 1.0 if x == n else (middle + half) / whole)


def _ends(x: int, n: int, z: float, tail: float, method: ProportionMethod) -> tuple[float, float]:
    from scipy import special

    if method == "wilson":
        return wilson_limits(x, n, z)[1:]
    if method == "clopper-pearson":
        lower = float(special.betaincinv(x, n - x + 1, tail)) if x else 0.0
        return lower, float(special.betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    if method == "jeffreys":
        lower = float(special.betaincinv(x + 0.5, n - x + 0.5, tail)) if x else 0.0
        return lower, float(special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail)) if x < n else 1.0
    units = n + z * z if method == "agresti-coull" else float(n)
    p = (x + z * z / 2) / units if method == "agresti-coull" else x / n
    half = z * math.sqrt(p * (1 - p) / units)
    return p - half, p + half
