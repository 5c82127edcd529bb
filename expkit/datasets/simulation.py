"""A simulated experiment, together with what is true about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput, shorten

if TYPE_CHECKING:
    import pyarrow as pa

    from expkit.domain import Experiment

__all__ = ["Simulation", "Truth", "units_asked"]

MAX_USERS = 10_000_000


@dataclass(frozen=True, slots=True)
class Truth:
    """What one metric is expected to be for the simulated units, had all of them been in control or in treatment."""

    control: float
    treatment: float

    @property
    def effect(self) -> float:
        return self.treatment - self.control

    @property
    def lift(self) -> float:
        """Relative to control; NaN when control is expected to be zero."""
        return self.effect / abs(self.control) if self.control else math.nan

    def __getitem__(self, name: str) -> float:
        """`truth["effect"]`, for those who keep truths next to rows of a frame."""
        if name not in {"control", "treatment", "effect", "lift"}:
            raise KeyError(name)
        return float(getattr(self, name))


@dataclass(frozen=True)
class Simulation:
    """A draft experiment, its events in the canonical columns, and the truth by metric and variant.

    `facts` holds what else the generator knows: when the fault began, how large the interaction is.
    """

    experiment: Experiment
    exposures: pa.Table
    outcomes: pa.Table
    traces: pa.Table
    truth: Mapping[str, Mapping[str, Truth]]
    facts: Mapping[str, Any] = field(default_factory=dict)


def units_asked(users: int, least: int = 1) -> int:
    """The number of units to simulate, or an error that says what is possible."""
    if type(users) is not int or not least <= users <= MAX_USERS:
        raise InvalidInput(f"users is {shorten(users)}.", hint=f"give a whole number from {least:,} to {MAX_USERS:,}.")
    return users
