"""The words and defaults every statistic shares, and the refusal of anything else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

from expkit.errors import InvalidInput, did_you_mean, shorten

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ALPHA", "POWER", "SRM_ALPHA", "Alternative", "Values"]

ALPHA = 0.05
POWER = 0.8
SRM_ALPHA = 0.001

Alternative = Literal["two-sided", "greater", "less"]

Values: TypeAlias = "ArrayLike | Sequence[float | None]"
"""One number per unit: a list, a NumPy array, a pandas or polars column. None and NaN are missing."""

Word = TypeVar("Word", bound=str)


def alternative_of(value: Alternative) -> Alternative:
    return word("alternative", value, get_args(Alternative))


def word(what: str, value: Word, known: Sequence[str]) -> Word:
    """A word from a closed list; anything else is refused with the nearest one."""
    if value not in known:
        raise InvalidInput(f"Unknown {what} {shorten(value)}.", hint=did_you_mean(str(value), known))
    return value


def probability(what: str, value: float) -> float:
    """A number strictly between 0 and 1."""
    number = finite(what, value)
    if not 0 < number < 1:
        raise InvalidInput(f"{what} is {number:g}.", hint="it lies strictly between 0 and 1, e.g. 0.05.")
    return number


def finite(what: str, value: Any) -> float:
    """A plain float; text, NaN and infinity are refused."""
    try:
        number = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{what} is {shorten(value)}.", hint="a finite number is needed.")
    return number


def count(what: str, value: Any) -> int:
    """A whole number of at least 0; 12.0 counts as 12."""
    number = finite(what, value)
    if number < 0 or number != int(number):
        raise InvalidInput(f"{what} is {shorten(value)}.", hint="counts are whole numbers of at least 0.")
    return int(value)
