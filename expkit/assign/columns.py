"""Whole columns of units hashed at once, to the last bit as one by one.

All texts of one length are a matrix of characters, which FNV-1a eats column by column: each step is one operation of
NumPy on many units. Arrow's own memory is read in place, lists are joined into such memory first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.assign.decimals import hash_decimals
from expkit.assign.hashing import BUCKETS, PRIME, UTF16, hash_text
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Hashes = np.ndarray[Any, np.dtype[np.uint32]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

__all__ = ["Texts", "arrow_texts", "buckets", "list_texts", "places", "places_of", "seed_states"]

CHUNK = 16_384  # what one step of the arithmetic touches stays in the processor's cache
NON_ASCII = 0x80


class Texts(NamedTuple):
    """Texts as one array of characters (bytes of ASCII, else UTF-16 code units), with where each one lies."""

    characters: Any
    starts: Integers
    lengths: Integers
    wide: dict[int, str]
    """Among bytes: the texts that are not ASCII, by their rows."""


def buckets(seed: str, units: Sequence[str] | Any) -> Floats:
    """`bucket` of many units at once, to the last bit; a list, or an array or a column of strings."""
    return places(seed, units) / BUCKETS


def places(seed: str, units: Sequence[str] | Any) -> Hashes:
    """`place` of many units at once; a list, or an array or a column of strings."""
    import numpy as np

    parts = [_places(seed, texts) for texts in _texts(units)]
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.uint32), *parts])


def _places(seed: str, texts: Texts) -> Hashes:
    import numpy as np

    state = hash_text(seed)
    numbers = _hash_rows(state, texts)
    if texts.wide:
        rows = np.fromiter(texts.wide, np.int64, len(texts.wide))
        numbers[rows] = _hash_rows(state, _utf16(list(texts.wide.values())))
    found = np.empty(len(numbers), np.uint32)
    for first in range(0, len(numbers), CHUNK):
        chunk = slice(first, first + CHUNK)
        found[chunk] = hash_decimals(numbers[chunk]) % np.uint32(BUCKETS)
    return found


def seed_states(seeds: Sequence[str]) -> Hashes:
    """What FNV-1a has come to after each seed."""
    import numpy as np

    return np.array([hash_text(seed) for seed in seeds], np.uint32)


def places_of(states: Hashes, unit: str) -> Hashes:
    """`place` of one unit of ASCII under many seeds."""
    import numpy as np

    numbers, prime = states.copy(), np.uint32(PRIME)
    for character in unit.encode("ascii"):
        np.bitwise_xor(numbers, np.uint32(character), out=numbers)
        np.multiply(numbers, prime, out=numbers)
    found: Hashes = hash_decimals(numbers) % np.uint32(BUCKETS)
    return found


def _texts(units: Any) -> Iterator[Texts]:
    if type(units).__module__.partition(".")[0] == "polars":
        units = units.to_arrow()
    if hasattr(units, "chunks"):
        for chunk in units.chunks:
            yield from _texts(chunk)
    elif hasattr(units, "buffers") and _is_text(units) and not units.null_count:
        yield arrow_texts(units)
    else:
        yield list_texts(_as_list(units))


def _is_text(array: Any) -> bool:
    kind = str(array.type)
    return kind in {"string", "large_string", "string_view"} or kind.startswith("dictionary<values=string")


def _as_list(units: Any) -> list[Any]:
    for method in ("tolist", "to_pylist", "to_list"):  # NumPy and pandas, pyarrow, polars
        if hasattr(units, method):
            return list(getattr(units, method)())
    return list(units)


def list_texts(texts: list[Any]) -> Texts:
    """A list of `str`; anything else in it is refused rather than written out as another language would not."""
    import numpy as np

    if strangers := set(map(type, texts)) - {str}:
        kinds = ", ".join(sorted(kind.__name__ for kind in strangers))
        raise InvalidInput(f"A unit is a text, and some of these are of type {kinds}.", hint="convert the ids to str.")
    joined, wide = "".join(texts), {}
    if not joined.isascii():
        wide = {row: text for row, text in enumerate(texts) if not text.isascii()}
        texts = ["" if row in wide else text for row, text in enumerate(texts)]
        joined = "".join(texts)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return Texts(np.frombuffer(joined.encode(), np.uint8), np.cumsum(lengths) - lengths, lengths, wide)


def _utf16(texts: list[str]) -> Texts:
    import numpy as np

    encoded = [text.encode(UTF16, "surrogatepass") for text in texts]
    lengths = np.fromiter((len(text) // 2 for text in encoded), np.int64, len(encoded))
    return Texts(np.frombuffer(b"".join(encoded), np.uint16), np.cumsum(lengths) - lengths, lengths, {})


def arrow_texts(array: Any) -> Texts:
    """An Arrow array of strings, in place; nulls are empty texts."""
    import numpy as np

    if str(array.type) not in {"string", "large_string"}:
        array = array.cast("large_string")
    count, width = len(array), np.int64 if str(array.type) == "large_string" else np.int32
    valid, where, data = array.buffers()
    if not count or data is None:
        return Texts(np.empty(0, np.uint8), np.zeros(count, np.int64), np.zeros(count, np.int64), {})
    offsets = np.frombuffer(where, width)[array.offset : array.offset + count + 1].astype(np.int64)
    starts, lengths = offsets[:-1], np.diff(offsets)
    if valid is not None and array.null_count:
        lengths = np.where(array.is_null().to_numpy(zero_copy_only=False), 0, lengths)
    characters = np.frombuffer(data, np.uint8)
    own = characters[offsets[0] : offsets[-1]]
    if not len(own) or own.max() < NON_ASCII:
        return Texts(characters, starts, lengths, {})
    places_ = np.flatnonzero(own >= NON_ASCII) + offsets[0]
    rows = np.unique(np.searchsorted(offsets, places_, side="right") - 1)
    wide = {int(row): array[int(row)].as_py() for row in rows if lengths[row]}
    lengths = lengths.copy()
    lengths[rows] = 0
    return Texts(characters, starts, lengths, wide)


def _hash_rows(state: int, texts: Texts) -> Hashes:
    """FNV-1a of every text, from a state on."""
    import numpy as np

    found = np.full(len(texts.lengths), state, np.uint32)
    for length, rows in _by_length(texts.lengths):
        if length:
            found[rows] = _hash_matrix(state, _matrix(texts, length, rows))
    return found


def _by_length(lengths: Integers) -> Iterator[tuple[int, Any]]:
    """The rows of each length; one slice when they are all alike."""
    import numpy as np

    if not len(lengths):
        return
    if lengths[0] == lengths[-1] and (lengths == lengths[0]).all():
        yield int(lengths[0]), slice(None)
        return
    order = np.argsort(lengths.astype(np.uint16) if lengths.max() < 2**16 else lengths, kind="stable")
    ordered = lengths[order]
    edges = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]
    for first, end in pairwise(edges):
        yield int(ordered[first]), order[first:end]


def _matrix(texts: Texts, length: int, rows: Any) -> Any:
    """The characters of texts of one length, a row for each."""
    import numpy as np

    characters, starts, size = texts.characters, texts.starts[rows], texts.characters.itemsize
    if int(starts[-1] - starts[0]) == length * (len(starts) - 1):  # one after the other, as ids of one length are
        return characters[starts[0] : starts[0] + length * len(starts)].reshape(len(starts), length)
    every = np.ndarray((len(characters) - length + 1,), f"V{length * size}", characters, strides=(size,))
    return every[starts].view(characters.dtype).reshape(len(starts), length)


def _hash_matrix(state: int, matrix: Any) -> Hashes:
    import numpy as np

    prime, found = np.uint32(PRIME), np.full(len(matrix), state, np.uint32)
    for first in range(0, len(matrix), CHUNK):
        block, states = matrix[first : first + CHUNK], found[first : first + CHUNK]
        for column in block.T:
            np.bitwise_xor(states, column, out=states)
            np.multiply(states, prime, out=states)
    return found
