"""Two experiments on the same units: does one change what the other does?

The effect of the first within the second's treatment minus that within its control (a difference of differences);
Kohavi, Tang & Xu (2020), Trustworthy Online Controlled Experiments, ch. 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from expkit.errors import InvalidInput
from expkit.stats.contrast import Contrast, combine
from expkit.stats.distributions import p_value
from expkit.stats.estimate import Check, NotEstimable
from expkit.stats.means import contrast_of
from expkit.stats.summary import Summary
from expkit.stats.terms import Values, probability

__all__ = ["check_interaction"]

ALPHA = 0.01


def check_interaction(
    cells: Mapping[tuple[str, str], Summary | Values], *, alpha: float = ALPHA
) -> Check | NotEstimable:
    """Four cells by (arm of the first, arm of the second experiment); the arms' order is that of the cells.

    >>> cells = {("a", "x"): Summary(100, 1, 1), ("a", "y"): Summary(100, 2, 1),
    ...          ("b", "x"): Summary(100, 2, 1), ("b", "y"): Summary(100, 1, 1)}
    >>> check_interaction(cells).ok
    False
    """
    level = probability("alpha", alpha)
    first, second = (list(dict.fromkeys(str(cell[i]) for cell in cells)) for i in (0, 1))
    if len(first) != 2 or len(second) != 2 or len(cells) != 4:
        raise InvalidInput(f"{len(cells)} cells of {len(first)} by {len(second)} arms.", hint="give two by two arms.")
    made = {(str(a), str(b)): c if isinstance(c, Summary) else Summary.of(c) for (a, b), c in cells.items()}
    effects = []
    for arm in second:
        one = contrast_of(made[first[0], arm], made[first[1], arm])
        if isinstance(one, NotEstimable):
            return NotEstimable(f"Within {arm!r}: {one.reason}", one.hint)
        effects.append(one)
    found: Contrast = combine([(1.0, effects[1]), (-1.0, effects[0])])
    z = found.effect / found.se
    p = p_value(z, found.df, "two-sided")
    detail = f"effect {effects[0].effect:.4g} within {second[0]!r}, {effects[1].effect:.4g} within {second[1]!r}"
    return Check("interaction", p >= level, p, z, level, "difference in differences", detail)
