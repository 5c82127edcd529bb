"""Sizing from history, for ratios, quantiles and non-inferiority, and any one unknown from the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from expkit.errors import InvalidInput
from expkit.stats.cuped import explained_share
from expkit.stats.curves import Curve, means_curve, size_for, units_of
from expkit.stats.distributions import critical, tail
from expkit.stats.estimate import NotEstimable, SampleSize
from expkit.stats.power import (
    mde_means,
    mde_proportions,
    power_means,
    power_proportions,
    size_means,
    size_proportions,
)
from expkit.stats.quantiles import quantile_se, sample_of
from expkit.stats.ratios import linearize
from expkit.stats.roots import bisect
from expkit.stats.score import Counts, restricted_by_difference
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, POWER, Alternative, Values, finite, probability, word

if TYPE_CHECKING:
    from expkit.stats.equivalence import Better

__all__ = [
    "History",
    "history_of_means",
    "history_of_quantile",
    "history_of_ratios",
    "power_non_inferiority",
    "size_non_inferiority",
    "size_non_inferiority_proportions",
    "solve_size",
]

Kind = Literal["mean", "proportion"]


class History(NamedTuple):
    """What past data say about a metric: `size_means(*history[:2], mde, rho=history.rho)`."""

    baseline: float
    sd: float
    """Per unit; for a ratio and a quantile, that of the number per unit which has the same error."""
    rho: float = 0.0
    """Correlation with the covariates, where there are any."""


def history_of_means(values: Summary | Values, covariates: Any = None) -> History | NotEstimable:
    """From values or their summary; covariates say what CUPED will save.

    >>> history_of_means([1, 2, 3]).sd
    1.0
    """
    summary = values if isinstance(values, Summary) else Summary.of(values, covariates)
    if summary.n < 2 or summary.constant:  # a variance needs two
        return NotEstimable("The past values do not vary.", "give more of them.")
    return History(summary.mean, math.sqrt(summary.var), _rho(summary))


def history_of_ratios(pairs: Summary | tuple[Values, Values]) -> History | NotEstimable:
    """From (numerators, denominators), or the summary that `compare_ratios` takes."""
    linear = linearize(pairs if isinstance(pairs, Summary) else Summary.of(*pairs))
    return linear if isinstance(linear, NotEstimable) else history_of_means(linear)


def history_of_quantile(
    values: Values, q: float = 0.5, clusters: Sequence[Any] | None = None
) -> History | NotEstimable:
    """From past values; `sd` is the quantile's standard error times the root of the rows."""
    sample = sample_of("history", values, probability("q", q), clusters)
    if isinstance(sample, NotEstimable):
        return sample
    se = quantile_se(sample, q)
    if se == 0:
        return NotEstimable(f"Around the {q:g} quantile all past values are the same.", "use another quantile.")
    return History(sample.quantile(q), se * math.sqrt(sample.values.size))


def size_non_inferiority(
    baseline: float,
    sd: float,
    margin: float,
    *,
    effect: float = 0.0,
    better: Better = "increase",
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    shares: Sequence[float] = (1, 1),
) -> SampleSize:
    """Units per arm to show that a mean got worse by less than the margin, should its true change be `effect`.

    One-sided at alpha. Chow, Shao & Wang (2008), Sample Size Calculations in Clinical Research, ch. 3.

    >>> size_non_inferiority(10, 1, 0.5).per_arm
    (51, 51)
    """
    return size_for(
        _means(sd, alpha), _room(baseline, margin, effect, better, relative), alpha, power, "greater", shares
    )


def power_non_inferiority(
    baseline: float,
    sd: float,
    margin: float,
    n: int | Sequence[int],
    *,
    effect: float = 0.0,
    better: Better = "increase",
    relative: bool = False,
    alpha: float = ALPHA,
) -> float:
    """Chance to show non-inferiority of a mean with n units per arm."""
    return _means(sd, alpha)(_room(baseline, margin, effect, better, relative), *units_of(n))


