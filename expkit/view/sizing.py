"""The curve of the sample-size calculator: units against effect, around the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from expkit.design.questions import Sizing, SizingQuestion, solve
from expkit.errors import InvalidInput

__all__ = ["SizePoint", "Sizing", "SizingQuestion", "size_curve", "solve"]

CURVE_POINTS = 33
CURVE_SPAN = 2.0
"""The curve runs from half to twice the chosen effect."""


class SizePoint(NamedTuple):
    """One point of the curve: an effect and the units that it takes in all arms."""

    effect: float
    total: int


def size_curve(question: SizingQuestion) -> list[SizePoint]:
    """Units against the effect, around the chosen one; effects that cannot be are left out."""
    return list(_points(replace(question, find="units", daily_units=None)))


def _points(question: SizingQuestion) -> Iterator[SizePoint]:
    for step in range(CURVE_POINTS):
        factor = CURVE_SPAN ** (2 * step / (CURVE_POINTS - 1) - 1)
        asked = replace(question, effect=question.effect * factor)
        try:
            yield SizePoint(asked.effect, solve(asked).total)
        except InvalidInput:
            continue  # a rate beyond 100%
