"""What the data so far can find: power at a planned effect, and the smallest effect, by the standard error as it is.

Power as Cohen (1988, ch. 2), with the error that was found in place of a guess. The effect is the one that was planned
for: "observed power", at the estimate itself, only says the p-value again (Hoenig & Heisey 2001, The American
Statistician 55, 19-24).
"""

from __future__ import annotations

import math

from expkit.errors import InvalidInput
from expkit.stats.curves import noncentral_tail, reachable, tails
from expkit.stats.distributions import critical, tail
from expkit.stats.roots import bisect
from expkit.stats.terms import ALPHA, POWER, Alternative, alternative_of, finite, probability

__all__ = ["mde_reached", "power_reached"]


def power_reached(
    effect: float,
    se: float,
    *,
    df: float | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    bound: float | None = None,
) -> float:
    """The chance that an estimate with this standard error tells this true effect from none.

    `bound` is what z has to pass, where a plan of several looks says so: the chance is then that of this look alone,
    the least that all looks together have.

    >>> round(power_reached(2.8, 1.0), 3)
    0.8
    """
    size, error = finite("effect", effect), _error(se)
    q = critical(probability("alpha", alpha), df, alternative_of(alternative)) if bound is None else abs(bound)
    shift = size / error
    if df is None or bound is not None:
        return tails(lambda sign: tail(q - sign * shift), alternative)
    return tails(lambda sign: noncentral_tail(q, df, sign * shift), alternative)


def mde_reached(
    se: float,
    *,
    df: float | None = None,
    alpha: float = ALPHA,
    power: float = POWER,
    alternative: Alternative = "two-sided",
    bound: float | None = None,
) -> float:
    """The smallest effect that an estimate with this standard error finds with this power; negative for `less`.

    >>> round(mde_reached(1.0), 2)
    2.8
    """
    error = _error(se)
    reachable(alpha, power)
    sign = -1 if alternative == "less" else 1

    def short(size: float) -> float:
        return power - power_reached(
            sign * size * error, error, df=df, alpha=alpha, alternative=alternative, bound=bound
        )

    high = 4.0
    while short(high) > 0:
        high *= 2
    return sign * bisect(short, 0.0, high) * error


def _error(se: float) -> float:
    error = finite("se", se)
    if error <= 0 or not math.isfinite(1 / error):
        raise InvalidInput(f"se is {error:g}.", hint="a standard error is above 0.")
    return error
