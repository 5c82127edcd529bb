"""How evenly an arm's events are spread over kinds (items, brands): Shannon's entropy over the largest it could be.

J = H / ln K (Pielou 1966, J. Theor. Biol. 13, 131-144), H = -sum of p ln p over the shares p of the kinds, K the kinds
seen in any arm, so that arms are measured by one length. The plug-in H is too small by half the sum of var(p) / p
(Miller 1955; (K - 1) / 2N for independent events); units are what is independent here, so var(p) is taken over units,
p being a ratio of their totals. H is itself a ratio of totals, of what each event says, -ln p, to events: how H hangs
on p has no part in its first-order error, because the p add up to 1. Near J = 1 that error vanishes and the next
order, (K - 1) / 2N^2 for independent events (Harris 1975), is what is left. The shares that were seen are less even
than the true ones, which puts twice that into the error: it is on the safe side there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from expkit.stats import NotEstimable

__all__ = ["LEAST_PER_KIND", "Spread", "evenness_of"]

LEAST_PER_KIND = 2.0
"""Events for each kind; with fewer, many kinds are not seen at all, and no correction of this order mends that."""


class Spread(NamedTuple):
    """The sums over an arm's events and units that evenness and its error are made of."""

    units: int
    events: float
    entropy: float
    squares: float
    """Of the events of each unit and kind over the share of the kind, less those of each unit, added up."""
    residuals: float
    """The squares of what each unit's events say above H, added up."""


def evenness_of(arm: Spread, kinds: int) -> tuple[float, float] | NotEstimable:
    """The evenness and its standard error, or why there is none."""
    if kinds < 2:
        return NotEstimable("All events are of one kind.", "check the property: evenness needs two values of it.")
    if arm.units < 2 or arm.events < LEAST_PER_KIND * kinds:
        return NotEstimable(
            f"An arm has {arm.events:,.0f} events for {kinds:,} kinds; evenness needs {LEAST_PER_KIND:g} for each.",
            "collect more events, or use a property with fewer values.",
        )
    bias = arm.squares / (2 * arm.events**2)
    variance = arm.residuals * arm.units / (arm.units - 1) / arm.events**2
    most = math.log(kinds)
    return (arm.entropy + bias) / most, math.sqrt(variance) / most
