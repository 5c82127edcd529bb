"""Parts of a scorecard that stand on their own: how far the data got."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import Noun, Text

__all__ = ["Part", "Power", "Reached"]


class Part(Noun):
    # names come from the data here: a column called "price " keeps its blank
    model_config = ConfigDict(str_strip_whitespace=False)


class Power(Part):
    """What the primary metric of one treatment can tell by now, with the spread that the data has."""

    variant: Text
    sought: float | None = None
    """The plan's smallest effect worth finding, relative to control."""
    power: float | None = Field(default=None, ge=0, le=1)
    """The chance to find it with the units so far: were this the one look of a fixed plan, else at this look alone."""
    detectable: float | None = None
    """The smallest effect that would be found by now with the plan's power; absolute."""
    detectable_lift: float | None = None
    """Relative to control."""


class Reached(Part):
    """How far an experiment got, and when it would have what was planned."""

    units: int = Field(ge=0)
    """In the smallest arm."""
    planned_units: int | None = None
    days: float | None = None
    planned_days: float | None = None
    wanted_power: float = Field(gt=0, lt=1)
    powers: tuple[Power, ...] = ()
    per_day: float | None = Field(default=None, ge=0)
    """New units a day in the smallest arm, lately."""
    counted_days: int = Field(default=0, ge=0)
    """The days that this is the average of."""
    end: Timestamp | None = None
    """When what was planned would be there, if units go on coming as lately."""
    earliest: Timestamp | None = None
    latest: Timestamp | None = None
    """With `earliest`: nine in ten times it ends between them; None where no end is in sight."""
    note: Text = ""
    """Why there is no end, or what it rests on."""
