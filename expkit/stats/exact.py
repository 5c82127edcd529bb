"""Exact tests of two proportions, for when units are few; `fisher` has an interval, the others do not.

Barnard's and Boschloo's tests are scipy's, which is imported when they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from expkit.errors import InvalidInput
from expkit.stats.conditional import Conditional
from expkit.stats.contrast import NO_LIFT
from expkit.stats.distributions import interval
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.proportions import counts_of
from expkit.stats.score import Counts
from expkit.stats.terms import ALPHA, Alternative, alternative_of, probability

__all__ = ["barnard", "boschloo", "fisher"]

MAX_EXACT = 5_000  # units; beyond, the score test is as good and Barnard's takes minutes
MAX_OUTCOMES = 2_000_000


def fisher(
    successes_c: int | Sequence[Sequence[int]],
    n_c: int | None = None,
    successes_t: int | None = None,
    n_t: int | None = None,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
) -> Estimate | NotEstimable:
    """Fisher's exact test, from counts or from one 2 x 2 table: control and treatment by success and failure.

    The interval is exact too, given the total number of successes: all odds ratios that the test keeps,
    told as the difference and the lift that they make at that total (R's interval halves alpha instead,
    and may disagree with its p-value). `statistic` is the treatment's successes.
    Fisher (1935), JRSS 98, 39-82; Agresti (1992), Statistical Science 7, 131-153.

    >>> round(fisher(1, 4, 3, 4).p_value, 4)
    0.4857
    """
    counts = _table(successes_c) if isinstance(successes_c, Sequence) else _four(successes_c, n_c, successes_t, n_t)
    probability("alpha", alpha)
    alternative_of(alternative)
    if isinstance(reason := _useless(counts), NotEstimable):
        return reason
    family = _hypergeometric(counts)
    if family is None:
        return NotEstimable("There are too many units for an exact test.", "use compare_proportions.")
    odds = family.interval(float(alpha), alternative)
    lower, upper = (_proportions_at(counts, ratio) for ratio in odds)
    arms = Arm(counts.n_c, counts.p_c), Arm(counts.n_t, counts.p_t)
    lift, lift_ci = _lift(counts, lower, upper, alternative) if relative else (NO_LIFT, NO_LIFT)
    return Estimate(
        effect=counts.p_t - counts.p_c,
        ci=interval(lower[1] - lower[0], upper[1] - upper[0], alternative),
        lift=lift,
        lift_ci=lift_ci,
        p_value=family.p_value(alternative),
        statistic=float(counts.x_t),
        se=math.sqrt(counts.var(counts.p_c, counts.p_t)),
        df=None,
        alpha=float(alpha),
        alternative=alternative,
        method="fisher",
        control=arms[0],
        treatment=arms[1],
    )


def barnard(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
) -> Significance | NotEstimable:
    """Barnard's unconditional exact test by the pooled z (1947, Biometrika 34, 123-138): more power than Fisher's."""
    return _unconditional("barnard", counts_of(successes_c, n_c, successes_t, n_t), alpha, alternative)


def boschloo(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
) -> Significance | NotEstimable:
    """Boschloo's exact test (1970, Statistica Neerlandica 24, 1-35): at least as much power as Fisher's."""
    return _unconditional("boschloo", counts_of(successes_c, n_c, successes_t, n_t), alpha, alternative)


def _unconditional(
    method: Literal["barnard", "boschloo"], counts: Counts, alpha: float, alternative: Alternative
) -> Significance | NotEstimable:
    probability("alpha", alpha)
    alternative_of(alternative)
    if isinstance(reason := _useless(counts), NotEstimable):
        return reason
    if counts.n_c + counts.n_t > MAX_EXACT:
        return NotEstimable(f"More than {MAX_EXACT:,} units make this exact test slow.", "use compare_proportions.")
    from scipy import stats

    ask: Any = stats.barnard_exact if method == "barnard" else stats.boschloo_exact
    # treatment first, so that `greater` means that the treatment has more
    columns = [[counts.x_t, counts.x_c], [counts.n_t - counts.x_t, counts.n_c - counts.x_c]]
    found = ask(columns, alternative=alternative)
    p = min(1.0, float(found.pvalue))
    statistic = float(found.statistic)
    return Significance(p, statistic, (), float(alpha), alternative, method, counts.p_t - counts.p_c)


def _useless(counts: Counts) -> NotEstimable | None:
    if not (counts.n_c and counts.n_t):
        return NotEstimable("An arm has no units.", "collect more units.")
    if counts.x_c + counts.x_t in (0, counts.n_c + counts.n_t):
        return NotEstimable("All units of both arms did the same.", "collect more units, or check the event.")
    return None


def _hypergeometric(counts: Counts) -> Conditional | None:
    """Successes of the treatment given those of both arms."""
    import numpy as np
    from scipy.special import gammaln

    total = counts.x_c + counts.x_t
    first, last = max(0, total - counts.n_c), min(total, counts.n_t)
    if last - first > MAX_OUTCOMES:
        return None
    k = np.arange(first, last + 1)

    def log_choose(n: int, of: Any) -> Any:
        return gammaln(n + 1) - gammaln(of + 1) - gammaln(n - of + 1)

    return Conditional(first, log_choose(counts.n_t, k) + log_choose(counts.n_c, total - k), counts.x_t)


def _proportions_at(counts: Counts, odds: float) -> tuple[float, float]:
    """Both proportions with this odds ratio that give the observed total: a root of a quadratic."""
    x_c, n_c, x_t, n_t = counts
    total = x_c + x_t
    if math.isinf(odds):
        return max(0.0, (total - n_t) / n_c), min(1.0, total / n_t)
    if odds == 0:
        return min(1.0, total / n_c), max(0.0, (total - n_c) / n_t)
    # p_t = odds p_c / (1 + (odds - 1) p_c)
    a, b, c = (odds - 1) * n_c, n_c + odds * n_t - (odds - 1) * total, float(total)
    p_c = 2 * c / (b + math.sqrt(b * b + 4 * a * c))
    return p_c, odds * p_c / (1 + (odds - 1) * p_c)


def _lift(
    counts: Counts, lower: tuple[float, float], upper: tuple[float, float], alternative: Alternative
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    if counts.x_c == 0:
        none = NotEstimable("No unit of the control converted.", "read the absolute effect.")
        return none, none
    ends = [p_t / p_c - 1 if p_c else math.inf for p_c, p_t in (lower, upper)]
    return counts.p_t / counts.p_c - 1, interval(ends[0], ends[1], alternative)


def _table(table: Sequence[Sequence[int]]) -> Counts:
    rows = [list(row) for row in table]
    if len(rows) != 2 or any(len(row) != 2 for row in rows):  # two by two
        raise InvalidInput("The table is not 2 x 2.", hint="[[successes, failures] of control, the same of treatment].")
    (x_c, f_c), (x_t, f_t) = rows
    return counts_of(x_c, x_c + f_c, x_t, x_t + f_t)


def _four(successes_c: int, n_c: int | None, successes_t: int | None, n_t: int | None) -> Counts:
    if n_c is None or successes_t is None or n_t is None:
        raise InvalidInput("Four counts are needed.", hint="fisher(successes_c, n_c, successes_t, n_t).")
    return counts_of(successes_c, n_c, successes_t, n_t)
