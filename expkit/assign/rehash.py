"""The same units under many seeds: `bucket` of all of them, seed after seed, many times faster than one seed at a time.

As in `decimals`, a text's hash is `s * prime^length` plus a number that only the text and the low byte of `s` decide.
Seeds are taken in groups of one low byte: that number is computed once for each group and unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from expkit.assign.columns import places
from expkit.assign.decimals import LOW, hash_decimals
from expkit.assign.hashing import BUCKETS, PRIME, hash_bytes

if TYPE_CHECKING:
    import numpy as np

    Hashes = np.ndarray[Any, np.dtype[np.uint32]]
    Places = np.ndarray[Any, np.dtype[np.uint32]]

__all__ = ["Rehasher"]


class Rehasher:
    """Places of the units, as whole numbers below 10,000, under one seed after another."""

    def __init__(self, units: Sequence[str]) -> None:
        import numpy as np

        self._units = list(units)
        self._plain = "".join(self._units).isascii()
        encoded = [unit.encode() for unit in self._units] if self._plain else []
        self._lengths = np.fromiter(map(len, encoded), dtype=np.uint32, count=len(encoded))
        width = int(self._lengths.max(initial=0))
        padded = b"".join(one.ljust(width, b"\0") for one in encoded)
        table = np.frombuffer(padded, dtype=np.uint8).reshape(len(encoded), width)
        self._bytes = np.ascontiguousarray(table.T)  # one row per position
        powers = np.array([pow(PRIME, length, 2**32) for length in range(width + 1)], dtype=np.uint32)
        self._powers = powers[self._lengths]

    def places(self, seeds: Sequence[str]) -> Iterator[tuple[int, Places]]:
        """(place of the seed, places of all units), the seeds in an order of its own."""
        import numpy as np

        if not (self._plain and all(map(str.isascii, seeds))):
            for at, seed in enumerate(seeds):
                yield at, places(seed, self._units).astype(np.uint32)
            return
        groups: dict[int, list[tuple[int, int]]] = {}
        for at, seed in enumerate(seeds):
            state = hash_bytes(seed.encode())
            groups.setdefault(state % LOW, []).append((at, state))
        for low, members in groups.items():
            own = self._own(low)
            for at, state in members:
                yield at, hash_decimals(own + np.uint32(state) * self._powers) % np.uint32(BUCKETS)

    def _own(self, low: int) -> Hashes:
        """What each unit's text adds to any state with this low byte."""
        import numpy as np

        prime = np.uint32(PRIME)
        states = np.full(len(self._units), low, dtype=np.uint32)
        for position, column in enumerate(self._bytes):
            following = (states ^ column) * prime
            states = np.where(self._lengths > position, following, states)
        return states - np.uint32(low) * self._powers
