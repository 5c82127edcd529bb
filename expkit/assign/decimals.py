"""The second round of the hash: FNV-1a over a number written in decimal, of many numbers at once.

FNV-1a steps `s -> (s ^ byte) * prime` modulo 2^32. What a byte changes hangs on the low byte of the state alone, and
that on the low bytes before it; so after some more digits a state is `s * prime^digits` plus a number that only these
digits and the low byte of `s` decide. All but the last five digits, then two, then three are looked up in tables.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from expkit.assign.hashing import MASK, OFFSET, PRIME

if TYPE_CHECKING:
    import numpy as np

    Hashes = np.ndarray[Any, np.dtype[np.uint32]]

__all__ = ["LOW", "hash_decimals"]

LOW = 256
_HEAD = 100_000
_DIGITS = tuple(10**power for power in range(9, 0, -1))


def hash_decimals(numbers: Hashes) -> Hashes:
    """`fnv1a32(str(number))` of every number."""
    import numpy as np

    heads, pairs, triples = _tables()
    head = numbers // np.uint32(_HEAD)
    tail = numbers - head * np.uint32(_HEAD)
    first = tail // np.uint32(1000)
    last = tail - first * np.uint32(1000)
    states: Hashes = heads[head]
    states = states * np.uint32(pow(PRIME, 2, 2**32)) + pairs[(states & np.uint32(LOW - 1)) * np.uint32(100) + first]
    states = states * np.uint32(pow(PRIME, 3, 2**32)) + triples[(states & np.uint32(LOW - 1)) * np.uint32(1000) + last]
    short = np.flatnonzero(head == 0)  # no head, and fewer digits
    if len(short):
        states[short] = _digit_by_digit(numbers[short])
    return states


@cache
def _tables() -> tuple[Hashes, Hashes, Hashes]:
    """The state after each head; what two and three further digits add to a state with each low byte."""
    import numpy as np

    heads = _digit_by_digit(np.arange(MASK // _HEAD + 1, dtype=np.uint32))
    return heads, _added(2), _added(3)


def _added(digits: int) -> Hashes:
    import numpy as np

    prime, count = np.uint32(PRIME), 10**digits
    lows = np.repeat(np.arange(LOW, dtype=np.uint32), count)
    rest, states = np.tile(np.arange(count, dtype=np.uint32), LOW), lows.copy()
    for power in range(digits - 1, -1, -1):
        digit = rest // np.uint32(10**power) % np.uint32(10)
        states = (states ^ (digit + np.uint32(ord("0")))) * prime
    added: Hashes = states - lows * np.uint32(pow(PRIME, digits, 2**32))
    return added


def _digit_by_digit(numbers: Hashes) -> Hashes:
    """From the left."""
    import numpy as np

    states = np.full(len(numbers), OFFSET, dtype=np.uint32)
    prime, zero, rest = np.uint32(PRIME), np.uint32(ord("0")), numbers
    for power in _DIGITS:
        digit = rest // np.uint32(power)
        rest = rest - digit * np.uint32(power)
        following = (states ^ (digit + zero)) * prime
        states = np.where(numbers >= power, following, states)
    found: Hashes = (states ^ (rest + zero)) * prime
    return found
