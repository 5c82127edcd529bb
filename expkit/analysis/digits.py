"""Sums about a value that is far from an arm's mean lose digits: where that is so, and the query that keeps them.

The sum of squares about an arm's mean is what is left of the sum of squares about the shift. The shift is one literal
for all arms, close to the data as a rule; where an arm lies far from it, the sums are taken again, each arm's about a
mean of its own (two passes: Chan, Golub & LeVeque 1983, The American Statistician 37, 242-247).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from expkit.analysis.clusters import spread_of_clusters
from expkit.analysis.moments import spread
from expkit.analysis.sums import Found, Sums

__all__ = ["LOST", "WASTED", "is_far", "near", "with_own"]

WASTED = 2.0**10
"""A sum of squares so many times that about the mean costs three digits, which is worth another query."""
LOST = 2.0**17
"""One that much larger may leave fewer than ten digits: nothing is told of such an arm."""


def is_far(sums: Sums, parts: Iterable[Found], binary: bool, most: float) -> bool:
    """Whether the squares of one arm, those of its strata together, are `most` times those about its own mean."""
    groups = [one for one in parts if one.n > 1 and one.totals and one.finite and one.clusters != 1]
    return any(_far(groups, at, most) for at in sums.places[1 if binary else 0 :])


def _far(groups: Sequence[Found], at: int, most: float) -> bool:
    left = whole = 0.0
    for one in groups:
        if at in one.constant:
            continue
        about, squares = spread(one, at) if one.clusters is None else spread_of_clusters(one, at)
        left, whole = left + about, whole + squares
    return math.isfinite(whole) and whole > most * max(left, 0.0)


def with_own(plan: Sequence[Sums]) -> list[Sums]:
    """The plan with a name for each arm's own shift."""
    found = []
    for i, sums in enumerate(plan):
        named = (column._replace(own=f'"expkit shift {i} {j}"') for j, column in enumerate(sums.columns))
        found.append(sums if sums.flag else sums._replace(columns=tuple(named)))
    return found


def near(plan: Sequence[Sums], keys: Sequence[str]) -> str:
    """The relation to sum: the frame, beside each row the means of its arm, where the plan names some."""
    columns = [column for sums in plan for column in sums.columns if column.own]
    if not columns:
        return "frame"
    names = [f'"expkit key {at}"' for at in range(len(keys))]
    wanted = [f"{key} AS {name}" for key, name in zip(keys, names, strict=True)]
    wanted += [f"{_mean(column.sql, column.filled and column.gaps)} AS {column.own}" for column in columns]
    same = " AND ".join(f"{name} IS NOT DISTINCT FROM {key}" for name, key in zip(names, keys, strict=True))
    return f"frame LEFT JOIN (SELECT {', '.join(wanted)} FROM frame GROUP BY {', '.join(names)}) AS near ON {same}"  # noqa: S608


def _mean(sql: str, of_all: bool) -> str:
    """A covariate with gaps has one `of_all` arms: it is what fills the gaps."""
    own = f"avg({sql}) FILTER (WHERE isfinite({sql}) AND abs({sql}) < 1e100)"
    return f"avg({own}) OVER ()" if of_all else own
