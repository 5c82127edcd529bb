"""The studentized range: how far apart the largest and the smallest of several means may be by chance.

Its double integral (Copenhaver & Holland 1988, Journal of Statistical Computation and Simulation 30, 1-15) by
Gauss-Legendre quadrature, over the logarithm of the standard deviation and as a sum without cancellation, so that the
far tail keeps its digits. scipy has the same; its quantile takes a thousand times as long.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from expkit.stats.roots import crossing

if TYPE_CHECKING:
    from expkit.stats.columns import Floats

__all__ = ["range_critical", "range_tail"]

_NODES, _MORE_NODES, _FEW_DF = 100, 200, 8
_REACH = 9.0
"""Beyond so many standard deviations a normal density adds nothing."""
_WIDEST = 1e6


def range_tail(q: float, arms: int, df: float) -> float:
    """The chance that the range of `arms` means exceeds q standard errors, these estimated with `df`."""
    import numpy as np

    if q <= 0:
        return 1.0
    # most of a far tail comes from standard deviations that were estimated too small
    likely = 0.5 * math.log(df / (df + q * q / 2))
    most = min(1.2 * _REACH / math.sqrt(df), 0.5 * math.log(90 / df + 12))
    nodes = _MORE_NODES if df < _FEW_DF else _NODES
    logs, weights = _nodes(nodes, likely - max(45 / df, _REACH / math.sqrt(df)), most)
    density = weights * np.exp(df * (logs + 0.5 - np.exp(2 * logs) / 2))
    tails = _known_tail(nodes, q * np.exp(logs), arms, _REACH + min(q * math.exp(likely) / 2, 40.0))
    return min(float(density @ tails) / float(density.sum()), 1.0)


@lru_cache(maxsize=256)
def range_critical(alpha: float, arms: int, df: float) -> float:
    """The range that is exceeded with chance alpha."""
    near = math.sqrt(2 * math.log(max(arms, 2) ** 2 / alpha))
    aim = math.log(alpha)

    def over(log_q: float) -> float:
        tail = range_tail(math.exp(log_q), arms, df)
        return (math.log(tail) if tail else -1e3) - aim

    return math.exp(crossing(over, -30.0, math.log(_WIDEST), math.log(near), 0.2))


def _known_tail(nodes: int, widths: Floats, arms: int, top: float) -> Floats:
    """The same where the standard deviation is known; one minus Hartley's (1942) integral, term by term."""
    import numpy as np
    from scipy.special import ndtr

    z, weights = _nodes(nodes, -_REACH, top)
    below, further = ndtr(z), ndtr(z[None, :] - widths[:, None])
    with np.errstate(divide="ignore"):
        missed = -np.expm1((arms - 1) * np.log1p(-np.minimum(further / below, 1.0)))
    density = arms * weights * np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * below ** (arms - 1)
    found: Floats = missed @ density
    return found


def _nodes(many: int, low: float, high: float) -> tuple[Floats, Floats]:
    x, weights = _legendre(many)
    half = (high - low) / 2
    return low + half * (x + 1), half * weights


@lru_cache(maxsize=2)
def _legendre(many: int) -> tuple[Floats, Floats]:
    import numpy as np

    x, weights = np.polynomial.legendre.leggauss(many)
    return x, weights
