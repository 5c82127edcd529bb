"""Tails and quantiles of the normal and Student's t, by `scipy.special` alone.

`scipy.stats` takes seconds to import. A tail is always computed as a tail, never as one minus the
rest, so a p-value stays right down to about 1e-300. `df=None` means the normal.
"""

from __future__ import annotations

from expkit.stats.estimate import Interval
from expkit.stats.terms import Alternative

__all__ = ["critical", "interval", "p_value", "tail"]


def tail(statistic: float, df: float | None = None) -> float:
    """P(T > statistic)."""
    from scipy import special

    return float(special.ndtr(-statistic) if df is None else special.stdtr(df, -statistic))


def p_value(statistic: float, df: float | None, alternative: Alternative) -> float:
    if alternative == "two-sided":
        return min(1.0, 2 * tail(abs(statistic), df))
    return tail(statistic if alternative == "greater" else -statistic, df)


def critical(alpha: float, df: float | None, alternative: Alternative) -> float:
    """The size of the statistic from which the p-value is below alpha."""
    from scipy import special

    upper = alpha / 2 if alternative == "two-sided" else alpha
    return float(-special.ndtri(upper) if df is None else -special.stdtrit(df, upper))


def interval(lower: float, upper: float, alternative: Alternative) -> Interval:
    """Two bounds as the alternative needs them: `greater` has no upper end, `less` no lower one."""
    infinity = float("inf")
    return Interval(-infinity if alternative == "less" else lower, infinity if alternative == "greater" else upper)
