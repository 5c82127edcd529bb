"""Eligibility conditions, in the language that GrowthBook took from MongoDB, compiled to closures once.

`{"country": {"$in": ["DE"]}, "device.os": "ios", "$or": [...]}`: attributes are reached by dots, all parts must
hold, an operator that nobody knows holds for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from expkit.assign.operators import OPERATORS, Predicate, is_like, never

__all__ = ["attributes_read", "compile_condition", "matches"]

Attributes = Mapping[str, Any]
LOGICAL = frozenset({"$and", "$or", "$nor", "$not"})


def matches(condition: Attributes, attributes: Attributes) -> bool:
    """Whether attributes meet a condition; compile it when there are many of them."""
    return compile_condition(condition)(attributes)


def compile_condition(condition: Any) -> Callable[[Any], bool]:
    """A function from attributes to whether they meet the condition. The empty condition holds for all."""
    if not isinstance(condition, Mapping):
        return never
    return _all([_part(key, operand) for key, operand in condition.items()])


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


def _part(key: str, operand: Any) -> Predicate:
    match key:
        case "$not":
            return _not(compile_condition(operand))
        case "$and":
            return _all(_each(operand))
        case "$or":
            return _any(_each(operand))
        case "$nor":
            return _not(_any(_each(operand)))
    holds, path = _value_predicate(operand), key.split(".")
    return lambda attributes: holds(_reach(attributes, path))


def _each(conditions: Any) -> list[Predicate]:
    """The conditions of a list; anything else is one that never holds."""
    return [compile_condition(item) for item in conditions] if isinstance(conditions, list | tuple) else [never]


def _reach(attributes: Any, path: list[str]) -> Any:
    for step in path:
        if not isinstance(attributes, Mapping):
            return None
        attributes = attributes.get(step)
    return attributes


def _value_predicate(operand: Any) -> Predicate:
    """What one attribute must be: a value, or a mapping of operators that must all hold."""
    if not _is_operators(operand):
        return is_like(operand)
    return _all([_operator(name, inner) for name, inner in operand.items()])


def _is_operators(operand: Any) -> bool:
    return isinstance(operand, Mapping) and bool(operand) and all(key.startswith("$") for key in operand)


def _operator(name: str, operand: Any) -> Predicate:
    if name in OPERATORS:
        return OPERATORS[name](operand)
    match name:
        case "$not":
            return _not(_value_predicate(operand))
        case "$size":
            size = _value_predicate(operand)
            return lambda value: isinstance(value, list | tuple) and size(len(value))
        case "$elemMatch":
            element = _value_predicate(operand) if _is_operators(operand) else compile_condition(operand)
            return lambda value: isinstance(value, list | tuple) and any(map(element, value))
        case "$all":
            return _contains_all(operand, _value_predicate)
        case "$alli":
            return _contains_all(operand, lambda item: OPERATORS["$ini"]([item]))
    return never


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
