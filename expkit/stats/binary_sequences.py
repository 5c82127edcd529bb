"""Confidence sequences for proportions and for values between bounds, exact at any number of units.

One arm: the beta-binomial mixture (Robbins 1970; Howard et al. 2021, appendix A.3). Two arms that a coin fills: of
the units that convert, each is the treatment's with the same chance, so their sequence of arms is one coin too, and
its odds are the relative conversion rate (the argument of Lindon & Malek 2022, NeurIPS, for counts). Any values
between bounds: the hedged capital process of Waudby-Smith & Ramdas (2024), JRSS B 86, 1-27.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from expkit.errors import InvalidInput
from expkit.stats.always_valid import ConfidenceSequence, mixture_rho
from expkit.stats.columns import column
from expkit.stats.terms import ALPHA, Values, count, finite, probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["betting_sequence", "conversion_sequence", "proportion_sequence"]

TUNED_FOR = 1000.0
HALVINGS = 60
GRID = 1000
_CAP = 0.5  # no bet risks more than this share of the capital


def proportion_sequence(
    successes: ArrayLike, trials: ArrayLike, *, alpha: float = ALPHA, null: float = 0.5, tuned_for: float = TUNED_FOR
) -> ConfidenceSequence:
    """One arm's proportion from its counts so far at each look (last axis). `p_values` are against `null`."""
    level, centre = probability("alpha", alpha), probability("null", null)
    s, n = _counts(successes, trials)
    own = mixture_rho(tuned_for, level)
    a, b = own * centre, own * (1 - centre)
    lower, upper = _beta_binomial(s, n, a, b, level)
    p = np.exp(-np.maximum(_log_capital(s, n, np.full_like(s, centre), a, b), 0.0))
    return ConfidenceSequence(
        lower, upper, np.minimum.accumulate(p, axis=-1), level, "two-sided", "beta-binomial mixture"
    )


def conversion_sequence(
    successes_c: ArrayLike,
    successes_t: ArrayLike,
    *,
    share: float = 0.5,
    alpha: float = ALPHA,
    tuned_for: float = TUNED_FOR,
) -> ConfidenceSequence:
    """The lift of a conversion rate (relative, treatment over control minus 1) from conversions so far alone.

    `share` is the treatment's share of the units that the assignment promised. Exact for rare and common
    conversions, at any rate that changes over time, as long as units are assigned by independent coins.
    `tuned_for` counts conversions. The upper end is infinite while control could have none.

    >>> conversion_sequence([20, 100], [40, 180]).lower.round(2).tolist()
    [-0.17, 0.13]
    """
    part = probability("share", share)
    c, t = np.broadcast_arrays(_whole("successes_c", successes_c), _whole("successes_t", successes_t))
    found = proportion_sequence(t, c + t, alpha=alpha, null=part, tuned_for=tuned_for)
    with np.errstate(divide="ignore"):
        lower, upper = (end / (1 - end) * ((1 - part) / part) - 1 for end in (found.lower, found.upper))
    return ConfidenceSequence(lower, upper, found.p_values, found.alpha, "two-sided", "conversions' arms")


def betting_sequence(
    values: Values,
    looks: Sequence[int] | None = None,
    *,
    lower: float = 0.0,
    upper: float = 1.0,
    null: float | None = None,
    alpha: float = ALPHA,
) -> ConfidenceSequence:
    """The mean of values between known bounds, in the order in which they came, after each of `looks` units.

    Wealth of bets against every possible mean; a mean leaves the interval for good once the wealth against it
    reaches 1 / alpha. `p_values` are against `null` (the middle of the bounds when left out). The ends are
    known to a thousandth of the range.
    """
    level, low, high = probability("alpha", alpha), finite("lower", lower), finite("upper", upper)
    if high <= low:
        raise InvalidInput(f"upper is {high:g}, lower {low:g}.", hint="give the least and the largest possible value.")
    x = column("values", values)
    x = (x[~np.isnan(x)] - low) / (high - low)
    if x.size == 0 or x.min() < 0 or x.max() > 1:
        raise InvalidInput("There are no values, or some are beyond the bounds.", hint="give wider bounds.")
    at = _stops(looks, x.size)
    tested = ((low + high) / 2 if null is None else finite("null", null)) - low
    if not 0 <= tested <= high - low:
        raise InvalidInput("null lies beyond the bounds.", hint="it is a possible mean.")
    bets = _bets(x, level)
    kept = np.ones(GRID + 1, dtype=bool)
    ends, p_values = [], []
    grid = np.append(np.arange(GRID + 1) / GRID, tested / (high - low))
    wealth, peak, start = np.zeros((2, GRID + 2)), np.full(GRID + 2, -math.inf), 0
    for stop in at:
        wealth, peak = _play(x[start:stop], bets[start:stop], grid, wealth, peak)
        kept &= peak[:-1] < -math.log(level)
        ends.append(_hull(kept))
        p_values.append(math.exp(-max(float(peak[-1]), 0.0)))
        start = stop
    found = low + (high - low) * np.array(ends)
    return ConfidenceSequence(found[:, 0], found[:, 1], np.array(p_values), level, "two-sided", "betting")


