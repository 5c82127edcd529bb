"""Power by simulation from past values: whole experiments drawn again, with their skew and their zeros.

Drawn is only what is not zero: with few buyers among many users that is most of the work saved. How many
non-zero units an arm of n has is binomial, and their values are drawn with replacement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, finite, probability
from expkit.stats.wilson import wilson_limits

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.columns import Floats
    from expkit.stats.terms import Values

__all__ = ["SimulatedPower", "simulate_power"]

EXPERIMENTS = 10_000
CHUNK = 2_000_000  # values drawn at a time
MIN_UNITS = 2


class SimulatedPower(NamedTuple):
    """Share of the experiments that found the effect, and its 95% interval (Wilson) from simulating only so many."""

    power: float
    ci: Interval
    experiments: int


def simulate_power(
    values: Values,
    n: int | tuple[int, int],
    *,
    lift: float = 0.0,
    experiments: int = EXPERIMENTS,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    seed: int = 0,
) -> SimulatedPower | NotEstimable:
    """The share of experiments whose Welch test is significant, when every value of the treatment is `1 + lift` times.

    `n` units per arm, or (control, treatment). `lift=0` gives the rate of false alarms on these very data.
    """
    import numpy as np

    probability("alpha", alpha)
    alternative_of(alternative)
    past = column("values", values)
    past = past[~np.isnan(past)]
    if past.size < MIN_UNITS or float(np.ptp(past)) == 0:
        return NotEstimable("The past values do not vary.", "give more of them.")
    units = [count("n", part) for part in (n if isinstance(n, tuple) else (n, n))]
    runs, factor = count("experiments", experiments), 1 + finite("lift", lift)
    if min(units) < MIN_UNITS or len(units) != 2 or not runs:  # control and treatment
        raise InvalidInput(f"{units} units, {runs} experiments.", hint="2 units or more in each of two arms.")
    rng = np.random.default_rng(seed)
    (mean_c, var_c), (mean_t, var_t) = (_moments(past, size, runs, rng) for size in units)
    hits = _significant(mean_c, var_c, units[0], factor * mean_t, factor**2 * var_t, units[1], alpha, alternative)
    return SimulatedPower(hits / runs, Interval(*wilson_limits(hits, runs, 1.959963984540054)[1:]), runs)


def _moments(past: Floats, n: int, runs: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mean and variance of n values drawn with replacement, in each run."""
    import numpy as np

    filled = past[past != 0]
    units = rng.binomial(n, filled.size / past.size, runs)
    sums, squares = np.zeros(runs), np.zeros(runs)
    # a small index type halves the memory that is read
    kind = np.uint16 if filled.size <= 2**16 else np.uint32
    start = 0
    while start < runs:
        stop = start + max(int(np.searchsorted(np.cumsum(units[start:]), CHUNK, "right")), 1)
        here = units[start:stop]
        drawn = filled[rng.integers(0, filled.size, int(here.sum()), dtype=kind)]
        edges = np.concatenate([[0], np.cumsum(here)[:-1]])
        busy = here > 0
        if busy.any():
            sums[start:stop][busy] = np.add.reduceat(drawn, edges[busy])
            squares[start:stop][busy] = np.add.reduceat(drawn * drawn, edges[busy])
        start = stop
    mean = sums / n
    return mean, np.maximum(squares - sums * mean, 0.0) / (n - 1)


def _significant(
    mean_c: Floats,
    var_c: Floats,
    n_c: int,
    mean_t: Floats,
    var_t: Floats,
    n_t: int,
    alpha: float,
    alternative: Alternative,
) -> int:
    """How many of the experiments pass Welch's test."""
    import numpy as np
    from scipy import special

    c, t = var_c / n_c, var_t / n_t
    spread = c + t
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(spread > 0, (mean_t - mean_c) / np.sqrt(spread), 0.0)
        df = np.where(spread > 0, spread**2 / (c**2 / (n_c - 1) + t**2 / (n_t - 1)), math.inf)
    if alternative == "two-sided":
        # the quantile is costly, and hardly moves with df: only those near it are asked one by one
        at = np.abs(statistic)
        near = -special.stdtrit(max(float(np.nanmin(df)), 1.0), alpha / 2)
        sure, open_ = at > near, (at <= near) & (at > -special.ndtri(alpha / 2) - 1e-9)
        return int(sure.sum()) + int((2 * special.stdtr(df[open_], -at[open_]) < alpha).sum())
    side = statistic if alternative == "greater" else -statistic
    return int((special.stdtr(df, -side) < alpha).sum())
