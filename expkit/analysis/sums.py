"""One query per frame: counts, sums and products of every metric by variant, and what they say of each arm.

Sums are taken about a value close to the data (`shift`), chosen so that whole numbers and money add up without
rounding; values near 1e9 then keep their variance, and a plain `sum` is enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.errors import InvalidInput
from expkit.stats import Covariates, Summary

__all__ = [
    "Column",
    "Found",
    "Sums",
    "close_value",
    "counts",
    "far_off",
    "number",
    "read",
    "read_counts",
    "statistic",
    "terms",
    "varying",
    "vectors",
]

_FAR = 32.0
"""A shift that is further from the mean than so many standard deviations costs more digits than can be spared."""


class Column(NamedTuple):
    """A number per unit in SQL. `gaps`: it may be null. A covariate is `filled`, and tells where it was."""

    sql: str
    shift: float = 0.0
    gaps: bool = True
    filled: bool = False


class Sums(NamedTuple):
    """What one metric needs: its value, the denominator of a ratio, covariates. `binary` asks whether all are 0 or 1.

    `cap` counts the units above it; `infinite` counts values that no mean has.
    """

    columns: tuple[Column, ...]
    ratio: bool = False
    binary: bool = False
    flag: bool = False
    cap: float | None = None
    raw: str = ""
    infinite: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return 1 + self.ratio

    @property
    def shifts(self) -> list[float]:
        """Those of the vectors that `terms` sums: an indicator follows each covariate that may be missing."""
        found: list[float] = []
        for column in self.columns:
            found += [column.shift, 0.0] if column.filled and column.gaps else [column.shift]
        return found


def close_value(mean: float | None, spread: float | None) -> float:
    """A value near the mean with few digits, so that differences from it and their squares are mostly exact."""
    if mean is None or not math.isfinite(mean) or abs(mean) > 1e100:
        return 0.0
    if not spread or not math.isfinite(spread) or spread < 1e-12 * abs(mean):
        return mean
    grain = 2.0 ** math.floor(math.log2(spread / 4))
    return round(mean / grain) * grain


def terms(sums: Sums) -> list[str]:
    """The SQL of the aggregates of one metric."""
    if sums.flag:
        return [_count(sums), f"count_if({sums.columns[0].sql})"]
    found, vector = counts(sums), vectors(sums)
    for at, one in enumerate(vector):
        found.append(f"sum({one})")
        found += [f"sum({one} * {other})" for other in vector[at:]]
    return found


def counts(sums: Sums) -> list[str]:
    """Units; those neither 0 nor 1; those above the cap; infinite values."""
    found = [_count(sums)]
    if sums.binary:
        found.append(f"count_if({sums.columns[0].sql} NOT IN (0, 1))")
    if sums.cap is not None:
        found.append(f"count_if({sums.raw} > {sums.cap!r})")
    return found + [f"count_if(isinf({one}))" for one in sums.infinite]


def vectors(sums: Sums) -> list[str]:
    """Each column less its shift; null where the unit does not count."""
    asked = [column.sql for column in sums.columns[: sums.width] if column.gaps]
    found: list[str] = []
    for at, column in enumerate(sums.columns):
        less = f"({column.sql} - {_literal(column.shift)})" if column.shift else f"({column.sql})::DOUBLE"
        gates = [sql for sql in asked if at >= sums.width or sql != column.sql]
        if not column.filled or not column.gaps:
            found.append(_gated(less, gates))
            continue
        found.append(_gated(f"coalesce({less}, 0)", gates))
        found.append(_gated(f"({column.sql} IS NULL)::DOUBLE", gates))
    return found


def _count(sums: Sums) -> str:
    asked = [column.sql for column in sums.columns[: sums.width] if column.gaps]
    if not asked:
        return "count(*)"
    return f"count({asked[0]})" if len(asked) == 1 else f"count({_gated(asked[0], asked[1:])})"


def _gated(sql: str, gates: Sequence[str]) -> str:
    return f"CASE WHEN {' AND '.join(f'{gate} IS NOT NULL' for gate in gates)} THEN {sql} END" if gates else sql


def _literal(value: float) -> str:
    return f"({value!r})::DOUBLE"


class Found(NamedTuple):
    """The sums of one metric in one group. With `clusters`, the products are those of `clusters.py`."""

    n: int
    other: int = 0
    capped: int = 0
    infinite: tuple[int, ...] = ()
    flagged: int | None = None
    totals: Sequence[float] = ()
    products: Sequence[Sequence[float]] = ()
    clusters: int | None = None

    @property
    def binary(self) -> bool:
        return not self.other

    @property
    def successes(self) -> int:
        return self.flagged if self.flagged is not None else round(self.totals[0])

    @property
    def finite(self) -> bool:
        return all(map(math.isfinite, self.totals)) and all(math.isfinite(x) for row in self.products for x in row)


def read(sums: Sums, row: Iterator[Any]) -> Found:
    """One metric in one group, from the query's row."""
    if sums.flag:
        return Found(int(next(row) or 0), flagged=int(next(row) or 0))
    found, size = read_counts(sums, row), len(sums.shifts)
    totals, products = [0.0] * size, [[0.0] * size for _ in range(size)]
    for i in range(size):
        totals[i] = number(next(row))
        for j in range(i, size):
            products[i][j] = products[j][i] = number(next(row))
    return found._replace(totals=totals, products=products)


