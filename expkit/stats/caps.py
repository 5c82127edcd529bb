"""Capping the largest values (winsorising), so that a few units do not decide.

A cap changes the question: the mean of capped values is estimated. The same cap holds in every arm; a
cap of its own for each arm would bias the comparison. Wilcox (2017), Introduction to Robust Estimation, ch. 3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.summary import Summary
from expkit.stats.terms import probability

if TYPE_CHECKING:
    from expkit.stats.columns import Floats
    from expkit.stats.terms import Values

__all__ = ["CAP_QUANTILE", "Caps", "cap_values", "find_caps", "summarize_capped"]

CAP_QUANTILE = 0.999


class Caps(NamedTuple):
    """The bounds that values are moved to; infinite where there is none."""

    lower: float
    upper: float


def find_caps(
    *arms: Values, upper: float | None = CAP_QUANTILE, lower: float | None = None, nonzero: bool = True
) -> Caps:
    """The quantiles of all arms' values together; by default the 99.9% one of the values that are not zero.

    Zeros do not count unless `nonzero=False`: where few units buy, the quantile of all is soon zero.
    """
    import numpy as np

    if not arms:
        raise InvalidInput("There are no values to find a cap in.", hint="give every arm's values.")
    values = np.concatenate([column("values", arm) for arm in arms])
    values = values[~np.isnan(values) & ((values != 0) | (not nonzero))]

    def quantile(what: str, q: float | None, none: float) -> float:
        # an observed value, so that capping leaves a cap's own quantile where it was
        there = q is not None and values.size > 0
        level = probability(what, q) if q is not None else none
        return float(np.quantile(values, level, method="inverted_cdf")) if there else none

    caps = Caps(quantile("lower", lower, -math.inf), quantile("upper", upper, math.inf))
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidInput(f"The lower quantile {lower:g} is not below the upper {upper:g}.", hint="e.g. 0.001, 0.999.")
    return caps


def cap_values(values: Values, caps: Caps) -> Floats:
    """The values, moved to the caps where they lie beyond; missing ones stay missing."""
    import numpy as np

    capped: Floats = np.clip(column("values", values), caps.lower, caps.upper)
    return capped


def summarize_capped(
    control: Values,
    treatment: Values,
    *,
    upper: float | None = CAP_QUANTILE,
    lower: float | None = None,
    nonzero: bool = True,
) -> tuple[Summary, Summary]:
    """Both arms' summaries under one pooled cap, for any comparison of means.

    >>> summarize_capped([0, 1, 2], [0, 1, 900], upper=0.6)[1].mean
    1.0
    """
    caps = find_caps(control, treatment, upper=upper, lower=lower, nonzero=nonzero)
    return Summary.of(cap_values(control, caps)), Summary.of(cap_values(treatment, caps))
