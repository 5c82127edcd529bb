"""Conditions on properties mean in DuckDB what they mean in eligibility."""

from __future__ import annotations

import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.analysis.property_filters import Parameters, condition_sql, property_sql
from expkit.assign.conditions import matches
from expkit.domain import Metric
from expkit.errors import InvalidDefinition

names = st.sampled_from(["a", "b", "0", "c~/d", "-"])
texts = st.sampled_from(["", "1", "1.5", "DE", " 2 ", "true", "nan", "é", "Z", "inf", "1e1", "-", "'; DROP TABLE x"])
numbers = st.integers(-3, 3) | st.sampled_from([0.5, 1.5, 1e20, -0.0, 10.0])
scalars = st.none() | st.booleans() | texts | numbers
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
properties = st.dictionaries(names, values, max_size=4)
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
orders = st.tuples(st.sampled_from(["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"]), scalars)
lists = st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(scalars, max_size=3))
operators = st.deferred(
    lambda: orders | lists | st.tuples(st.just("$exists"), st.booleans()) | st.tuples(st.just("$not"), operands)
)
operands = st.deferred(lambda: scalars | st.lists(operators, min_size=1, max_size=2).map(dict))
conditions = st.recursive(
    st.dictionaries(paths, operands, max_size=2),
    lambda inner: (
        st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=2)).map(lambda pair: dict([pair]))
        | inner.map(lambda one: {"$not": one})
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        yield opened


@settings(max_examples=300, deadline=None)
@given(conditions, properties)
def test_the_same_as_in_eligibility(connection, condition, bag):
    """Whatever is asked of whatever was logged; and a metric may be defined with it."""
    Metric(key="m", where=condition)
    values = Parameters("p")
    asked = f"SELECT {condition_sql('bag', condition, values)} FROM (SELECT $bag::VARCHAR AS bag)"  # noqa: S608
    (found,) = connection.execute(asked, {**values.values, "bag": json.dumps(bag)}).fetchone()
    assert found is matches(condition, bag)


def test_properties_are_reached_by_dots(connection):
    """Through mappings only, whatever their names look like."""
    bag = json.dumps({"a": {"0": 7, "b.c": 8}, "l": [5], "": 1})
    for path, wanted in (("a.0", "7"), ("l.0", None), ("a.b.c", None), ("l", "[5]")):
        values = Parameters("p")
        asked = f"SELECT {property_sql('$bag', path, values)}"
        assert connection.execute(asked, {**values.values, "bag": bag}).fetchone()[0] == wanted


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"a": {"$gtt": 1}}, "did you mean '\\$gt'"),
        ({"$orr": []}, "did you mean '\\$or'"),
        ({"a": {"$regex": "x"}}, "unknown operator"),
        ({"a": {"$in": "DE"}}, "\\$in takes a list"),
        ({"a": [1]}, "use \\$in"),
        ({"a": {}}, "asks nothing"),
        ({"a..b": 1}, "names no property"),
        ({"a": {"$in": list(range(101))}}, "more than 100"),
    ],
)
def test_what_no_database_could_be_asked_is_refused(where, told):
    """When the metric is defined, with what it could be instead."""
    with pytest.raises(InvalidDefinition, match=told):
        Metric(key="m", where=where)


def test_what_cannot_be_read_is_not_there(connection):
    """A log from elsewhere may hold what is no JSON: such an event has no properties, and the others have theirs."""
    from expkit.analysis.hit_columns import hit_columns

    asked = hit_columns([Metric(key="n", kind="sum", event="view", property="n", where={"n": {"$gt": 1}})])
    bags = ['{"n": 5}', '{"n": "\\ud800"}', "no json", '{"n": 1}']
    rows = "SELECT 'view' AS event, unnest($bags) AS bag"
    found = connection.execute(f"SELECT bag{asked.more} FROM ({rows})", {**asked.parameters, "bags": bags})  # noqa: S608
    assert [row[1:] for row in found.fetchall()] == [(True, 5.0), (None, None), (None, None), (False, 1.0)]
