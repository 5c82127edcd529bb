"""Eligibility conditions, in the language that GrowthBook took from MongoDB, compiled to closures once.

`{"country": {"$in": ["DE"]}, "device.os": "ios", "$or": [...]}`: attributes are reached by dots, all parts must
hold, an operator that nobody knows holds for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from expkit.assign.operators import OPERATORS, Predicate, is_like, never

__all__ = ["LOGICAL", "Groups", "attributes_read", "compile_condition", "is_operator", "matches"]

Attributes = Mapping[str, Any]
Groups = Mapping[str, Sequence[Any]]
"""Saved lists by their keys, for `$inGroup` and `$notInGroup`."""
NO_GROUPS: Groups = MappingProxyType({})
_HERE = frozenset({"$inGroup", "$notInGroup", "$size", "$elemMatch", "$all", "$alli"})
LOGICAL = frozenset({"$and", "$or", "$nor", "$not"})


def matches(condition: Attributes, attributes: Attributes, groups: Groups = NO_GROUPS) -> bool:
    """Whether attributes meet a condition; compile it when there are many of them."""
    return compile_condition(condition, groups)(attributes)


def compile_condition(condition: Any, groups: Groups = NO_GROUPS) -> Callable[[Any], bool]:
    """A function from attributes to whether they meet the condition. The empty condition holds for all."""
    if not isinstance(condition, Mapping):
        return never
    return _all([_part(key, operand, groups) for key, operand in condition.items()])


def is_operator(name: str) -> bool:
    """Whether anybody knows it."""
    return name in OPERATORS or name in LOGICAL or name in _HERE


def attributes_read(condition: Any) -> frozenset[str]:
    """The top-level attributes that a condition looks at: `device` for `device.os`."""
    return frozenset(_roots(condition))


def _roots(condition: Any) -> Iterator[str]:
    if not isinstance(condition, Mapping):
        return
    for key, operand in condition.items():
        if key in LOGICAL:
            for part in operand if isinstance(operand, list | tuple) else [operand]:
                yield from _roots(part)
        else:
            yield key.split(".", 1)[0]


def _part(key: str, operand: Any, groups: Groups) -> Predicate:
    match key:
        case "$not":
            return _not(compile_condition(operand, groups))
        case "$and":
            return _all(_each(operand, groups))
        case "$or":
            return _any(_each(operand, groups))
        case "$nor":
            return _not(_any(_each(operand, groups)))
    holds = _value_predicate(operand, groups)
    texts = _texts(operand)
    return _on_path(key, holds) if texts is None or "." in key else _text_in(key, texts, holds)


def _texts(operand: Any) -> frozenset[str] | None:
    """The texts of `"DE"` and of `{"$in": ["DE", "AT"]}`, which most conditions are; None for all others."""
    if isinstance(operand, Mapping) and list(operand) == ["$in"] and isinstance(operand["$in"], list | tuple):
        return frozenset(item for item in operand["$in"] if isinstance(item, str))
    return frozenset((operand,)) if isinstance(operand, str) else None


def _text_in(key: str, texts: frozenset[str], holds: Predicate) -> Predicate:
    """The same as `_on_path`, with one call less for a text in an attribute."""

    def at_once(attributes: Any) -> bool:
        known = type(attributes) is dict or isinstance(attributes, Mapping)  # the second alone is slow
        value = attributes.get(key) if known else None
        return value in texts if type(value) is str else holds(value)

    return at_once


def _on_path(key: str, holds: Predicate) -> Predicate:
    if "." not in key:

        def at_once(attributes: Any) -> bool:
            known = type(attributes) is dict or isinstance(attributes, Mapping)  # the second alone is slow
            return holds(attributes.get(key) if known else None)

        return at_once
    path = key.split(".")
    return lambda attributes: holds(_reach(attributes, path))


def _each(conditions: Any, groups: Groups) -> list[Predicate]:
    """The conditions of a list; anything else is one that never holds."""
    if not isinstance(conditions, list | tuple):
        return [never]
    return [compile_condition(item, groups) for item in conditions]


def _reach(attributes: Any, path: list[str]) -> Any:
    for step in path:
        if not isinstance(attributes, Mapping):
            return None
        attributes = attributes.get(step)
    return attributes


def _value_predicate(operand: Any, groups: Groups) -> Predicate:
    """What one attribute must be: a value, or a mapping of operators that must all hold."""
    if not _is_operators(operand):
        return is_like(operand)
    return _all([_operator(name, inner, groups) for name, inner in operand.items()])


def _is_operators(operand: Any) -> bool:
    return isinstance(operand, Mapping) and bool(operand) and all(key.startswith("$") for key in operand)


def _operator(name: str, operand: Any, groups: Groups) -> Predicate:
    if name in OPERATORS:
        return OPERATORS[name](operand)
    match name:
        case "$inGroup" | "$notInGroup":  # a group that nobody has saved is empty
            return OPERATORS[name.replace("Group", "").replace("$notIn", "$nin")](_members(operand, groups))
        case "$not":
            return _not(_value_predicate(operand, groups))
        case "$size":
            size = _value_predicate(operand, groups)
            return lambda value: isinstance(value, list | tuple) and size(len(value))
        case "$elemMatch":
            inner = _value_predicate if _is_operators(operand) else compile_condition
            element = inner(operand, groups)
            return lambda value: isinstance(value, list | tuple) and any(map(element, value))
        case "$all":
            return _contains_all(operand, lambda item: _value_predicate(item, groups))
        case "$alli":
            return _contains_all(operand, lambda item: OPERATORS["$ini"]([item]))
    return never


def _members(key: Any, groups: Groups) -> list[Any]:
    return list(groups.get(key, ())) if isinstance(key, str) else []


def _contains_all(operand: Any, predicate: Callable[[Any], Predicate]) -> Predicate:
    if not isinstance(operand, list | tuple):
        return never
    wanted = [predicate(item) for item in operand]
    return lambda value: isinstance(value, list | tuple) and all(any(map(holds, value)) for holds in wanted)


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    return lambda value: all(holds(value) for holds in parts)


def _any(parts: list[Predicate]) -> Predicate:
    """An empty `$or` asks for nothing, and so holds."""
    return lambda value: not parts or any(holds(value) for holds in parts)


def _not(part: Predicate) -> Predicate:
    return lambda value: not part(value)
