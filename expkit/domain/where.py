"""Conditions on the properties of events: the part of the eligibility language that a database can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expkit.errors import did_you_mean

__all__ = ["WHERE_OPERATORS", "refuse_odd_condition"]

_SCALARS = ("$eq", "$ne", "$lt", "$lte", "$gt", "$gte")
_LISTS = ("$in", "$nin")
_JOINED = ("$and", "$or", "$nor")
WHERE_OPERATORS = (*_SCALARS, *_LISTS, "$exists", "$not", *_JOINED)
"""As in eligibility, with the same meaning; a property is reached by dots."""
_MOST = 100


def refuse_odd_condition(condition: Any) -> None:
    """`ValueError` where a condition asks what is not known, or cannot hold."""
    if _parts(condition) > _MOST:
        raise ValueError(f"where has more than {_MOST} parts; log one property that says it")


def _parts(condition: Any) -> int:
    if not isinstance(condition, Mapping):
        raise ValueError('where is a mapping of properties to what they must be: {"placement": "pdp"}')  # noqa: TRY004
    return sum(_part(str(key), operand) for key, operand in condition.items())


def _part(key: str, operand: Any) -> int:
    if key == "$not":
        return _parts(operand)
    if key in _JOINED:
        return sum(map(_parts, _listed(key, operand)))
    if key.startswith("$"):
        raise ValueError(f"where has the unknown operator {key!r}; {did_you_mean(key, ('$not', *_JOINED))}")
    if not all(key.split(".")):
        raise ValueError(f"where names no property by {key!r}; write device, or device.os")
    return _value(key, operand)


def _value(name: str, operand: Any) -> int:
    if not isinstance(operand, Mapping):
        _refuse_compound(name, operand)
        return 1
    if not operand:
        raise ValueError(f"where asks nothing of {name!r}; give a value, or an operator as $gt")
    return sum(_operator(name, str(key), inner) for key, inner in operand.items())


def _operator(name: str, key: str, operand: Any) -> int:
    if key in _SCALARS:
        _refuse_compound(name, operand)
    elif key in _LISTS:
        for item in _listed(key, operand):
            _refuse_compound(name, item)
        return max(len(operand), 1)
    elif key == "$not":
        return _value(name, operand)
    elif key != "$exists":
        known = (*_SCALARS, *_LISTS, "$exists", "$not")
        raise ValueError(f"where asks {name!r} for the unknown operator {key!r}; {did_you_mean(key, known)}")
    return 1


def _listed(key: str, operand: Any) -> list[Any]:
    if not isinstance(operand, list | tuple):
        raise ValueError(f"where: {key} takes a list")  # noqa: TRY004
    return list(operand)


def _refuse_compound(name: str, operand: Any) -> None:
    if isinstance(operand, Mapping | list | tuple):
        raise ValueError(  # noqa: TRY004  # pydantic explains ValueErrors only
            f"where compares {name!r} with a list or a mapping; use $in, or reach the inner one by dots"
        )