def _log_capital(s: Floats, n: Floats, p: Floats, a: float, b: float) -> Floats:
    """The log of the mixture likelihood over that of p."""
    mixed = special.betaln(a + s, b + n - s) - special.betaln(a, b)
    found: Floats = mixed - special.xlogy(s, p) - special.xlog1py(n - s, -p)
    return found


def _beta_binomial(s: Floats, n: Floats, a: float, b: float, alpha: float) -> tuple[Floats, Floats]:
    """Both ends of the set of p whose capital is below 1 / alpha, by halving; the capital is convex in p."""
    limit, best = -math.log(alpha), np.divide(s, n, out=np.full_like(s, 0.5), where=n > 0)
    ends = []
    for edge in (0.0, 1.0):
        out, within = np.full_like(best, edge), best.copy()
        for _ in range(HALVINGS):
            middle = (out + within) / 2
            with np.errstate(divide="ignore", invalid="ignore"):
                over = _log_capital(s, n, middle, a, b) >= limit
            out, within = np.where(over, middle, out), np.where(over, within, middle)
        at_edge = _log_capital(s, n, np.full_like(best, edge), a, b) < limit
        ends.append(np.where(at_edge, edge, out))
    return ends[0], ends[1]


def _bets(x: Floats, alpha: float) -> Floats:
    """What to bet on each unit, from the units before it (Waudby-Smith & Ramdas 2024, eq. 26)."""
    t = np.arange(1, x.size + 1)
    means = (0.5 + np.cumsum(x)) / (t + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    found: Floats = np.sqrt(2 * math.log(2 / alpha) / (before * t * np.log1p(t)))
    return found


def _play(x: Floats, bets: Floats, grid: Floats, wealth: Floats, peak: Floats) -> tuple[Floats, Floats]:
    """The log wealth of betting up and down against each mean after these units, and its largest value so far."""
    with np.errstate(divide="ignore"):
        up_cap, down_cap = _CAP / grid, _CAP / (1 - grid)
    for first in range(0, x.size, GRID):
        part, bet = x[first : first + GRID, None], bets[first : first + GRID, None]
        away = part - grid
        up = wealth[0] + np.cumsum(np.log1p(np.minimum(bet, up_cap) * away), axis=0)
        down = wealth[1] + np.cumsum(np.log1p(-np.minimum(bet, down_cap) * away), axis=0)
        peak = np.maximum(peak, (np.maximum(up, down) - math.log(2)).max(axis=0))
        wealth = np.stack([up[-1], down[-1]])
    return wealth, peak


def _hull(kept: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[float, float]:
    """The smallest interval with all means that are left, a step wider for the grid."""
    there = np.flatnonzero(kept)
    if there.size == 0:
        return math.nan, math.nan
    return max(int(there[0]) - 1, 0) / GRID, min(int(there[-1]) + 1, GRID) / GRID


def _stops(looks: Sequence[int] | None, size: int) -> list[int]:
    at = [size] if looks is None else [count("look", look) for look in looks]
    if not at or any(b <= a for a, b in zip([0, *at], at, strict=False)) or at[-1] > size:
        raise InvalidInput(
            "The looks are out of order, repeated or beyond the values.", hint=f"rising counts of units up to {size}."
        )
    return at


def _counts(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    s, n = _whole("successes", successes), _whole("trials", trials)
    try:
        s, n = np.broadcast_arrays(s, n)
    except ValueError:
        raise InvalidInput("successes and trials differ in shape.", hint="give both for every look.") from None
    if (s > n).any():
        raise InvalidInput("There are more successes than trials.", hint="give successes first, then trials.")
    if s.ndim == 0 or (np.diff(n, axis=-1) < 0).any() or (np.diff(s, axis=-1) < 0).any():
        raise InvalidInput("Counts go down from look to look.", hint="give the counts so far at each look, in order.")
    return s, n


def _whole(what: str, values: ArrayLike) -> Floats:
    found = np.asarray(values)
    if found.dtype.kind not in "biuf" or not np.isfinite(found).all() or (found < 0).any() or (found % 1 != 0).any():
        raise InvalidInput(f"{what} are no counts.", hint="counts are whole numbers of at least 0.")
    return found.astype(float)
