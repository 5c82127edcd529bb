"""Parts of a scorecard that stand on their own: how far the data got, its effects by segment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import LongText, Noun, Text
from expkit.stats import Estimate, Interval, NotEstimable

__all__ = ["Breakdown", "Daily", "Difference", "Part", "Power", "Reached", "Segment", "SegmentEffect"]


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


class Daily(Part):
    """The units that first came on one day (UTC), by variant, and what they came to."""

    day: Text
    units: dict[str, int]
    means: dict[str, float] = {}
    """Of the primary metric; only arms with ten units or more on that day."""


class SegmentEffect(Part):
    """One metric of one treatment in one segment."""

    metric: Text
    variant: Text
    estimate: Annotated[Estimate | NotEstimable, Field(discriminator="kind")]
    """Too few units are not estimable. Where looks may follow, interval and p-value hold at any look."""
    adjusted_p_value: float | None = None
    """Over all segments of all attributes that were asked for (Benjamini and Hochberg)."""
    shrunken: float | None = None
    """The effect after looking at the other segments of the attribute: what to expect again. It takes four."""
    shrunken_ci: Interval | None = None
    against_rest: float | None = None
    """Minus the effect in the attribute's other segments."""
    against_rest_p_value: float | None = None
    """Of this look alone, adjusted over the attribute's segments."""


class Segment(Part):
    """One value of an attribute, as the units first came."""

    value: Text
    what: Literal["value", "missing", "other"] = "value"
    """Units that lack the attribute, and those of all values that do not stand on their own, are segments, too."""
    units: dict[str, int]
    """By variant."""
    effects: tuple[SegmentEffect, ...] = ()


class Difference(Part):
    """Whether the effect of one metric and treatment differs between the segments of an attribute."""

    metric: Text
    title: Text
    kind: Text
    unit: Text = ""
    variant: Text
    p_value: float | None = None
    """Cochran's Q, of this look alone."""
    adjusted_p_value: float | None = None
    """Over the attributes that were asked for."""
    note: Text = ""
    """Why there is none."""


class Breakdown(Part):
    """The effects by the values of one attribute. No verdict rests on them."""

    attribute: Text
    within: dict[str, str | None] = {}
    """Only units of these values; None for those that lack the attribute."""
    any_look: bool = False
    """Intervals and p-values hold at any look, and are wider for it."""
    segments: tuple[Segment, ...] = ()
    differences: tuple[Difference, ...] = ()
    note: LongText = ""
