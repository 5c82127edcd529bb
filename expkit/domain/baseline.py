"""A baseline: what a metric stands at, with what params, since a winner became the new normal."""

from __future__ import annotations

import math

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import Json, Key, Noun, Text

__all__ = ["Baseline"]


class Baseline(Noun):
    """Recorded when a winner is promoted; taken back when it is rolled back, and then the one before holds again."""

    id: int = Field(ge=1)
    project: Text
    metric: Key
    kind: Text
    experiment: Key
    """Whose winner it is, in which `version`."""
    variant: Key
    version: int
    look: int | None = None
    """Where `level` was seen; None when nobody had looked."""
    level: float | None = None
    """The metric per unit, in the winner's arm."""
    sd: float | None = None
    """Between units."""
    units: int = 0
    params: dict[str, Json] = {}
    """What units get since then."""
    actor: Text
    at: Timestamp
    ended_at: Timestamp | None = None
    """When it was rolled back."""

    @property
    def se(self) -> float | None:
        """Of the level."""
        return self.sd / math.sqrt(self.units) if self.sd is not None and self.units else None
