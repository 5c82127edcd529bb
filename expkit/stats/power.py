"""How many units, how much power, how small an effect: for means and for proportions.

Everywhere: `rho` is the correlation with the covariates that CUPED will use, `icc` the correlation within
clusters of `cluster_size` units, where whole clusters are randomised; `comparisons` divides alpha
(Bonferroni), for several treatments or metrics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from expkit.errors import InvalidInput
from expkit.stats.curves import (
    Curve,
    change_of,
    effect_of,
    fewer_units,
    means_curve,
    proportions_curve,
    reachable,
    size_for,
    units_of,
    variance_factor,
    whole_of,
)
from expkit.stats.estimate import NotEstimable, SampleSize
from expkit.stats.roots import bisect
from expkit.stats.terms import ALPHA, POWER, Alternative, count, finite, probability

__all__ = [
    "mde_means",
    "mde_proportions",
    "power_means",
    "power_proportions",
    "shared_alpha",
    "size_means",
    "size_proportions",
]


def size_means(
    baseline: float,
    sd: float,
    mde: float,
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    alternative: Alternative = "two-sided",
    shares: Sequence[float] = (1, 1),
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> SampleSize:
    """Units per arm for a test of means to find `mde` (a share of the baseline when relative).

    `shares` has the control first; with several treatments each comparison gets the power.

    >>> size_means(0, 1, 1, power=0.9).per_arm
    (23, 23)
    """
    effect, level = effect_of(baseline, mde, relative, alternative), shared_alpha(alpha, comparisons)
    curve = _means(sd, level, alternative, variance_factor(rho, icc, cluster_size))
    return size_for(curve, effect, level, power, alternative, shares)


def power_means(
    baseline: float,
    sd: float,
    mde: float,
    n: int | Sequence[int],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> float:
    """Chance to find `mde` with n units in each arm, or with n = (control, treatment)."""
    effect, level = effect_of(baseline, mde, relative, alternative), shared_alpha(alpha, comparisons)
    return _means(sd, level, alternative, variance_factor(rho, icc, cluster_size))(effect, *units_of(n))


def mde_means(
    baseline: float,
    sd: float,
    n: int | Sequence[int],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    alternative: Alternative = "two-sided",
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> float:
    """The smallest effect that n units per arm find with this power; negative for `less`."""
    level, factor = shared_alpha(alpha, comparisons), variance_factor(rho, icc, cluster_size)
    curve, units = _means(sd, level, alternative, factor), units_of(n)
    reachable(level, power)
    sign = -1 if alternative == "less" else 1
    scale = whole_of(baseline) if relative else 1.0
    high = float(sd)
    while curve(sign * high, *units) < power:
        high *= 2
    return sign * bisect(lambda size: power - curve(sign * size, *units), 0.0, high) / scale


def size_proportions(
    baseline: float,
    mde: float,
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    alternative: Alternative = "two-sided",
    shares: Sequence[float] = (1, 1),
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> SampleSize:
    """Units per arm to find a change of the proportion `baseline` by `mde`.

    >>> size_proportions(0.5, 0.25, power=0.9).per_arm
    (77, 77)
    """
    effect, level = (
        change_of(baseline, effect_of(baseline, mde, relative, alternative)),
        shared_alpha(alpha, comparisons),
    )
    curve = _proportions(baseline, level, alternative, variance_factor(rho, icc, cluster_size))
    return size_for(curve, effect, level, power, alternative, shares)


def power_proportions(
    baseline: float,
    mde: float,
    n: int | Sequence[int],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> float:
    """Chance to find a change of the proportion `baseline` by `mde` with n units per arm."""
    effect, level = (
        change_of(baseline, effect_of(baseline, mde, relative, alternative)),
        shared_alpha(alpha, comparisons),
    )
    curve = _proportions(baseline, level, alternative, variance_factor(rho, icc, cluster_size))
    return curve(effect, *units_of(n))


def mde_proportions(
    baseline: float,
    n: int | Sequence[int],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    alternative: Alternative = "two-sided",
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> float | NotEstimable:
    """The smallest change that n units per arm find: upwards, or downwards for `less`."""
    level, factor = shared_alpha(alpha, comparisons), variance_factor(rho, icc, cluster_size)
    curve, units = _proportions(baseline, level, alternative, factor), units_of(n)
    reachable(level, power)
    sign = -1 if alternative == "less" else 1
    high = baseline if sign < 0 else 1 - baseline
    if curve(sign * high, *units) < power:
        return NotEstimable("No possible change would be found with this power.", "plan for more units.")
    found = bisect(lambda size: power - curve(sign * size, *units), 0.0, high)
    return sign * found / (baseline if relative else 1.0)


def shared_alpha(alpha: float, comparisons: int) -> float:
    """Alpha for each of so many comparisons."""
    if count("comparisons", comparisons) < 1:
        raise InvalidInput("comparisons is 0.", hint="how many treatments or metrics share alpha; 1 or more.")
    return probability("alpha", alpha) / comparisons


def _means(sd: float, alpha: float, alternative: Alternative, factor: float) -> Curve:
    return means_curve(finite("sd", sd) * math.sqrt(factor), alpha, alternative)


def _proportions(baseline: float, alpha: float, alternative: Alternative, factor: float) -> Curve:
    return fewer_units(proportions_curve(baseline, alpha, alternative), factor)
