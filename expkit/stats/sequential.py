"""Group-sequential designs: a planned number of looks that together keep the promised error rate.

Bounds come from a spending function (Lan & DeMets 1983), so looks may be unequal, moved or added as long
as nobody chooses them by what was seen. Repeated intervals: Jennison & Turnbull (1989), JRSS B 51, 305-361.
Stagewise ordering of results: Tsiatis, Rosner & Mehta (1984), Biometrics 40, 797-803.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from expkit.errors import InvalidInput
from expkit.stats.estimate import Interval
from expkit.stats.information import fractions_of
from expkit.stats.spending import RHO, Spending, spend
from expkit.stats.terms import ALPHA, POWER, Alternative, alternative_of, count, finite, probability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

__all__ = ["GroupSequential", "Monitored", "SequentialPlan", "group_sequential"]

MEDIAN = 0.5


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """What a group-sequential design costs and gives, next to one look at the end.

    `drift` is the mean of z at full information. `inflation`: maximum units over those of one look at the
    end with the same power. `expected_*`: mean units until the stop, as a share of the maximum.
    """

    power: float
    drift: float
    inflation: float
    expected_null: float
    expected_planned: float
    stop_null: tuple[float, ...]
    stop_planned: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Monitored:
    """One look at a running experiment. `ci`, `p_value`, `median` hold if it stops here; `repeated_ci` always."""

    look: int
    decision: Literal["stop", "futile", "continue", "end"]
    z: float
    bound: float
    p_value: float
    ci: Interval
    median: float
    repeated_ci: Interval


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """Looks and the bounds of z at each. Two-sided: stop when |z| reaches the bound; `less`: when z is that low.

    `futility` (if any) is not binding: going on beyond it costs no error.
    """

    looks: tuple[float, ...]
    bounds: tuple[float, ...]
    spent: tuple[float, ...]
    nominal: tuple[float, ...]
    """The p-value of an ordinary test at each bound."""
    futility: tuple[float, ...] | None
    alpha: float
    alternative: Alternative
    spending: Spending
    rho: float
    futility_spending: Spending | None = None
    futility_drift: float | None = None
    kind: Literal["group_sequential"] = "group_sequential"

    def crossed(self, z: ArrayLike) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The number of the look at which z (..., looks) first reaches its bound, 0 where it never does."""
        import numpy as np

        seen = self._oriented(np.asarray(z, dtype=float))
        if seen.shape[-1] > len(self.looks):
            raise InvalidInput(f"{seen.shape[-1]} looks, planned are {len(self.looks)}.", hint="add the looks first.")
        over = seen >= np.abs(np.array(self.bounds[: seen.shape[-1]]))
        first: np.ndarray[Any, np.dtype[np.int64]] = np.where(over.any(axis=-1), over.argmax(axis=-1) + 1, 0)
        return first

    def power_at(self, drift: float) -> float:
        """The chance to reject no effect when z has that mean at full information."""
        low, high = self._crossings(finite("drift", drift), futility=True)
        return math.fsum(high) + (math.fsum(low) if self._two_sided else 0.0)

    def plan(self, power: float = POWER) -> SequentialPlan:
        """The drift that gives this power, what it takes, and when it stops."""
        from expkit.stats.roots import crossing

        probability("power", power)
        near = fixed_drift(self.alpha, power, self.alternative)
        drift = crossing(lambda d: power - self.power_at(d), 0.0, 40.0, near * 1.05, 0.2)
        null, planned = self._stops(0.0), self._stops(drift)
        return SequentialPlan(
            power=float(power),
            drift=drift,
            inflation=(drift / near) ** 2,
            expected_null=self._expected(null),
            expected_planned=self._expected(planned),
            stop_null=null,
            stop_planned=planned,
        )

    def p_value(self, look: int, z: float) -> float:
        """The stagewise p-value of stopping at this look (counted from 1) with this z."""
        return self._p_value(self._number(look), finite("z", z))

    def repeated_p_value(self, look: int, z: float) -> float:
        """The smallest alpha at which the design would have stopped at this look; valid at any look."""
        from expkit.stats.roots import crossing

        k, size = self._number(look), abs(float(z)) if self._two_sided else self._oriented_one(z)

        def excess(log_alpha: float) -> float:
            bound = _upper(self.looks[:k], math.exp(log_alpha), self.spending, self.rho, self.alternative)
            return bound[-1] - size

        high, low = math.log(1 - 1e-9), math.log(1e-15)
        if excess(high) >= 0:
            return 1.0
        near = math.log(max((2 if self._two_sided else 1) * _tail(size), 1e-15))
        return math.exp(crossing(excess, low, high, near, 0.5))

    def monitor(self, look: int, effect: float, se: float) -> Monitored:
        """Decision, p-value and intervals from the estimate and its standard error at a look (from 1)."""
        k, effect, se = self._number(look), finite("effect", effect), finite("se", se)
        if se <= 0:
            raise InvalidInput(f"se is {se:g}.", hint="a standard error is above 0.")
        z, scale = effect / se, se * math.sqrt(self.looks[k - 1])
        bound = self.bounds[k - 1]
        lower, middle, upper = self._drifts(k, z)
        half = abs(bound) * se
        return Monitored(
            look=k,
            decision=self._decision(k, z),
            z=z,
            bound=bound,
            p_value=self._p_value(k, z),
            ci=Interval(lower * scale, upper * scale),
            median=middle * scale,
            repeated_ci=self._ends(effect - half, effect + half),
        )

    def with_looks(self, looks: Sequence[float]) -> GroupSequential:
        """The same design with other looks; bounds of looks already taken stay when their information does."""
        if not isinstance(self.spending, str) and not callable(self.spending):
            raise InvalidInput("The spending was given look by look.", hint="make a new design with group_sequential.")
        made = group_sequential(looks, self.alpha, self.spending, rho=self.rho, alternative=self.alternative)
        if self.futility_spending is None or self.futility_drift is None:
            return made
        return _with_futility(made, self.futility_spending, self.futility_drift, self._beta())

    @property
    def _two_sided(self) -> bool:
        return self.alternative == "two-sided"

    def _beta(self) -> float:
        return 1 - self.power_at(self.futility_drift or 0.0)

    def _oriented(self, z: Any) -> Any:
        return abs(z) if self._two_sided else -z if self.alternative == "less" else z

    def _oriented_one(self, z: float) -> float:
        return -z if self.alternative == "less" else float(z)

    def _number(self, look: int) -> int:
        k = count("look", look)
        if not 1 <= k <= len(self.looks):
            raise InvalidInput(f"There is no look {k}.", hint=f"looks are counted from 1 to {len(self.looks)}.")
        return k

    def _lower(self, futility: bool) -> list[float]:
        if self._two_sided:
            return [-bound for bound in self.bounds]
        if not futility or self.futility is None:
            return [-math.inf] * len(self.looks)
        return [self._oriented_one(bound) for bound in self.futility]

    def _crossings(self, drift: float, futility: bool) -> tuple[list[float], list[float]]:
        from expkit.stats.boundaries import crossings

        low, high = crossings(self.looks, self._lower(futility), [abs(b) for b in self.bounds], drift)
        return low.tolist(), high.tolist()

    def _stops(self, drift: float) -> tuple[float, ...]:
        low, high = self._crossings(drift, futility=True)
        return tuple(a + b for a, b in zip(low, high, strict=True))

    def _expected(self, stops: Sequence[float]) -> float:
        early = math.fsum(chance * t for chance, t in zip(stops[:-1], self.looks, strict=False))
        return early + (1 - math.fsum(stops[:-1])) * self.looks[-1]

    def _decision(self, k: int, z: float) -> Literal["stop", "futile", "continue", "end"]:
        if self._oriented(z) >= abs(self.bounds[k - 1]):
            return "stop"
        if self.futility is not None and self._oriented_one(z) <= self._oriented_one(self.futility[k - 1]):
            return "futile"
        return "end" if k == len(self.looks) else "continue"

    def _tails(self, k: int, z: float, drift: float) -> tuple[float, float]:
        """The chances of a result at least as low, and at least as high, as this one, in stagewise order."""
        from expkit.stats.boundaries import Walk

        walk, low, high = Walk.start(drift), 0.0, 0.0
        for i, bound in enumerate(self.bounds[: k - 1]):
            t, lower = self.looks[i], -abs(bound) if self._two_sided else -math.inf
            low += walk.below(lower, t) if self._two_sided else 0.0
            high += walk.above(abs(bound), t)
            walk = walk.go_on(lower, abs(bound), t, self.looks[i + 1])
        t = self.looks[k - 1]
        return low + walk.below(z, t), high + walk.above(z, t)

    def _p_value(self, k: int, z: float) -> float:
        low, high = self._tails(k, self._oriented_one(z), 0.0)
        return min(1.0, 2 * min(low, high)) if self._two_sided else min(1.0, high)

    def _drifts(self, k: int, z: float) -> tuple[float, float, float]:
        """Lower end, median-unbiased estimate and upper end of the drift, by turning the tails' chances round."""
        from expkit.stats.roots import crossing

        z, root = self._oriented_one(z), math.sqrt(self.looks[k - 1])
        near, reach = z / root, (abs(z) + 40.0) / root

        def drift_of(chance: float, upper_tail: bool) -> float:
            def left(d: float) -> float:
                low, high = self._tails(k, z, d)
                return chance - high if upper_tail else low - chance

            return crossing(left, near - reach, near + reach, near, 1.0 / root)

        tail = self.alpha / 2 if self._two_sided else self.alpha
        lower, middle = drift_of(tail, True), drift_of(MEDIAN, True)
        if self._two_sided:
            return lower, middle, drift_of(tail, False)
        return (-math.inf, -middle, -lower) if self.alternative == "less" else (lower, middle, math.inf)

    def _ends(self, lower: float, upper: float) -> Interval:
        from expkit.stats.distributions import interval

        return interval(lower, upper, self.alternative)


