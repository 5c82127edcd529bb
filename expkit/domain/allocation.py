"""How the variants share the buckets: one range for each, one after the other, in an order that may be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MAX_ARMS", "least_moving_order", "starts"]

MAX_ARMS = 10
"""With more arms than these, whose orders are too many to try, the order stays."""


def starts(shares: Mapping[str, float], order: Sequence[str]) -> dict[str, float]:
    """Where each variant's range begins; variants that the order does not name come last, as they are."""
    found, reached = dict[str, float](), 0.0
    for key in [*(key for key in order if key in shares), *(key for key in shares if key not in order)]:
        if key not in found:
            found[key] = reached
            reached += shares[key]
    return {key: found[key] for key in shares}


def least_moving_order(
    before: Mapping[str, tuple[float, float]], shares: Mapping[str, float], coverage: float, order: Sequence[str]
) -> tuple[str, ...]:
    """The order of new shares in which most buckets keep their variant; of equal ones the present order.

    `before` has each variant's range. Where an arm begins depends only on which are before it, so the best way to
    place the rest is found once for each set of arms (Held & Karp's dynamic programme).
    """
    arms = list(starts(shares, order))
    arms.sort(key=lambda key: starts(shares, order)[key])
    if len(arms) > MAX_ARMS:
        return tuple(arms)
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for placed in range(1, 1 << len(arms)):
        found: tuple[float, tuple[int, ...]] | None = None
        for place, key in enumerate(arms):
            if not placed >> place & 1:
                continue
            kept, way = best[placed & ~(1 << place)]
            begin = sum(shares[arms[one]] for one in way)
            low, high = before.get(key, (0.0, 0.0))
            kept += max(0.0, min(high, begin + coverage * shares[key]) - max(low, begin))
            # by a whisker more is no reason to give up the order
            if found is None or kept > found[0] + 1e-12 or (kept > found[0] - 1e-12 and (*way, place) < found[1]):
                found = kept, (*way, place)
        best[placed] = found or (0.0, ())
    return tuple(arms[place] for place in best[(1 << len(arms)) - 1][1])
