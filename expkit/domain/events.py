"""What units see and do. Times are UTC; a time without a zone is read as UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import uuid4

from pydantic import AfterValidator, Field, model_validator

from expkit.domain.noun import Json, Key, Noun, Text

__all__ = ["Exposure", "Outcome", "Timestamp", "Trace", "now"]


def now() -> datetime:
    return datetime.now(UTC)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # the first and the last hours of the calendar exist in some zones only
        raise ValueError("this time is beyond the calendar") from None


Timestamp = Annotated[datetime, AfterValidator(_in_utc)]


class _Event(Noun):
    event_id: Text = Field(default_factory=lambda: uuid4().hex)
    """Two events with one id are one event, however often they are sent."""
    user_id: Text | None = None
    session_id: Text | None = None
    timestamp: Timestamp = Field(default_factory=now)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.user_id and not self.session_id:
            raise ValueError("neither user_id nor session_id is given: an event belongs to somebody")
        return self

    @property
    def unit(self) -> str:
        return self.user_id or self.session_id or ""


class Exposure(_Event):
    """A unit saw a variant."""

    experiment: Key
    variant: Key
    placement: Text = ""
    attributes: dict[str, Json] = {}


class Outcome(_Event):
    """A unit did something: `event` names it, `value` weighs it (1 for a plain occurrence)."""

    event: Text
    value: float = 1.0
    properties: dict[str, Json] = {}


class Trace(_Event):
    """One model call: what it cost, how long it took, how good it was, whether it failed."""

    model: Text
    prompt: Text = ""
    version: Text = ""
    experiment: Key | None = None
    variant: Key | None = None
    latency_ms: float | None = Field(default=None, ge=0)
    cost: float | None = Field(default=None, ge=0)
    quality: float | None = None
    error: Text = ""
    properties: dict[str, Json] = {}
