"""Any question of size: units, the smallest effect, or the power, one from the others; for a difference or for no harm.

The sample-size calculator and `expkit size` both ask here; the statistics are those of `expkit.stats`. Ratios and
quantiles are sized as the mean of a number per unit with the same error, which history gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from expkit.design.sizing_traffic import plan_days
from expkit.errors import InvalidInput
from expkit.stats import (
    ALPHA,
    POWER,
    Alternative,
    LookMethod,
    NotEstimable,
    SampleSize,
    power_for_one_look,
    power_with_looks,
    size_non_inferiority,
    size_non_inferiority_proportions,
    solve_size,
)
from expkit.stats.curves import variance_factor
from expkit.stats.power import shared_alpha
from expkit.stats.roots import bisect
from expkit.stats.spending import SpendingFunction
from expkit.stats.terms import word

__all__ = ["Find", "Goal", "SizeKind", "Sizing", "SizingQuestion", "solve"]

SizeKind = Literal["conversion", "mean", "ratio", "quantile"]
Goal = Literal["difference", "no-harm"]
Find = Literal["units", "effect", "power"]


@dataclass(frozen=True, slots=True)
class SizingQuestion:
    """How many units does it take - or what can so many find?

    `effect` is a share of the baseline where `relative`: 0.05 is five per cent; with the goal `no-harm` it is the
    margin, the harm that would still do. `shares` has the control first. What is to `find` needs no value; `units` are
    those of the control.
    """

    kind: SizeKind = "conversion"
    baseline: float = 0.1
    effect: float = 0.05
    sd: float | None = None
    alpha: float = ALPHA
    power: float = POWER
    shares: tuple[float, ...] = (1.0, 1.0)
    daily_units: float | Sequence[float] | None = None
    alternative: Alternative = "two-sided"
    find: Find = "units"
    units: float | None = None
    goal: Goal = "difference"
    better: Literal["increase", "decrease"] = "increase"
    relative: bool = True
    rho: float = 0.0
    """Correlation with the covariates that CUPED will use."""
    icc: float = 0.0
    """How alike units of one cluster are; with `cluster_size` units in each."""
    cluster_size: float = 1.0
    comparisons: int = 1
    """Tests that share alpha."""
    method: LookMethod = "fixed"
    looks: int = 1
    """Equally spaced, the last one with all units."""
    spending: SpendingFunction = "obrien-fleming"
    coverage: float = 1.0
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """The answer: units per arm, control first, what they find; days and dates when the daily units are known."""

    question: SizingQuestion
    per_arm: tuple[int, ...]
    total: int
    effect: float
    """As asked: relative to the baseline, or absolute."""
    power: float
    days: int | None = None
    weeks: int | None = None
    """The days, rounded up to whole weeks."""
    end: date | None = None


class _Found(NamedTuple):
    per_arm: tuple[int, ...]
    effect: float
    power: float


def solve(question: SizingQuestion) -> Sizing:
    """The one that is asked for, or an error that says which input cannot be.

    >>> solve(SizingQuestion(baseline=0.05, effect=0.1)).per_arm
    (31234, 31234)
    """
    word("kind", question.kind, get_args(SizeKind))
    word("goal", question.goal, get_args(Goal))
    word("what to find", question.find, get_args(Find))
    found = _looked_at(question)
    total = sum(found.per_arm)
    days, weeks, end = _calendar(question, total)
    return Sizing(question, found.per_arm, total, found.effect, found.power, days, weeks, end)


def _looked_at(question: SizingQuestion) -> _Found:
    """As for one look at the end, with the power that this one has under the drift that the looks need."""
    ask = _difference if question.goal == "difference" else _no_harm
    looks: dict[str, Any] = {
        "method": question.method, "looks": question.looks, "spending": question.spending,
        "alpha": shared_alpha(question.alpha, question.comparisons),
        "alternative": question.alternative if question.goal == "difference" else "greater",
    }  # fmt: skip
    if question.find == "power":
        found = ask(question)
        return found._replace(power=power_with_looks(found.power, **looks))
    return ask(replace(question, power=power_for_one_look(question.power, **looks)))._replace(power=question.power)


def _difference(question: SizingQuestion) -> _Found:
    units = None if question.find == "units" else _units(question)
    found = solve_size(
        "proportion" if question.kind == "conversion" else "mean",
        baseline=question.baseline,
        sd=None if question.kind == "conversion" else _sd(question),
        mde=None if question.find == "effect" else question.effect,
        n=None if units is None else _pair(question, units),
        power=None if question.find == "power" else question.power,
        alpha=question.alpha,
        relative=question.relative,
        alternative=question.alternative,
        shares=question.shares,
        rho=question.rho,
        icc=question.icc,
        cluster_size=question.cluster_size,
        comparisons=question.comparisons,
    )
    if isinstance(found, NotEstimable):
        raise InvalidInput(found.reason, hint=found.hint)
    whole = abs(question.baseline) if question.relative else 1.0
    effect = found.effect / whole if question.find == "effect" else question.effect
    return _Found(found.per_arm if units is None else _arms(question, units), effect, found.power)


def _no_harm(question: SizingQuestion) -> _Found:
    if question.find == "units":
        found = _margin_size(question)
        return _Found(found.per_arm, question.effect, found.power)
    units = _units(question)

    def needed(margin: float, power: float) -> float:
        try:
            return _margin_size(replace(question, effect=margin, power=power)).exact[0]
        except InvalidInput as error:
            if "units" in error.message or "margin" in error.message:
                return math.inf  # hardly a margin at all
            raise

    if question.find == "power":
        asked = bisect(lambda p: units - needed(question.effect, p), question.alpha + 1e-9, 1 - 1e-12)
        return _Found(_arms(question, units), question.effect, asked)
    widest = 1.0 if question.relative or question.kind == "conversion" else 1e3 * _sd(question)
    return _Found(
        _arms(question, units), _smallest(lambda m: needed(m, question.power) - units, widest), question.power
    )


def _smallest(lacking: Callable[[float], float], widest: float) -> float:
    if lacking(widest * (1 - 1e-9)) > 0:
        raise InvalidInput("So few units rule out no harm at all.", hint="plan for more units, or less power.")
    return bisect(lacking, widest * 1e-9, widest)


def _margin_size(question: SizingQuestion) -> SampleSize:
    """Non-inferiority, with what covariates save and clusters cost."""
    factor = variance_factor(question.rho, question.icc, question.cluster_size)
    options: dict[str, Any] = {
        "better": question.better, "relative": question.relative, "power": question.power, "shares": question.shares,
        "alpha": shared_alpha(question.alpha, question.comparisons),
    }  # fmt: skip
    if question.kind != "conversion":
        return size_non_inferiority(question.baseline, _sd(question) * math.sqrt(factor), question.effect, **options)
    plain = size_non_inferiority_proportions(question.baseline, question.effect, **options)
    exact = tuple(units * factor for units in plain.exact)
    per_arm = tuple(math.ceil(units) for units in exact)
    return replace(plain, exact=exact, per_arm=per_arm, total=sum(per_arm))


def _sd(question: SizingQuestion) -> float:
    if question.sd is None:
        raise InvalidInput("A mean needs its standard deviation.", hint="take it from history: the metric per unit.")
    return question.sd


def _units(question: SizingQuestion) -> float:
    if question.units is None or not question.units >= 2 or math.isinf(question.units):  # a variance needs two
        told = "nothing" if question.units is None else f"{question.units:g}"
        raise InvalidInput(f"Units in control are {told}.", hint="give those that there will be, 2 or more.")
    return question.units


def _pair(question: SizingQuestion, units: float) -> tuple[int, int]:
    """Control and the smallest treatment."""
    arms = _arms(question, units)
    return arms[0], min(arms[1:])


def _arms(question: SizingQuestion, units: float) -> tuple[int, ...]:
    shares = question.shares
    if len(shares) < 2 or not all(math.isfinite(share) and share > 0 for share in shares):
        raise InvalidInput(f"The shares are {list(shares)}.", hint="two or more numbers above 0, control first.")
    return tuple(math.ceil(units * share / shares[0] - 1e-9) for share in shares)


def _calendar(question: SizingQuestion, total: int) -> tuple[int | None, int | None, date | None]:
    daily = question.daily_units
    if daily is None:
        return None, None, None
    if isinstance(daily, int | float) and (not daily > 0 or math.isinf(daily)):
        raise InvalidInput(f"Units per day is {daily:g}.", hint="a number above 0, or leave it empty.")
    found = plan_days(total, daily, coverage=question.coverage, start=question.start)
    return found.days, found.weeks, found.end
