"""Counts in several tables, or of several arms: Cochran-Mantel-Haenszel and the chi-square test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from expkit.errors import InvalidInput
from expkit.stats.distributions import p_value
from expkit.stats.estimate import NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.proportions import counts_of
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability

if TYPE_CHECKING:
    from collections.abc import Hashable

    from expkit.stats.score import Counts

__all__ = ["cochran_mantel_haenszel", "compare_shares"]

MIN_ARMS = 2


def cochran_mantel_haenszel(
    strata: Mapping[Hashable, Sequence[int]] | Sequence[Sequence[int]],
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
) -> Significance | NotEstimable:
    """Whether proportions differ alike in all strata, each `(successes_c, n_c, successes_t, n_t)`.

    `effect` is the common odds ratio, `statistic` the z whose square is the chi-square, without correction
    for continuity. Mantel & Haenszel (1959), Journal of the National Cancer Institute 22, 719-748. For the
    difference and its interval: `compare_stratified(weights="mantel-haenszel")`.
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    tables = [counts_of(*row) for row in (strata.values() if isinstance(strata, Mapping) else strata)]
    variance = math.fsum(_variance(table) for table in tables)
    if variance == 0:
        return NotEstimable("No stratum has both outcomes in both arms.", "merge strata, or collect more units.")
    off = math.fsum(t.x_t - t.n_t * (t.x_c + t.x_t) / (t.n_c + t.n_t) for t in tables if t.n_c + t.n_t)
    top = math.fsum(t.x_t * (t.n_c - t.x_c) / (t.n_c + t.n_t) for t in tables if t.n_c + t.n_t)
    below = math.fsum(t.x_c * (t.n_t - t.x_t) / (t.n_c + t.n_t) for t in tables if t.n_c + t.n_t)
    z = off / math.sqrt(variance)
    odds = top / below if below else None
    return Significance(p_value(z, None, alternative), z, (1.0,), float(alpha), alternative, "cmh", odds)


def compare_shares(
    successes: Sequence[int], units: Sequence[int], *, alpha: float = ALPHA
) -> Significance | NotEstimable:
    """Whether any of several arms has another proportion: Pearson's chi-square (1900), without correction.

    >>> round(compare_shares([83, 90, 129, 70], [86, 93, 136, 82]).p_value, 6)
    0.005585
    """
    from scipy.special import chdtrc

    probability("alpha", alpha)
    x, n = [count("successes", one) for one in successes], [count("n", one) for one in units]
    if len(x) != len(n) or len(x) < MIN_ARMS:
        raise InvalidInput(f"{len(x)} successes and {len(n)} units.", hint="give both for two or more arms.")
    if any(one > whole for one, whole in zip(x, n, strict=True)):
        raise InvalidInput("An arm has more successes than units.", hint="count each unit at most once.")
    if min(n) == 0:
        return NotEstimable("An arm has no units.", "leave it out, or collect more units.")
    share = sum(x) / sum(n)
    if share in (0, 1):
        return NotEstimable("All units of all arms did the same.", "collect more units, or check the event.")
    statistic = math.fsum((a - b * share) ** 2 / (b * share * (1 - share)) for a, b in zip(x, n, strict=True))
    df = len(x) - 1
    return Significance(float(chdtrc(df, statistic)), statistic, (float(df),), float(alpha), "two-sided", "chi-square")


def _variance(t: Counts) -> float:
    n, x = t.n_c + t.n_t, t.x_c + t.x_t
    return t.n_c * t.n_t * x * (n - x) / (n**2 * (n - 1)) if n > 1 else 0.0
