"""Whole frames get the answers that one by one would give, in the caller's own type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import Assigner
from expkit.domain import Experiment
from expkit.errors import InvalidInput, NotFound, UnknownName

FRAMES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "polars": lambda columns: pl.DataFrame(columns, strict=False),
    "pyarrow": pa.table,
}
backends = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


def assigner(**values: object) -> Assigner:
    """One experiment, `e`, at a coverage that leaves some units out."""
    definition = {
        "key": "e", "name": "E", "hypothesis": "If, then.", "status": "active", "coverage": 0.6,
        "variants": ["control", "a", "b"], "metrics": ["conversion"],
    }  # fmt: skip
    definition["variants"] = [{"key": key} for key in ("control", "a", "b")]
    return Assigner.compile([Experiment.parse({**definition, **values})])


def column(frame: Any, name: str) -> list[Any]:
    values = frame[name].to_pylist() if isinstance(frame, pa.Table) else frame[name].to_list()
    return [None if value != value else value for value in values]


@backends
def test_frame_is_one_by_one(make: Callable[..., Any]) -> None:
    """Users, sessions as their fallback, rows without either, and eligibility: as `assign` answers."""
    users = [f"u{number}" if number % 3 else (None if number % 2 else "") for number in range(120)]
    sessions = [f"s{number}" if number % 5 else None for number in range(120)]
    countries = ["DE" if number % 2 else ("FR" if number % 7 else None) for number in range(120)]
    ages = [float(number) if number % 4 else None for number in range(120)]
    one = assigner(eligibility={"country": {"$in": ["DE", None]}, "age": {"$lt": 90}})
    frame = make({"user_id": users, "session_id": sessions, "country": countries, "age": ages})
    result = one.assign_frame(frame, experiment="e")
    rows = zip(users, sessions, countries, ages, strict=True)
    expected = [one.assign(u, s, {"country": c, "age": a}, experiment="e").variant for u, s, c, a in rows]
    assert type(result) is type(frame)
    assert column(result, "variant") == expected
    assert {None, "control", "a", "b"} == set(expected)


@given(st.lists(st.text(max_size=12), max_size=20))
def test_any_ids(ids: list[str]) -> None:
    """Any text that a frame can hold is bucketed as it is alone."""
    ids = [unit.encode("utf-8", "replace").decode() for unit in ids]
    one = assigner()
    result = one.assign_frame(pa.table({"session_id": pa.array(ids, pa.string())}), "e")
    assert column(result, "variant") == [one.assign(session_id=unit, experiment="e").variant for unit in ids]


@backends
def test_numeric_ids(make: Callable[..., Any]) -> None:
    """A column of whole numbers is hashed as their digits, with missing ones left out."""
    one = assigner(coverage=1.0)
    result = one.assign_frame(make({"user_id": [1, None, 3]}), "e")
    expected = [one.assign(user_id=unit, experiment="e").variant for unit in ("1", None, "3")]
    assert column(result, "variant") == expected


def test_pandas_index_and_columns_stay() -> None:
    """Rows keep their odd index; a column `variant` that is there already is replaced."""
    frame = pd.DataFrame({"user_id": ["u1", "u2"], "variant": ["?", "?"]}, index=[7, 7])
    result = assigner(coverage=1.0).assign_frame(frame, "e")
    assert list(result.index) == [7, 7]
    assert list(result.columns) == ["user_id", "variant"]
    assert set(result["variant"]) <= {"control", "a", "b"}
    assert set(frame["variant"]) == {"?"}


@backends
def test_closed_experiment_gives_nulls(make: Callable[..., Any]) -> None:
    """A paused experiment takes no new units; the column is there, of type text, and all null."""
    result = assigner(status="paused").assign_frame(make({"user_id": ["u1", "u2"]}), "e")
    assert column(result, "variant") == [None, None]


@backends
def test_empty_frame(make: Callable[..., Any]) -> None:
    """No rows in, no rows out, with the column."""
    result = assigner(eligibility={"$or": []}).assign_frame(make({"user_id": ["x"]})[:0], "e")
    assert column(result, "variant") == []


def test_nested_attributes() -> None:
    """Attributes within attributes are read from columns of structs."""
    one = assigner(coverage=1.0, eligibility={"device.os": "ios"})
    frame = pa.table({"user_id": ["u1", "u2"], "device": [{"os": "ios"}, {"os": "web"}]})
    assert [value is None for value in column(one.assign_frame(frame, "e"), "variant")] == [False, True]


def test_condition_without_attributes() -> None:
    """A condition that reads nothing is judged for every row all the same."""
    result = assigner(eligibility={"$nor": []}).assign_frame(pa.table({"user_id": ["u1", "u2"]}), "e")
    assert column(result, "variant") == [None, None]


def test_missing_id_column_names_the_nearest() -> None:
    """Without an id column nothing can be assigned, and a near name is proposed."""
    with pytest.raises(UnknownName, match=r"neither a column user_id nor session_id.*did you mean 'userid'"):
        assigner().assign_frame(pd.DataFrame({"userid": ["u"]}), "e")
    with pytest.raises(UnknownName, match=r"rename the column.*'colour'"):
        assigner().assign_frame(pd.DataFrame({"colour": ["u"]}), "e")


def test_missing_attribute_column_is_an_error() -> None:
    """A frame that lacks what the eligibility reads would silently assign nobody, so it is refused."""
    with pytest.raises(UnknownName, match=r"'country', which the eligibility of 'e' reads.*did you mean 'contry'"):
        assigner(eligibility={"country": "DE"}).assign_frame(pl.DataFrame({"user_id": ["u"], "contry": ["DE"]}), "e")


def test_what_is_no_frame_is_refused() -> None:
    """Lists are refused with the types that work; so are ids that are no ids, and unknown experiments."""
    with pytest.raises(InvalidInput, match="This is a list, not a frame"):
        assigner().assign_frame(["u1"], "e")
    with pytest.raises(InvalidInput, match=r"user_id is 1\.5, not an id"):
        assigner().assign_frame(pd.DataFrame({"user_id": [1.5]}), "e")
    with pytest.raises(NotFound, match="no experiment 'x'"):
        assigner().assign_frame(pd.DataFrame({"user_id": ["u"]}), "x")
