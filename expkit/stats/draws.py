"""Resamples of one arm without copying it: only sums of columns are drawn, in the form that its values allow.

distinct: how often each different row is drawn, exactly (multinomial). rows: rows by index, exactly. nonzero:
Poisson weights (Chamandy et al. 2012) on the rows that are not zero, one draw for all the others. bucketed: Poisson
weights on random groups of rows, good to 1 / sqrt(2 groups) of the standard error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np

__all__ = ["Form", "Resampler", "batches", "kinds_of"]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Form = Literal["distinct", "rows", "nonzero", "bucketed"]

DISTINCT = 300  # different rows up to which counting them is fastest
ROWS = 20_000_000  # rows drawn by index, over all resamples
WEIGHTS = 100_000_000  # Poisson weights drawn, over all resamples
BUCKETS = 4096  # random groups; the standard error is then good to 1.1 %
BATCH = 1_000_000  # numbers held at once, about what a processor's cache holds


@dataclass(frozen=True)
class Resampler:
    """How one arm's rows are drawn: the form, and where each row belongs in it."""

    form: Form
    codes: Integers | None
    kinds: int

    @classmethod
    def of(cls, keys: Floats, resamples: int) -> Resampler:
        """The exact forms where they are cheap, else weights. `keys` are the columns that tell rows apart."""
        n, (codes, kinds) = keys.shape[0], kinds_of(keys, DISTINCT)
        if codes is not None:
            return cls("distinct", codes, kinds)
        if n * resamples <= ROWS:
            return cls("rows", None, n)
        there = (keys != 0).any(axis=1)
        kinds = int(there.sum())
        if kinds * resamples <= WEIGHTS:
            return cls("nonzero", there.astype(np.int64), kinds)
        return cls("bucketed", None, BUCKETS)

    def means(self, columns: Floats, resamples: int, rng: np.random.Generator) -> Floats:
        """The mean of every column in each resample."""
        centre = columns.mean(axis=0)
        away = columns - centre
        if self.form == "distinct" and self.codes is not None:
            return np.asarray(centre + _distinct(away, self.codes, self.kinds, resamples, rng))
        if self.form == "rows":
            return np.asarray(centre + _rows(away, resamples, rng))
        if self.form == "nonzero" and self.codes is not None:
            there = self.codes > 0
            rest = rng.poisson(float((~there).sum()), resamples).astype(float)
            value = away[int(there.argmin())]
            return np.asarray(centre + _weighted(away[there], np.ones(self.kinds), resamples, rng, (rest, value)))
        sums, sizes = _bucketed(away, self.kinds, rng)
        return np.asarray(centre + _weighted(sums, sizes, resamples, rng, None))


def kinds_of(keys: Floats, most: int) -> tuple[Integers | None, int]:
    """A number for each different row and how many there are; none where there are more than `most`."""
    codes, kinds = np.zeros(keys.shape[0], dtype=np.int64), 1
    for key in keys.T:
        # a small part with many different values says it all without sorting the rest
        if np.unique(key[: 4 * most]).size > most:
            return None, 0
        values, own = np.unique(key, return_inverse=True)
        if values.size > most:
            return None, 0
        _, codes = np.unique(codes * values.size + own, return_inverse=True) if kinds > 1 else (None, own)
        kinds = int(codes.max()) + 1
    return (codes, kinds) if kinds <= most else (None, 0)


def batches(resamples: int, width: int) -> list[int]:
    """How many resamples to hold at a time."""
    step = max(1, min(resamples, BATCH // max(width, 1)))
    return [min(step, resamples - first) for first in range(0, resamples, step)]


def _distinct(away: Floats, codes: Integers, kinds: int, resamples: int, rng: np.random.Generator) -> Floats:
    n, times = away.shape[0], np.bincount(codes, minlength=kinds)
    first = np.empty(kinds, dtype=np.int64)
    first[codes[::-1]] = np.arange(n - 1, -1, -1)
    rows = away[first]
    return np.concatenate([rng.multinomial(n, times / n, size=size) @ rows / n for size in batches(resamples, kinds)])


def _rows(away: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    n = away.shape[0]
    found = [away[rng.integers(0, n, (size, n))].mean(axis=1) for size in batches(resamples, n * away.shape[1])]
    return np.concatenate(found)


def _bucketed(away: Floats, buckets: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    bucket = rng.integers(0, buckets, away.shape[0])
    sums = [np.bincount(bucket, weights=column, minlength=buckets) for column in away.T]
    return np.column_stack(sums), np.bincount(bucket, minlength=buckets).astype(float)


def _weighted(
    rows: Floats, sizes: Floats, resamples: int, rng: np.random.Generator, rest: tuple[Floats, Floats] | None
) -> Floats:
    """Means of rows under Poisson(1) weights; `rest`: how many further rows were drawn, all of one value."""
    scale = np.maximum(np.abs(rows).max(axis=0), 1e-300)
    # single precision is enough for deviations from the mean
    table = np.column_stack([rows / scale, sizes]).astype(np.float32)
    found, m = [], rows.shape[0]
    for size in batches(resamples, m):
        bits = rng.integers(0, 2**64, (size * m + 3) // 4, dtype=np.uint64).view(np.uint16)[: size * m]
        weights = np.take(_poisson(), bits, mode="clip").reshape(size, m)
        found.append((weights @ table).astype(float))
    sums = np.concatenate(found)
    totals, counts = sums[:, :-1] * scale, sums[:, -1]
    if rest is not None:
        drawn, value = rest
        totals, counts = totals + drawn[:, None] * value, counts + drawn
    answer: Floats = totals / np.maximum(counts, 1.0)[:, None]
    return answer


@cache
def _poisson() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Poisson(1) by sixteen random bits."""
    chances = np.array([math.exp(-1) / math.factorial(k) for k in range(12)])
    steps = np.round(np.cumsum(chances) * 2**16).astype(int)
    return np.searchsorted(steps, np.arange(2**16), side="right").astype(np.float32)
