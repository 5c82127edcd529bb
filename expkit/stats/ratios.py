"""Comparing two ratios of totals, such as orders per session, where units are users.

Delta method: Deng, Knoblich & Lu (2018), KDD, 233-242.

Where most of the denominators lie with few units, an arm is worth no more than (sum d)^2 / (sum d^2) of them (Kish
1965, Survey Sampling, 11.7). Below `LARGE` of these the variance is freed of its bias and Student's t has that many
degrees of freedom less one, as for clusters of unequal size (Bell & McCaffrey 2002, Survey Methodology 28, 169-181).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias, get_args

from expkit.errors import InvalidInput
from expkit.stats.contrast import LiftMethod
from expkit.stats.cuped import Slopes
from expkit.stats.estimate import Estimate, NotEstimable
from expkit.stats.means import MIN_UNITS, compare_summaries
from expkit.stats.summary import Covariates, Summary
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

__all__ = ["compare_ratios", "linearize"]

TIE = 1e-9
"""What is this close to a limit lies on it, on whichever side rounding has put it."""

LARGE = 30.0
"""Units' worth of denominators from which on the delta method needs no help."""

RatioArm: TypeAlias = "Summary | tuple[Values, Values] | tuple[Values, Values, Any]"


def compare_ratios(
    control: RatioArm,
    treatment: RatioArm,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    lift_method: LiftMethod = "fieller",
    slopes: Slopes = "pooled",
) -> Estimate | NotEstimable:
    """Treatment's ratio of totals minus control's.

    An arm is `(numerators, denominators)`, one pair per unit, or the summary of the numerators with
    the denominators as its first covariate. The arms' `mean` is their ratio. Further covariates, as
    `(numerators, denominators, covariates)` or in the summary, adjust it as CUPED does: the delta
    method makes one number per unit of the pair, and they explain that number.

    >>> compare_ratios(([1, 2, 3], [2, 5, 5]), ([2, 2, 4], [2, 4, 4])).treatment.mean
    0.8
    """
    level = probability("alpha", alpha)
    alternative_of(alternative)
    word("lift method", lift_method, get_args(LiftMethod))
    word("slopes", slopes, get_args(Slopes))
    if isinstance(base := _linear("control", control), NotEstimable):
        return base
    if isinstance(other := _linear("treatment", treatment), NotEstimable):
        return other
    arms, worth = (base[0], other[0]), (base[1], other[1])
    found = compare_summaries(
        *arms, level, alternative, relative, "welch", lift_method, slopes, worth if min(worth) < LARGE else None
    )
    method = "delta+cuped" if arms[0].covariates else "delta"
    return replace(found, method=method) if isinstance(found, Estimate) else found


def linearize(pairs: Summary) -> Summary | NotEstimable:
    """The mean and variance of ratio + (numerator - ratio denominator) / mean denominator; other covariates stay."""
    found = _linear("arm", pairs)
    return found if isinstance(found, NotEstimable) else found[0]


def _linear(which: str, arm: RatioArm) -> tuple[Summary, float] | NotEstimable:
    """One number per unit, and how many units' worth of denominators there are."""
    pairs = arm if isinstance(arm, Summary) else _pairs(which, *arm)
    if pairs.n < MIN_UNITS:
        return NotEstimable(f"The {which} has {pairs.n} units; an error needs 2.", "collect more units.")
    if pairs.covariates is None:
        raise InvalidInput(f"The {which} has no denominator.", hint="use Summary.of(numerators, denominators).")
    bottom, (var, *_), cov = pairs.covariates.mean[0], pairs.covariates.var[0], pairs.covariates.cov[0]
    if bottom**2 <= (1 - TIE) * var / pairs.n:
        return NotEstimable(
            f"The denominators of the {which} sum to about zero.", "check the metric, or collect more units."
        )
    ratio = pairs.mean / bottom
    spread = (pairs.var - 2 * ratio * cov + ratio**2 * var) / bottom**2
    noise = 1e-14 * (pairs.var + ratio**2 * var) / bottom**2
    rest = _other_covariates(pairs.covariates, ratio, bottom)
    worth = pairs.n * bottom**2 / (bottom**2 + var * (pairs.n - 1) / pairs.n)
    if worth < (1 - TIE) * MIN_UNITS:
        return NotEstimable(f"One unit of the {which} has nearly all of the denominators.", "collect more units.")
    if worth < LARGE:  # the sample variance has n / (n - 1) already
        spread *= worth / (worth - 1) * (pairs.n - 1) / pairs.n
    return Summary(pairs.n, ratio, spread if spread > noise else 0.0, rest), worth


def _pairs(which: str, numerators: Values, denominators: Values, covariates: Any = None) -> Summary:
    import numpy as np

    if covariates is None:
        return Summary.of(numerators, denominators)
    more = np.asarray(covariates)
    rows = more if np.ndim(more) == 2 else more.reshape(-1, 1)  # a table
    below = np.asarray(denominators).reshape(-1, 1)
    if len(rows) != len(below):
        raise InvalidInput(
            f"The {which} has {len(below)} denominators but {len(rows)} covariate rows.", hint="one row per unit."
        )
    return Summary.of(numerators, np.hstack([below, rows]))


def _other_covariates(covariates: Covariates, ratio: float, bottom: float) -> Covariates | None:
    """All but the denominator, with their covariances with the linearised value."""
    if len(covariates.mean) == 1:
        return None
    shared = zip(covariates.cov[1:], covariates.var[0][1:], strict=True)
    return Covariates(
        mean=covariates.mean[1:],
        var=tuple(row[1:] for row in covariates.var[1:]),
        cov=tuple((top - ratio * below) / bottom for top, below in shared),
        low=covariates.low[1:],
    )
