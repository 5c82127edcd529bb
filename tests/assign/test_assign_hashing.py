"""Hashing: GrowthBook's hashVersion 2, one by one and for whole columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import bucket, buckets, columns, hashing
from expkit.errors import InvalidInput

any_text = st.text(st.characters(exclude_categories=()), max_size=40)


def reference(text: str) -> int:
    """FNV-1a over UTF-16 code units, written as its definition reads."""
    state = 2166136261
    data = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(data[::2], data[1::2], strict=True):
        state = ((state ^ (low + 256 * high)) * 16777619) % 2**32
    return state


@pytest.mark.parametrize(("text", "value"), [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)])
def test_fnv_vectors(text: bytes, value: int) -> None:
    """The pure and the compiled FNV-1a give the published values."""
    assert hashing.fnv1a_32(text) == value
    assert hashing.hash_bytes(text) == value


@pytest.mark.parametrize(
    ("seed", "unit", "place"), [("seed", "a", 0.0505), ("foo", "ab", 0.2575), ("feature", "123", 0.5231)]
)
def test_growthbook_vectors(seed: str, unit: str, place: float) -> None:
    """Buckets are those that GrowthBook publishes for its SDKs."""
    assert bucket(seed, unit) == place


@pytest.mark.parametrize(
    ("text", "value"), [("Ā", 84593183), ("я", 3389371454), ("тест", 8839891), ("耀", 71490847), ("\uffff", 2041487694)]
)
def test_growthbook_vectors_beyond_ascii(text: str, value: int) -> None:
    """Beyond ASCII, the characters that are hashed are those of GrowthBook's JavaScript."""
    assert hashing.hash_text(text) == value


@given(any_text, any_text)
def test_bucket_follows_the_definition(seed: str, unit: str) -> None:
    """Any Unicode text, lone surrogates included, is bucketed by the definition."""
    assert bucket(seed, unit) == reference(str(reference(seed + unit))) % 10000 / 10000


@given(any_text, st.lists(any_text, max_size=30))
def test_buckets_are_bucket_for_each(seed: str, units: list[str]) -> None:
    """A column of texts of any length gives, bit for bit, what each gives alone."""
    assert buckets(seed, units).tolist() == [bucket(seed, unit) for unit in units]


@given(st.binary(max_size=60))
def test_pure_python_is_the_compiled_hash(data: bytes) -> None:
    """Where no compiled hash is installed, assignment stays the same."""
    assert hashing.fnv1a_32(data) == hashing.hash_bytes(data)


def test_pure_python_is_used_without_the_compiled_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extension module is not an error."""
    monkeypatch.setitem(__import__("sys").modules, "fnv_hash_fast", None)
    assert hashing._fastest() is hashing.fnv1a_32


def test_buckets_take_arrays_and_span_chunks() -> None:
    """Arrays of ids work as lists do, also when they are longer than one chunk."""
    units = [f"u{number}" for number in range(columns.CHUNK + 3)]
    places = buckets("s", np.array(units))
    assert places[-1] == bucket("s", units[-1])
    assert places.dtype == np.float64
    assert buckets("s", []).size == 0


@pytest.mark.parametrize(
    "make", [tuple, iter, np.array, pd.Series, pl.Series, pa.array, lambda units: pa.chunked_array([units])]
)
def test_buckets_take_any_column(make: Callable[[list[str]], Any]) -> None:
    """A column is hashed as the list of its texts, whichever library it is from."""
    assert buckets("s", make(["a", "ä", ""])).tolist() == [bucket("s", unit) for unit in ("a", "ä", "")]


def test_buckets_are_uniform() -> None:
    """The ten tenths of [0, 1) get equally many units, within 5 sigma."""
    counts = np.bincount((buckets("uniform", [str(n) for n in range(100_000)]) * 10).astype(int), minlength=10)
    assert np.abs(counts - 10_000).max() < 5 * np.sqrt(100_000 * 0.1 * 0.9)


def test_buckets_refuse_what_is_not_text() -> None:
    """Numbers are refused rather than written out in a way that another language would not."""
    with pytest.raises(InvalidInput, match="of type int"):
        buckets("s", ["a", 7])
