"""A decision: what was done about an experiment, by whom and why."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expkit.domain.events import Timestamp, now
from expkit.domain.noun import Key, LongText, Noun, Text

__all__ = ["Decision"]


class Decision(Noun):
    experiment: Key
    action: Literal["promote", "rollback", "stop", "continue", "iterate", "abandon"]
    variant: Key | None = None
    reason: LongText
    actor: Text
    look: int | None = None
    """The look it rests on."""
    at: Timestamp = Field(default_factory=now)
