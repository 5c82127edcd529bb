"""What each way of looking at running results does to errors, power and duration, on a design of one's own.

The statistic is simulated as what it is for any metric with many units: a Brownian motion seen at the looks. Every
method sees the same paths, so that differences between methods are no luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from expkit.errors import InvalidInput
from expkit.stats.information import fractions_of
from expkit.stats.terms import ALPHA, POWER, Alternative, alternative_of, count, finite, probability, word

if TYPE_CHECKING:
    import numpy as np

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
    Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

__all__ = ["MethodOutcome", "PeekingMethod", "compare_methods", "decisions_by_look", "stops_by_method"]

PeekingMethod = Literal["fixed", "naive", "obrien-fleming", "pocock", "power", "confidence-sequence", "msprt", "hybrid"]
SIMULATIONS = 20_000


@dataclass(frozen=True, slots=True)
class MethodOutcome:
    """Shares of simulated experiments that reject no effect: where there is none, and where there is the one planned.

    `*_error` are Monte Carlo standard errors. Durations are mean shares of the planned information until the stop.
    """

    method: PeekingMethod
    false_positives: float
    false_positives_error: float
    power: float
    power_error: float
    duration_null: float
    duration_effect: float


def compare_methods(
    looks: int | Sequence[float] = 28,
    *,
    methods: Sequence[PeekingMethod] | None = None,
    drift: float | None = None,
    power: float = POWER,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    maximum: float | None = None,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> tuple[MethodOutcome, ...]:
    """Stop at the first look that rejects, by every method. The effect is `drift`: the mean of z at full information
    (effect / standard error planned), or what one look at the end would find with this `power`.

    fixed: one look at the end. naive: an ordinary test at every look. hybrid: half of alpha by a confidence sequence,
    half at the end.
    """
    import numpy as np

    from expkit.stats.sequential import fixed_drift

    level, times = probability("alpha", alpha), fractions_of(looks, maximum)
    alternative_of(alternative)
    chosen = (
        get_args(PeekingMethod) if methods is None else [word("method", m, get_args(PeekingMethod)) for m in methods]
    )
    number = count("simulations", simulations)
    if number < 100 or not chosen:
        raise InvalidInput(f"{number} simulations of {len(chosen)} methods.", hint="give 100 or more, of one or more.")
    size = fixed_drift(level, probability("power", power), alternative) if drift is None else finite("drift", drift)
    size = -abs(size) if alternative == "less" else size
    t = np.array(times)
    steps = np.random.default_rng(seed).normal(size=(number, t.size)) * np.sqrt(np.diff(t, prepend=0.0))
    motion = np.cumsum(steps, axis=1)
    paths = motion / np.sqrt(t), (motion + size * t) / np.sqrt(t)
    found = []
    for method in chosen:
        rule = _RULES[method]
        null, effect = (rule(path, times, level, alternative) for path in paths)
        found.append(_outcome(method, null, effect, t))
    return tuple(found)


def decisions_by_look(
    z: Sequence[float],
    looks: int | Sequence[float],
    *,
    methods: Sequence[PeekingMethod] | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    maximum: float | None = None,
) -> dict[PeekingMethod, int]:
    """At which look (from 1) each method would have stopped on this one path of z; 0 where it has not yet."""
    import numpy as np

    path = np.array([finite("z", one) for one in z])[None, :]
    if path.size > len(fractions_of(looks, maximum)):
        raise InvalidInput(f"{path.size} values of z for fewer looks.", hint="give at most one per look.")
    found = stops_by_method(path, looks, methods=methods, alpha=alpha, alternative=alternative, maximum=maximum)
    return {method: int(stops[0]) for method, stops in found.items()}


def stops_by_method(
    z: Floats,
    looks: int | Sequence[float],
    *,
    methods: Sequence[PeekingMethod] | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    maximum: float | None = None,
) -> dict[PeekingMethod, Integers]:
    """As `decisions_by_look` for many paths at once: z is (paths, looks)."""
    import numpy as np

    level, times = probability("alpha", alpha), fractions_of(looks, maximum)
    alternative_of(alternative)
    paths = np.asarray(z, dtype=float)
    if paths.ndim != 2 or paths.shape[1] > len(times):
        raise InvalidInput(f"z has the shape {paths.shape}.", hint=f"one row per path, at most {len(times)} looks.")
    chosen = (
        get_args(PeekingMethod) if methods is None else [word("method", m, get_args(PeekingMethod)) for m in methods]
    )
    return {method: _RULES[method](paths, times, level, alternative) for method in chosen}


def _outcome(method: PeekingMethod, null: Integers, effect: Integers, t: Floats) -> MethodOutcome:
    import numpy as np

    (fpr, fpr_error), (power, power_error) = (_share(stops) for stops in (null, effect))
    ends = np.append(t, t[-1])[np.array([t.size, *range(t.size)])]
    return MethodOutcome(
        method, fpr, fpr_error, power, power_error, float(ends[null].mean()), float(ends[effect].mean())
    )


def _share(stops: Integers) -> tuple[float, float]:
    share = float((stops > 0).mean())
    return share, math.sqrt(share * (1 - share) / stops.size)


def _first(over: Any) -> Integers:
    import numpy as np

    found: Integers = np.where(over.any(axis=1), over.argmax(axis=1) + 1, 0)
    return found


def _oriented(z: Floats, alternative: Alternative) -> Floats:
    return abs(z) if alternative == "two-sided" else -z if alternative == "less" else z


def _naive(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:  # noqa: ARG001
    from expkit.stats.distributions import critical

    return _first(_oriented(z, alternative) >= critical(alpha, None, alternative))


def _fixed(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:
    import numpy as np

    seen = np.zeros_like(z)
    if z.shape[1] == len(times):
        seen[:, -1] = z[:, -1]
    return _naive(seen, times, alpha, alternative)


def _group(spending: Literal["obrien-fleming", "pocock", "power"]) -> Rule:
    def rule(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:
        from expkit.stats.sequential import group_sequential

        return group_sequential(times, alpha, spending, alternative=alternative).crossed(z)

    return rule


def _sequence(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:
    """Tightest half way: the usual choice where the end is open."""
    import numpy as np

    from expkit.stats.always_valid import confidence_sequence

    t = np.array(times[: z.shape[1]])
    return confidence_sequence(
        z / np.sqrt(t), 1 / np.sqrt(t), t, alpha=alpha, alternative=alternative, tuned_for=0.5
    ).crossed


def _msprt(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:
    """Tau frozen to be tightest at the planned end."""
    import numpy as np

    from expkit.stats.always_valid import mixture_sprt, mixture_tau

    t, tau = np.array(times[: z.shape[1]]), mixture_tau(1.0, alpha, alternative)
    return mixture_sprt(z / np.sqrt(t), 1 / np.sqrt(t), tau=tau, alpha=alpha, alternative=alternative).crossed


def _hybrid(z: Floats, times: Sequence[float], alpha: float, alternative: Alternative) -> Integers:
    import numpy as np

    early, late = (rule(z, times, alpha / 2, alternative) for rule in (_sequence, _fixed))
    return np.where(early > 0, early, late)


Rule: TypeAlias = "Callable[[Floats, Sequence[float], float, Alternative], Integers]"

_RULES: dict[str, Rule] = {
    "fixed": _fixed,
    "naive": _naive,
    "obrien-fleming": _group("obrien-fleming"),
    "pocock": _group("pocock"),
    "power": _group("power"),
    "confidence-sequence": _sequence,
    "msprt": _msprt,
    "hybrid": _hybrid,
}
