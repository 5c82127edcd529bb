"""What the sums say of each arm: means, (co)variances, and of how much larger sums these are what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.analysis.sums import Found, Sums
from expkit.errors import InvalidInput
from expkit.stats import Covariates, Summary
from expkit.stats.summary import two_sum

__all__ = ["spread", "statistic", "summary_of"]


def statistic(sums: Sums, found: Found, binary: bool, keep: Sequence[int]) -> ArmStatistic:
    """One arm; `keep` names the vectors that are not the same for everybody."""
    if not found.n:
        return EMPTY
    successes = found.successes if binary else None
    if sums.flag:
        return ArmStatistic(found.n, _proportion(found.successes, found.n), successes)
    if not found.finite:
        return ArmStatistic(found.n, None, ratio=sums.ratio)
    try:
        summary = _summary(found, keep)
    except InvalidInput:  # beyond 1e100
        return ArmStatistic(found.n, None, ratio=sums.ratio)
    if successes is not None:
        plain = _proportion(successes, found.n)
        summary = replace(summary, mean=plain.mean, var=plain.var, low=0.0)
    return ArmStatistic(found.n, summary, successes, sums.ratio, found.capped)


def _proportion(successes: int, n: int) -> Summary:
    share = successes / n
    return Summary(n, share, share * (1 - share) * n / max(n - 1, 1))


def _summary(found: Found, at: Sequence[int]) -> Summary:
    means = [two_sum(found.shifts[i], found.totals[i] / found.n) for i in at]
    return summary_of(found.n, means, [[_moment(found, i, j) for j in at] for i in at])


def summary_of(n: int, means: Sequence[tuple[float, float]], gram: Sequence[Sequence[float]]) -> Summary:
    """Each mean in two parts, the second what rounding took from it; the (co)variances of value and covariates."""
    (mean, low), *others = means
    if not others:
        return Summary(n, mean, gram[0][0], None, low)
    var = tuple(tuple(row[1:]) for row in gram[1:])
    rest = Covariates(tuple(one for one, _ in others), var, tuple(gram[0][1:]), tuple(rest for _, rest in others))
    return Summary(n, mean, gram[0][0], rest, low)


def spread(found: Found, at: int) -> tuple[float, float]:
    """The sum of squares about the mean, and that about the shift, which it is what is left of."""
    return found.products[at][at] - found.totals[at] ** 2 / found.n, found.products[at][at]


def _moment(found: Found, i: int, j: int) -> float:
    """The sample (co)variance; what is left of a sum that cancels to rounding is none."""
    if found.n < 2 or i in found.constant or j in found.constant:
        return 0.0
    product = found.products[i][j]
    about_mean = product - found.totals[i] * found.totals[j] / found.n
    if i == j and about_mean < 8 * 2.0**-52 * product:
        return 0.0
    return about_mean / (found.n - 1)
