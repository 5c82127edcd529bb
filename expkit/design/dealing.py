"""Units dealt out to arms under many seeds, and the sums of each arm in each deal; two threads share the work."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from expkit.assign.hashing import BUCKETS
from expkit.assign.rehash import Rehasher

__all__ = ["Deals", "deal"]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
CHUNK = 16_384  # units at a time: what one step touches stays in the processor's cache
MANY = 1e5  # degrees of freedom from which Student's t is taken for the normal


@dataclass(frozen=True)
class Deals:
    """`sums` are (deals, looks, arms, columns), so far at each look: units first, then each metric's own."""

    sums: Floats
    shares: Sequence[float]
    places: Mapping[str, slice]
    centres: Mapping[str, Floats]
    binary: frozenset[str]

    def z(self, name: str, arm: int) -> Floats:
        """The statistic of an arm against control (deals, looks) as a normal value; 0 where nothing varies yet."""
        control, treatment = (self.sums[:, :, at, self.places[name]] for at in (0, arm))
        with np.errstate(divide="ignore", invalid="ignore"):
            if name in self.binary:
                found = _score(control, treatment, float(self.centres[name][0]))
            else:
                moments = _ratio if len(self.centres[name]) == 2 else _mean
                (a, va, na), (b, vb, nb) = (moments(one, self.centres[name]) for one in (control, treatment))
                t = (b - a) / np.sqrt(va / na + vb / nb)
                df = (va / na + vb / nb) ** 2 / ((va / na) ** 2 / (na - 1) + (vb / nb) ** 2 / (nb - 1))
                found = _normal(t, df)
        return np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)

    def srm(self) -> Floats:
        """The p-value of the sample ratio check of each deal."""
        from scipy.special import chdtrc

        n = self.sums[:, -1, :, 0]
        expected = n.sum(axis=1, keepdims=True) * np.array(self.shares)
        found: Floats = chdtrc(len(self.shares) - 1, ((n - expected) ** 2 / expected).sum(axis=1))
        return found


def deal(
    units: list[str], columns: Mapping[str, Floats], shares: Sequence[float], seeds: Sequence[str], looks: int
) -> Deals:
    """Every unit into one arm by its place, the arms one after the other, as an experiment of full coverage would."""
    table, places, centres, binary = _table(columns, len(units))
    bounds = np.ceil(np.cumsum([0.0, *shares]) * BUCKETS - 1e-6).astype(np.uint32)
    ends = [len(units) * (i + 1) // looks for i in range(looks)]
    parts = [
        (look, first, min(first + CHUNK, end))
        for look, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
        for first in range(start, end, CHUNK)
    ]
    sums = np.zeros((len(seeds), looks, len(shares), table.shape[1]))

    def add(part: tuple[int, int, int]) -> tuple[int, Floats]:
        look, first, last = part
        return look, _sums(units[first:last], table[first:last], bounds, seeds)

    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        for look, found in pool.map(add, parts):
            sums[:, look] += found
    realised = np.diff(bounds.astype(float)) / BUCKETS
    return Deals(np.cumsum(sums, axis=1), realised.tolist(), places, centres, binary)


def _sums(units: list[str], table: Floats, bounds: Any, seeds: Sequence[str]) -> Floats:
    found = np.empty((len(seeds), len(bounds) - 1, table.shape[1]))
    whole = table.sum(axis=0)
    for at, where in Rehasher(units).places(seeds):
        for arm in range(1, len(bounds) - 1):
            inside = (where >= bounds[arm]) & (where < bounds[arm + 1])
            found[at, arm] = inside.astype(float) @ table
        found[at, 0] = whole - found[at, 1:].sum(axis=0)
    return found


def _table(columns: Mapping[str, Floats], n: int) -> tuple[Floats, dict[str, slice], dict[str, Floats], frozenset[str]]:
    """Units, then for each metric its units with a value and its sums about the mean of all."""
    parts: list[Floats] = [np.ones((n, 1))]
    places, centres, binary, width = {}, {}, set(), 1
    for name, values in columns.items():
        rows = values.reshape(n, -1)
        there: Any = ~np.isnan(rows).any(axis=1)
        centre = rows[there].mean(axis=0) if there.any() else np.zeros(rows.shape[1])
        away = np.where(there[:, None], rows - centre, 0.0)
        products = [away[:, i] * away[:, j] for i in range(rows.shape[1]) for j in range(i, rows.shape[1])]
        part = np.column_stack([there.astype(float), away, *products])
        if rows.shape[1] == 1 and np.isin(rows[there], (0.0, 1.0)).all():
            binary.add(name)
        places[name], centres[name] = slice(width, width + part.shape[1]), centre
        width += part.shape[1]
        parts.append(part)
    return np.ascontiguousarray(np.hstack(parts)), places, centres, frozenset(binary)


def _mean(sums: Floats, centre: Floats) -> tuple[Floats, Floats, Floats]:
    n, total, squares = np.moveaxis(sums, -1, 0)
    mean = total / n
    return mean + centre[0], np.maximum(squares - n * mean * mean, 0.0) / (n - 1), n


def _ratio(sums: Floats, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """The ratio, and the variance of what each unit adds to it (delta method)."""
    n, top, bottom, tt, tb, bb = np.moveaxis(sums, -1, 0)
    t, b = top / n, bottom / n
    above, below = t + centre[0], b + centre[1]
    ratio = above / below
    spread = (tt - n * t * t) - 2 * ratio * (tb - n * t * b) + ratio**2 * (bb - n * b * b)
    return ratio, np.maximum(spread, 0.0) / (n - 1) / below**2, n


def _score(control: Floats, treatment: Floats, centre: float) -> Floats:
    """The score test of two proportions, as `compare_proportions`."""
    na, nb = control[..., 0], treatment[..., 0]
    a, b = control[..., 1] / na + centre, treatment[..., 1] / nb + centre
    n = na + nb
    pooled = (na * a + nb * b) / n
    found: Floats = (b - a) / np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
    return found


def _normal(t: Floats, df: Floats) -> Floats:
    from scipy.special import ndtri, stdtr

    few = df < MANY
    if not few.any():
        return t
    tails = stdtr(np.where(few, df, MANY), -np.abs(t))
    return np.where(few & (tails > 0), np.copysign(-ndtri(tails), t), t)