def group_sequential(
    looks: int | Sequence[float],
    alpha: float = ALPHA,
    spending: Spending = "obrien-fleming",
    *,
    rho: float = RHO,
    alternative: Alternative = "two-sided",
    maximum: float | None = None,
    final: bool = False,
    futility: Spending | None = None,
    power: float = POWER,
) -> GroupSequential:
    """Bounds for so many equal looks, or for looks at these shares of the information (or units of a `maximum`).

    Two-sided designs spend half of alpha on each side. `rho` belongs to the spending `power` and
    `hwang-shih-decani`. `final=True` spends what is left at the last look, when an experiment ends early.
    `futility` spends 1 - power on stopping for futility (one-sided designs); it is not binding.

    >>> [round(bound, 4) for bound in group_sequential(5, 0.05, "obrien-fleming").bounds]
    [4.8769, 3.357, 2.6803, 2.2898, 2.031]
    """
    alpha, fractions = probability("alpha", alpha), fractions_of(looks, maximum)
    two_sided = alternative_of(alternative) == "two-sided"
    spent = _spent(fractions, alpha, spending, rho, two_sided, final)
    upper = _solve(fractions, spent, two_sided)
    sign, sides = -1 if alternative == "less" else 1, 2 if two_sided else 1
    made = GroupSequential(
        looks=fractions,
        bounds=tuple(sign * bound for bound in upper),
        spent=tuple(sides * one for one in spent),
        nominal=tuple(sides * _tail(bound) for bound in upper),
        futility=None,
        alpha=float(alpha),
        alternative=alternative,
        spending=tuple(one / spent[-1] for one in spent) if final else spending,
        rho=float(rho),
    )
    if futility is None:
        return made
    if two_sided:
        raise InvalidInput("Futility bounds need a direction.", hint="pass alternative='greater' and half of alpha.")
    beta = 1 - probability("power", power)
    return _with_futility(made, futility, _futility_drift(made, futility, beta), beta)


