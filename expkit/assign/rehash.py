"""The same units under many seeds: `bucket` of all of them, seed after seed, many times faster than one seed at a time.

FNV-1a steps `s -> (s ^ byte) * prime` modulo 2^32. What a byte changes hangs on the low byte of the state alone, and
that on the low bytes before it; so a text's hash is `s * prime^length` plus a number that only the text and the low
byte of `s` decide. Seeds are taken in groups of one low byte: that number is computed once for each group and unit.
In the second round the text is a decimal number, whose last five digits come from two tables by that same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from expkit.assign.columns import places
from expkit.assign.hashing import BUCKETS, MASK, OFFSET, PRIME, hash_bytes

if TYPE_CHECKING:
    import numpy as np

    Hashes = np.ndarray[Any, np.dtype[np.uint32]]
    Places = np.ndarray[Any, np.dtype[np.uint32]]

__all__ = ["Rehasher"]

_HEAD = 100_000  # the digits of the second round before the last five
_LOW = 256


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
            groups.setdefault(state % _LOW, []).append((at, state))
        for low, members in groups.items():
            own = self._own(low)
            for at, state in members:
                yield at, _second(own + np.uint32(state) * self._powers)

    def _own(self, low: int) -> Hashes:
        """What each unit's text adds to any state with this low byte."""
        import numpy as np

        prime = np.uint32(PRIME)
        states = np.full(len(self._units), low, dtype=np.uint32)
        for position, column in enumerate(self._bytes):
            following = (states ^ column) * prime
            states = np.where(self._lengths > position, following, states)
        return states - np.uint32(low) * self._powers


def _second(numbers: Hashes) -> Places:
    """`fnv1a32(str(number)) % 10000` of every number."""
    import numpy as np

    heads, pairs, triples = _tables()
    head, tail = np.divmod(numbers, np.uint32(_HEAD))
    first, last = np.divmod(tail, np.uint32(1000))
    states = heads[head]
    states = states * np.uint32(pow(PRIME, 2, 2**32)) + pairs[(states & np.uint32(255)) * np.uint32(100) + first]
    states = states * np.uint32(pow(PRIME, 3, 2**32)) + triples[(states & np.uint32(255)) * np.uint32(1000) + last]
    short = np.flatnonzero(numbers < _HEAD)  # no head, and fewer digits
    for at in short.tolist():
        states[at] = hash_bytes(b"%d" % int(numbers[at]))
    where: Places = states % np.uint32(BUCKETS)
    return where


@cache
def _tables() -> tuple[Hashes, Hashes, Hashes]:
    """The state after each head; what two and three further digits add to a state with each low byte."""
    import numpy as np

    heads = np.array(
        [hash_bytes(b"%d" % head) if head else OFFSET for head in range(MASK // _HEAD + 1)], dtype=np.uint32
    )
    return heads, _added(2), _added(3)


def _added(digits: int) -> Hashes:
    import numpy as np

    prime, count = np.uint32(PRIME), 10**digits
    lows = np.repeat(np.arange(_LOW, dtype=np.uint32), count)
    rest, states = np.tile(np.arange(count, dtype=np.uint32), _LOW), lows.copy()
    for power in range(digits - 1, -1, -1):
        digit = rest // np.uint32(10**power) % np.uint32(10)
        states = (states ^ (digit + np.uint32(ord("0")))) * prime
    added: Hashes = states - lows * np.uint32(pow(PRIME, digits, 2**32))
    return added
