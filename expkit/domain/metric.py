"""Metrics: outcomes -> one number per unit; guardrails: how far one may move before somebody acts."""

from __future__ import annotations

import builtins  # a metric has a field called property
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from expkit.domain.guardrail_lines import read_guardrail, write_guardrail
from expkit.domain.metric_rules import faults
from expkit.domain.noun import Json, Key, LongText, Noun, Text, explain
from expkit.domain.ready_metrics import ready_metric
from expkit.domain.where import refuse_odd_condition

__all__ = ["ANY_EVENT", "Guardrail", "Metric"]

ANY_EVENT = "*"
"""As a metric's event: whatever a unit does counts."""


class Metric(Noun):
    """What is measured. `Metric(key="conversion")` is the share of units with a `conversion` event.

    >>> Metric(key="ctr", kind="ratio", event="click", measure="count", denominator="impression")
    """

    key: Key
    name: Text = ""
    description: LongText = ""
    kind: Literal["conversion", "count", "sum", "ratio", "quantile", "evenness"] = "conversion"
    """conversion: any event; count: events per unit; sum: their values per unit; ratio: sum over units of one
    by another (delta method); quantile: of the events' values, however many a unit has; evenness: how evenly an arm's
    events are spread over the values of a property, 1 when all alike (Shannon's entropy over its largest)."""
    event: Text = ""
    """The outcome event; the metric's own key when empty, any when `*`."""
    measure: Literal["value", "count", "bounce"] = "value"
    """What a ratio adds up in its numerator; bounce: the sessions with a single event."""
    denominator: Text = ""
    """A ratio's denominator: the event that is counted; the numerator's own event when empty."""
    per: Literal["event", "session", "day"] = "event"
    """What a ratio counts below: events, the unit's sessions (with any event, unless `denominator` names one), or its
    days since it was first exposed."""
    where: dict[str, Json] = {}
    """A condition on the properties of the events that count, as eligibility has it: `{"placement": "pdp"}`."""
    denominator_where: dict[str, Json] | None = None
    """The same for what is counted below: `where` itself when left out, and no condition for sessions."""
    property: Text = ""
    """A number in the events' properties instead of their value, `basket.items`; for evenness what tells kinds apart.
    An event without it does not count."""
    quantile: float | None = Field(default=None, gt=0, lt=1)
    """Of the kind quantile: 0.95."""
    direction: Literal["increase", "decrease"] = "increase"
    """Which way is better."""
    start_days: float | None = Field(default=None, gt=0, le=3650)
    """Outcomes count from so long after the unit's first exposure (retention); from the exposure on when empty."""
    window_days: float | None = Field(default=None, gt=0, le=3650)
    """Outcomes count up to so long after the unit's first exposure; all of them when empty."""
    cap: float | None = Field(default=None, gt=0)
    """A unit's number counts as no more than this."""
    winsorize: float | None = Field(default=None, ge=0.5, lt=1)
    """Caps at this quantile of the units' numbers that are not zero, over all variants: 0.999."""
    covariate: Text = ""
    """The exposure attribute with the unit's number from before the experiment, whose share is taken out (CUPED)."""
    covariate_days: float | None = Field(default=None, gt=0, le=3650)
    """Takes out the share of what the same metric was in so many days before the unit's first exposure (CUPED)."""
    unit: Text = ""
    """For display: EUR, ms, %."""
    owner: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        return {"key": data, **(ready_metric(data) or {})} if isinstance(data, str) else data

    @field_validator("where", "denominator_where")
    @classmethod
    def _answerable(cls, condition: dict[str, Json] | None) -> dict[str, Json] | None:
        if condition is not None:
            refuse_odd_condition(condition)
        return condition

    @model_validator(mode="after")
    def _fields_go_together(self) -> Self:
        for fault in faults(self):
            raise ValueError(f"metric {self.key!r}: {fault}")
        return self

    @builtins.property
    def numerator_event(self) -> str:
        return self.event or self.key

    @builtins.property
    def denominator_event(self) -> str:
        return self.denominator or (ANY_EVENT if self.per == "session" else self.numerator_event)

    @builtins.property
    def condition_below(self) -> dict[str, Json]:
        """What the events of a ratio's denominator must meet."""
        if self.denominator_where is not None:
            return self.denominator_where
        return self.where if self.per == "event" else {}

    @builtins.property
    def per_unit(self) -> bool:
        """Whether it is made of one number per unit, or two; a quantile and evenness are not."""
        return self.kind not in ("quantile", "evenness")

    @builtins.property
    def title(self) -> str:
        return self.name or self.key.replace("_", " ").replace("-", " ").capitalize()


class Guardrail(Noun):
    """A metric that must not get worse than a bound: by `max_change` (relative) or beyond `limit` (absolute).

    >>> Guardrail(metric=Metric(key="error", direction="decrease"), limit=0.05, action="pause")
    >>> Guardrail.parse("error < 5% pause")
    """

    metric: Metric
    max_change: float | None = Field(default=None, gt=0, le=10)
    """The largest harm that is tolerated, relative to control: 0.1 is ten per cent in the bad direction."""
    limit: float | None = None
    """The level that no arm may cross in the bad direction."""
    action: Literal["alert", "pause", "stop", "rollback"] = "alert"

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, data: Any) -> Any:
        return read_guardrail(data) if isinstance(data, str) else data

    @classmethod
    def parse(cls, data: object) -> Self:
        """From its fields, or from a line: `trace.error < 5% stop`, `trace.quality -10%`, `trace.cost +20% pause`."""
        if not isinstance(data, str):
            return super().parse(data)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise explain(cls, error) from None

    @builtins.property
    def line(self) -> str:
        """As people say it."""
        return write_guardrail(self.metric.key, self.metric.direction, self.limit, self.max_change, self.action)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.max_change is None and self.limit is None:
            raise ValueError(
                f"guardrail {self.metric.key!r} has no bound: give max_change (relative) or limit (absolute)"
            )
        return self
