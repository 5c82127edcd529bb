"""What the sample-size calculator asks and answers; the widget and the figure both show these numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from expkit.errors import InvalidInput
from expkit.stats import ALPHA, POWER, Alternative, size_means, size_proportions

__all__ = ["SizePoint", "Sizing", "SizingQuestion", "size_curve", "solve"]

CURVE_POINTS = 33
CURVE_SPAN = 2.0
"""The curve runs from half to twice the chosen effect."""


@dataclass(frozen=True, slots=True)
class SizingQuestion:
    """How many units does it take? `effect` is relative: 0.05 finds five per cent; `shares` has the control first."""

    kind: Literal["conversion", "mean"] = "conversion"
    baseline: float = 0.1
    effect: float = 0.05
    sd: float | None = None
    alpha: float = ALPHA
    power: float = POWER
    shares: tuple[float, ...] = (1.0, 1.0)
    daily_units: float | None = None
    alternative: Alternative = "two-sided"


@dataclass(frozen=True, slots=True)
class Sizing:
    """The answer: units per arm, control first, and days when the daily units are known."""

    question: SizingQuestion
    per_arm: tuple[int, ...]
    total: int
    days: int | None


class SizePoint(NamedTuple):
    """One point of the curve: a relative effect and the units that it takes in all arms."""

    effect: float
    total: int


def solve(question: SizingQuestion) -> Sizing:
    """The sample size, or an error that says which input cannot be."""
    per_arm, total = _size(question)
    return Sizing(question, per_arm, total, _days(total, question.daily_units))


def size_curve(question: SizingQuestion) -> list[SizePoint]:
    """Units against the effect, around the chosen one; effects that cannot be are left out."""
    return list(_points(question))


def _points(question: SizingQuestion) -> Iterator[SizePoint]:
    for step in range(CURVE_POINTS):
        factor = CURVE_SPAN ** (2 * step / (CURVE_POINTS - 1) - 1)
        asked = replace(question, effect=question.effect * factor)
        try:
            yield SizePoint(asked.effect, _size(asked)[1])
        except InvalidInput:
            continue  # a rate beyond 100%


def _size(question: SizingQuestion) -> tuple[tuple[int, ...], int]:
    if question.kind == "conversion":
        found = size_proportions(
            question.baseline, question.effect, relative=True, alpha=question.alpha, power=question.power,
            alternative=question.alternative, shares=question.shares,
        )  # fmt: skip
    elif question.sd is None:
        raise InvalidInput("A mean needs its standard deviation.", hint="take it from history: the metric per unit.")
    else:
        found = size_means(
            question.baseline, question.sd, question.effect, relative=True, alpha=question.alpha,
            power=question.power, alternative=question.alternative, shares=question.shares,
        )  # fmt: skip
    return tuple(found.per_arm), found.total


def _days(total: int, daily: float | None) -> int | None:
    if daily is None:
        return None
    if not daily > 0 or math.isinf(daily):
        raise InvalidInput(f"Units per day is {daily:g}.", hint="a number above 0, or leave it empty.")
    return math.ceil(total / daily)
