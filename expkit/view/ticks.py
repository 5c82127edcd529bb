"""Round numbers for an axis."""

from __future__ import annotations

from math import ceil, floor, log10

__all__ = ["ticks"]


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Some `about` numbers between the ends, in steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    return [place * step for place in range(ceil(low / step), floor(high / step) + 1)]
