"""When the looks are, as shares of the information planned; and the refusal of looks that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from expkit.errors import InvalidInput
from expkit.stats.terms import count, finite

__all__ = ["fractions_of"]

MAX_LOOKS = 1000


def fractions_of(looks: int | Sequence[float], maximum: float | None = None) -> tuple[float, ...]:
    """Rising shares of the planned information: so many equal steps, or shares, or amounts of a `maximum`.

    Only the last look may pass 1: it then came later than planned.
    """
    if isinstance(looks, int | float):
        number = count("looks", looks)
        if not 1 <= number <= MAX_LOOKS:
            raise InvalidInput(f"{number} looks.", hint=f"give from 1 to {MAX_LOOKS} looks.")
        return tuple((i + 1) / number for i in range(number))
    whole = 1.0 if maximum is None else finite("maximum", maximum)
    if whole <= 0:
        raise InvalidInput(f"maximum is {whole:g}.", hint="the planned information is above 0, e.g. planned units.")
    found = tuple(finite("look", look) / whole for look in looks)
    if not 1 <= len(found) <= MAX_LOOKS:
        raise InvalidInput(f"{len(found)} looks.", hint=f"give from 1 to {MAX_LOOKS} looks.")
    _rising(found)
    if len(found) > 1 and found[-2] >= 1:
        raise InvalidInput(
            f"Look {len(found) - 1} already has {found[-2]:g} of the planned information.",
            hint="looks are shares of the information planned: give maximum= where they are units.",
        )
    return found


def _rising(looks: Sequence[float]) -> None:
    if looks[0] <= 0:
        raise InvalidInput(f"Look 1 has information {looks[0]:g}.", hint="information is above 0.")
    for i, (a, b) in enumerate(pairwise(looks)):
        if b == a:
            raise InvalidInput(f"Looks {i + 1} and {i + 2} have the same information.", hint="leave one of them out.")
        if b < a:
            raise InvalidInput(
                f"The information goes down from look {i + 1} to look {i + 2}.",
                hint="give the looks in order; units never leave an experiment.",
            )
