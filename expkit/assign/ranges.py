"""Which part of [0, 1) belongs to which variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.assign.hashing import buckets

if TYPE_CHECKING:
    import numpy as np

    from expkit.domain import Experiment

    Places = np.ndarray[Any, np.dtype[np.intp]]

__all__ = ["Range", "choose", "ranges", "split"]


class Range(NamedTuple):
    """From `start`, included, to `end`, excluded."""

    start: float
    end: float


def ranges(experiment: Experiment) -> tuple[Range, ...]:
    """One per variant: it starts at the weights before it and is coverage x weight long.

    So raising the coverage lets new units in and moves none that are in already.
    """
    coverage, reached, found = experiment.coverage, 0.0, []
    for weight in experiment.shares.values():
        found.append(Range(reached, reached + coverage * weight))
        reached += weight
    return tuple(found)


def choose(bucket: float, arms: Sequence[Range]) -> int | None:
    """The place of the range that holds a bucket, or None when the bucket is left out."""
    for place, arm in enumerate(arms):
        if arm.start <= bucket < arm.end:
            return place
    return None


def split(experiment: Experiment, units: Sequence[str] | Any) -> Places:
    """The place of each unit's variant by the hash alone, -1 where it is left out; status and eligibility play no
    part, so that a draft can be simulated.
    """
    import numpy as np

    where = buckets(experiment.hash_seed, units)
    places = np.full(len(where), -1, dtype=np.intp)
    for place, arm in enumerate(ranges(experiment)):
        places[(where >= arm.start) & (where < arm.end)] = place
    return places
