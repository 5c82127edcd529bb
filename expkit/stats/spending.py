"""How much of alpha may be used up by which share of the information (Lan & DeMets 1983, Biometrika 70, 659-663).

`obrien-fleming` spends almost nothing early, `pocock` roughly evenly; `power` is alpha t^rho (Kim & DeMets
1987, Biometrika 74, 149-154), `hwang-shih-decani` (1990, Statistics in Medicine 9, 1439-1445) has rho for
its gamma. Each is the spending of one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from expkit.errors import InvalidInput
from expkit.stats.terms import finite, word

__all__ = ["Spending", "SpendingFunction", "spend"]

SpendingFunction = Literal["obrien-fleming", "pocock", "power", "hwang-shih-decani"]

Spending: TypeAlias = "SpendingFunction | Sequence[float] | Callable[[float], float]"
"""A name; or the share of alpha spent by each look; or a function from share of information to share of alpha."""

RHO = 2.0
_TINY = 1e-12


def spend(spending: Spending, fractions: Sequence[float], alpha: float, rho: float = RHO) -> tuple[float, ...]:
    """What is spent by each look, of one side's alpha."""
    if callable(spending):
        shares = [finite("spending", spending(min(t, 1.0))) for t in fractions]
        return tuple(alpha * share for share in _shares(shares, len(fractions)))
    if not isinstance(spending, str):
        shares = [finite("spending", share) for share in spending]
        return tuple(alpha * share for share in _shares(shares, len(fractions)))
    name = word("spending", str(spending).lower(), get_args(SpendingFunction))
    rho = finite("rho", rho)
    if name == "power" and rho <= 0:
        raise InvalidInput(f"rho is {rho:g}.", hint="the power of a spending function is above 0, e.g. 2.")
    return tuple(min(_FUNCTIONS[name](min(t, 1.0), alpha, rho), alpha) for t in fractions)


def _shares(shares: Sequence[float], looks: int) -> Sequence[float]:
    if len(shares) != looks:
        raise InvalidInput(f"{len(shares)} shares of alpha for {looks} looks.", hint="give one for every look.")
    if max(shares) > 1 + _TINY:
        raise InvalidInput(
            f"The spending reaches {max(shares):g} times alpha.", hint="shares of alpha are cumulative, at most 1."
        )
    if min(shares) < 0 or any(b < a for a, b in pairwise(shares)):
        raise InvalidInput("The spending goes down.", hint="shares of alpha are cumulative: each at least the last.")
    return shares


def _obrien_fleming(t: float, alpha: float, _: float) -> float:
    from scipy import special

    return float(2 * special.ndtr(special.ndtri(alpha / 2) / math.sqrt(t)))


def _pocock(t: float, alpha: float, _: float) -> float:
    return alpha * math.log1p((math.e - 1) * t)


def _power(t: float, alpha: float, rho: float) -> float:
    return alpha * float(t**rho)


def _hwang_shih_decani(t: float, alpha: float, rho: float) -> float:
    return alpha * (math.expm1(-rho * t) / math.expm1(-rho) if rho else t)


_FUNCTIONS: dict[str, Callable[[float, float, float], float]] = {
    "obrien-fleming": _obrien_fleming,
    "pocock": _pocock,
    "power": _power,
    "hwang-shih-decani": _hwang_shih_decani,
}
