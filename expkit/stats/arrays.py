"""Arrays that live elsewhere: CuPy, PyTorch, JAX or whatever else follows the array API standard, on its own device.

The standard has no random numbers, so resampling here draws its own: a number for each pair of resample and row is the
murmur3 finaliser (Appleby 2011) of their two keys. The same seed gives the same draws on every library and device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Device", "device_of", "moments_there", "rows_there", "subsets_there"]

MASK = 0xFFFFFFFF
MANY = 2**26  # numbers held at once on a device of its own
FEW = 2**20  # and on the processor, about what its cache holds
_FIRST, _SECOND = 0x45D9F3B, 0x2C1B3C6D  # odd and below 2^31, so that no product leaves 63 bits


@dataclass(frozen=True)
class Device:
    """A library's namespace, and the device that one of its arrays lives on."""

    xp: Any
    where: Any
    torch: bool

    @property
    def batch(self) -> int:
        return FEW if str(self.where).lower().startswith(("cpu", "device('cpu")) else MANY

    def put(self, values: Any, kind: str = "float64") -> Any:
        """NumPy's numbers as an array over there."""
        return self.xp.asarray(values, dtype=getattr(self.xp, kind), device=self.where)

    def cast(self, array: Any, kind: str) -> Any:
        dtype = getattr(self.xp, kind)
        return array.to(dtype) if self.torch else self.xp.astype(array, dtype)

    def fetch(self, array: Any) -> Floats:
        """An array from over there as NumPy's."""
        import numpy as np

        if self.torch:
            return np.array(array.detach().cpu().numpy(), dtype=float)
        if hasattr(array, "get"):  # CuPy copies only when told to
            return np.array(array.get(), dtype=float)
        return np.array(np.from_dlpack(array), dtype=float)

    def largest(self, table: Any) -> Floats:
        """The largest size in each column, never 0."""
        import numpy as np

        if not int(table.shape[0]):
            return np.ones(int(table.shape[1]))
        sizes = abs(table)
        found = self.xp.amax(sizes, dim=0) if self.torch else self.xp.max(sizes, axis=0)
        return np.maximum(self.fetch(found), 1e-300)

    def keys(self, first: int, count: int, seed: int) -> Any:
        """A number below 2^32 for each of `count` things from `first` on."""
        offset = seed * 0x9E3779B9 % (1 << 31)
        return _mixed(self.xp.arange(first, first + count, dtype=self.xp.int64, device=self.where) + offset)


@dataclass(frozen=True)
class Rows:
    """Units over there, one row each, and the draws of their sums."""

    device: Device
    rows: Any

    @property
    def n(self) -> int:
        return int(self.rows.shape[0])

    def poisson_sums(self, resamples: int, seed: int) -> Floats:
        """Sums of all columns, and how many rows were drawn, under Poisson(1) weights (Chamandy et al. 2012)."""
        import numpy as np

        device, xp, m = self.device, self.device.xp, self.n
        ones = xp.ones((m, 1), dtype=xp.float64, device=device.where)
        table = device.cast(xp.concat([self.rows, ones], axis=1), "float32")
        own, found = device.keys(0, m, 2 * seed + 1), []
        for first, step in _steps(resamples, m, device.batch):
            drawn = device.keys(first, step, 2 * seed + 2)
            bits = _mixed(drawn[:, None] ^ own[None, :]) & 0xFFFF
            found.append(device.fetch(device.cast(self._weights(bits) @ table, "float64")))
        return np.concatenate(found)

    def subset_sums(self, taken: Any, seed: int) -> Floats:
        """Sums of all columns over random subsets of these sizes, each subset as likely as any other of its size."""
        import numpy as np

        device, xp, m = self.device, self.device.xp, self.n
        if m == 0:
            return np.zeros((len(taken), int(self.rows.shape[1])))
        table, own, found = device.cast(self.rows, "float32"), device.keys(0, m, 2 * seed + 1), []
        places = xp.arange(m, dtype=xp.int64, device=device.where)
        for first, step in _steps(len(taken), m, device.batch):
            drawn = device.keys(first, step, 2 * seed + 2)
            # the row's place makes every number different, so that the smallest ones are as many as wanted
            order = _mixed(drawn[:, None] ^ own[None, :]) * m + places[None, :]
            ranked = xp.sort(order, axis=1) if not device.torch else xp.sort(order, dim=1).values
            edge = np.clip(np.asarray(taken[first : first + step]), 1, m) - 1
            last = xp.sum(
                xp.where(places[None, :] == device.put(edge, "int64")[:, None], ranked, xp.zeros_like(ranked)), axis=1
            )
            some = device.put(np.asarray(taken[first : first + step]) > 0, "bool")
            chosen = (order <= last[:, None]) & some[:, None]
            found.append(device.fetch(device.cast(device.cast(chosen, "float32") @ table, "float64")))
        return np.concatenate(found)

    def _weights(self, bits: Any) -> Any:
        """Poisson(1) by sixteen random bits: how many of its steps they reach."""
        total = self.device.cast(bits >= _STEPS[0], "float32")
        for step in _STEPS[1:]:
            total = total + self.device.cast(bits >= step, "float32")
        return total