def read_counts(sums: Sums, row: Iterator[Any]) -> Found:
    n = int(next(row) or 0)
    other = int(next(row) or 0) if sums.binary else 1
    capped = int(next(row) or 0) if sums.cap is not None else 0
    return Found(n, other, capped, tuple(int(next(row) or 0) for _ in sums.infinite))


def far_off(sums: Sums, groups: Iterable[Found]) -> list[float] | None:
    """Better shifts of the columns, where one was so far from the mean that the variance lost digits."""
    parts = [found for found in groups if found.n and found.totals and found.finite and found.clusters is None]
    n = sum(found.n for found in parts)
    if n < 2 or (sums.binary and all(found.binary for found in parts)):
        return None
    better, far, at = [], False, 0
    for column in sums.columns:
        mean = math.fsum(found.totals[at] for found in parts) / n
        var = math.fsum(found.products[at][at] for found in parts) / n - mean * mean
        far = far or bool(mean and var < (mean / _FAR) ** 2)
        better.append(close_value(column.shift + mean, math.sqrt(max(var, 0.0))))
        at += 2 if column.filled and column.gaps else 1
    return better if far else None


def statistic(sums: Sums, found: Found, binary: bool, keep: Sequence[int]) -> ArmStatistic:
    """One arm; `keep` names the vectors that are not the same for everybody."""
    if not found.n:
        return EMPTY
    successes = found.successes if binary else None
    if sums.flag:
        return ArmStatistic(found.n, _proportion(found.successes, found.n), successes)
    if not found.finite:
        return ArmStatistic(found.n, None, ratio=sums.ratio)
    try:
        summary = _summary(found, [sums.shifts[i] for i in keep], keep)
    except InvalidInput:  # beyond 1e100
        return ArmStatistic(found.n, None, ratio=sums.ratio)
    if successes is not None:
        plain = _proportion(successes, found.n)
        summary = replace(summary, mean=plain.mean, var=plain.var)
    shift = sums.shifts[0]
    offset = (shift, found.totals[0] / found.n) if shift and not sums.ratio and successes is None else None
    return ArmStatistic(found.n, summary, successes, sums.ratio, found.capped, offset=offset)


def _proportion(successes: int, n: int) -> Summary:
    share = successes / n
    return Summary(n, share, share * (1 - share) * n / max(n - 1, 1))


def _summary(found: Found, shifts: Sequence[float], at: Sequence[int]) -> Summary:
    means = [shift + found.totals[i] / found.n for shift, i in zip(shifts, at, strict=True)]
    gram = [[_moment(found, i, j) for j in at] for i in at]
    if len(at) == 1:
        return Summary(found.n, means[0], gram[0][0])
    rest = tuple(tuple(row[1:]) for row in gram[1:])
    return Summary(found.n, means[0], gram[0][0], Covariates(tuple(means[1:]), rest, tuple(gram[0][1:])))


def _moment(found: Found, i: int, j: int) -> float:
    """The sample (co)variance; what is left of a sum that cancels to rounding is none."""
    if found.n < 2:
        return 0.0
    product = found.products[i][j]
    about_mean = product - found.totals[i] * found.totals[j] / found.n
    if i == j and about_mean < 8 * 2.0**-52 * product:
        return 0.0
    return about_mean / (found.n - 1)


def number(value: Any) -> float:
    """A sum over nothing is null."""
    return math.nan if value is None else float(value)


def varying(sums: Sums, groups: Iterable[Found]) -> list[int]:
    """The vectors to keep: an indicator that is 0 for everybody says nothing, and costs a degree of freedom."""
    keep, at, parts = [], 0, list(groups)
    for column in sums.columns:
        keep.append(at)
        at += 1
        if column.filled and column.gaps:
            if any(found.totals and found.totals[at] for found in parts):
                keep.append(at)
            at += 1
    return keep
