"""Our conditions as GrowthBook's SDKs have to read them, so that they hold for the same units.

The language is the same; some of the SDKs are stricter with types than we and others are. A number and its text are
one value here, and a missing value is 0 to a comparison: both are written out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from expkit.assign.operators import OPERATORS

__all__ = ["groups_read", "translated"]

NOBODY: dict[str, Any] = {"$not": {}}
GROUPS = frozenset({"$inGroup", "$notInGroup"})
NESTING = frozenset({"$size", "$elemMatch", "$all", "$alli"})
ORDERING = frozenset({"$lt", "$lte", "$gt", "$gte", "$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte"})


def translated(condition: Any) -> dict[str, Any]:
    """The condition with what the SDKs see differently written out."""
    if not isinstance(condition, Mapping):
        return NOBODY
    return _all([part for key, operand in condition.items() for part in _parts(key, operand)])


def groups_read(condition: Any) -> Iterator[str]:
    """The saved groups that a condition asks for."""
    if isinstance(condition, Mapping):
        for key, operand in condition.items():
            if key in GROUPS and isinstance(operand, str):
                yield operand
            else:
                yield from groups_read(operand)
    elif isinstance(condition, list | tuple):
        for item in condition:
            yield from groups_read(item)


def _parts(key: str, operand: Any) -> Iterator[dict[str, Any]]:
    if key in {"$and", "$or", "$nor"}:
        if isinstance(operand, list | tuple):
            yield {key: [translated(item) for item in operand]}
        elif key != "$nor":
            yield NOBODY
    elif key == "$not":
        yield {"$not": translated(operand)}
    elif isinstance(operand, Mapping) and operand and all(name.startswith("$") for name in operand):
        for name, inner in operand.items():
            yield _operator(key, name, inner)
    else:
        yield _like(key, operand)


def _operator(path: str, name: str, operand: Any) -> dict[str, Any]:
    if name == "$not":
        inner = operand if isinstance(operand, Mapping) and operand else {"$eq": operand}
        return {"$not": _all(list(_parts(path, inner)))}
    if name in ORDERING and OPERATORS[name](operand)(None):
        return {"$or": [{path: {name: operand}}, {path: {"$exists": False}}]}
    if name in OPERATORS or name in NESTING or name in GROUPS:
        return {path: {name: operand}}
    return NOBODY  # an operator that nobody knows


def _like(path: str, operand: Any) -> dict[str, Any]:
    """`{"plan": 5}` holds for 5 and for "5"; `{"plan": null}` where there is none."""
    if operand is None:
        return {path: {"$exists": False}}
    if isinstance(operand, bool) or not isinstance(operand, str | int | float):
        return {path: operand}
    other = _other_spelling(operand)
    if other is None:
        return {path: operand}
    return {"$or": [{path: {"$eq": operand}}, {path: {"$eq": other}}]}


def _other_spelling(operand: str | float) -> str | float | None:
    if isinstance(operand, int | float):
        return str(int(operand)) if float(operand).is_integer() else repr(operand)
    try:
        number = float(operand)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _all(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One mapping where no name stands twice, else a list of them."""
    merged: dict[str, Any] = {}
    for part in parts:
        if merged.keys() & part.keys():
            return {"$and": parts}
        merged |= part
    return merged
