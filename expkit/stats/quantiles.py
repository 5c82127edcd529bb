"""Comparing a quantile of two arms: the median basket, the slowest one in a hundred loads.

`asymptotic`: the standard error is the half width of the order-statistic interval over its z, as Deng,
Knoblich & Lu (2018, KDD, 233-242) have it; no density is estimated. `order-statistic`: each arm's exact
distribution-free interval (David & Nagaraja 2003, Order Statistics, ch. 7), with fractional ranks, joined as
Donner & Zou (2012) do. With clusters, the share of values below the quantile varies more than a binomial;
both widen by that design effect.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.contrast import NO_LIFT, Contrast, LiftMethod
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.mover import Limits, mover_difference, mover_ratio, mover_statistic
from expkit.stats.roots import crossing
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

if TYPE_CHECKING:
    from expkit.stats.columns import Floats

__all__ = [
    "WIDTH",
    "QuantileMethod",
    "Sample",
    "compare_quantiles",
    "design_effect",
    "quantile_se",
    "reach",
    "sample_of",
    "tied",
    "too_few",
]

QuantileMethod = Literal["asymptotic", "order-statistic"]

WIDTH = 1.959963984540054
"""The z of the interval whose width gives the standard error; the error hardly depends on it."""
MIN_UNITS = 5


class Sample(NamedTuple):
    """Sorted values, and the units they are worth: fewer where clusters make them alike."""

    values: Floats
    worth: float

    def at(self, rank: float) -> float:
        """The value at a rank that may lie between two of 1 ... n."""
        below = min(max(rank, 1.0), float(self.values.size))
        low = int(below)
        part = below - low
        left = float(self.values[low - 1])
        return left if not part else left + part * (float(self.values[low]) - left)

    def quantile(self, q: float) -> float:
        """Between the order statistics at q (n - 1) + 1, as NumPy and R's type 7 have it."""
        return self.at(q * (self.values.size - 1) + 1)


def compare_quantiles(
    control: Values,
    treatment: Values,
    q: float = 0.5,
    *,
    clusters: tuple[Sequence[Hashable], Sequence[Hashable]] | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    method: QuantileMethod = "asymptotic",
    lift_method: LiftMethod = "fieller",
) -> Estimate | NotEstimable:
    """Treatment's quantile minus control's, from one value per row.

    `clusters` names the unit each row belongs to, for control and treatment, where units have several
    rows. The arms' `mean` is their quantile.

    >>> compare_quantiles(range(100), range(10, 110)).effect
    10.0
    """
    probability("alpha", alpha)
    probability("q", q)
    alternative_of(alternative)
    word("method", method, get_args(QuantileMethod))
    ids = clusters or (None, None)
    samples = []
    for which, values, of in (("control", control, ids[0]), ("treatment", treatment, ids[1])):
        sample = sample_of(which, values, q, of)
        if isinstance(sample, NotEstimable):
            return sample
        samples.append(sample)
    compare = _asymptotic if method == "asymptotic" else _by_order
    return compare((samples[0], samples[1]), q, float(alpha), alternative, relative, lift_method)


def sample_of(
    which: str, values: Values, q: float, clusters: Sequence[Hashable] | None = None
) -> Sample | NotEstimable:
    """One arm's sorted values; a reason where there are too few of them for this quantile."""
    import numpy as np

    found = column(which, values)
    there = ~np.isnan(found)
    ordered = np.sort(found[there])
    worth = float(ordered.size)
    if clusters is not None and worth >= MIN_UNITS:
        labels = np.asarray(list(clusters), dtype=object)
        if labels.size != found.size:
            raise InvalidInput(f"{found.size} values but {labels.size} clusters.", hint="name one for every value.")
        sample = Sample(ordered, worth)
        worth /= _design_effect((found[there] <= sample.quantile(q)).astype(float), labels[there])
    few = too_few(which, q, ordered.size, worth)
    return Sample(ordered, worth) if few is None else few


def too_few(which: str, q: float, n: int, worth: float) -> NotEstimable | None:
    """Why an arm of so many values has no quantile with an error; None where it has."""
    if n < MIN_UNITS:
        return NotEstimable(f"The {which} has {n} units; a quantile needs {MIN_UNITS}.", "collect more units.")
    if q - reach(q, worth) <= 0 or q + reach(q, worth) >= 1:
        return NotEstimable(
            f"The {which} has too few units for the {q:g} quantile.",
            f"about {math.ceil(WIDTH**2 * max(q / (1 - q), (1 - q) / q))} are needed, or a quantile nearer the middle.",
        )
    return None


def reach(q: float, worth: float) -> float:
    """How far to either side of q, as a share of the values, the interval reaches whose width gives the error."""
    return WIDTH * math.sqrt(q * (1 - q) / worth)


