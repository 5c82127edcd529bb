"""Which part of [0, 1) belongs to which variant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.assign.columns import places
from expkit.assign.hashing import BUCKETS

if TYPE_CHECKING:
    import numpy as np

    from expkit.domain import Experiment

    Places = np.ndarray[Any, np.dtype[np.intp]]

__all__ = ["Range", "arm_table", "choose", "membership", "ranges", "rollout_ranges", "split"]


class Range(NamedTuple):
    """From `start`, included, to `end`, excluded."""

    start: float
    end: float


def ranges(experiment: Experiment, coverage: float | None = None) -> tuple[Range, ...]:
    """One per variant: it starts at the weights before it and is coverage x weight long.

    So raising the coverage lets new units in and moves none that are in already.
    """
    coverage = experiment.coverage if coverage is None else coverage
    begin = experiment.starts
    return tuple(Range(begin[key], begin[key] + coverage * weight) for key, weight in experiment.shares.items())


def rollout_ranges(experiment: Experiment, share: float) -> tuple[Range, ...]:
    """The part of [0, 1) that gets the winner: from the start of its own arm on, and round past the end.

    So those who had it in the experiment keep it first, and a growing share takes it from nobody.
    """
    winner = experiment.winner
    start = experiment.starts[winner.key] if winner is not None else 0.0
    if share >= 1:
        return (Range(0.0, 1.0),)
    if start + share <= 1:
        return (Range(start, start + share),)
    return (Range(start, 1.0), Range(0.0, start + share - 1))


def choose(bucket: float, arms: Sequence[Range]) -> int | None:
    """The place of the range that holds a bucket, or None when the bucket is left out."""
    for place, arm in enumerate(arms):
        if arm.start <= bucket < arm.end:
            return place
    return None


def arm_table(arms: Sequence[Range]) -> bytes:
    """`choose` of every bucket, worked out beforehand: 0 where it is left out, else the arm's place and 1."""
    table, reached = bytearray(BUCKETS), 0
    for place, arm in sorted(enumerate(arms), key=lambda one: one[1]):
        first, end = max(_first_at(arm.start), reached), _first_at(arm.end)
        if end > first:
            table[first:end] = bytes((place + 1,)) * (end - first)
            reached = end
    return bytes(table)


def membership(parts: Iterable[tuple[float, float]]) -> bytes:
    """1 for every bucket inside one of these parts of [0, 1), else 0."""
    table = bytearray(BUCKETS)
    for start, end in parts:
        first, last = _first_at(start), _first_at(end)
        table[first:last] = b"\x01" * max(last - first, 0)
    return bytes(table)


def _first_at(edge: float) -> int:
    """The first bucket that is not below an edge, by the very comparison that `choose` makes."""
    place = min(max(math.ceil(edge * BUCKETS), 0), BUCKETS)
    while place > 0 and (place - 1) / BUCKETS >= edge:
        place -= 1
    while place < BUCKETS and place / BUCKETS < edge:
        place += 1
    return place


def split(experiment: Experiment, units: Sequence[str] | Any) -> Places:
    """The place of each unit's variant by the hash alone, -1 where it is left out; status and eligibility play no
    part, so that a draft can be simulated.
    """
    import numpy as np

    table = np.frombuffer(arm_table(ranges(experiment)), dtype=np.uint8)
    return table[places(experiment.hash_seed, units)].astype(np.intp) - 1
