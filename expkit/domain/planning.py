"""What is promised before the start: hypothesis, plan, schedule, stopping criteria, priority."""

from __future__ import annotations

from typing import Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from expkit.domain.events import Timestamp
from expkit.domain.noun import Json, Key, LongText, Noun, Text
from expkit.errors import did_you_mean

__all__ = ["ExposureRule", "Hypothesis", "Plan", "Prediction", "Rice", "Schedule", "StoppingCriteria"]


class Prediction(Noun):
    """The effect that is expected: `lift=0.05` on `metric` is five per cent more."""

    metric: Key
    lift: float
    confidence: float = Field(default=0.5, ge=0, le=1)
    """How sure the author is that it comes true; calibration is measured against it."""


class Hypothesis(Noun):
    """If ..., then ..., because ...; or a plain `text`."""

    text: LongText = ""
    if_: LongText = Field(default="", alias="if", serialization_alias="if")
    then: LongText = ""
    because: LongText = ""
    prediction: Prediction | None = None

    model_config = {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return {"text": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not (self.if_ and self.then):
            raise ValueError('say what you expect: a text, or at least "if" and "then"')
        return self

    def __str__(self) -> str:
        if self.text:
            return self.text
        because = f", because {self.because}" if self.because else ""
        return f"If {self.if_}, then {self.then}{because}."


class ExposureRule(Noun):
    """What triggers an exposure: reaching a placement, or a named event, for units that meet a condition."""

    event: Text = ""
    placements: tuple[Text, ...] = ()
    condition: dict[str, Json] = {}


class Plan(Noun):
    """How the result will be judged, fixed before it is seen."""

    method: Literal["fixed", "group_sequential", "always_valid", "bayesian"] = "fixed"
    alpha: float = Field(default=0.05, gt=0, lt=1)
    power: float = Field(default=0.8, gt=0, lt=1)
    minimum_effect: float | None = Field(default=None, gt=0)
    """The smallest relative change of the primary metric that is worth finding."""
    alternative: Literal["two-sided", "greater", "less"] = "two-sided"
    correction: Literal["none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"] = "holm"
    """Applied over the secondary metrics and arms; the primary metric keeps its own alpha."""
    gatekeeping: bool = False
    """Secondary metrics count only once the primary metric is significant, in every treatment."""
    randomised: Literal["user", "session"] = "user"
    """What is dealt a variant: a user (`user_id`, else `session_id`), or each session: `assign` is then asked with the
    `session_id` alone."""
    analysed: Literal["user", "session"] | None = None
    """What one number is of; what is randomised when empty. Where the two differ, errors are those of clusters."""
    looks: int = Field(default=1, ge=1, le=1000)
    days: float | None = Field(default=None, gt=0)
    spending: Literal["obrien-fleming", "pocock", "power", "hwang-shih-decani"] = "obrien-fleming"
    """Group-sequential: how alpha is spent over the looks. The default keeps nearly all power for the last one."""
    futility: bool = False
    """Group-sequential and one-sided: also stop where going on is hopeless; 1 - power is spent on that."""
    prior_sd: float = Field(default=0.1, gt=0, le=100)
    """Bayesian: lifts are thought to be Normal(0, prior_sd) before anything is seen."""
    max_loss: float = Field(default=0.001, gt=0, le=1)
    """Bayesian: an arm is chosen when that loses no more than this on average, relative to control."""

    @property
    def rows(self) -> Literal["user", "session"]:
        """What one number is of."""
        return self.analysed or self.randomised

    @property
    def of_users(self) -> bool:
        """Whether users are randomised and analysed, as `assign` has it."""
        return self.rows == self.randomised == "user"

    @model_validator(mode="after")
    def _futility_has_a_side(self) -> Self:
        if self.futility and (self.method != "group_sequential" or self.alternative == "two-sided"):
            raise ValueError(
                "futility bounds are for group_sequential plans with a direction: set alternative to greater or less"
            )
        return self


class Schedule(Noun):
    """When to start and to end, in the given time zone's calendar."""

    start: Timestamp | None = None
    end: Timestamp | None = None
    timezone: Text = "UTC"

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != "UTC" and name not in available_timezones():
            raise ValueError(f"no such time zone; {did_you_mean(name, available_timezones())}")
        return name

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.end <= self.start:
            raise ValueError(f"it would end ({self.end:%Y-%m-%d %H:%M}) before it starts ({self.start:%Y-%m-%d %H:%M})")
        return self


class StoppingCriteria(Noun):
    """When enough is enough."""

    sample_size: int | None = Field(default=None, ge=2)
    """Units per variant."""
    max_days: float | None = Field(default=None, gt=0)
    when_significant: bool = False
    """Only with a sequential plan: a fixed plan that stops at the first p < alpha is wrong far too often."""
    when_powered: bool = False
    """Once the plan's smallest effect worth finding would be found with the plan's power."""


class Rice(Noun):
    """Reach x impact x confidence / effort; without a reach, impact x confidence / effort."""

    reach: float | None = Field(default=None, ge=0)
    impact: float = Field(ge=0)
    confidence: float = Field(ge=0, le=1)
    effort: float = Field(gt=0)

    @property
    def score(self) -> float:
        return (1.0 if self.reach is None else self.reach) * self.impact * self.confidence / self.effort