def device_of(*arrays: Any) -> Device | None:
    """Where these arrays live; None where NumPy is at home, as it is with lists and columns of frames."""
    import numpy as np

    for array in arrays:
        parts = array if isinstance(array, tuple) else (array,)
        for part in parts:
            if isinstance(part, np.ndarray | np.generic):
                continue
            if type(part).__module__.partition(".")[0] == "torch":
                import importlib

                return Device(importlib.import_module("torch"), part.device, True)
            if hasattr(part, "__array_namespace__"):
                return Device(part.__array_namespace__(), part.device, False)
    return None


def rows_there(device: Device, name: str, values: Any, pairs: bool) -> Any:
    """One row per unit with no missing value, over there."""
    xp = device.xp
    if pairs and not isinstance(values, tuple):
        table = device.cast(values, "float64")
    else:
        columns = list(values) if pairs else [values]
        table = xp.stack([device.cast(xp.asarray(one, device=device.where), "float64") for one in columns], axis=1)
    if table.ndim != 2 or table.shape[1] != (2 if pairs else 1):
        raise InvalidInput(f"{name}: the shape is {tuple(table.shape)}.", hint="one number per unit, two for a ratio.")
    if bool(xp.any(xp.isinf(table))):
        raise InvalidInput(f"{name}: infinite values have no mean.", hint="drop or cap them first.")
    return table[~xp.any(xp.isnan(table), axis=1)]


def moments_there(device: Device, keys: Any, columns: Any, resamples: int, rng: np.random.Generator) -> Floats:
    """The mean of every column in each resample; rows whose keys are all zero are drawn together."""
    import numpy as np

    xp = device.xp
    centre = xp.mean(columns, axis=0)
    away, there = columns - centre[None, :], xp.any(keys != 0, axis=1)
    rows, rest = away[there], away[~there]
    scale = device.largest(away)
    sums = Rows(device, rows / device.put(scale)[None, :]).poisson_sums(resamples, int(rng.integers(2**31)))
    totals, counts = sums[:, :-1] * scale, sums[:, -1]
    if int(rest.shape[0]):
        drawn = rng.poisson(int(rest.shape[0]), resamples).astype(float)
        totals, counts = totals + drawn[:, None] * device.fetch(rest[0, :]), counts + drawn
    found: Floats = device.fetch(centre) + totals / np.maximum(counts, 1.0)[:, None]
    return found


def subsets_there(device: Device, keys: Any, away: Any, size: int, deals: int, rng: np.random.Generator) -> Floats:
    """The sums over random subsets of so many rows; rows whose keys are all zero are alike."""
    import numpy as np

    n, there = int(away.shape[0]), device.xp.any(keys != 0, axis=1)
    rows, rest = away[there], away[~there]
    common = device.fetch(rest[0, :]) if int(rest.shape[0]) else np.zeros(int(away.shape[1]))
    rows = rows - device.put(common)[None, :]
    m, scale = int(rows.shape[0]), device.largest(rows)
    taken = rng.hypergeometric(m, n - m, size, deals) if m < n else np.full(deals, size)
    scaled = Rows(device, rows / device.put(scale)[None, :])
    return scaled.subset_sums(taken, int(rng.integers(2**31))) * scale + size * common


def _mixed(keys: Any) -> Any:
    """Every bit of the answer hangs on every bit of the key."""
    keys = keys & MASK
    keys = ((keys ^ (keys >> 16)) * _FIRST) & MASK
    keys = ((keys ^ (keys >> 13)) * _SECOND) & MASK
    return keys ^ (keys >> 16)


def _steps(total: int, width: int, batch: int) -> list[tuple[int, int]]:
    step = max(1, min(total, batch // max(width, 1)))
    return [(first, min(step, total - first)) for first in range(0, total, step)]


def _poisson_steps() -> list[int]:
    chances = [math.exp(-1) / math.factorial(k) for k in range(12)]
    steps = [round(sum(chances[: k + 1]) * 2**16) for k in range(12)]
    return [step for step in steps if step < 2**16]


_STEPS = _poisson_steps()
