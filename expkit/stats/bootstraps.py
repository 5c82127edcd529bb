"""Bootstrap comparisons: percentile, BCa (Efron 1987, JASA 82, 171-185) and studentised (Hall 1988, Annals of
Statistics 16, 927-953) intervals for the difference and the lift of means, ratios, quantiles or any metric.

A resample of a quantile is one Beta draw of a rank (Breth 1978), so it costs nothing whatever the size of the arm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability, word

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.arrays import Device

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Bootstrap", "BootstrapMethod", "ResampledMetric", "bootstrap"]

BootstrapMethod = Literal["percentile", "bca", "studentised"]
NamedMetric = Literal["mean", "ratio", "median"]
ResampledMetric: TypeAlias = "NamedMetric | float | Callable[[Any], float]"
"""mean; ratio (of two columns per arm); median; a number between 0 and 1 for that quantile; or a function."""

RESAMPLES = 10_000
LEAST = 100
MIN_UNITS = 2
HERE = 1000  # units up to which arrays of other devices are fetched
JACKKNIFE = 200  # groups that a function's jackknife leaves out, one after the other


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Treatment minus control. `form` says how resamples were drawn; the same seed gives the same answer."""

    effect: float
    ci: Interval
    lift: float | NotEstimable
    lift_ci: Interval | NotEstimable
    p_value: float
    se: float
    bias: float
    alpha: float
    alternative: Alternative
    method: BootstrapMethod
    form: str
    resamples: int
    seed: int
    kind: Literal["bootstrap"] = "bootstrap"


@dataclass(frozen=True)
class Resampled:
    """One arm: its value, its resampled values with their standard errors, and what each unit adds."""

    value: float
    draws: Floats
    se: float
    ses: Floats | None
    influence: Floats
    form: str


def bootstrap(
    control: Any,
    treatment: Any,
    *,
    metric: ResampledMetric = "mean",
    method: BootstrapMethod = "bca",
    resamples: int = RESAMPLES,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    seed: int = 0,
) -> Bootstrap | NotEstimable:
    """Compare two arms of one value per unit (for `ratio`: numerators and denominators) by resampling each.

    Arrays of CuPy and PyTorch (any of the array API standard) are resampled on their own device, for mean and ratio.
    The p-value is the alpha at which the interval would touch zero. `studentised` is for mean and ratio only.

    >>> found = bootstrap([1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 7, 8], resamples=2000, seed=1)
    >>> found.effect, found.form
    (2.0, 'distinct')
    """
    import numpy as np

    level, number = probability("alpha", alpha), count("resamples", resamples)
    alternative_of(alternative)
    word("method", method, get_args(BootstrapMethod))
    if number < LEAST:
        raise InvalidInput(f"{number} resamples.", hint=f"give {LEAST} or more; 10,000 are usual.")
    if method == "studentised" and metric not in ("mean", "ratio"):
        raise InvalidInput("Only means and ratios have a standard error of their own.", hint="use method='bca'.")
    rng = np.random.default_rng(count("seed", seed))
    arms: list[Resampled] = []
    for name, values in (("control", control), ("treatment", treatment)):
        arm = _arm(name, values, metric, number, rng)
        if isinstance(arm, NotEstimable):
            return arm
        arms.append(arm)
    if arms[0].se == arms[1].se == 0 or float(np.ptp(arms[0].draws)) == float(np.ptp(arms[1].draws)) == 0:
        return NotEstimable("The values do not vary in either arm.", "check how the metric is computed.")
    return _compared(arms[0], arms[1], method, level, alternative, number, int(seed))


def rows_of(name: str, values: Any, pairs: bool) -> Floats:
    """One row per unit with no missing value."""
    import numpy as np

    if not pairs:
        found = column(name, values)
        return found[~np.isnan(found), None]
    rows = isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] == 2
    parts = list(values.T) if rows else list(values)
    if len(parts) != 2:
        raise InvalidInput(f"{name}: a ratio needs two columns.", hint="give (numerators, denominators).")
    above, below = column(name, parts[0]), column(name, parts[1])
    if above.size != below.size:
        raise InvalidInput(f"{name}: {above.size} numerators, {below.size} denominators.", hint="one of each per unit.")
    table = np.column_stack([above, below])
    return table[~np.isnan(table).any(axis=1)]


def _arm(name: str, values: Any, metric: Any, number: int, rng: np.random.Generator) -> Resampled | NotEstimable:
    from expkit.stats.arrays import device_of, rows_there

    device = device_of(values)
    if device is not None:
        there = rows_there(device, name, values, metric == "ratio")
        if metric in ("mean", "ratio") and int(there.shape[0]) > HERE:
            return _elsewhere(device, name, there, metric == "ratio", number, rng)
        table = device.fetch(there)
        values = table if metric == "ratio" else table[:, 0]
    rows = rows_of(name, values, metric == "ratio")
    if rows.shape[0] < MIN_UNITS:
        return NotEstimable(f"The {name} has {rows.shape[0]} units; resampling needs 2.", "collect more units.")
    if metric == "mean":
        return _means(rows, number, rng)
    if metric == "ratio":
        return _ratios(name, rows, number, rng)
    if callable(metric):
        return _function(rows[:, 0], metric, number, rng)
    if isinstance(metric, str) and metric != "median":
        word("metric", metric, get_args(NamedMetric))
    return _quantile(rows[:, 0], 0.5 if metric == "median" else probability("metric", float(metric)), number, rng)


