"""What watching a running experiment finds: broken guardrails, stopping criteria that are met, a split gone wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import Json, Key, LongText, Noun, Text

__all__ = ["Alert", "AlertKind", "Criterion"]

AlertKind = Literal["guardrail", "stopping", "ratio"]


class Criterion(Noun):
    """One stopping criterion, and whether it is met."""

    name: Text
    met: bool
    detail: Text = ""


class Alert(Noun):
    """Something that somebody should know of; raised once, kept with its evidence, and acknowledged by a person."""

    id: int = Field(ge=1)
    experiment: Key
    kind: AlertKind
    subject: Text
    """What it is about: `error of treatment`, `sample_size`, `srm`."""
    action: Literal["alert", "pause", "stop", "rollback"] = "alert"
    """What was done about it."""
    detail: LongText = ""
    evidence: dict[str, Json] = {}
    at: Timestamp
    acknowledged_by: Text = ""
    acknowledged_at: Timestamp | None = None
    comment: LongText = ""

    @property
    def is_open(self) -> bool:
        return self.acknowledged_at is None
