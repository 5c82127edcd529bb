"""The operators of the condition language: each makes a predicate on one attribute's value from its operand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from expkit.assign.regexes import searcher

__all__ = ["OPERATORS", "Predicate", "is_like", "never"]

Predicate = Callable[[Any], bool]

VERSION_PARTS = 3


def never(_value: Any) -> bool:
    """What an operator that is unknown, or whose operand makes no sense, answers to every value."""
    return False


def equals(operand: Any) -> Predicate:
    """Strictly equal: true is not 1, and 1 is not "1"."""
    return lambda value: value == operand and isinstance(value, bool) == isinstance(operand, bool)


def is_like(operand: Any) -> Predicate:
    """`{"plan": 5}`: equal, where a number and its text are the same; a missing value is like nothing but null."""
    strictly = equals(operand)
    if isinstance(operand, bool) or not isinstance(operand, str | int | float):
        return strictly
    own = type(operand)

    def holds(value: Any) -> bool:
        if type(value) is own:  # nearly always
            return bool(value == operand)
        if isinstance(value, str) != isinstance(operand, str) and isinstance(value, str | int | float):
            return not isinstance(value, bool) and _compare(value, operand) == 0
        return strictly(value)

    return holds


def _differs(operand: Any) -> Predicate:
    same = equals(operand)
    return lambda value: not same(value)


def _comparison(accepts: Callable[[int], bool]) -> Callable[[Any], Predicate]:
    def make(operand: Any) -> Predicate:
        def holds(value: Any) -> bool:
            order = _compare(value, operand)
            return order is not None and accepts(order)

        return holds

    return make


def _compare(value: Any, operand: Any) -> int | None:
    """-1, 0 or 1; None where the two cannot be ordered. A missing value is 0 to a number, as in GrowthBook."""
    left, right = _number(value), _number(operand)
    if isinstance(value, str) and isinstance(operand, str):
        return (value > operand) - (value < operand)
    if left is None or right is None:
        return None
    return (left > right) - (left < right)


def _number(value: Any) -> float | None:
    if value is None:
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def _is_in(operand: Any) -> Predicate:
    if not isinstance(operand, list | tuple):
        return never
    members, unhashable = _members(operand)
    texts = frozenset(item for item in operand if isinstance(item, str))

    def holds(value: Any) -> bool:
        if type(value) is str:  # nearly always
            return value in texts
        found = value if isinstance(value, list | tuple | set) else (value,)
        return any(_member(item) in members if _hashable(item) else item in unhashable for item in found)

    return holds


def _not_in(operand: Any) -> Predicate:
    if not isinstance(operand, list | tuple):
        return never
    inside = _is_in(operand)
    return lambda value: not inside(value)


def _members(operand: Any) -> tuple[frozenset[Any], list[Any]]:
    return (
        frozenset(_member(item) for item in operand if _hashable(item)),
        [item for item in operand if not _hashable(item)],
    )


def _member(item: Any) -> tuple[bool, Any]:
    return isinstance(item, bool), item  # true is not 1


def _hashable(item: Any) -> bool:
    return not isinstance(item, list | dict | set)


def _folded(make: Callable[[Any], Predicate]) -> Callable[[Any], Predicate]:
    """The same operator, blind to upper and lower case."""
    return lambda operand: _on(make(_fold(operand)), _fold)


def _on(predicate: Predicate, change: Callable[[Any], Any]) -> Predicate:
    return lambda value: predicate(change(value))


def _fold(value: Any) -> Any:
    if isinstance(value, list | tuple | set):
        return [_fold(item) for item in value]
    return value.casefold() if isinstance(value, str) else value


def _regex(flags: re.RegexFlag) -> Callable[[Any], Predicate]:
    def make(operand: Any) -> Predicate:
        try:
            return searcher(operand, flags)
        except (re.error, TypeError, OverflowError, RecursionError):
            return never

    return make


def _exists(operand: Any) -> Predicate:
    return lambda value: (value is not None) == bool(operand)


def _type(operand: Any) -> Predicate:
    return lambda value: _type_of(value) == operand


def _type_of(value: Any) -> str:
    for name, kinds in _KINDS:
        if isinstance(value, kinds):
            return name
    return "null" if value is None else "unknown"


_KINDS: tuple[tuple[str, Any], ...] = (
    ("boolean", bool), ("number", int | float), ("string", str), ("array", list | tuple), ("object", Mapping)
)  # fmt: skip


def _version(accepts: Callable[[int], bool]) -> Callable[[Any], Predicate]:
    def make(operand: Any) -> Predicate:
        bound = _padded(operand)

        def holds(value: Any) -> bool:
            own = _padded(value)
            return accepts((own > bound) - (own < bound))

        return holds

    return make


def _padded(version: Any) -> str:
    """A text that sorts as semantic versions do: numbers right-aligned, a release after its pre-releases."""
    text = str(version) if isinstance(version, str | int | float) and version else "0"
    parts = re.split(r"[-.]", re.sub(r"^v|\+.*$", "", text))
    if len(parts) == VERSION_PARTS:
        parts.append("~")
    return "-".join(part.rjust(5) if part.isdecimal() else part for part in parts)


OPERATORS: dict[str, Callable[[Any], Predicate]] = {
    "$eq": equals,
    "$ne": _differs,
    "$lt": _comparison(lambda order: order < 0),
    "$lte": _comparison(lambda order: order <= 0),
    "$gt": _comparison(lambda order: order > 0),
    "$gte": _comparison(lambda order: order >= 0),
    "$in": _is_in,
    "$nin": _not_in,
    "$ini": _folded(_is_in),
    "$nini": _folded(_not_in),
    "$exists": _exists,
    "$type": _type,
    "$regex": _regex(re.RegexFlag(0)),
    "$regexi": _regex(re.IGNORECASE),
    "$veq": _version(lambda order: order == 0),
    "$vne": _version(lambda order: order != 0),
    "$vlt": _version(lambda order: order < 0),
    "$vlte": _version(lambda order: order <= 0),
    "$vgt": _version(lambda order: order > 0),
    "$vgte": _version(lambda order: order >= 0),
}
