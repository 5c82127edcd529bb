"""Comparing by ranks: does a unit of the treatment tend to have more than one of the control?

`mann-whitney` (1947, Annals of Mathematical Statistics 18, 50-60) estimates by how much the treatment is
shifted: Hodges & Lehmann (1963), with the interval of all shifts that the test keeps. `brunner-munzel`
(2000, Biometrical Journal 42, 17-25) assumes no shift and no equal shape; its effect is the chance that
the treatment has more (ties count half), less one half.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from expkit.stats.columns import column
from expkit.stats.contrast import welch_df
from expkit.stats.differences import median_difference, ranked_difference
from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

if TYPE_CHECKING:
    from expkit.stats.columns import Floats

__all__ = ["RankMethod", "rank_test"]

RankMethod = Literal["mann-whitney", "brunner-munzel"]

EXACT_UNITS = 50
"""Fewer units than this in both arms, without ties, get the exact distribution, as in R."""
MIN_UNITS = 2
MAX_PAIRS = 1_000_000
_TINY = 5e-324  # the number next to zero
NO_RATIO = NotEstimable("Ranks have no ratio.", "compare_means or compare_quantiles give a lift.")


class Wins(NamedTuple):
    """Pairs that the treatment wins (ties count half), the spread of that number without effect, and ties."""

    u: float
    spread: float
    tied: bool


def rank_test(
    control: Values,
    treatment: Values,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    method: RankMethod = "mann-whitney",
) -> Estimate | NotEstimable:
    """Treatment against control by ranks. `statistic` is the treatment's U, or Brunner and Munzel's t.

    >>> rank_test([1, 2, 3], [4, 5, 6], alternative="greater").p_value
    0.05
    """
    import numpy as np

    probability("alpha", alpha)
    alternative_of(alternative)
    word("method", method, get_args(RankMethod))
    arms = [column(which, values) for which, values in (("control", control), ("treatment", treatment))]
    c, t = (np.sort(values[~np.isnan(values)]) for values in arms)
    for which, arm in (("control", c), ("treatment", t)):
        if arm.size < MIN_UNITS:
            return NotEstimable(f"The {which} has {arm.size} units; ranks need 2.", "collect more units.")
    if c[0] == c[-1] == t[0] == t[-1]:
        return NotEstimable("All values of both arms are the same.", "check how the metric is computed.")
    return (_mann_whitney if method == "mann-whitney" else _brunner_munzel)(c, t, float(alpha), alternative)


def _mann_whitney(c: Floats, t: Floats, alpha: float, alternative: Alternative) -> Estimate:
    wins = _wins(c, t)
    exact = not wins.tied and max(c.size, t.size) < EXACT_UNITS
    ask = _exact_test(c.size, t.size) if exact else _normal_test(c.size * t.size)
    p = ask(wins, alternative)
    shift = median_difference(c, t)
    ends = _shifts(c, t, shift, ask, alpha, alternative)
    return _estimate(
        c, t, shift, ends, p, wins.u, wins.spread, None, alpha, alternative,
        "mann-whitney exact" if exact else "mann-whitney",
    )  # fmt: skip


Ask = Callable[[Wins, Alternative], float]


def _normal_test(pairs: int) -> Ask:
    """With the correction for continuity and for ties, as R and scipy have it."""

    def ask(wins: Wins, alternative: Alternative) -> float:
        if not wins.spread:
            return 1.0
        off = wins.u - pairs / 2
        step = {"two-sided": math.copysign(0.5, off) if off else 0.0, "greater": 0.5, "less": -0.5}[alternative]
        return p_value((off - step) / wins.spread, None, alternative)

    return ask


def _exact_test(n_c: int, n_t: int) -> Ask:
    """From the number of ways to win so many pairs (Mann & Whitney's recursion, as a product of polynomials)."""
    import numpy as np

    ways = np.zeros(n_c * n_t + 1)
    ways[0] = 1.0
    for k in range(1, n_t + 1):
        # times (1 - x^(n_c + k)) / (1 - x^k)
        ways[n_c + k :] = ways[n_c + k :] - ways[: -(n_c + k)] if n_c + k < ways.size else ways[n_c + k :]
        for start in range(k):
            ways[start::k] = np.cumsum(ways[start::k])
    below = np.cumsum(ways) / ways.sum()

    def ask(wins: Wins, alternative: Alternative) -> float:
        up, down = math.ceil(wins.u - 1e-9), math.floor(wins.u + 1e-9)
        above = float(below[n_c * n_t - up])  # as likely as losing so many
        under = float(below[down])
        if alternative == "two-sided":
            return min(1.0, 2 * min(above, under))
        return above if alternative == "greater" else under

    return ask


def _wins(c: Floats, t: Floats, shift: float = 0.0) -> Wins:
    """Of treatment - shift over control; both sorted."""
    import numpy as np

    moved = t - shift
    u = float(np.searchsorted(c, moved, "left").sum() + np.searchsorted(c, moved, "right").sum()) / 2
    n = c.size + t.size
    _, times = np.unique(np.concatenate([c, moved]), return_counts=True)
    ties = float((times.astype(float) ** 3 - times).sum())
    return Wins(u, math.sqrt(max(c.size * t.size / 12 * (n + 1 - ties / (n * (n - 1))), 0.0)), bool((times > 1).any()))


def _shifts(
    c: Floats, t: Floats, shift: float, ask: Ask, alpha: float, alternative: Alternative
) -> tuple[float, float]:
    """All shifts that the test keeps at alpha; its answer changes at differences of the data only.

    The test of no shift at all has the last word: with many ties its neighbours may decide otherwise.
    """
    now = _wins(c, t)

    def kept(shift: float) -> bool:
        # without ties now, there are none at any other shift but at single points
        return ask(_wins(c, t, shift) if now.tied else _untied(c, t, shift, now.spread), alternative) >= alpha

    def kept_wins(u: int) -> bool:
        return ask(Wins(u, spread, False), alternative) >= alpha

    if c.size * t.size <= MAX_PAIRS:
        find = _end_among(c, t, kept, shift)
    else:
        spread = _wins(c, t, _beyond(c, t)).spread  # ties within the arms alone
        find = _end_by_rank(c, t, kept_wins, alternative)
    lower = find(-1) if alternative != "less" else -math.inf
    upper = find(1) if alternative != "greater" else math.inf
    if ask(now, alternative) >= alpha:
        return min(lower, 0.0), max(upper, 0.0)
    if not lower <= 0 <= upper:
        return lower, upper
    if now.u > c.size * t.size / 2:
        return _TINY, max(upper, _TINY)
    return min(lower, -_TINY), -_TINY


def _untied(c: Floats, t: Floats, shift: float, spread: float) -> Wins:
    import numpy as np

    return Wins(float(np.searchsorted(c, t - shift).sum()), spread, False)


def _end_among(c: Floats, t: Floats, kept: Callable[[float], bool], shift: float) -> Callable[[int], float]:
    """The outermost kept difference of two values, or the last number before the first one that is not.

    Places count outwards from the estimated shift: even ones are differences, odd ones lie between two.
    """
    import numpy as np

    steps = np.unique(np.subtract.outer(t, c))
    near = int(np.searchsorted(steps, shift))
    start = 2 * near - (0 if steps[near] == shift else 1)

    def at(place: int) -> float:
        i = place // 2
        return float(steps[i]) if place % 2 == 0 else float(steps[i] + steps[i + 1]) / 2

    def find(side: int) -> float:
        width = float(steps[-1] - steps[0]) or 1.0
        if kept(float(steps[-1 if side > 0 else 0]) + side * width):
            return side * math.inf
        inside, outside = start, 2 * steps.size - 1 if side > 0 else -1
        while abs(outside - inside) > 1:
            place = (inside + outside) // 2
            inside, outside = (place, outside) if kept(at(place)) else (inside, place)
        return at(inside) if inside % 2 == 0 else float(np.nextafter(at(inside + side), -side * math.inf))

    return find


def _end_by_rank(c: Floats, t: Floats, kept: Callable[[int], bool], alternative: Alternative) -> Callable[[int], float]:
    """The same where there are too many differences to hold: the one after which too few or too many pairs are won.

    As long as no difference equals the shift, the test asks for the number of differences above it alone.
    """
    pairs = c.size * t.size

    def find(side: int) -> float:
        end = 0 if side > 0 else pairs  # wins that only the furthest shift has
        if kept(end):
            return side * math.inf
        inside = pairs // 2 if alternative == "two-sided" else pairs - end
        while abs(inside - end) > 1:
            middle = (inside + end) // 2
            inside, end = (middle, end) if kept(middle) else (inside, middle)
        return ranked_difference(c, t, min(max(pairs - inside + (side > 0), 1), pairs))

    return find


def _beyond(c: Floats, t: Floats) -> float:
    """A shift by which no value of the treatment meets one of the control."""
    return float(t[-1] - c[0]) + max(float(t[-1] - t[0]), float(c[-1] - c[0]), abs(float(t[-1])), 1.0)


def _brunner_munzel(c: Floats, t: Floats, alpha: float, alternative: Alternative) -> Estimate | NotEstimable:
    import numpy as np

    def placements(of: Floats, among: Floats) -> Floats:
        share: Floats = (np.searchsorted(among, of, "left") + np.searchsorted(among, of, "right")) / 2 / among.size
        return share

    over, under = placements(t, c), placements(c, t)
    var_t, var_c = float(over.var(ddof=1)) / t.size, float(under.var(ddof=1)) / c.size
    chance = float(over.mean())
    se = math.sqrt(var_t + var_c)
    if se == 0:
        return NotEstimable("The arms do not overlap, so the error is zero.", "use method='mann-whitney'.")
    df = welch_df(var_c, c.size, var_t, t.size)
    margin, statistic = critical(alpha, df, alternative) * se, (chance - 0.5) / se
    p = p_value(statistic, df, alternative)
    ends = chance - 0.5 - margin, chance - 0.5 + margin
    return _estimate(c, t, chance - 0.5, ends, p, statistic, se, df, alpha, alternative, "brunner-munzel")


def _estimate(
    c: Floats,
    t: Floats,
    effect: float,
    ends: tuple[float, float],
    p: float,
    statistic: float,
    se: float,
    df: float | None,
    alpha: float,
    alternative: Alternative,
    method: str,
) -> Estimate:
    lift_ci: Interval | NotEstimable = NO_RATIO
    return Estimate(
        effect=effect,
        ci=interval(*ends, alternative),
        lift=NO_RATIO,
        lift_ci=lift_ci,
        p_value=p,
        statistic=statistic,
        se=se,
        df=df,
        alpha=alpha,
        alternative=alternative,
        method=method,
        control=Arm(c.size, float(c.mean())),
        treatment=Arm(t.size, float(t.mean())),
    )
