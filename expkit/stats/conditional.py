"""Exact inference given the total: the number of events in the treatment, whatever the baseline is.

Two binomials given their total are Fisher's noncentral hypergeometric, two Poisson counts a binomial; in
both the log of the odds or rate ratio multiplies the count, so one routine does for both. Two-sided
p-values add up all outcomes no likelier than the one seen, as R does; the interval is all ratios that
this same test keeps (Fay 2010, Biostatistics 11, 373-374), widened to have no holes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from expkit.stats.roots import bisect

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.terms import Alternative

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Conditional"]

_TIE = 1e-7  # outcomes this close in log probability are equally likely, whatever the rounding
_SPAN = 60.0  # logs of ratios beyond this are infinite for any count of units
_GRID = 64


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """Outcomes first, first + 1, ... with these log weights where the ratio is 1; `seen` is the one observed."""

    first: int
    log_weights: Floats
    seen: int

    @property
    def fixed(self) -> bool:
        """Whether the total leaves only one outcome, which says nothing."""
        return self.log_weights.size == 1

    def p_value(self, alternative: Alternative, log_ratio: float = 0.0) -> float:
        import numpy as np

        logs = self.log_weights + log_ratio * np.arange(self.log_weights.size)
        top = logs.max()
        chances = np.exp(logs - top)
        at = self.seen - self.first
        if alternative == "two-sided":
            part = chances[logs <= logs[at] + _TIE].sum()
        else:
            part = chances[at:].sum() if alternative == "greater" else chances[: at + 1].sum()
        return min(1.0, float(part / chances.sum()))

    def interval(self, alpha: float, alternative: Alternative) -> tuple[float, float]:
        """The ratios, from 0 to infinity, that the test keeps."""
        at, last = self.seen - self.first, self.log_weights.size - 1
        lower = 0.0 if at == 0 else math.exp(-self._end(alpha, alternative, -1))
        upper = math.inf if at == last else math.exp(self._end(alpha, alternative, 1))
        if alternative == "greater":
            return lower, math.inf
        return (0.0, upper) if alternative == "less" else (lower, upper)

    def _end(self, alpha: float, alternative: Alternative, side: int) -> float:
        """How far the log ratio may go up (side 1) or down (side -1): the farthest that is kept."""

        def keeps(distance: float) -> float:
            return self.p_value(alternative, side * distance) - alpha

        if alternative != "two-sided":
            return bisect(keeps, -_SPAN, _SPAN)
        tail: Alternative = "less" if side > 0 else "greater"
        # where the one tail alone is alpha: beyond, outcomes as far on the other side are all that can add
        near = bisect(lambda distance: self.p_value(tail, side * distance) - alpha, -_SPAN, _SPAN)
        far = bisect(lambda distance: self.p_value(tail, side * distance) - alpha / 4, -_SPAN, _SPAN)
        step = (far - near) / _GRID
        start = next((at for i in range(_GRID, 0, -1) if keeps(at := near + i * step) >= 0), near)
        return bisect(keeps, start, start + step)
