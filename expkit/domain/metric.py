"""Metrics: outcomes -> one number per unit; guardrails: how far one may move before somebody acts."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from expkit.domain.noun import Key, LongText, Noun, Text

__all__ = ["TRACE_METRICS", "Guardrail", "Metric"]

TRACE_METRICS: dict[str, tuple[str, Literal["increase", "decrease"]]] = {
    "trace.error": ("Failed model calls", "decrease"),
    "trace.cost": ("Cost per model call", "decrease"),
    "trace.latency": ("Milliseconds per model call", "decrease"),
    "trace.quality": ("Quality per model call", "increase"),
}
"""What model calls are measured by, per call: the share that failed, cost, milliseconds, quality; and the better way.

`Metric.parse("trace.cost")` is all that it takes. They are events as well, for metrics of another kind.
"""


class Metric(Noun):
    """What is measured. `Metric(key="conversion")` is the share of units with a `conversion` event.

    >>> Metric(key="ctr", kind="ratio", event="click", measure="count", denominator="impression")
    """

    key: Key
    name: Text = ""
    description: LongText = ""
    kind: Literal["conversion", "count", "sum", "ratio"] = "conversion"
    """conversion: any event; count: events per unit; sum: their values per unit; ratio: sum over units of one
    by another (delta method)."""
    event: Text = ""
    """The outcome event; the metric's own key when empty."""
    measure: Literal["value", "count"] = "value"
    """What a ratio adds up in its numerator."""
    denominator: Text = ""
    """A ratio's denominator: the event that is counted; the numerator's own event when empty."""
    direction: Literal["increase", "decrease"] = "increase"
    """Which way is better."""
    window_days: float | None = Field(default=None, gt=0, le=3650)
    """Outcomes count up to so long after the unit's first exposure; all of them when empty."""
    covariate: Text = ""
    """The exposure attribute with the unit's number from before the experiment, whose share is taken out (CUPED)."""
    unit: Text = ""
    """For display: EUR, ms, %."""
    owner: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        if data not in TRACE_METRICS:
            return {"key": data}
        name, direction = TRACE_METRICS[data]
        return {"key": data, "name": name, "kind": "ratio", "direction": direction}

    @model_validator(mode="after")
    def _denominator_is_for_ratios(self) -> Self:
        if self.denominator and self.kind != "ratio":
            raise ValueError(f"metric {self.key!r}: only a ratio has a denominator, and this is a {self.kind}")
        return self

    @property
    def numerator_event(self) -> str:
        return self.event or self.key

    @property
    def denominator_event(self) -> str:
        return self.denominator or self.numerator_event

    @property
    def title(self) -> str:
        return self.name or self.key.replace("_", " ").replace("-", " ").capitalize()


class Guardrail(Noun):
    """A metric that must not get worse than a bound: by `max_change` (relative) or beyond `limit` (absolute).

    >>> Guardrail(metric=Metric(key="error", direction="decrease"), limit=0.05, action="pause")
    """

    metric: Metric
    max_change: float | None = Field(default=None, gt=0, le=10)
    """The largest harm that is tolerated, relative to control: 0.1 is ten per cent in the bad direction."""
    limit: float | None = None
    """The level that no arm may cross in the bad direction."""
    action: Literal["alert", "pause", "stop", "rollback"] = "alert"

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.max_change is None and self.limit is None:
            raise ValueError(
                f"guardrail {self.metric.key!r} has no bound: give max_change (relative) or limit (absolute)"
            )
        return self
