"""What looking more than once costs: the power of a design with looks beside that of one look at the end, and back.

Both hang on the drift alone, the mean of z when all units are in, so that any sizing for one look becomes one for many:
size it for the power that one look at the end would have under the same drift. Chances to cross are integrated
(Jennison & Turnbull 2000, ch. 19), not simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, get_args

from expkit.errors import InvalidInput
from expkit.stats.spending import SpendingFunction
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability, word

__all__ = ["LookMethod", "power_for_one_look", "power_with_looks"]

LookMethod = Literal["fixed", "group_sequential", "always_valid"]
MOST_LOOKS = 1000
FARTHEST = 40.0
TUNED_AT = 0.5
"""The share of the planned units at which a confidence sequence is tightest, as where plans are judged."""
_ALL = 1 - 1e-13


def power_with_looks(
    power: float,
    method: LookMethod,
    looks: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    spending: SpendingFunction = "obrien-fleming",
) -> float:
    """The power of equally spaced looks up to the units with which one look at the end has this power.

    >>> round(power_with_looks(0.8, "group_sequential", 28), 3)
    0.781
    """
    one_look, chance, drift_of = _design(method, looks, alpha, alternative, spending)
    return float(power) if one_look or power >= _ALL else chance(drift_of(probability("power", power)))


@lru_cache(maxsize=256)
def power_for_one_look(
    power: float,
    method: LookMethod,
    looks: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    spending: SpendingFunction = "obrien-fleming",
) -> float:
    """The power that one look at the end has to have, for these looks to have the given one.

    >>> round(power_for_one_look(0.8, "always_valid", 28), 3)
    0.958
    """
    from expkit.stats.distributions import critical, tail
    from expkit.stats.roots import crossing

    one_look, chance, drift_of = _design(method, looks, alpha, alternative, spending)
    if one_look:
        return float(power)
    if probability("power", power) <= alpha:
        raise InvalidInput(f"A power of {power:g} is no more than alpha.", hint="0.8 and 0.9 are usual.")
    drift = crossing(lambda d: power - chance(d), 0.0, FARTHEST, 1.2 * drift_of(power), 0.3)
    bound = critical(alpha, None, alternative)
    return tail(bound - drift) + (tail(bound + drift) if alternative == "two-sided" else 0.0)


def _design(
    method: LookMethod, looks: int, alpha: float, alternative: Alternative, spending: SpendingFunction
) -> tuple[bool, Callable[[float], float], Callable[[float], float]]:
    """Whether it is one ordinary look; its power by the drift; the drift by the power of one look at the end."""
    from expkit.stats.sequential import fixed_drift, group_sequential

    number = count("looks", looks)
    word("method", method, get_args(LookMethod))
    side: Alternative = "two-sided" if alternative_of(alternative) == "two-sided" else "greater"
    if not 1 <= number <= MOST_LOOKS:
        raise InvalidInput(f"There are {number} looks.", hint=f"plan for 1 to {MOST_LOOKS}.")
    if method == "fixed" and number > 1:
        raise InvalidInput(f"A fixed plan has one look, not {number}.", hint="plan group_sequential or always_valid.")
    level = probability("alpha", alpha)

    def drift_of(power: float) -> float:
        return fixed_drift(level, power, side)

    if method == "always_valid":
        bounds = _always_valid_bounds(number, level, side)
        return False, lambda drift: _crossed(bounds, drift, side), drift_of
    if number == 1:
        return True, lambda drift: drift, drift_of
    return False, group_sequential(number, level, spending, alternative=side).power_at, drift_of


def _always_valid_bounds(looks: int, alpha: float, side: Alternative) -> list[float]:
    from expkit.stats.always_valid import confidence_sequence, mixture_rho

    shares = [k / looks for k in range(1, looks + 1)]
    rho = mixture_rho(TUNED_AT, alpha, side)
    seen = confidence_sequence([0.0] * looks, [1.0] * looks, shares, alpha=alpha, alternative=side, rho=rho)
    return [-float(end) for end in seen.lower]


def _crossed(bounds: Sequence[float], drift: float, side: Alternative) -> float:
    from expkit.stats.boundaries import crossings

    shares = [k / len(bounds) for k in range(1, len(bounds) + 1)]
    lower = [-bound for bound in bounds] if side == "two-sided" else [-math.inf] * len(bounds)
    low, high = crossings(shares, lower, bounds, drift)
    return math.fsum(high) + (math.fsum(low) if side == "two-sided" else 0.0)
