"""A posterior of minus the number, for metrics of which less is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expkit.stats.posteriors import Floats, Posterior

__all__ = ["Mirrored"]


@dataclass(frozen=True)
class Mirrored:
    arm: Posterior

    @property
    def mean(self) -> float:
        return -self.arm.mean

    @property
    def sd(self) -> float:
        return self.arm.sd

    def below(self, x: Floats) -> Floats:
        return self.arm.above(-x)

    def above(self, x: Floats) -> Floats:
        return self.arm.below(-x)

    def quantile(self, chance: float) -> float:
        return -self.arm.quantile(1 - chance)

    def spread(self) -> tuple[Floats, Floats]:
        points, mass = self.arm.spread()
        return -points, mass
