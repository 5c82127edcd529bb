"""Two yes-or-no answers of the same units: did they convert before, and after?

McNemar (1947), Psychometrika 12, 153-157; the interval inverts the same score test: Tango (1998),
Statistics in Medicine 17, 891-908.
"""

from __future__ import annotations

import math

from expkit.stats.contrast import NO_LIFT
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.roots import crossing
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability

__all__ = ["mcnemar", "mcnemar_exact"]

NO_INTERVAL = NotEstimable("McNemar's test has no interval of the ratio here.", "read the absolute effect.")


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
    z, lift = critical(alpha, None, alternative), (a + b) / (a + c) - 1 if a + c else None
    width = (math.sqrt(b + c) + 1) / n

    def end(at: float) -> float:
        return crossing(
            lambda d: _score(b, c, n, d) - at, -1.0, 1.0, (b - c) / n - at * width, abs(at) * width / 4 + 1e-9
        )

    statistic = (b - c) / math.sqrt(b + c)
    no_control = NotEstimable("No unit of the control converted.", "read the absolute effect.")
    return Estimate(
        effect=(b - c) / n,
        ci=interval(end(z), end(-z), alternative),
        lift=NO_LIFT if not relative else no_control if lift is None else lift,
        lift_ci=NO_INTERVAL if relative else NO_LIFT,
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