def quantile_se(sample: Sample, q: float) -> float:
    """Half the width of the order-statistic interval, over its z."""
    n = sample.values.size
    middle, ranks = q * (n - 1) + 1, n * reach(q, sample.worth)
    return (sample.at(middle + ranks) - sample.at(middle - ranks)) / (2 * WIDTH)


def _asymptotic(
    samples: tuple[Sample, Sample],
    q: float,
    alpha: float,
    alternative: Alternative,
    relative: bool,
    lift_method: LiftMethod,
) -> Estimate | NotEstimable:
    (c, t), (se_c, se_t) = (sample.quantile(q) for sample in samples), (quantile_se(sample, q) for sample in samples)
    if se_c + se_t == 0:
        return tied(q)
    return Contrast.of_means(c, t, se_c**2, se_t**2).estimate(
        (Arm(samples[0].values.size, c), Arm(samples[1].values.size, t)),
        alpha=alpha,
        alternative=alternative,
        method="asymptotic",
        relative=relative,
        lift_method=lift_method,
    )


def _by_order(
    samples: tuple[Sample, Sample], q: float, alpha: float, alternative: Alternative, relative: bool, _: LiftMethod
) -> Estimate | NotEstimable:
    def limits(z: float) -> tuple[Limits, Limits]:
        return _exact_limits(samples[0], q, z), _exact_limits(samples[1], q, z)

    z = critical(alpha, None, alternative)
    control, treatment = limits(abs(z))
    if control.lower == control.upper and treatment.lower == treatment.upper:
        return tied(q)
    statistic = mover_statistic(limits)
    lift, lift_ci = _ratio(control, treatment, z, alternative) if relative else (NO_LIFT, NO_LIFT)
    return Estimate(
        effect=treatment.at - control.at,
        ci=interval(*mover_difference(control, treatment, z), alternative),
        lift=lift,
        lift_ci=lift_ci,
        p_value=p_value(statistic, None, alternative),
        statistic=statistic,
        se=math.hypot(quantile_se(samples[0], q), quantile_se(samples[1], q)),
        df=None,
        alpha=alpha,
        alternative=alternative,
        method="order-statistic",
        control=Arm(samples[0].values.size, control.at),
        treatment=Arm(samples[1].values.size, treatment.at),
    )


def _ratio(
    control: Limits, treatment: Limits, z: float, alternative: Alternative
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    if control.at <= 0:
        none = NotEstimable("The control's quantile is not above zero.", "read the absolute effect.")
        return none, none
    ends = mover_ratio(control, treatment, z)
    found = ends if isinstance(ends, NotEstimable) else interval(ends[0] - 1, ends[1] - 1, alternative)
    return treatment.at / control.at - 1, found


def _exact_limits(sample: Sample, q: float, z: float) -> Limits:
    """The r-th smallest of n lies above the quantile with probability I_q(r, n + 1 - r); r may be a fraction."""
    from scipy.special import ndtr

    n, worth, tail = sample.values.size, sample.worth, float(ndtr(-abs(z)))

    def rank(at: float, chance: float) -> float:
        return _rank(worth, at, chance) * (n + 1) / (worth + 1)

    point = sample.quantile(q)
    lower = sample.at(rank(q, tail))
    upper = sample.at(n + 1 - rank(1 - q, tail))
    return Limits(point, min(lower, point), max(upper, point))


def _rank(n: float, q: float, tail: float) -> float:
    """The rank r whose chance to lie above the q quantile, I_q(r, n + 1 - r) from its other end, is `tail`."""
    from scipy.special import betainc, ndtri

    spread = math.sqrt(n * q * (1 - q))
    guess = n * q + 0.5 + float(ndtri(tail)) * spread
    # P(the r-th smallest > quantile) = P(fewer than r of n lie below) = 1 - I_q(r, n + 1 - r)
    return crossing(lambda r: tail - float(betainc(n + 1 - r, r, 1 - q)), 1e-9, n, guess, spread / 16)


def _design_effect(below: Floats, labels: Any) -> float:
    import numpy as np

    _, codes = np.unique(labels.astype(str), return_inverse=True)
    size, hits = np.bincount(codes), np.bincount(codes, weights=below)
    n, share = float(size.sum()), float(hits.sum() / size.sum())
    return design_effect(size.size, n, share, float(((hits - share * size) ** 2).sum()))


def design_effect(groups: int, n: float, share: float, squares: float) -> float:
    """Variance of the share below with clusters, over the binomial's; the share is a ratio of cluster totals.

    `squares` are those of how far each cluster's number below is from its share, added up.
    """
    if groups < 2 or share in (0, 1):  # a variance needs two
        return n
    variance = squares * groups / (groups - 1) / n**2
    return max(variance / (share * (1 - share) / n), 1e-12)


def tied(q: float) -> NotEstimable:
    return NotEstimable(
        f"Around the {q:g} quantile all values are the same in both arms.",
        "compare the share of units above that value, or another quantile.",
    )
