"""Confidence sequences: intervals that hold at every look at once, however many, whoever chose when to stop.

Normal mixture: Robbins (1970), Annals of Mathematical Statistics 41, 1397-1409; Howard et al. (2021), Annals of
Statistics 49, 1055-1080. With an estimated variance they hold asymptotically: Waudby-Smith et al. (2021),
arXiv:2103.06476. mSPRT: Johari et al. (2022), Operations Research 70, 1806-1821. All are closed forms over arrays
whose last axis are the looks; the axes before it are experiments, metrics or arms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from expkit.errors import InvalidInput
from expkit.stats.terms import ALPHA, Alternative, alternative_of, finite, probability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["ConfidenceSequence", "confidence_sequence", "mixture_rho", "mixture_sprt", "mixture_tau"]


@dataclass(frozen=True, slots=True, eq=False)
class ConfidenceSequence:
    """Arrays over looks: intervals, and p-values that never rise. NaN where a look has no estimate.

    With probability 1 - alpha the truth lies in all intervals at once, so that one may stop at any look.
    """

    lower: Floats
    upper: Floats
    p_values: Floats
    alpha: float
    alternative: Alternative
    method: str
    kind: Literal["confidence_sequence"] = "confidence_sequence"

    @property
    def crossed(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The number of the look (from 1) that first rejects no effect; 0 where none does."""
        import numpy as np

        below = self.p_values <= self.alpha
        first: np.ndarray[Any, np.dtype[np.int64]] = np.where(below.any(axis=-1), below.argmax(axis=-1) + 1, 0)
        return first


def confidence_sequence(
    effects: ArrayLike,
    ses: ArrayLike,
    units: ArrayLike,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    tuned_for: float | None = None,
    rho: float | None = None,
    running: bool = False,
) -> ConfidenceSequence:
    """Estimates, their standard errors and the units behind them at each look (last axis).

    `tuned_for`: the number of units at which the intervals are to be tightest, fixed beforehand (by default
    5,000); or `rho`, the mixture's own number of units. `running` gives the intersection of all intervals so far.
    Exact for normal values of known variance, asymptotic otherwise. One-sided: Waudby-Smith et al.'s closed form.

    >>> found = confidence_sequence([0.4, 0.5], [0.3, 0.1], [500, 4500])
    >>> found.crossed.tolist(), found.lower.round(3).tolist()
    (2, [-0.747, 0.196])
    """
    import numpy as np

    alpha, (effect, se, n) = probability("alpha", alpha), _looks(effects, ses, units)
    alternative_of(alternative)
    own = _own_units(alpha, alternative, tuned_for, rho)
    # only n / own matters: what the data weigh against the mixture
    with np.errstate(divide="ignore", invalid="ignore"):
        return _mixture(effect, se, n / own, alpha, alternative, running, "normal mixture")


