"""Sample ratio mismatch at any time: look as often as you like, with one promise about false alarms.

The Dirichlet-multinomial Bayes factor against the promised shares is a martingale while they are kept, so its
reciprocal is a p-value at every moment (Lindon & Malek 2022, NeurIPS 35, 20204-20215).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput
from expkit.stats.estimate import Check, NotEstimable
from expkit.stats.terms import SRM_ALPHA, finite, probability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["check_srm_sequential", "srm_evidence", "srm_segments"]

CONCENTRATION = 10_000.0
MIN_ARMS = 2


def srm_evidence(
    counts: ArrayLike, shares: Sequence[float] | None = None, *, concentration: float | Sequence[float] = CONCENTRATION
) -> Floats:
    """The log Bayes factor at each look, from units per arm so far: an array (..., looks, arms).

    The larger `concentration`, the smaller the mismatches that it is best at; of several the mean is taken, which is
    a martingale as well. A unit in an arm without a share is infinite evidence.
    """
    import numpy as np
    from scipy import special

    seen = _counts(counts)
    promised = np.full(seen.shape[-1], 1.0 / seen.shape[-1]) if shares is None else _shares(shares, seen.shape[-1])
    several = [concentration] if isinstance(concentration, int | float) else list(concentration)
    if not several:
        raise InvalidInput("There is no concentration.", hint="give one, e.g. 10,000.")
    logs = [_evidence(seen, promised, finite("concentration", parts)) for parts in several]
    found: Floats = special.logsumexp(logs, axis=0) - math.log(len(logs))
    return found


def _evidence(seen: Floats, promised: Floats, parts: float) -> Floats:
    import numpy as np
    from scipy import special

    if parts <= 0:
        raise InvalidInput(f"concentration is {parts:g}.", hint="above 0, e.g. 10,000.")
    kept = promised > 0
    own, n = parts * promised[kept], seen[..., kept]
    total = n.sum(axis=-1)
    log = (special.gammaln(own + n) - special.gammaln(own)).sum(axis=-1)
    log += special.gammaln(parts) - special.gammaln(parts + total) - (n * np.log(promised[kept])).sum(axis=-1)
    stray = seen[..., ~kept].sum(axis=-1)
    found: Floats = np.where(stray > 0, np.inf, log)
    return found


def check_srm_sequential(
    counts: ArrayLike,
    shares: Sequence[float] | None = None,
    *,
    alpha: float = SRM_ALPHA,
    concentration: float | Sequence[float] = CONCENTRATION,
) -> Check | NotEstimable:
    """Whether units per arm fitted the shares at every look so far; counts are cumulative, one row per look.

    An alarm stays one: the p-value is the smallest so far, `statistic` the largest log Bayes factor.

    >>> check_srm_sequential([[500, 510], [5165, 4835], [10400, 9600]], [0.5, 0.5]).ok
    False
    """
    level = probability("alpha", alpha)
    evidence = srm_evidence(counts, shares, concentration=concentration)
    if evidence.ndim != 1:
        raise InvalidInput("Counts are not a table of looks by arms.", hint="use srm_evidence for several experiments.")
    last = _counts(counts)[-1]
    if not last.sum():
        return NotEstimable("No arm has units yet.", "wait for exposures.")
    largest = float(evidence.max())
    p = math.exp(-largest) if largest > 0 else 1.0
    look = int(evidence.argmax()) + 1
    detail = f"strongest at look {look} of {evidence.size}; now {' / '.join(f'{int(n):,}' for n in last)}"
    return Check("srm", p >= level, p, largest, level, "sequential dirichlet-multinomial", detail)


def srm_segments(
    segments: Mapping[str, ArrayLike], shares: Sequence[float] | None = None, *, alpha: float = SRM_ALPHA
) -> dict[str, Check | NotEstimable]:
    """The same check in each segment, each at alpha over their number: which one carries the mismatch?"""
    level = probability("alpha", alpha)
    if not segments:
        raise InvalidInput("There are no segments.", hint="give counts by segment.")
    return {name: check_srm_sequential(rows, shares, alpha=level / len(segments)) for name, rows in segments.items()}


def _counts(counts: ArrayLike) -> Floats:
    import numpy as np

    try:
        seen = np.asarray(counts, dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput("Counts are not numbers.", hint="one row per look, one count per arm.") from None
    if seen.ndim < 2 or seen.shape[-1] < MIN_ARMS or seen.shape[-2] == 0:
        raise InvalidInput("Counts are no table of looks by arms.", hint="e.g. [[50, 48], [101, 99]].")
    if not np.isfinite(seen).all() or (seen < 0).any() or (seen % 1 != 0).any():
        raise InvalidInput("Counts are whole numbers of at least 0.", hint="count units, not shares.")
    if (np.diff(seen, axis=-2) < 0).any():
        raise InvalidInput("Counts go down from one look to the next.", hint="give the counts so far, in order.")
    return seen


def _shares(shares: Sequence[float], arms: int) -> Floats:
    import numpy as np

    found = np.array([finite("share", share) for share in shares])
    if found.size != arms:
        raise InvalidInput(f"{found.size} shares for {arms} arms.", hint="give one for every arm.")
    if found.min() < 0 or found.max() == 0:
        raise InvalidInput("Shares are at least 0, and not all 0.", hint="e.g. [0.5, 0.5].")
    answer: Floats = found / found.sum()
    return answer
