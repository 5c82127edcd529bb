"""The eligibility condition language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import matches
from expkit.assign.conditions import attributes_read

HOLDS = [
    ({}, {}),
    ({"country": "DE"}, {"country": "DE"}),
    ({"plan": 5}, {"plan": "5"}),
    ({"plan": "5"}, {"plan": 5}),
    ({"plan": None}, {}),
    ({"tags": ["a", "b"]}, {"tags": ["a", "b"]}),
    ({"device.os": "ios"}, {"device": {"os": "ios"}}),
    ({"age": {"$gte": 18, "$lt": 65}}, {"age": 30}),
    ({"age": {"$lte": 30, "$gt": "29"}}, {"age": 30}),
    ({"age": {"$lt": 18}}, {}),
    ({"since": {"$gt": "2026-01-01"}}, {"since": "2026-02-01"}),
    ({"country": {"$eq": "DE"}}, {"country": "DE"}),
    ({"country": {"$ne": "DE"}}, {"country": "FR"}),
    ({"country": {"$ne": "DE"}}, {}),
    ({"country": {"$in": ["DE", "FR"]}}, {"country": "FR"}),
    ({"tags": {"$in": ["a", ["x"]]}}, {"tags": ["b", "a"]}),
    ({"tags": {"$in": [["x"]]}}, {"tags": [["x"]]}),
    ({"country": {"$nin": ["DE"]}}, {"country": "FR"}),
    ({"country": {"$ini": ["de"]}}, {"country": "DE"}),
    ({"tags": {"$ini": ["A"]}}, {"tags": ["a"]}),
    ({"country": {"$nini": ["de"]}}, {"country": "FR"}),
    ({"country": {"$exists": True}}, {"country": ""}),
    ({"country": {"$exists": False}}, {"country": None}),
    ({"age": {"$type": "number"}}, {"age": 1}),
    ({"age": {"$type": "null"}}, {}),
    ({"age": {"$type": "unknown"}}, {"age": object()}),
    ({"email": {"$regex": "@example\\.com$"}}, {"email": "a@example.com"}),
    ({"email": {"$regexi": "^A@"}}, {"email": "a@example.com"}),
    ({"app": {"$vgte": "1.2.0"}}, {"app": "v1.10.0"}),
    ({"app": {"$vlt": "1.2.0"}}, {"app": "1.2.0-rc.1"}),
    ({"app": {"$veq": "1.2.0"}}, {"app": "1.2.0+build7"}),
    ({"app": {"$vne": "1.2.0", "$vgt": "1.0.0", "$vlte": "2.0.0"}}, {"app": "1.3.0"}),
    ({"app": {"$vgt": "0.0.0"}}, {"app": 1.5}),
    ({"tags": {"$size": 2}}, {"tags": ["a", "b"]}),
    ({"tags": {"$size": {"$gt": 1}}}, {"tags": ["a", "b"]}),
    ({"tags": {"$all": ["a", "b"]}}, {"tags": ["b", "c", "a"]}),
    ({"tags": {"$alli": ["A"]}}, {"tags": ["a"]}),
    ({"carts": {"$elemMatch": {"value": {"$gt": 10}}}}, {"carts": [{"value": 5}, {"value": 11}]}),
    ({"counts": {"$elemMatch": {"$gt": 10}}}, {"counts": [5, 11]}),
    ({"age": {"$not": {"$gt": 18}}}, {"age": 18}),
    ({"$not": {"country": "DE"}}, {"country": "FR"}),
    ({"$and": [{"a": 1}, {"b": 2}]}, {"a": 1, "b": 2}),
    ({"$or": [{"a": 1}, {"b": 2}]}, {"b": 2}),
    ({"$or": []}, {}),
    ({"$nor": [{"a": 1}, {"b": 2}]}, {"a": 3}),
]  # fmt: skip

FAILS = [
    ({"country": "DE"}, {"country": "FR"}),
    ({"country": "DE"}, {}),
    ({"visits": 0}, {}),
    ({"vip": True}, {"vip": 1}),
    ({"plan": 1}, {"plan": True}),
    ({"age": {"$eq": "5"}}, {"age": 5}),
    ({"age": {"$gt": 18}}, {"age": "old"}),
    ({"age": {"$gt": 18}}, {"age": float("nan")}),
    ({"age": {"$gt": 18}}, {"age": [20]}),
    ({"vip": {"$in": [1]}}, {"vip": True}),
    ({"country": {"$in": "DE"}}, {"country": "DE"}),
    ({"country": {"$nin": "DE"}}, {"country": "FR"}),
    ({"email": {"$regex": "("}}, {"email": "("}),
    ({"email": {"$regex": "1"}}, {"email": 1}),
    ({"device.os": "ios"}, {"device": "ios"}),
    ({"tags": {"$all": "a"}}, {"tags": ["a"]}),
    ({"tags": {"$elemMatch": {"$gt": 1}}}, {"tags": 2}),
    ({"tags": {"$size": 1}}, {"tags": "a"}),
    ({"country": {"$equals": "DE"}}, {"country": "DE"}),
    ({"country": {"$eq": "DE", "$near": 1}}, {"country": "DE"}),
    ({"device": {}}, {"device": {"os": "ios"}}),
    ({"$or": {"a": 1}}, {"a": 1}),
    ({"$and": ["a"]}, {"a": 1}),
    ({"app": {"$vgt": "9.0.0"}}, {"app": "10"[:1]}),
]


@pytest.mark.parametrize(("condition", "attributes"), HOLDS)
def test_condition_holds(condition: dict, attributes: dict) -> None:
    """Each operator holds where it should."""
    assert matches(condition, attributes)


@pytest.mark.parametrize(("condition", "attributes"), FAILS)
def test_condition_fails(condition: dict, attributes: dict) -> None:
    """Each operator fails where it should; one that is unknown or malformed holds for nobody."""
    assert not matches(condition, attributes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["$or", "$in", "$not", "a"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["$and", "$nor", "$not", "a", "a.b"]), json_values), json_values)
def test_any_condition_answers(condition: dict, value: object) -> None:
    """Whatever the condition and the attributes are, the answer is yes or no, never an error."""
    assert matches(condition, {"a": value}) in (True, False)


@given(json_values)
def test_not_turns_the_answer_round(operand: object) -> None:
    """A condition and its negation never agree."""
    assert matches({"a": operand}, {"a": 1}) != matches({"$not": {"a": operand}}, {"a": 1})


def test_attributes_read() -> None:
    """The attributes that a condition looks at are found at every depth."""
    condition = {"a": 1, "$or": [{"b.c": 2}, {"$not": {"d": {"$gt": 1}}}], "$and": "broken"}
    assert attributes_read(condition) == {"a", "b", "d"}
