"""Conditions on columns of a warehouse's tables, which stand for properties; true or false, and never null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["holds"]

Reach = Callable[[str], Any]
"""From a property's name to its column."""


def holds(reach: Reach, condition: Mapping[str, Any]) -> Any:
    """As eligibility has it, of columns that have a type of their own: a missing value is null, and 0 to a number."""
    import sqlalchemy as sa

    return sa.and_(sa.true(), *(_part(reach, key, operand) for key, operand in condition.items()))


def _part(reach: Reach, key: str, operand: Any) -> Any:
    import sqlalchemy as sa

    match key:
        case "$not":
            return sa.not_(holds(reach, operand))
        case "$and":
            return sa.and_(sa.true(), *(holds(reach, one) for one in operand))
        case "$or":
            return sa.or_(*(holds(reach, one) for one in operand)) if operand else sa.true()
        case "$nor":
            return sa.not_(_part(reach, "$or", operand))
    return _value(reach(key), operand)


def _value(column: Any, operand: Any) -> Any:
    import sqlalchemy as sa

    if not isinstance(operand, Mapping):
        return _equal(column, operand)
    return sa.and_(sa.true(), *(_operator(column, name, inner) for name, inner in operand.items()))


def _operator(column: Any, name: str, operand: Any) -> Any:
    import sqlalchemy as sa

    match name:
        case "$eq":
            return _equal(column, operand)
        case "$ne":
            return sa.not_(_equal(column, operand))
        case "$in":
            return _inside(column, operand)
        case "$nin":
            return sa.not_(_inside(column, operand))
        case "$exists":
            return column.is_not(None) if operand else column.is_(None)
        case "$not":
            return sa.not_(_value(column, operand))
    return _compared(column, name, operand)


def _compared(column: Any, name: str, operand: Any) -> Any:
    import operator

    import sqlalchemy as sa

    order = {"$lt": operator.lt, "$lte": operator.le, "$gt": operator.gt, "$gte": operator.ge}[name]
    if isinstance(operand, str):
        return sa.and_(column.is_not(None), order(column, operand))
    return order(sa.func.coalesce(column, sa.literal_column("0")), float(operand or 0))


def _equal(column: Any, operand: Any) -> Any:
    import sqlalchemy as sa

    return column.is_(None) if operand is None else sa.and_(column.is_not(None), column == operand)


def _inside(column: Any, operands: Any) -> Any:
    import sqlalchemy as sa

    known = [one for one in operands if one is not None]
    found = sa.and_(column.is_not(None), column.in_(known)) if known else sa.false()
    return sa.or_(found, column.is_(None)) if len(known) < len(operands) else found
