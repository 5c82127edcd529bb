"""Two yes-or-no answers of the same units: did they convert before, and after?

McNemar (1947), Psychometrika 12, 153-157; the intervals invert the same score test: that of the difference Tango's
(1998, Statistics in Medicine 17, 891-908), that of the ratio Nam and Blackwelder's (2002, Statistics in Medicine 21,
689-699).
"""

from __future__ import annotations

import math

from expkit.stats.contrast import NO_LIFT
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.roots import crossing
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability

__all__ = ["mcnemar", "mcnemar_exact"]

NO_CONTROL = NotEstimable("No unit of the control converted.", "read the absolute effect.")

_FAR = 40.0  # of a log ratio: as good as infinite


def mcnemar(
    both: int,
    control_only: int,
    treatment_only: int,
    neither: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
) -> Estimate | NotEstimable:
    """Treatment's proportion minus control's, from the four counts of units. Without continuity correction.

    >>> round(mcnemar(794, 150, 86, 570).statistic ** 2, 2)
    17.36
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    a, c, b, n = _counts(both, control_only, treatment_only, neither)
    if b + c == 0:
        return NotEstimable("No unit answered differently.", "collect more units.")
    z = critical(alpha, None, alternative)
    width = (math.sqrt(b + c) + 1) / n

    def end(at: float) -> float:
        return crossing(
            lambda d: _score(b, c, n, d) - at, -1.0, 1.0, (b - c) / n - at * width, abs(at) * width / 4 + 1e-9
        )

    statistic = (b - c) / math.sqrt(b + c)
    lift, lift_ci = _lift(a, c, b, z, alternative) if relative else (NO_LIFT, NO_LIFT)
    return Estimate(
        effect=(b - c) / n,
        ci=interval(end(z), end(-z), alternative),
        lift=lift,
        lift_ci=lift_ci,
        p_value=p_value(statistic, None, alternative),
        statistic=statistic,
        se=math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n,
        df=None,
        alpha=float(alpha),
        alternative=alternative,
        method="mcnemar",
        control=Arm(n, (a + c) / n),
        treatment=Arm(n, (a + b) / n),
    )


def mcnemar_exact(
    both: int,
    control_only: int,
    treatment_only: int,
    neither: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
) -> Significance | NotEstimable:
    """The binomial test of the units that answered differently, for when they are few."""
    from scipy.special import bdtr, bdtrc

    probability("alpha", alpha)
    alternative_of(alternative)
    _, c, b, n = _counts(both, control_only, treatment_only, neither)
    if b + c == 0:
        return NotEstimable("No unit answered differently.", "collect more units.")
    above = float(bdtrc(b - 1, b + c, 0.5)) if b else 1.0
    below = float(bdtr(b, b + c, 0.5))
    p = {"two-sided": min(1.0, 2 * min(above, below)), "greater": above, "less": below}[alternative]
    return Significance(p, float(b), (), float(alpha), alternative, "mcnemar exact", (b - c) / n)


def _counts(both: int, control_only: int, treatment_only: int, neither: int) -> tuple[int, int, int, int]:
    """Both, control only, treatment only, and all."""
    a, c, b = count("both", both), count("control_only", control_only), count("treatment_only", treatment_only)
    return a, c, b, a + b + c + count("neither", neither)


def _score(b: int, c: int, n: int, d: float) -> float:
    """Z against this difference, at the likeliest share of `control only` under it."""
    half, rest = -b - c + (2 * n - b + c) * d, -c * d * (1 - d)
    share = (math.sqrt(max(half * half - 8 * n * rest, 0.0)) - half) / (4 * n)
    variance = n * (2 * share + d * (1 - d))
    distance = b - c - n * d
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _lift(
    a: int, c: int, b: int, z: float, alternative: Alternative
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    """The ratio of the proportions less one: all ratios that the score test keeps."""
    if not a + c:
        return NO_CONTROL, NO_CONTROL
    near = math.log((a + b + 0.5) / (a + c + 0.5))
    width = math.sqrt(b + c + 1) / math.sqrt((a + b + 0.5) * (a + c + 0.5))

    def end(at: float) -> float:
        log = crossing(
            lambda x: _score_of_ratio(a, c, b, math.exp(x)) - at,
            -_FAR,
            _FAR,
            near - at * width,
            abs(at) * width / 4 + 1e-9,
        )
        return math.inf if log >= _FAR else math.expm1(log) if log > -_FAR else -1.0

    return (a + b) / (a + c) - 1, interval(end(z), end(-z), alternative)


def _score_of_ratio(a: int, c: int, b: int, ratio: float) -> float:
    """Z against treatment = ratio times control, at the likeliest share of `control only` under it.

    Units that answered no twice say nothing of a ratio. The share is a root of the likelihood's quadratic.
    """
    n, more, beyond = a + b + c, 1 + ratio, ratio - 1
    middle = b + c - (a + c) * more * beyond
    root = math.sqrt(max(middle * middle + 4 * n * more * c * beyond, 0.0))
    share = (
        (middle + root) / (2 * n * more) if middle > 0 else 2 * c * beyond / (root - middle) if root != middle else 0.0
    )
    share = min(max(share, 0.0, -beyond), 1 / more)
    both = (1 - more * share) / ratio
    variance = n * ratio * (beyond * both + more * share)
    distance = a + b - ratio * (a + c)
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)
