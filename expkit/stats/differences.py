"""Order statistics of all differences between two samples, without holding the differences.

Random pairs bracket the one that is asked for, the pairs within the bracket are counted by two searches, and so on
until they are few enough to list: O(n log n) for n values. Selection by random pivots is Floyd and Rivest's (1975,
Communications of the ACM 18, 165-172), for sums of two samples Johnson and Mizoguchi's (1978, SIAM Journal on
Computing 7, 147-153).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.columns import Floats

    Places = np.ndarray[Any, np.dtype[np.int64]]

__all__ = ["median_difference", "ranked_difference"]

_LISTED = 1_000_000
_SAMPLE = 20_000
_STALLS = 8
"""Rounding can make a bracket of nearly equal differences stand still; any of them is the answer then."""


def median_difference(c: Floats, t: Floats) -> float:
    """The median of all t - c (Hodges & Lehmann 1963); both are sorted."""
    import numpy as np

    rank, odd = divmod(c.size * t.size, 2)
    if odd:
        return ranked_difference(c, t, rank + 1)
    lower = ranked_difference(c, t, rank)
    following = np.searchsorted(t, c + lower, "right")
    if int(following.sum()) > rank:
        return lower
    there = following < t.size
    return (lower + float((t[following[there]] - c[there]).min())) / 2


def ranked_difference(c: Floats, t: Floats, rank: int) -> float:
    """The difference t - c that is `rank`-th from below, from 1 on; both are sorted."""
    import numpy as np

    first, last = np.zeros(c.size, dtype=np.int64), np.full(c.size, t.size, dtype=np.int64)
    rng, stalls, pivot = np.random.default_rng(0), 0, 0.0
    while (inside := int((last - first).sum())) > _LISTED and stalls < _STALLS:
        before = inside
        for pivot in _bracket(c, t, first, last, rank, rng):
            left, right = (np.clip(np.searchsorted(t, c + pivot, side), first, last) for side in ("left", "right"))
            under, upto = int((left - first).sum()), int((right - first).sum())
            if under < rank <= upto:
                return pivot
            if rank <= under:
                last = left
            else:
                first, rank = right, rank - upto
        stalls = stalls + 1 if int((last - first).sum()) == before else 0
    if stalls:
        return pivot
    return float(np.partition(_differences(c, t, first, last - first), rank - 1)[rank - 1])


def _bracket(
    c: Floats, t: Floats, first: Places, last: Places, rank: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Two differences of random pairs, with the one of this rank in all likelihood between them."""
    import numpy as np

    up_to = np.cumsum(last - first)
    picked = np.sort(rng.integers(up_to[-1], size=_SAMPLE))
    row = np.searchsorted(up_to, picked, "right")
    found = np.sort(t[last[row] - (up_to[row] - picked)] - c[row])
    place, slack = rank / int(up_to[-1]) * _SAMPLE, 2 * _SAMPLE**0.5
    ends = (min(max(int(one), 0), _SAMPLE - 1) for one in (place - slack, place + slack))
    low, high = (float(found[one]) for one in ends)
    return low, high


def _differences(c: Floats, t: Floats, first: Places, counts: Places) -> Floats:
    import numpy as np

    row = np.repeat(np.arange(c.size), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    found: Floats = t[first[row] + np.arange(row.size) - start] - c[row]
    return found
