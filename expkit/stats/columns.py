"""Whatever holds one number per unit, as floats with NaN where one is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput, shorten

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.terms import Values

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["column"]


def column(what: str, values: Values) -> Floats:
    """Values as floats with NaN where one is missing."""
    import numpy as np

    try:
        array = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise InvalidInput(
            f"{what}: expected one number per unit, got {shorten(values)}.", hint="give a list or a column."
        )
    if array.dtype.kind == "O":
        array = np.array([_number(what, value) for value in array], dtype=float)
    if array.dtype.kind not in "biuf":
        raise InvalidInput(f"{what}: {array.dtype} values are not numbers.", hint="give numbers.")
    floats: Floats = np.ma.filled(array.astype(float), np.nan)
    if np.isinf(floats).any():
        raise InvalidInput(f"{what}: infinite values have no mean.", hint="drop or cap them first.")
    return floats


def _number(what: str, value: Any) -> float:
    if value is None or type(value).__name__ == "NAType":
        return math.nan
    try:
        if not isinstance(value, str | bytes):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise InvalidInput(f"{what}: {shorten(value)} is not a number.", hint="give numbers.")
