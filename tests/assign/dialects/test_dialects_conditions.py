"""Conditions as GrowthBook's SDKs read them: what their own evaluator says is what we say."""

from __future__ import annotations

from typing import Any

import pytest
from growthbook.core import evalCondition
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import matches
from expkit.assign.dialects.conditions import groups_read, translated

VALUES = [None, "", "a", "B", "5", 5, 5.5, -1, 0, True, False, "1.2.3", "1.10.0"]
SCALARS = st.sampled_from(["a", "B", "b", "x", "Ä", "1.2.3"])
LISTS = st.lists(SCALARS, max_size=3)
OPERATORS = st.one_of(
    st.tuples(st.sampled_from(["$eq", "$ne"]), SCALARS),
    st.tuples(st.sampled_from(["$in", "$nin", "$ini", "$nini"]), LISTS),
    st.tuples(st.sampled_from(["$vlt", "$vlte", "$vgt", "$vgte", "$veq"]), st.sampled_from(["1.2.0", "1.10.0"])),
    st.tuples(st.just("$exists"), st.booleans()),
    st.tuples(st.sampled_from(["$regex", "$regexi"]), st.sampled_from(["^a", "b$", "."])),
    st.tuples(st.just("$nonsense"), SCALARS),
).map(lambda pair: dict([pair]))
NAMES = st.sampled_from(["one", "two", "deep.er"])
LEAVES = st.dictionaries(NAMES, st.one_of(SCALARS, st.none(), OPERATORS), min_size=1, max_size=2)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda name, parts: {name: parts}, st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3)
        ),
        inner.map(lambda part: {"$not": part}),
    ),
    max_leaves=5,
)
ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"one": SCALARS, "two": SCALARS, "deep": st.fixed_dictionaries({}, optional={"er": SCALARS})}
)


@given(CONDITIONS, ATTRIBUTES)
def test_they_hold_for_the_same_units(condition: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Whatever is nested in whatever, for present and missing attributes."""
    assert evalCondition(attributes, translated(condition), {}) == matches(condition, attributes)


@pytest.mark.parametrize("operand", [5, "5", 5.5, "a", None, True])
@pytest.mark.parametrize("value", [5, "5", 5.5, "5.5", "a", None, True, 1])
def test_a_number_and_its_text_are_one(operand: Any, value: Any) -> None:
    """`{"plan": 5}` holds for "5" here, and so it has to there."""
    attributes = {} if value is None else {"plan": value}
    assert evalCondition(attributes, translated({"plan": operand}), {}) == matches({"plan": operand}, attributes)


@pytest.mark.parametrize("operator", ["$lt", "$lte", "$gt", "$gte"])
@pytest.mark.parametrize("bound", [-1, 0, 1])
@pytest.mark.parametrize("value", [None, -1, 0, 0.5, 2])
def test_a_missing_number_is_zero(operator: str, bound: int, value: float | None) -> None:
    """As in GrowthBook's reference; its newest Python SDK sees it otherwise unless it is written out."""
    attributes = {} if value is None else {"age": value}
    condition = {"age": {operator: bound}}
    assert evalCondition(attributes, translated(condition), {}) == matches(condition, attributes)


def test_groups_are_found_wherever_they_are_asked_for() -> None:
    """So that the payload carries those that it needs, and no others."""
    condition = {"$or": [{"a": {"$inGroup": "g"}}, {"$not": {"b": {"$not": {"$notInGroup": "h"}}}}]}
    assert set(groups_read(condition)) == {"g", "h"}