def _elsewhere(
    device: Device, name: str, rows: Any, pairs: bool, number: int, rng: np.random.Generator
) -> Resampled | NotEstimable:
    """As `_means` and `_ratios`, with the rows left where they are."""
    import numpy as np

    from expkit.stats.arrays import moments_there

    xp, n = device.xp, int(rows.shape[0])
    means = device.fetch(xp.mean(rows, axis=0))
    if not pairs:
        away = rows[:, 0] - float(means[0])
        moments = moments_there(device, rows, xp.stack([rows[:, 0], away * away], axis=1), number, rng)
        variances = np.maximum(moments[:, 1] - (moments[:, 0] - means[0]) ** 2, 0)
        influence = device.fetch(away) / n
        se = math.sqrt(float(influence @ influence))
        return Resampled(float(means[0]), moments[:, 0], se, np.sqrt(variances / n), influence, "nonzero")
    if means[1] == 0:
        return NotEstimable(f"The {name}'s denominators sum to zero.", "check how the ratio is computed.")
    value, below = float(means[0] / means[1]), rows[:, 1]
    left = rows[:, 0] - value * below
    table = xp.stack([below, left, left * left, left * below, below * below], axis=1)
    return _ratio_of(moments_there(device, rows, table, number, rng), value, device.fetch(left), means[1], "nonzero")


def _means(rows: Floats, number: int, rng: np.random.Generator) -> Resampled:
    import numpy as np

    from expkit.stats.draws import Resampler

    n, centre = rows.shape[0], float(rows.mean())
    plan = Resampler.of(rows, number)
    # squares about the mean, which lose no digits where values are far from zero
    moments = plan.means(np.column_stack([rows[:, 0], (rows[:, 0] - centre) ** 2]), number, rng)
    variances = np.maximum(moments[:, 1] - (moments[:, 0] - centre) ** 2, 0)
    influence = rows[:, 0] - centre
    se = math.sqrt(float(influence @ influence) / n / n)
    return Resampled(centre, moments[:, 0], se, np.sqrt(variances / n), influence / n, plan.form)


def _ratios(name: str, rows: Floats, number: int, rng: np.random.Generator) -> Resampled | NotEstimable:
    import numpy as np

    from expkit.stats.draws import Resampler

    base = float(rows[:, 1].mean())
    if base == 0:
        return NotEstimable(f"The {name}'s denominators sum to zero.", "check how the ratio is computed.")
    value = float(rows[:, 0].mean()) / base
    left = rows[:, 0] - value * rows[:, 1]
    plan = Resampler.of(rows, number)
    table = np.column_stack([rows[:, 1], left, left * left, left * rows[:, 1], rows[:, 1] ** 2])
    return _ratio_of(plan.means(table, number, rng), value, left, base, plan.form)


def _ratio_of(moments: Floats, value: float, left: Floats, base: float, form: str) -> Resampled:
    """From the resampled means of denominators, what is left of numerators, and their products."""
    import numpy as np

    n = left.size
    below, step = moments[:, 0], moments[:, 1] / moments[:, 0]
    variances = moments[:, 2] - 2 * step * moments[:, 3] + step**2 * moments[:, 4]
    ses = np.sqrt(np.maximum(variances, 0) / n) / np.abs(below)
    influence = left / (n * base)
    return Resampled(value, value + step, math.sqrt(float(influence @ influence)), ses, influence, form)


def _quantile(x: Floats, q: float, number: int, rng: np.random.Generator) -> Resampled:
    import numpy as np

    n, seen = x.size, np.sort(x)
    rank = max(1, math.ceil(q * n))
    drawn = np.minimum((rng.beta(rank, n - rank + 1, number) * n).astype(int), n - 1)
    draws = seen[drawn]
    return Resampled(float(seen[rank - 1]), draws, float(draws.std()), None, np.zeros(1), "ranks")


def _function(x: Floats, metric: Callable[[Any], float], number: int, rng: np.random.Generator) -> Resampled:
    import numpy as np

    n = x.size
    draws = np.array([metric(x[rng.integers(0, n, n)]) for _ in range(number)], dtype=float)
    parts = np.array_split(rng.permutation(n), min(n, JACKKNIFE))
    left = np.array([metric(np.delete(x, part)) for part in parts], dtype=float)
    if not (np.isfinite(draws).all() and np.isfinite(left).all()):
        raise InvalidInput("The metric is no finite number in some resample.", hint="let it return one for any units.")
    influence = (left.mean() - left) * (len(parts) - 1) / len(parts)
    return Resampled(float(metric(x)), draws, float(draws.std()), None, influence, "function")


