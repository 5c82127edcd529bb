"""Many p-values at once. statsmodels does the same six, but takes seconds to import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.terms import ALPHA, Values, probability, word

if TYPE_CHECKING:
    import numpy as np

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Adjustment", "adjust", "gatekeep", "interval_levels"]

Adjustment = Literal["bonferroni", "holm", "hochberg", "hommel", "bh", "by"]


def adjust(p_values: Values, method: Adjustment | str = "holm") -> Floats:
    """Adjusted p-values in the order given; compare them with alpha as it is.

    bonferroni, holm (1979), hochberg (1988) and hommel (1988) bound the chance of any false alarm,
    bh (Benjamini & Hochberg 1995) and by (Benjamini & Yekutieli 2001) the share of false ones among
    the alarms. A missing p-value stays missing and is not counted.

    >>> adjust([0.01, 0.04, 0.03], "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    import numpy as np

    name = cast("Adjustment", word("method", str(method).lower(), get_args(Adjustment)))
    found = column("p_values", p_values)
    there = ~np.isnan(found)
    p = found[there]
    if ((p < 0) | (p > 1)).any():
        raise InvalidInput(f"A p-value is {p[(p < 0) | (p > 1)][0]:g}.", hint="p-values lie from 0 to 1.")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(_STEPS[name](p[order]), 1.0) if p.size else p
    found[there] = adjusted
    return found


def gatekeep(families: Sequence[Values], method: Adjustment | str = "holm") -> list[Floats]:
    """Adjusted p-values of ordered families - primary first - each adjusted within itself.

    A family counts only once every hypothesis of the one before is rejected (serial gatekeeping: Westfall
    & Krishen 2001, Journal of Statistical Planning and Inference 99, 25-40), so an adjusted p-value is never
    below the largest one of the families before. A missing p-value shuts the gate: nothing after it counts.

    >>> [p.round(3).tolist() for p in gatekeep([[0.01], [0.02, 0.001]])]
    [[0.01], [0.02, 0.01]]
    """
    import numpy as np

    answers, gate = [], 0.0
    for family in families:
        own = adjust(family, method)
        answers.append(np.maximum(own, gate))
        if own.size:
            gate = 1.0 if np.isnan(own).any() else max(gate, float(own.max()))
    return answers


def interval_levels(p_values: Values, method: Adjustment | str = "holm", alpha: float = ALPHA) -> Floats:
    """The alpha of each comparison's own interval, in the order given, so that intervals fit the adjustment.

    An interval at its level excludes no effect exactly when the adjusted p-value is below alpha: run the
    comparison again with `alpha=level`. bonferroni: alpha / m, and all intervals hold at once with 1 - alpha.
    bh and by: the false coverage rate of the significant ones is alpha (Benjamini & Yekutieli 2005, JASA
    100, 71-81). holm, hochberg and hommel: the level at which their last step decided; those intervals agree
    with the decisions, but do not hold all at once (for that, take bonferroni).
    """
    import numpy as np

    probability("alpha", alpha)
    name = cast("Adjustment", word("method", str(method).lower(), get_args(Adjustment)))
    found = column("p_values", p_values)
    adjusted, m = adjust(found, name), max(int((~np.isnan(found)).sum()), 1)
    if name == "bonferroni":
        levels = np.full(found.size, alpha / m)
    elif name in ("bh", "by"):
        rejected = max(int((adjusted < alpha).sum()), 1)
        whole = float((1 / np.arange(1, m + 1)).sum()) if name == "by" else 1.0
        levels = np.full(found.size, alpha * rejected / (m * whole))
    else:
        levels = alpha * np.divide(found, adjusted, out=np.full(found.size, 1 / m), where=adjusted > 0)
        levels = np.maximum(levels, alpha / m)
    levels[np.isnan(found)] = np.nan
    return levels


def _bonferroni(p: Floats) -> Floats:
    return p * p.size


def _holm(p: Floats) -> Floats:
    import numpy as np

    return np.maximum.accumulate(p * np.arange(p.size, 0, -1))


def _hochberg(p: Floats) -> Floats:
    import numpy as np

    return _from_the_largest(p * np.arange(p.size, 0, -1))


def _bh(p: Floats) -> Floats:
    import numpy as np

    return _from_the_largest(p * p.size / np.arange(1, p.size + 1))


def _by(p: Floats) -> Floats:
    import numpy as np

    harmonic = float((1 / np.arange(1, p.size + 1)).sum())
    return _bh(p) * harmonic


def _hommel(p: Floats) -> Floats:
    """The closure of Simes' test, by the algorithm of Wright (1992, Biometrics 48, 1005-1013)."""
    import numpy as np

    m = p.size
    adjusted = p.copy()
    for size in range(m, 1, -1):
        largest = p[m - size + 1 :]
        simes = (size * largest / np.arange(2, size + 1)).min()
        adjusted[m - size + 1 :] = np.maximum(adjusted[m - size + 1 :], simes)
        rest = slice(0, m - size + 1)
        adjusted[rest] = np.maximum(adjusted[rest], np.minimum(simes, size * p[rest]))
    return adjusted


def _from_the_largest(p: Floats) -> Floats:
    import numpy as np

    return np.minimum.accumulate(p[::-1])[::-1]


_STEPS: dict[Adjustment, Callable[[Floats], Floats]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "bh": _bh,
    "by": _by,
}
