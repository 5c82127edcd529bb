"""Comparing two proportions by counts.

The default is the score test: the textbook pooled z, with the intervals that invert it. Each method's
p-value, interval of the effect and interval of the lift decide alike. statsmodels has most of these
intervals, but takes seconds to import, and its Miettinen-Nurminen interval is not the inverted test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

from expkit.errors import InvalidInput
from expkit.stats.contrast import NO_LIFT, Contrast
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.mover import Limits, mover_difference, mover_ratio, mover_statistic
from expkit.stats.score import Counts, difference_interval, ratio_interval, score_of_difference
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability, word
from expkit.stats.wilson import wilson_limits

__all__ = ["ProportionsMethod", "compare_proportions", "counts_of"]

ProportionsMethod = Literal["score", "miettinen-nurminen", "newcombe", "wald"]

Ends = tuple[float, float] | NotEstimable


def compare_proportions(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    method: ProportionsMethod = "score",
) -> Estimate | NotEstimable:
    """Treatment's proportion minus control's, from counts.

    `score`: pooled z test, Mee (1984, Biometrics 40, 1175) interval for the difference and Koopman
    (1984, Biometrics 40, 513) interval for the ratio. `miettinen-nurminen` (1985, Statistics in Medicine
    4, 213-226): the same with variances times N / (N - 1). `newcombe` (1998, Statistics in Medicine 17,
    873-890, method 10): from the two Wilson intervals, and for the ratio as Donner & Zou (2012).
    `wald`: unpooled z, Fieller for the lift. `se` is the unpooled standard error of the effect with any.

    >>> round(compare_proportions(48, 80, 56, 70).effect, 3)
    0.2
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("method", method, get_args(ProportionsMethod))
    counts = counts_of(successes_c, n_c, successes_t, n_t)
    if not (counts.n_c and counts.n_t):
        return NotEstimable("An arm has no units.", "collect more units.")
    if counts.x_c + counts.x_t in (0, counts.n_c + counts.n_t):
        return NotEstimable("All units of both arms did the same.", "collect more units, or check the event.")
    if method == "wald":
        return _wald(counts, float(alpha), alternative, relative)
    z = critical(float(alpha), None, alternative)
    statistic, ends, ratio = (_newcombe if method == "newcombe" else _score)(counts, z, method)
    lift, lift_ci = _lift(counts, ratio, alternative) if relative else (NO_LIFT, NO_LIFT)
    arms = _arms(counts)
    return Estimate(
        effect=counts.p_t - counts.p_c,
        ci=interval(*ends, alternative),
        lift=lift,
        lift_ci=lift_ci,
        p_value=p_value(statistic, None, alternative),
        statistic=statistic,
        se=math.sqrt(counts.var(counts.p_c, counts.p_t)),
        df=None,
        alpha=float(alpha),
        alternative=alternative,
        method=method,
        control=arms[0],
        treatment=arms[1],
    )


def counts_of(successes_c: int, n_c: int, successes_t: int, n_t: int) -> Counts:
    """Four counts, each checked."""
    return Counts(*_counts("control", successes_c, n_c), *_counts("treatment", successes_t, n_t))


def _counts(which: str, successes: int, n: int) -> tuple[int, int]:
    x, total = count(f"successes of the {which}", successes), count(f"n of the {which}", n)
    if x > total:
        raise InvalidInput(f"The {which} has {x} successes among {total} units.", hint="count each unit at most once.")
    return x, total


def _arms(counts: Counts) -> tuple[Arm, Arm]:
    return Arm(counts.n_c, counts.p_c), Arm(counts.n_t, counts.p_t)


def _wald(counts: Counts, alpha: float, alternative: Alternative, relative: bool) -> Estimate | NotEstimable:
    p_c, p_t = counts.p_c, counts.p_t
    contrast = Contrast.of_means(p_c, p_t, p_c * (1 - p_c) / counts.n_c, p_t * (1 - p_t) / counts.n_t)
    if contrast.se == 0:
        return NotEstimable("Neither arm varies, so the unpooled error is zero.", "use method='score'.")
    return contrast.estimate(
        _arms(counts),
        alpha=alpha,
        alternative=alternative,
        method="wald",
        relative=relative,
        lift_method="fieller",
    )


def _score(counts: Counts, z: float, method: str) -> tuple[float, tuple[float, float], Callable[[], Ends]]:
    """Statistic, ends for the difference and, when asked, for the ratio."""
    shrink = math.sqrt(counts.correction) if method == "miettinen-nurminen" else 1.0
    statistic = score_of_difference(counts, 0.0) / shrink
    return statistic, difference_interval(counts, z * shrink), lambda: ratio_interval(counts, z * shrink)


def _newcombe(counts: Counts, z: float, _: str) -> tuple[float, tuple[float, float], Callable[[], Ends]]:
    def limits(q: float) -> tuple[Limits, Limits]:
        return wilson_limits(counts.x_c, counts.n_c, q), wilson_limits(counts.x_t, counts.n_t, q)

    return mover_statistic(limits), mover_difference(*limits(abs(z)), z), lambda: mover_ratio(*limits(abs(z)), z)


def _lift(
    counts: Counts, ends: Callable[[], Ends], alternative: Alternative
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    """The ratio of the proportions less one."""
    if counts.x_c == 0:
        none = NotEstimable("No unit of the control converted.", "read the absolute effect.")
        return none, none
    found = ends()
    if isinstance(found, NotEstimable):
        return counts.p_t / counts.p_c - 1, found
    return counts.p_t / counts.p_c - 1, interval(found[0] - 1, found[1] - 1, alternative)
