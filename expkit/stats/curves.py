"""Power as a function of the effect and the units: what every sizing question solves.

Means use the noncentral t of Student's test with one standard deviation (Cohen 1988, ch. 2);
proportions use the normal with the pooled variance under no effect (Fleiss, Levin & Paik 2003, ch. 4),
as the tests do. Both tails count, so that no effect has power alpha. The noncentral t comes from
`scipy.special`, which gives NaN at some points of the far tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from expkit.errors import InvalidInput
from expkit.stats.distributions import critical, tail
from expkit.stats.estimate import SampleSize
from expkit.stats.roots import bisect
from expkit.stats.terms import Alternative, alternative_of, finite, probability

__all__ = [
    "MAX_UNITS", "Curve", "change_of", "effect_of", "fewer_units", "means_curve", "noncentral_tail",
    "proportions_curve", "reachable", "size_for", "tails", "units_of", "variance_factor", "whole_of",
]  # fmt: skip

Curve = Callable[[float, float, float], float]
"""Power of an absolute effect with so many units in control and treatment."""

MIN_ARMS = 2
MIN_UNITS = 2.0
MAX_UNITS = 1e15  # a sample size beyond this is a mistake in the input


def variance_factor(rho: float = 0.0, icc: float = 0.0, cluster_size: float = 1.0) -> float:
    """What a covariate saves and clusters cost: (1 - rho^2) (1 + (m - 1) icc), on the variance.

    rho: correlation of the metric with its covariates (Deng et al. 2013). icc: correlation within clusters of
    m units (Donner & Klar 2000, ch. 5); units then count single units, not clusters.
    """
    r, share, m = finite("rho", rho), finite("icc", icc), finite("cluster_size", cluster_size)
    if not -1 < r < 1:
        raise InvalidInput(f"rho is {r:g}.", hint="a correlation lies between -1 and 1.")
    if not 0 <= share <= 1:
        raise InvalidInput(f"icc is {share:g}.", hint="an intraclass correlation lies from 0 to 1.")
    if m < 1:
        raise InvalidInput(f"cluster_size is {m:g}.", hint="units per cluster, at least 1.")
    return (1 - r * r) * (1 + (m - 1) * share)


def fewer_units(curve: Curve, factor: float) -> Curve:
    """The same curve where so many units are worth 1 / factor of them."""
    return lambda effect, n_c, n_t: curve(effect, n_c / factor, n_t / factor)


def means_curve(sd: float, alpha: float, alternative: Alternative) -> Curve:
    spread, alpha = finite("sd", sd), probability("alpha", alpha)
    alternative_of(alternative)
    if spread <= 0:
        raise InvalidInput(f"sd is {spread:g}.", hint="a standard deviation is above 0.")

    def power(effect: float, n_c: float, n_t: float) -> float:
        df = n_c + n_t - 2
        shift = effect / spread / math.sqrt(1 / n_c + 1 / n_t)
        q = critical(alpha, df, alternative)
        return tails(lambda sign: noncentral_tail(q, df, sign * shift), alternative)

    return power


def proportions_curve(baseline: float, alpha: float, alternative: Alternative) -> Curve:
    p_c, alpha = probability("baseline", baseline), probability("alpha", alpha)
    q = critical(alpha, None, alternative_of(alternative))

    def power(effect: float, n_c: float, n_t: float) -> float:
        p_t = min(max(p_c + effect, 0.0), 1.0)
        pooled = (n_c * p_c + n_t * p_t) / (n_c + n_t)
        null = math.sqrt(pooled * (1 - pooled) * (1 / n_c + 1 / n_t))
        actual = math.sqrt(p_c * (1 - p_c) / n_c + p_t * (1 - p_t) / n_t)
        return tails(lambda sign: tail((q * null - sign * effect) / actual), alternative)

    return power


def tails(upper: Callable[[int], float], alternative: Alternative) -> float:
    """Power from the chance to pass the critical value upwards (+1) and downwards (-1)."""
    if alternative == "two-sided":
        return min(1.0, upper(1) + upper(-1))
    return upper(1 if alternative == "greater" else -1)


def noncentral_tail(q: float, df: float, shift: float) -> float:
    """P(T > q) for a noncentral t; its normal approximation where scipy has none.

    Abramowitz & Stegun (1972), 26.7.10.
    """
    from scipy import special

    chance = float(special.nctdtr(df, -shift, -q) if shift < 0 else 1 - special.nctdtr(df, shift, q))
    if math.isfinite(chance):
        return chance
    return tail((q * (1 - 1 / (4 * df)) - shift) / math.sqrt(1 + q * q / (2 * df)))


def size_for(
    curve: Curve, effect: float, alpha: float, power: float, alternative: Alternative, shares: Sequence[float]
) -> SampleSize:
    reachable(alpha, power)
    ratios = _ratios(shares)
    smallest = min(ratios[1:])  # the comparison with the least power decides
    least = MIN_UNITS / min(1.0, smallest)
    if curve(effect, MAX_UNITS, MAX_UNITS * smallest) < power:
        raise InvalidInput("No sample size would do.", hint="the effect is too small for its spread.")
    # the search runs over log n, as n spans fifteen orders of magnitude
    found = math.exp(
        bisect(
            lambda log: power - curve(effect, math.exp(log), math.exp(log) * smallest),
            math.log(least),
            math.log(MAX_UNITS),
        )
    )
    exact = tuple(found * ratio for ratio in ratios)
    per_arm = tuple(math.ceil(n * (1 - 1e-12)) for n in exact)
    return SampleSize(
        per_arm=per_arm,
        total=sum(per_arm),
        exact=exact,
        effect=effect,
        alpha=float(alpha),
        power=float(power),
        alternative=alternative,
    )


def _ratios(shares: Sequence[float]) -> list[float]:
    parts = [finite("share", share) for share in shares]
    if len(parts) < MIN_ARMS or min(parts) <= 0:
        raise InvalidInput(f"Shares {parts}.", hint="one above 0 for the control and each treatment.")
    return [part / parts[0] for part in parts]


def effect_of(baseline: float, mde: float, relative: bool, alternative: Alternative) -> float:
    """The absolute effect; its direction is that of a one-sided alternative."""
    size = finite("mde", mde) * (whole_of(baseline) if relative else 1.0)
    finite("baseline", baseline)
    if size == 0 or (size < 0 and alternative == "greater"):
        raise InvalidInput(f"mde is {mde:g}.", hint="give the size of the effect to find, above 0.")
    return -abs(size) if alternative == "less" else size


def whole_of(baseline: float) -> float:
    """What a relative effect is a share of."""
    if finite("baseline", baseline) == 0:
        raise InvalidInput("A baseline of 0 has no relative effect.", hint="use relative=False.")
    return abs(baseline)


def change_of(baseline: float, effect: float) -> float:
    """An effect that leaves the proportion within 0 and 1."""
    if not 0 <= probability("baseline", baseline) + effect <= 1:
        raise InvalidInput(
            f"A change by {effect:g} takes the proportion {baseline:g} out of 0 to 1.",
            hint="the mde is absolute unless relative=True.",
        )
    return effect


def units_of(n: int | Sequence[int]) -> tuple[float, float]:
    pair = tuple(n) if isinstance(n, Sequence) else (n, n)
    if len(pair) != MIN_ARMS:
        raise InvalidInput(f"n has {len(pair)} arms.", hint="give one number, or (control, treatment).")
    n_c, n_t = (finite("n", part) for part in pair)
    if min(n_c, n_t) < MIN_UNITS:
        raise InvalidInput(f"n is {min(n_c, n_t):g}.", hint="each arm needs at least 2 units.")
    return n_c, n_t


def reachable(alpha: float, power: float) -> None:
    if probability("power", power) <= probability("alpha", alpha):
        raise InvalidInput(f"A power of {power:g} is no more than alpha.", hint="0.8 and 0.9 are usual.")