def size_non_inferiority_proportions(
    baseline: float,
    margin: float,
    *,
    effect: float = 0.0,
    better: Better = "increase",
    relative: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
    shares: Sequence[float] = (1, 1),
) -> SampleSize:
    """The same for a proportion, by the score test: Farrington & Manning (1990), Statistics in Medicine 9, 1447.

    >>> size_non_inferiority_proportions(0.65, 0.1, effect=0.2).per_arm
    (26, 26)
    """
    p = probability("baseline", baseline)
    size = _size(margin) * (p if relative else 1.0)
    limit = -size if better == "increase" else size
    room = _room(p, margin, effect, better, relative)
    p_t = probability("baseline + effect", p + effect * (p if relative else 1.0))
    q = critical(alpha, None, "greater")

    def curve(gap: float, n_c: float, n_t: float) -> float:
        counts = Counts(p * n_c, n_c, p_t * n_t, n_t)  # type: ignore[arg-type]  # expected ones need not be whole
        base = restricted_by_difference(counts, limit)
        null = math.sqrt(counts.var(base, min(max(base + limit, 0.0), 1.0)))
        return tail((q * null - gap) / math.sqrt(counts.var(p, p_t)))

    return size_for(curve, room, alpha, power, "greater", shares)


def solve_size(
    kind: Kind,
    *,
    baseline: float,
    sd: float | None = None,
    mde: float | None = None,
    n: int | Sequence[int] | None = None,
    power: float | None = POWER,
    alpha: float | None = ALPHA,
    relative: bool = False,
    alternative: Alternative = "two-sided",
    shares: Sequence[float] = (1, 1),
    rho: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    comparisons: int = 1,
) -> SampleSize | NotEstimable:
    """The one of `mde`, `n`, `power`, `alpha` that is None, from the other three.

    >>> round(solve_size("mean", baseline=0, sd=1, mde=1, n=20, power=None).power, 4)
    0.869
    """
    word("kind", kind, get_args(Kind))
    if [mde, n, power, alpha].count(None) != 1:
        raise InvalidInput("Exactly one of mde, n, power and alpha is unknown.", hint="pass None for that one only.")
    more: dict[str, Any] = {
        "relative": relative, "alternative": alternative, "rho": rho, "icc": icc, "cluster_size": cluster_size,
        "comparisons": comparisons,
    }  # fmt: skip
    known = (baseline,) if kind == "proportion" else (baseline, _needed(sd))
    size_, power_, mde_ = _MEANS if kind == "mean" else _PROPORTIONS
    if n is None:
        return cast("SampleSize", size_(*known, mde, alpha=alpha, power=power, shares=shares, **more))
    if alpha is None:
        alpha = _alpha(lambda level: power_(*known, mde, n, alpha=level, **more), cast("float", power))
    if mde is None:
        mde = mde_(*known, n, alpha=alpha, power=power, **more)
        if isinstance(mde, NotEstimable):
            return mde
    if power is None:
        power = power_(*known, mde, n, alpha=alpha, **more)
    units = units_of(n)
    effect = cast("float", mde) * (abs(baseline) if relative else 1.0)
    return SampleSize(
        per_arm=(math.ceil(units[0]), math.ceil(units[1])),
        total=math.ceil(units[0]) + math.ceil(units[1]),
        exact=units,
        effect=effect,
        alpha=float(alpha),
        power=float(power),
        alternative=alternative,
    )


_MEANS: tuple[Any, Any, Any] = (size_means, power_means, mde_means)
_PROPORTIONS: tuple[Any, Any, Any] = (size_proportions, power_proportions, mde_proportions)


def _alpha(power_at: Any, power: float) -> float:
    """The level at which the power is reached; it rises with the level."""
    probability("power", power)
    found = bisect(lambda log: float(power_at(math.exp(log))) - power, 0.0 - 1e-9, -60.0)
    return math.exp(found)


def _needed(sd: float | None) -> float:
    if sd is None:
        raise InvalidInput("A mean needs its standard deviation.", hint="pass sd, e.g. from history_of_means(values).")
    return sd


def _means(sd: float, alpha: float) -> Curve:
    return means_curve(sd, alpha, "greater")


def _room(baseline: float, margin: float, effect: float, better: Better, relative: bool) -> float:
    """How far the true effect lies from the margin."""
    whole = abs(finite("baseline", baseline)) if relative else 1.0
    gain = finite("effect", effect) if better == "increase" else -finite("effect", effect)
    room = (_size(margin) + gain) * whole
    if room <= 0:
        raise InvalidInput("The true effect is beyond the margin.", hint="no sample size shows what is not so.")
    return room


def _size(margin: float) -> float:
    if finite("margin", margin) <= 0:
        raise InvalidInput(f"margin is {margin:g}.", hint="the size of the harm that would still do, above 0.")
    return float(margin)


def _rho(summary: Summary) -> float:
    return min(math.sqrt(explained_share(summary)), 1 - 1e-9)