def mixture_sprt(
    effects: ArrayLike,
    ses: ArrayLike,
    *,
    tau: float,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    running: bool = False,
) -> ConfidenceSequence:
    """The mixture sequential probability ratio test with effects ~ N(0, tau^2) under the alternative.

    `tau` belongs to the design (`mixture_tau`): one that follows the data loses the guarantee.
    """
    import numpy as np

    alpha, (effect, se, _) = probability("alpha", alpha), _looks(effects, ses, None)
    alternative_of(alternative)
    spread = finite("tau", tau)
    if spread <= 0:
        raise InvalidInput(f"tau is {spread:g}.", hint="the spread of likely effects is above 0; see mixture_tau.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return _mixture(effect, se, (spread / se) ** 2, alpha, alternative, running, "mSPRT")


def mixture_rho(units: float, alpha: float = ALPHA, alternative: Alternative = "two-sided") -> float:
    """The mixture's own units with which the interval is tightest at so many units (Howard et al. 2021, 3.4).

    With Lambert's W: units / (-W_-1(-alpha^2 / e) - 1); one-sided designs take twice the alpha.
    """
    from scipy import special

    level = probability("alpha", alpha) * (1 if alternative_of(alternative) == "two-sided" else 2)
    number = finite("units", units)
    if number <= 0:
        raise InvalidInput(f"units is {number:g}.", hint="give the units at which to be tightest, e.g. 5000.")
    return number / (-float(special.lambertw(-(min(level, 0.99) ** 2) / math.e, -1).real) - 1)


def mixture_tau(se: float, alpha: float = ALPHA, alternative: Alternative = "two-sided") -> float:
    """The tau with which mSPRT is tightest when the standard error reaches `se`, e.g. the planned one at the end."""
    spread = finite("se", se)
    if spread <= 0:
        raise InvalidInput(f"se is {spread:g}.", hint="a standard error is above 0.")
    return spread / math.sqrt(mixture_rho(1.0, alpha, alternative))


TUNED_FOR = 5000.0


def _own_units(alpha: float, alternative: Alternative, tuned_for: float | None, rho: float | None) -> float:
    if rho is None:
        return mixture_rho(TUNED_FOR if tuned_for is None else tuned_for, alpha, alternative)
    if tuned_for is not None:
        raise InvalidInput("Both tuned_for and rho are given.", hint="give one of them.")
    if finite("rho", rho) <= 0:
        raise InvalidInput(f"rho is {rho:g}.", hint="the mixture's own units are above 0.")
    return float(rho)


def _mixture(
    effect: Floats, se: Floats, weight: Floats, alpha: float, alternative: Alternative, running: bool, method: str
) -> ConfidenceSequence:
    """`weight`: information of the data over that of the mixture's prior."""
    import numpy as np

    share = weight / (1 + weight)
    two_sided = alternative == "two-sided"
    margin = np.log1p(weight) / 2 - math.log(alpha) if two_sided else np.log1p(np.sqrt(1 + weight) / (2 * alpha))
    half = se * np.sqrt(2 * margin / share)
    lower, upper = effect - half, effect + half
    z = effect / se
    if two_sided:
        p = np.exp(np.minimum((np.log1p(weight) - share * z * z) / 2, 0.0))
    else:
        z = -z if alternative == "less" else z
        growth = np.maximum(z, 0) ** 2 * share / 2
        # 1 / expm1(growth), which neither overflows nor underflows early
        p = np.minimum(np.sqrt(1 + weight) / 2 * np.exp(-growth) / -np.expm1(-growth), 1.0)
        lower = np.full_like(lower, -np.inf) if alternative == "less" else lower
        upper = np.full_like(upper, np.inf) if alternative == "greater" else upper
    p = np.where(np.isnan(half), np.nan, p)
    if running:
        lower, upper = np.fmax.accumulate(lower, axis=-1), np.fmin.accumulate(upper, axis=-1)
    return ConfidenceSequence(lower, upper, np.fmin.accumulate(p, axis=-1), float(alpha), alternative, method)


def _looks(effects: ArrayLike, ses: ArrayLike, units: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """The three as float arrays of one shape, with NaN in all where one is missing."""
    import numpy as np

    effect, se = _floats("effects", effects), _floats("ses", ses)
    n = np.ones_like(se) if units is None else _floats("units", units)
    try:
        effect, se, n = np.broadcast_arrays(effect, se, n)
    except ValueError:
        raise InvalidInput(
            f"effects, ses and units have shapes {effect.shape}, {se.shape} and {n.shape}.",
            hint="give one of each for every look.",
        ) from None
    if effect.ndim == 0 or effect.size == 0:
        raise InvalidInput("There are no looks.", hint="give arrays whose last axis are the looks.")
    if (se <= 0).any() or (n <= 0).any():
        raise InvalidInput("A standard error or number of units is not above 0.", hint="leave such looks out, as NaN.")
    if units is not None and (np.diff(n, axis=-1) <= 0).any():
        raise InvalidInput(
            "The units do not grow from look to look.", hint="give the looks in order, each once, units counted so far."
        )
    nothing = np.isnan(effect) | np.isnan(se) | np.isnan(n)
    return np.where(nothing, np.nan, effect), np.where(nothing, np.nan, se), np.where(nothing, np.nan, n)


def _floats(what: str, values: ArrayLike) -> Floats:
    import numpy as np

    try:
        found: Floats = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput(f"{what} are not numbers.", hint="give an array of numbers, the looks last.") from None
    if np.isinf(found).any():
        raise InvalidInput(f"{what} are infinite somewhere.", hint="leave such looks out, as NaN.")
    return found
