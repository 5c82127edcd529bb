"""One query per frame: counts, sums and products of every metric by variant.

Sums are taken about a value close to the data (`shift`), chosen so that whole numbers and money add up without
rounding; values near 1e9 then keep their variance, and a plain `sum` is enough. It is one literal for all arms, or
each arm's own mean where they lie far apart (`digits.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

__all__ = [
    "Column",
    "Found",
    "Sums",
    "bases",
    "close_value",
    "counts",
    "ends",
    "number",
    "read",
    "read_counts",
    "terms",
    "varying",
    "vectors",
]


class Column(NamedTuple):
    """A number per unit in SQL. `gaps`: it may be null. A covariate is `filled`, and tells where it was.

    `own` names the SQL of each arm's own shift, where the one for all would not do.
    """

    sql: str
    shift: float = 0.0
    gaps: bool = True
    filled: bool = False
    own: str = ""

    @property
    def base(self) -> str:
        """What is taken off, in SQL; nothing where that is zero."""
        literal = f"({self.shift!r})::DOUBLE"
        return f"coalesce({self.own}, {literal})" if self.own else literal if self.shift else ""


class Sums(NamedTuple):
    """What one metric needs: its value, the denominator of a ratio, covariates. `binary` asks whether all are 0 or 1.

    `cap` counts the units above it; `infinite` counts values that no mean has. `ends` asks which columns have one value
    only: it is for data that cannot be asked again.
    """

    columns: tuple[Column, ...]
    ratio: bool = False
    binary: bool = False
    flag: bool = False
    cap: float | None = None
    raw: str = ""
    infinite: tuple[str, ...] = ()
    ends: bool = False

    @property
    def width(self) -> int:
        return 1 + self.ratio

    @property
    def places(self) -> list[int]:
        """Where the columns stand among the vectors: an indicator follows each covariate that may be missing."""
        found, at = [], 0
        for column in self.columns:
            found.append(at)
            at += 2 if column.filled and column.gaps else 1
        return found

    @property
    def size(self) -> int:
        """How many vectors `terms` sums."""
        return len(self.columns) + sum(column.filled and column.gaps for column in self.columns)


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
    vector = vectors(sums)
    found = [*counts(sums), *(f"{least} = {most}" for least, most in ends(sums)), *bases(sums)]
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
    found += [f"count_if(isinf({one}))" for one in sums.infinite]
    return found


def bases(sums: Sums) -> list[str]:
    """Each arm's own shifts."""
    return [f"any_value({column.base})" for column in sums.columns if column.own]


def ends(sums: Sums) -> list[tuple[str, str]]:
    """The least and the largest value of each column: they tell whether there are several."""
    return [(f"min({column.sql})", f"max({column.sql})") for column in sums.columns] if sums.ends else []


def vectors(sums: Sums) -> list[str]:
    """Each column less its shift; null where the unit does not count."""
    asked = [column.sql for column in sums.columns[: sums.width] if column.gaps]
    found: list[str] = []
    for at, column in enumerate(sums.columns):
        less = f"({column.sql} - {column.base})" if column.base else f"({column.sql})::DOUBLE"
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


class Found(NamedTuple):
    """The sums of one metric in one group, about its `shifts`; which of them are of one value.

    With `clusters`, the products are those of `clusters.py`.
    """

    n: int
    other: int = 0
    capped: int = 0
    infinite: tuple[int, ...] = ()
    flagged: int | None = None
    shifts: Sequence[float] = ()
    constant: frozenset[int] = frozenset()
    totals: Sequence[float] = ()
    products: Sequence[Sequence[float]] = ()
    clusters: int | None = None

    @property
    def binary(self) -> bool:
        return not self.other

    @property
    def successes(self) -> int:
        return self.flagged if self.flagged is not None else round(self.totals[0] + self.shifts[0] * self.n)

    @property
    def finite(self) -> bool:
        return all(map(math.isfinite, self.totals)) and all(math.isfinite(x) for row in self.products for x in row)


def read(sums: Sums, row: Iterator[Any]) -> Found:
    """One metric in one group, from the query's row."""
    if sums.flag:
        return Found(int(next(row) or 0), flagged=int(next(row) or 0))
    found, size = read_counts(sums, row), sums.size
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
    infinite = tuple(int(next(row) or 0) for _ in sums.infinite)
    same = [bool(next(row)) for _ in sums.columns] if sums.ends else []
    constant = frozenset(at for at, one in zip(sums.places, same, strict=False) if one)
    shifts = [0.0] * sums.size
    for at, column in zip(sums.places, sums.columns, strict=True):
        shifts[at] = number(next(row)) if column.own else column.shift
    return Found(n, other, capped, infinite, shifts=shifts, constant=constant)


def number(value: Any) -> float:
    """A sum over nothing is null."""
    return math.nan if value is None else float(value)


def varying(sums: Sums, groups: Iterable[Found]) -> list[int]:
    """The vectors to keep: an indicator that is 0 for everybody says nothing, and costs a degree of freedom."""
    keep, parts = [], list(groups)
    for at, column in zip(sums.places, sums.columns, strict=True):
        keep.append(at)
        if column.filled and column.gaps and any(found.totals and found.totals[at + 1] for found in parts):
            keep.append(at + 1)
    return keep