def _compared(
    control: Resampled,
    treatment: Resampled,
    method: BootstrapMethod,
    alpha: float,
    alternative: Alternative,
    number: int,
    seed: int,
) -> Bootstrap:
    import numpy as np

    effect, draws = treatment.value - control.value, treatment.draws - control.draws
    pushes = np.concatenate([treatment.influence, -control.influence])
    se, ses = math.hypot(control.se, treatment.se), None
    if control.ses is not None and treatment.ses is not None:
        ses = np.hypot(control.ses, treatment.ses)
    ci, p = _interval(effect, draws, pushes, (se, ses), method, alpha, alternative)
    lift, lift_ci = _lift(control, treatment, method, alpha, alternative)
    return Bootstrap(
        effect=effect,
        ci=ci,
        lift=lift,
        lift_ci=lift_ci,
        p_value=p,
        se=float(draws.std(ddof=1)),
        bias=float(draws.mean()) - effect,
        alpha=alpha,
        alternative=alternative,
        method=method,
        form=control.form if control.form == treatment.form else f"{control.form}, {treatment.form}",
        resamples=number,
        seed=seed,
    )


def _lift(
    control: Resampled, treatment: Resampled, method: BootstrapMethod, alpha: float, alternative: Alternative
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    import numpy as np

    base, size = control.value, abs(control.value)
    if size == 0 or (np.sign(control.draws) != math.copysign(1.0, base)).any():
        none = NotEstimable("The control may be zero or change its sign.", "read the absolute effect.")
        return none, none
    lift = (treatment.value - base) / size
    draws = (treatment.draws - control.draws) / np.abs(control.draws)
    pushes = np.concatenate([treatment.influence / size, -control.influence * treatment.value / base / size])
    se = math.hypot(treatment.se, control.se * treatment.value / base) / size
    ses = None
    if control.ses is not None and treatment.ses is not None:
        ses = np.hypot(treatment.ses, control.ses * treatment.draws / control.draws) / np.abs(control.draws)
    return lift, _interval(lift, draws, pushes, (se, ses), method, alpha, alternative)[0]


def _interval(
    value: float,
    draws: Floats,
    pushes: Floats,
    errors: tuple[float, Floats | None],
    method: BootstrapMethod,
    alpha: float,
    alternative: Alternative,
) -> tuple[Interval, float]:
    from expkit.stats.distributions import interval

    tail = alpha / 2 if alternative == "two-sided" else alpha
    if method == "studentised":
        low, high, below, above = _studentised(value, draws, errors, tail)
    else:
        low, high, below, above = _percentiles(value, draws, pushes if method == "bca" else None, tail)
    sides = {"two-sided": min(1.0, 2 * min(below, above)), "greater": below, "less": above}
    return interval(low, high, alternative), sides[alternative]


def _percentiles(value: float, draws: Floats, pushes: Floats | None, tail: float) -> tuple[float, float, float, float]:
    """Ends, and the tails that touch zero from below and above; corrected for bias and skewness with `pushes`."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    ranked, n = np.sort(draws), draws.size
    z0, a = 0.0, 0.0
    if pushes is not None:
        share = (np.sum(draws < value) + np.sum(draws == value) / 2) / n
        z0 = float(ndtri(min(max(share, 0.5 / n), 1 - 0.5 / n)))
        squares = float(pushes @ pushes)
        a = float(np.sum(pushes**3)) / (6 * squares**1.5) if squares > 0 else 0.0

    def end(chance: float) -> float:
        z = z0 + float(ndtri(chance))
        return float(np.quantile(ranked, float(ndtr(z0 + z / (1 - a * z)))))

    def tail_at_zero(beyond: float, sign: float) -> float:
        z = sign * float(ndtri((beyond + 0.5) / (n + 1))) - z0
        return float(ndtr(sign * (z / (1 + a * z) - z0)))

    ties = float(np.sum(draws == 0)) / 2
    below, above = float(np.sum(draws < 0)) + ties, float(np.sum(draws > 0)) + ties
    return end(tail), end(1 - tail), tail_at_zero(below, 1.0), tail_at_zero(above, -1.0)


def _studentised(
    value: float, draws: Floats, errors: tuple[float, Floats | None], tail: float
) -> tuple[float, float, float, float]:
    import numpy as np

    se, ses = errors
    assert ses is not None  # noqa: S101  # `bootstrap` refuses other metrics
    there = ses > 0
    t = np.sort((draws[there] - value) / ses[there])
    low, high = value - float(np.quantile(t, 1 - tail)) * se, value - float(np.quantile(t, tail)) * se
    own = value / se
    below, above = (float(np.sum(t >= own)) + 0.5) / (t.size + 1), (float(np.sum(t <= own)) + 0.5) / (t.size + 1)
    return low, high, below, above