def fixed_drift(alpha: float, power: float, alternative: Alternative) -> float:
    """The mean of z that gives one look at the end this power."""
    from expkit.stats.distributions import critical, tail
    from expkit.stats.roots import bisect

    bound, both = critical(alpha, None, alternative), alternative == "two-sided"
    return bisect(lambda d: power - tail(bound - d) - (tail(bound + d) if both else 0.0), 0.0, 40.0)


def _spent(
    fractions: Sequence[float], alpha: float, spending: Spending, rho: float, two_sided: bool, final: bool
) -> list[float]:
    one_side = alpha / 2 if two_sided else alpha
    spent = list(spend(spending, fractions, one_side, rho))
    if final:
        spent[-1] = one_side
    return spent


def _solve(fractions: Sequence[float], spent: Sequence[float], two_sided: bool) -> tuple[float, ...]:
    from expkit.stats.boundaries import upper_bounds

    if not any(spent):
        raise InvalidInput("The spending spends nothing.", hint="spend alpha by the last look.")
    return upper_bounds(fractions, spent, two_sided)


def _tail(z: float) -> float:
    from expkit.stats.distributions import tail

    return tail(z)


def _upper(
    fractions: Sequence[float], alpha: float, spending: Spending, rho: float, alternative: Alternative
) -> tuple[float, ...]:
    two_sided, shares = alternative == "two-sided", spending
    if not isinstance(spending, str) and not callable(spending):
        shares = list(spending)[: len(fractions)]
    spent = _spent(fractions, alpha, shares, rho, two_sided, False)
    if not any(spent):  # so little of so small an alpha that it is no number any more
        return (math.inf,) * len(fractions)
    return _solve(fractions, spent, two_sided)


def _futility_bounds(design: GroupSequential, spent: Sequence[float], drift: float) -> tuple[list[float], float]:
    """Lower bounds before the last look, and the chance of missing the effect at the last one."""
    from expkit.stats.boundaries import Walk

    walk, bounds, before, looks = Walk.start(drift), [], 0.0, design.looks
    uppers = [abs(bound) for bound in design.bounds]
    for i in range(len(looks) - 1):
        low = min(walk.lower_quantile(spent[i] - before, looks[i]), uppers[i])
        bounds.append(low)
        before = spent[i]
        walk = walk.go_on(low, uppers[i], looks[i], looks[i + 1])
    return bounds, before + walk.below(uppers[-1], looks[-1])


def _futility_drift(design: GroupSequential, futility: Spending, beta: float) -> float:
    """The drift at which the futility bounds spend beta and meet the upper bound at the last look."""
    from expkit.stats.roots import crossing

    spent = spend(futility, design.looks, beta, design.rho)
    near = fixed_drift(design.alpha, 1 - beta, design.alternative)
    return crossing(lambda d: _futility_bounds(design, spent, d)[1] - beta, 0.0, 40.0, 1.05 * near, 0.2)


def _with_futility(design: GroupSequential, futility: Spending, drift: float, beta: float) -> GroupSequential:
    spent = spend(futility, design.looks, beta, design.rho)
    lower, _ = _futility_bounds(design, spent, drift)
    sign = -1 if design.alternative == "less" else 1
    bounds = (*(sign * one for one in lower), design.bounds[-1])
    return replace(design, futility=bounds, futility_spending=futility, futility_drift=drift)
