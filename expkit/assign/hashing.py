"""Where in [0, 1) a unit falls: GrowthBook's `hashVersion: 2`.

`fnv1a32(str(fnv1a32(seed + unit))) % 10000 / 10000`. The characters that are hashed are UTF-16 code units, as
in GrowthBook's JavaScript reference; its other SDKs agree with it on ASCII, and differ among themselves beyond
(Python's takes code points, Go's UTF-8 bytes).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Hashes = np.ndarray[Any, np.dtype[np.uint32]]

__all__ = ["BUCKETS", "bucket", "buckets", "fnv1a_32"]

BUCKETS = 10_000
OFFSET = 0x811C9DC5
PRIME = 0x01000193
MASK = 0xFFFFFFFF
UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
CHUNK = 32_768  # what one step of the arithmetic touches stays in the processor's cache
DIGITS = tuple(10**power for power in range(9, 0, -1))


def fnv1a_32(data: bytes) -> int:
    """FNV-1a over bytes, 32 bits (Fowler, Noll & Vo)."""
    state = OFFSET
    for byte in data:
        state = (state ^ byte) * PRIME & MASK
    return state


def _fastest() -> Callable[[bytes], int]:
    try:
        from fnv_hash_fast import fnv1a_32 as compiled
    except ImportError:
        return fnv1a_32
    return compiled


_hash_bytes = _fastest()


def bucket(seed: str, unit: str) -> float:
    """One of 10,000 places in [0, 1), the same on every machine and in every GrowthBook SDK."""
    return _hash_bytes(b"%d" % _hash_text(seed + unit)) % BUCKETS / BUCKETS


def buckets(seed: str, units: Sequence[str] | Any) -> Floats:
    """`bucket` of many units at once, to the last bit; a list, or an array or a column of strings."""
    import numpy as np

    texts = _as_list(units)
    if strangers := set(map(type, texts)) - {str}:
        kinds = ", ".join(sorted(kind.__name__ for kind in strangers))
        raise InvalidInput(f"A unit is a text, and some of these are of type {kinds}.", hint="convert the ids to str.")
    # map and a compiled hash: faster than a matrix of characters in NumPy, which has to be filled first
    hashed: Iterable[int] = map(_hash_bytes, map(str.encode, map(seed.__add__, texts)))
    if not (seed.isascii() and "".join(texts).isascii()):
        hashed = (_hash_text(seed + text) for text in texts)
    numbers = np.fromiter(hashed, dtype=np.uint32, count=len(texts))
    places = np.empty(len(texts), dtype=np.float64)
    for first in range(0, len(texts), CHUNK):
        chunk = slice(first, first + CHUNK)
        places[chunk] = _hash_decimals(numbers[chunk]) % BUCKETS / BUCKETS
    return places


def _as_list(units: Any) -> list[Any]:
    for method in ("tolist", "to_pylist", "to_list"):  # NumPy and pandas, pyarrow, polars
        if hasattr(units, method):
            return list(getattr(units, method)())
    return list(units)


def _hash_text(text: str) -> int:
    if text.isascii():
        return _hash_bytes(text.encode())
    state = OFFSET
    for unit in memoryview(text.encode(UTF16, "surrogatepass")).cast("H"):
        state = (state ^ unit) * PRIME & MASK
    return state


def _hash_decimals(numbers: Hashes) -> Hashes:
    """`fnv1a32(str(number))` of every number, digit by digit from the left."""
    import numpy as np

    states = np.full(len(numbers), OFFSET, dtype=np.uint32)
    prime, zero, rest = np.uint32(PRIME), np.uint32(ord("0")), numbers
    for power in DIGITS:
        digit = rest // np.uint32(power)
        rest = rest - digit * np.uint32(power)
        following = (states ^ (digit + zero)) * prime
        states = np.where(numbers >= power, following, states)
    return (states ^ (rest + zero)) * prime
