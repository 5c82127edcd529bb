"""Comparing two values of the same units: before and after, left and right, crossover.

Student (1908), Biometrika 6, 1-25: the t test of the differences.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.contrast import Contrast
from expkit.stats.estimate import Arm, NotEstimable
from expkit.stats.summary import Summary

if TYPE_CHECKING:
    from expkit.stats.terms import Values

__all__ = ["paired_contrast"]

MIN_PAIRS = 2


def paired_contrast(
    control: Summary | Values, treatment: Summary | Values
) -> tuple[Contrast | NotEstimable, tuple[Arm, Arm]]:
    """The mean difference within pairs; a pair that lacks a value is not counted."""
    if isinstance(control, Summary) or isinstance(treatment, Summary):
        raise InvalidInput(
            "Two summaries do not say which values belong together.",
            hint="give the two columns of values, in the same order.",
        )
    before, after = column("control", control), column("treatment", treatment)
    if before.size != after.size:
        raise InvalidInput(f"{before.size} values cannot be paired with {after.size}.", hint="give one row per unit.")
    pairs = Summary.of(after - before, before)
    arms = Arm(pairs.n, pairs.covariates.mean[0] if pairs.covariates else math.nan), Arm(pairs.n, math.nan)
    if pairs.n < MIN_PAIRS or pairs.covariates is None:
        return NotEstimable(f"There are {pairs.n} full pairs; an error needs 2.", "collect more units."), arms
    base = pairs.covariates.mean[0]
    arms = Arm(pairs.n, base), Arm(pairs.n, base + pairs.mean)
    if pairs.var <= (4 * 2.0**-52 * max(abs(base), abs(pairs.mean))) ** 2:
        return NotEstimable("The difference is the same in every pair.", "check how the metric is computed."), arms
    contrast = Contrast(
        control=base,
        effect=pairs.mean,
        var_control=pairs.covariates.var[0][0] / pairs.n,
        var_effect=pairs.var / pairs.n,
        covariance=pairs.covariates.cov[0] / pairs.n,
        df=float(pairs.n - 1),
    )
    return contrast, arms
