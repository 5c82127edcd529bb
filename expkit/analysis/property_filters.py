"""Conditions on the properties of events, as DuckDB has to ask them.

The language and its meaning are those of eligibility (`expkit.assign.conditions`): a missing property is null, a number
and its text are alike where a plain value is given, true is not 1, a list meets `$in` by any of its items. Names and
values are parameters; nothing that somebody wrote becomes SQL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Parameters", "condition_sql", "property_sql"]

_NUMBERS = "('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')"
_ORDER = {"$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">="}


class Parameters:
    """Values by the names that stand for them in the SQL."""

    def __init__(self, prefix: str) -> None:
        self.values: dict[str, object] = {}
        self._prefix = prefix

    def __call__(self, value: object) -> str:
        name = f"{self._prefix}{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def property_sql(bag: str, path: str, values: Parameters) -> str:
    """What JSON has at a path of names between dots, null where there is nothing: only mappings are walked through."""
    steps = path.split(".")
    found = f"json_extract({bag}, {values(_pointer(steps))})"
    digits = [at for at, step in enumerate(steps) if at and (step.isdecimal() or step == "-")]
    walked = [f"json_type(json_extract({bag}, {values(_pointer(steps[:at]))})) = 'OBJECT'" for at in digits]
    return f"CASE WHEN {' AND '.join(walked)} THEN {found} END" if walked else found


def condition_sql(bag: str, condition: Mapping[str, Any], values: Parameters) -> str:
    """True or false, never null."""
    return _all([_part(bag, key, operand, values) for key, operand in condition.items()])


def _pointer(steps: list[str]) -> str:
    """RFC 6901."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _part(bag: str, key: str, operand: Any, values: Parameters) -> str:
    match key:
        case "$not":
            return f"NOT ({condition_sql(bag, operand, values)})"
        case "$and":
            return _all([condition_sql(bag, one, values) for one in operand])
        case "$or":
            return _any([condition_sql(bag, one, values) for one in operand])
        case "$nor":
            return f"NOT ({_any([condition_sql(bag, one, values) for one in operand])})"
    return _value(property_sql(bag, key, values), operand, values)


def _value(found: str, operand: Any, values: Parameters) -> str:
    if not isinstance(operand, Mapping):
        return _like(found, operand, values)
    return _all([_operator(found, name, inner, values) for name, inner in operand.items()])


def _operator(found: str, name: str, operand: Any, values: Parameters) -> str:
    match name:
        case "$eq":
            return _equal(found, operand, values)
        case "$ne":
            return f"NOT ({_equal(found, operand, values)})"
        case "$in":
            return _inside(found, operand, values)
        case "$nin":
            return f"NOT ({_inside(found, operand, values)})"
        case "$exists":
            return f"NOT ({_missing(found)})" if operand else _missing(found)
        case "$not":
            return f"NOT ({_value(found, operand, values)})"
    return _compared(found, _ORDER[name], operand, values)


def _missing(found: str) -> str:
    return f"coalesce(json_type({found}) = 'NULL', true)"


def _equal(found: str, operand: Any, values: Parameters) -> str:
    """Strictly: of one type, and the same."""
    if operand is None:
        return _missing(found)
    if isinstance(operand, bool):
        return _typed(found, "= 'BOOLEAN'", f"json_extract_string({found}, '$') = {values(str(operand).lower())}")
    if isinstance(operand, str):
        return _typed(found, "= 'VARCHAR'", f"json_extract_string({found}, '$') = {values(operand)}")
    return _typed(found, f"IN {_NUMBERS}", f"TRY_CAST({found} AS DOUBLE) = {_number(operand, values)}")


def _like(found: str, operand: Any, values: Parameters) -> str:
    """Equal, where a number and its text are the same."""
    same = _equal(found, operand, values)
    if isinstance(operand, bool) or operand is None:
        return same
    if isinstance(operand, str):
        number = _parsed(operand)
        if number is None:
            return same
        other = _typed(found, f"IN {_NUMBERS}", f"TRY_CAST({found} AS DOUBLE) = {_number(number, values)}")
    else:
        other = _typed(found, "= 'VARCHAR'", f"{_text_as_number(found)} = {_number(operand, values)}")
    return f"({same} OR {other})"


def _compared(found: str, sign: str, operand: Any, values: Parameters) -> str:
    """Texts by their letters, all else as numbers; a missing value is 0 to a number."""
    number = _parsed(operand)
    by_number = "false"
    if number is not None:
        own = _as_number(found, texts=not isinstance(operand, str))
        by_number = f"coalesce({own} {sign} {_number(number, values)}, false)"
    if not isinstance(operand, str):
        return by_number
    by_letters = _typed(found, "= 'VARCHAR'", f"json_extract_string({found}, '$') {sign} {values(operand)}")
    return f"({by_letters} OR {by_number})"


def _inside(found: str, operand: Any, values: Parameters) -> str:
    own: Callable[[str], str] = lambda item: _any([_equal(item, one, values) for one in operand], none="false")  # noqa: E731
    items = f"list_filter(CAST({found} AS JSON[]), lambda item: {own('item')})"
    return f"CASE WHEN coalesce(json_type({found}) = 'ARRAY', false) THEN len({items}) > 0 ELSE {own(found)} END"


def _as_number(found: str, *, texts: bool) -> str:
    text = f"WHEN 'VARCHAR' THEN {_text_as_number(found)} " if texts else "WHEN 'VARCHAR' THEN NULL "
    return (
        f"CASE coalesce(json_type({found}), 'NULL') WHEN 'NULL' THEN 0.0 "
        "WHEN 'ARRAY' THEN NULL WHEN 'OBJECT' THEN NULL "
        f"WHEN 'BOOLEAN' THEN CASE WHEN json_extract_string({found}, '$') = 'true' THEN 1.0 ELSE 0.0 END "
        f"{text}ELSE TRY_CAST({found} AS DOUBLE) END"
    )


def _text_as_number(found: str) -> str:
    text = f"TRY_CAST(json_extract_string({found}, '$') AS DOUBLE)"
    return f"CASE WHEN NOT isnan({text}) THEN {text} END"


def _typed(found: str, of: str, holds: str) -> str:
    """What may only be asked of a value of that type; false for all others."""
    return f"coalesce(CASE WHEN json_type({found}) {of} THEN {holds} END, false)"


def _parsed(operand: Any) -> float | None:
    if operand is None:
        return 0.0
    try:
        number = float(operand)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def _number(value: float, values: Parameters) -> str:
    return f"{values(float(value))}::DOUBLE"


def _all(parts: list[str]) -> str:
    return "(" + " AND ".join(parts or ["true"]) + ")"


def _any(parts: list[str], none: str = "true") -> str:
    """An empty `$or` asks for nothing, and so holds."""
    return "(" + " OR ".join(parts or [none]) + ")"
