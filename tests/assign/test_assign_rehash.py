"""Many seeds over the same units, with the places that one by one would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.assign.hashing import hash_bytes, place
from expkit.assign.rehash import Rehasher


def told(units: list[str], seeds: list[str]) -> list[list[int]]:
    found = dict(Rehasher(units).places(seeds))
    return [found[at].tolist() for at in range(len(seeds))]


@given(
    st.lists(st.text(st.characters(codec="ascii"), max_size=12), min_size=1, max_size=20),
    st.lists(st.text(st.characters(codec="ascii"), max_size=8), min_size=1, max_size=5),
)
@settings(deadline=None, max_examples=60)
def test_places_are_those_of_assignment(units, seeds):
    """Whatever the texts, to the last bit."""
    assert told(units, seeds) == [[place(seed, unit) for unit in units] for seed in seeds]


@pytest.mark.parametrize(("units", "seeds"), [(["ä", "b"], ["s"]), (["a", "b"], ["é", "s"])])
def test_texts_beyond_ascii_are_hashed_the_slow_way(units, seeds):
    """The answers are the same."""
    assert told(units, seeds) == [[place(seed, unit) for unit in units] for seed in seeds]


def test_numbers_with_few_digits_in_the_second_round():
    """One unit in some 40,000 hashes to fewer than six digits."""
    units = [f"{i * 2654435761 % 2**32:x}" for i in range(200_000)]
    (found,) = told(units, ["seed"])
    at = np.random.default_rng(1).integers(0, len(units), 300).tolist()
    short = [i for i, unit in enumerate(units) if hash_bytes(f"seed{unit}".encode()) < 100_000]
    assert short
    assert [found[i] for i in [*at, *short]] == [place("seed", units[i]) for i in [*at, *short]]
