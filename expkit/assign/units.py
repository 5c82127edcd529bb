"""From an id, as callers hold it, to the text that is hashed."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from expkit.errors import InvalidInput, shorten

__all__ = ["is_missing", "unit_text"]

EXACT = 2.0**53


def unit_text(value: Any, name: str = "unit") -> str:
    """The id as text; empty when it is missing. 7 and 7.0 are both "7", as in JavaScript."""
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return ""
    if not isinstance(value, bool) and _is_whole(value):
        return str(int(value))
    raise InvalidInput(f"{name} is {shorten(value)}, not an id.", hint="an id is a text or a whole number.")


def is_missing(value: Any) -> bool:
    """None, NaN, and the missing values of pandas."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _is_whole(value: Any) -> bool:
    if isinstance(value, Real) and not isinstance(value, Integral):
        # beyond 2^53 a float no longer says which whole number was meant
        return float(value).is_integer() and abs(float(value)) <= EXACT
    return isinstance(value, Integral)
