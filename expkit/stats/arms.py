"""More than two arms at once: is any of them different, and which pairs?

`welch` (1951, Biometrika 38, 330-336) and `fisher` (one-way analysis of variance) need summaries only;
`kruskal` (Kruskal & Wallis 1952, JASA 47, 583-621) goes by ranks. After them: Tukey and Kramer (1956,
Biometrics 12, 307-310), Games & Howell (1976), Dunnett (1955, JASA 50, 1096-1121), whose integral is scipy's,
imported when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from expkit.errors import InvalidInput, UnknownName
from expkit.stats.columns import column
from expkit.stats.contrast import Contrast, welch_df
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.studentized import range_critical, range_tail
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Values, probability, word

if TYPE_CHECKING:
    from expkit.stats.columns import Floats

__all__ = ["ArmsMethod", "PairsMethod", "compare_arms", "compare_pairs", "compare_with_control"]

ArmsMethod = Literal["welch", "fisher", "kruskal"]
PairsMethod = Literal["tukey", "games-howell"]

Arms: TypeAlias = "Mapping[str, Summary | Values] | Sequence[Summary | Values]"

MIN_UNITS = 2
MIN_ARMS = 2


def compare_arms(arms: Arms, *, alpha: float = ALPHA, method: ArmsMethod = "welch") -> Significance | NotEstimable:
    """Whether any of several arms has another mean (for `kruskal`: tends to other values).

    >>> round(compare_arms([[1, 2, 3], [2, 3, 4], [6, 7, 8]], method="fisher").statistic, 6)
    21.0
    """
    probability("alpha", alpha)
    word("method", method, get_args(ArmsMethod))
    named = _named(arms)
    if method == "kruskal":
        return _kruskal(named, float(alpha))
    found = _summaries(named)
    if isinstance(found, NotEstimable):
        return found
    statistic, df, rest = (_welch if method == "welch" else _fisher)(list(found.values()))
    if math.isnan(statistic):
        return NotEstimable("An arm's values do not vary.", "use method='fisher' or 'kruskal'.")
    from scipy.special import fdtrc

    p = float(fdtrc(df, rest, statistic))
    return Significance(p, statistic, (df, rest), float(alpha), "two-sided", method)


def compare_pairs(
    arms: Arms, *, alpha: float = ALPHA, method: PairsMethod = "tukey"
) -> dict[tuple[str, str], Estimate] | NotEstimable:
    """Every pair (first, second): second minus first, with p-values and intervals that hold for all at once.

    `tukey` takes the variance as the same in every arm, `games-howell` does not.
    """
    probability("alpha", alpha)
    word("method", method, get_args(PairsMethod))
    found = _summaries(_named(arms))
    if isinstance(found, NotEstimable):
        return found
    df = sum(arm.n for arm in found.values()) - len(found)
    pooled = math.fsum((arm.n - 1) * arm.var for arm in found.values()) / df
    answers = {}
    for first, second in combinations(found, 2):
        a, b = found[first], found[second]
        var_a, var_b = (pooled / a.n, pooled / b.n) if method == "tukey" else (a.var / a.n, b.var / b.n)
        if var_a + var_b == 0:
            return NotEstimable("Two arms' values do not vary.", "use method='tukey'.")
        own = float(df) if method == "tukey" else welch_df(var_a, a.n, var_b, b.n)
        answers[first, second] = _simultaneous(a, b, var_a, var_b, own, len(found), float(alpha), method)
    return answers


def compare_with_control(
    arms: Mapping[str, Values], control: str, *, alpha: float = ALPHA
) -> dict[str, Estimate] | NotEstimable:
    """Every other arm minus the control, by Dunnett's test; from values, with scipy."""
    from scipy import stats

    probability("alpha", alpha)
    if control not in arms:
        raise UnknownName.among("arm", control, map(str, arms), "the arms")
    found = _summaries(_named(arms))
    if isinstance(found, NotEstimable):
        return found
    others = [name for name in found if name != control]
    values = {name: _values(name, arms[name]) for name in found}
    fit: Any = stats.dunnett(*(values[name] for name in others), control=values[control], rng=0)
    bounds = fit.confidence_interval(1 - alpha)
    df = sum(arm.n for arm in found.values()) - len(found)
    pooled = math.fsum((arm.n - 1) * arm.var for arm in found.values()) / df
    base, answers = found[control], {}
    for i, name in enumerate(others):
        arm = found[name]
        contrast = Contrast.of_means(base.mean, arm.mean, pooled / base.n, pooled / arm.n)
        ends = Interval(float(bounds.low[i]), float(bounds.high[i]))
        p = min(1.0, max(0.0, float(fit.pvalue[i])))
        answers[name] = _made(contrast, base, arm, ends, p, float(df), float(alpha), "dunnett")
    return answers


