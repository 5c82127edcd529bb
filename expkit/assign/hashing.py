"""Where in [0, 1) a unit falls: GrowthBook's `hashVersion: 2`.

`fnv1a32(str(fnv1a32(seed + unit))) % 10000 / 10000`. The characters that are hashed are UTF-16 code units, as in
GrowthBook's JavaScript reference and, since its version 4, in its Python SDK; older ones and those of some other
languages differ beyond ASCII. No normal form is imposed: what looks alike and is written differently is another unit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["BUCKETS", "MASK", "OFFSET", "PRIME", "UTF16", "bucket", "fnv1a_32", "hash_bytes", "hash_text", "place"]

BUCKETS = 10_000
OFFSET = 0x811C9DC5
PRIME = 0x01000193
MASK = 0xFFFFFFFF
UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


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


hash_bytes = _fastest()


def place(seed: str, unit: str) -> int:
    """One of 10,000 places, the same on every machine and in every GrowthBook SDK."""
    text = seed + unit
    number = hash_bytes(text.encode()) if text.isascii() else hash_text(text)
    return hash_bytes(b"%d" % number) % BUCKETS


def bucket(seed: str, unit: str) -> float:
    """The place as a number in [0, 1)."""
    return place(seed, unit) / BUCKETS


def hash_text(text: str, state: int = OFFSET) -> int:
    """FNV-1a over the UTF-16 code units of a text, from a state on."""
    for unit in memoryview(text.encode(UTF16, "surrogatepass")).cast("H"):
        state = (state ^ unit) * PRIME & MASK
    return state
