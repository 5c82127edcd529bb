"""Does an effect last, and does an earlier experiment still act?

Novelty: each unit's own slope over the days since its first exposure, compared between the arms, so that a unit's days
may hang together as they like (summary statistics for repeated measures: Matthews et al. 1990, BMJ 300, 230-235).
Carry-over: units by their arm in the earlier experiment, compared within each arm of this one (Kohavi, Tang & Xu 2020,
Trustworthy Online Controlled Experiments, ch. 23, on residual effects).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput
from expkit.stats.contrast import combine
from expkit.stats.distributions import p_value
from expkit.stats.estimate import Check, NotEstimable
from expkit.stats.means import compare_means, contrast_of
from expkit.stats.summary import Summary
from expkit.stats.terms import Values, probability

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["check_carry_over", "check_novelty", "day_weights"]

ALPHA = 0.01
MIN_DAYS = 2


def check_novelty(control: Any, treatment: Any, *, alpha: float = ALPHA) -> Check | NotEstimable:
    """Whether the effect grows or fades with the days since the first exposure. An arm is a table with one row per unit
    and one column per day, of units that were there for all of them; or the summary of its units' slopes.

    >>> check_novelty([[0, 0], [1, 1], [0, 1], [1, 0]] * 50, [[3, 0], [2, 1], [3, 1], [2, 0]] * 50).ok
    False
    """
    level = probability("alpha", alpha)
    slopes, days = [], []
    for name, arm in (("control", control), ("treatment", treatment)):
        if isinstance(arm, Summary):
            slopes.append(arm)
            continue
        table = _table(name, arm)
        days.append(table.shape[1])
        slopes.append(Summary.of(table @ day_weights(table.shape[1])))
    if len(set(days)) > 1:
        raise InvalidInput(f"The arms have {days[0]} and {days[1]} days.", hint="give both the same ones.")
    found = compare_means(slopes[0], slopes[1], relative=False)
    if isinstance(found, NotEstimable):
        return found
    trend = "grows" if found.effect > 0 else "shrinks"
    detail = f"the difference {trend} by {abs(found.effect):.4g} with every day since the first exposure"
    detail += f" (p = {found.p_value:.2g})"
    return Check("novelty", found.p_value >= level, found.p_value, found.statistic, level, "slopes per unit", detail)


def check_carry_over(
    cells: Mapping[tuple[str, str], Summary | Values], *, alpha: float = ALPHA
) -> Check | NotEstimable:
    """Whether units' arm in an earlier experiment still moves their values here: cells by (arm here, earlier arm).

    There are two earlier arms, in the order of the cells; arms here that lack one of them do not count.
    """
    level = probability("alpha", alpha)
    here, earlier = (list(dict.fromkeys(str(cell[i]) for cell in cells)) for i in (0, 1))
    if len(earlier) != 2:
        raise InvalidInput(f"There are {len(earlier)} earlier arms.", hint="compare two at a time.")
    made = {(str(a), str(b)): c if isinstance(c, Summary) else Summary.of(c) for (a, b), c in cells.items()}
    parts = []
    for arm in here:
        before, after = (made.get((arm, one), Summary(0, 0.0, 0.0)) for one in earlier)
        found = contrast_of(before, after)
        if not isinstance(found, NotEstimable):
            parts.append((1 / found.var_effect, found))
    if not parts:
        return NotEstimable("No arm has units of both earlier arms.", "do the experiments share units?")
    whole = sum(weight for weight, _ in parts)
    together = combine([(weight / whole, part) for weight, part in parts])
    z = together.effect / together.se
    p = p_value(z, together.df, "two-sided")
    detail = f"units that had {earlier[1]!r} before differ by {together.effect:+.4g} from those that had {earlier[0]!r}"
    return Check("carry_over", p >= level, p, z, level, "within arms", f"{detail} (p = {p:.2g})")


def day_weights(days: int) -> Floats:
    """What each day counts in the slope over all of them (least squares)."""
    import numpy as np

    if days < MIN_DAYS:
        raise InvalidInput(f"{days} days make no slope.", hint="give two or more.")
    away = np.arange(days) - (days - 1) / 2
    weights: Floats = away / (away @ away)
    return weights


def _table(name: str, arm: Any) -> Floats:
    import numpy as np

    try:
        found: Floats = np.asarray(arm, dtype=float)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 2 or not np.isfinite(found).all():
        hint = "one row per unit, one column per day, none missing."
        raise InvalidInput(f"{name} is no full table of numbers.", hint=hint)
    return found