def _simultaneous(
    a: Summary, b: Summary, var_a: float, var_b: float, df: float, arms: int, alpha: float, method: str
) -> Estimate:
    contrast = Contrast.of_means(a.mean, b.mean, var_a, var_b)
    q = abs(contrast.effect) / contrast.se * math.sqrt(2)
    p = range_tail(q, arms, df)
    half = range_critical(alpha, arms, df) / math.sqrt(2) * contrast.se
    ends = Interval(contrast.effect - half, contrast.effect + half)
    return _made(contrast, a, b, ends, p, df, alpha, method)


def _made(
    contrast: Contrast, a: Summary, b: Summary, ends: Interval, p: float, df: float, alpha: float, method: str
) -> Estimate:
    none = NotEstimable("Simultaneous intervals are given for the effects only.", "read the absolute effect.")
    return Estimate(
        effect=contrast.effect,
        ci=ends,
        lift=contrast.lift(alpha, "two-sided", "delta")[0],
        lift_ci=none,
        p_value=p,
        statistic=contrast.effect / contrast.se,
        se=contrast.se,
        df=df,
        alpha=alpha,
        alternative="two-sided",
        method=method,
        control=Arm(a.n, a.mean),
        treatment=Arm(b.n, b.mean),
    )


def _welch(arms: list[Summary]) -> tuple[float, float, float]:
    if min(arm.var for arm in arms) == 0:
        return math.nan, math.nan, math.nan
    weights, k = [arm.n / arm.var for arm in arms], len(arms)
    whole = math.fsum(weights)
    off = [arm.minus(arms[0]) for arm in arms]
    mean = math.fsum(w * one for w, one in zip(weights, off, strict=True)) / whole
    between = math.fsum(w * (one - mean) ** 2 for w, one in zip(weights, off, strict=True)) / (k - 1)
    loss = math.fsum((1 - w / whole) ** 2 / (arm.n - 1) for w, arm in zip(weights, arms, strict=True))
    rest = (k * k - 1) / (3 * loss)
    return between / (1 + 2 * (k - 2) / (k * k - 1) * loss), k - 1.0, rest


def _fisher(arms: list[Summary]) -> tuple[float, float, float]:
    n, k = sum(arm.n for arm in arms), len(arms)
    # about a value in the middle, so that large means keep the digits of their differences
    off = [arm.minus(arms[0]) for arm in arms]
    mean = math.fsum(arm.n * one for arm, one in zip(arms, off, strict=True)) / n
    between = math.fsum(arm.n * (one - mean) ** 2 for arm, one in zip(arms, off, strict=True)) / (k - 1)
    within = math.fsum((arm.n - 1) * arm.var for arm in arms) / (n - k)
    return between / within, k - 1.0, float(n - k)


def _kruskal(arms: Mapping[str, Summary | Values], alpha: float) -> Significance | NotEstimable:
    import numpy as np
    from scipy.special import chdtrc

    values = [_values(name, arm) for name, arm in arms.items()]
    if any(one.size == 0 for one in values):
        return NotEstimable("An arm has no units.", "leave it out, or collect more units.")
    together = np.concatenate(values)
    n, (_, codes, times) = together.size, np.unique(together, return_inverse=True, return_counts=True)
    if times.size == 1:
        return NotEstimable("All values of all arms are the same.", "check how the metric is computed.")
    ranks = (np.cumsum(times) - (times - 1) / 2)[codes]
    parts = np.split(ranks, np.cumsum([one.size for one in values])[:-1])
    spread = math.fsum(part.size * (float(part.mean()) - (n + 1) / 2) ** 2 for part in parts)
    ties = 1 - float((times.astype(float) ** 3 - times).sum()) / (n**3 - n)
    statistic, df = 12 / (n * (n + 1)) * spread / ties, len(values) - 1.0
    return Significance(float(chdtrc(df, statistic)), statistic, (df,), alpha, "two-sided", "kruskal")


def _named(arms: Arms) -> dict[str, Summary | Values]:
    pairs = arms.items() if isinstance(arms, Mapping) else ((str(i), arm) for i, arm in enumerate(arms))
    found = {str(name): arm for name, arm in pairs}
    if len(found) < MIN_ARMS:
        raise InvalidInput(f"There are {len(found)} arms.", hint="give two or more.")
    return found


def _summaries(arms: Mapping[str, Summary | Values]) -> dict[str, Summary] | NotEstimable:
    found = {name: arm if isinstance(arm, Summary) else Summary.of(arm) for name, arm in arms.items()}
    for name, arm in found.items():
        if arm.n < MIN_UNITS:
            return NotEstimable(f"Arm {name!r} has {arm.n} units; an error needs 2.", "collect more units.")
    exact = {name: replace(arm, var=0.0) if arm.constant else arm for name, arm in found.items()}
    if not any(arm.var for arm in exact.values()):
        return NotEstimable("The values do not vary in any arm.", "check how the metric is computed.")
    return exact


def _values(name: str, arm: Summary | Values) -> Floats:
    import numpy as np

    if isinstance(arm, Summary):
        raise InvalidInput("A summary has no ranks and no single values.", hint="give the values themselves.")
    found = column(name, arm)
    there: Floats = found[~np.isnan(found)]
    return there
