"""A notice: one thing that happened, told on one channel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import LongText, Noun, Text

__all__ = ["Notice"]


class Notice(Noun):
    """What is told where, and whether it has arrived."""

    id: int = Field(ge=1)
    entry: int
    """The audit's entry that it tells of."""
    channel: Text
    """The channel's address without its secrets."""
    title: Text
    body: LongText = ""
    state: Literal["pending", "sent", "failed"] = "pending"
    attempts: int = 0
    at: Timestamp
    next_at: Timestamp
    sent_at: Timestamp | None = None
    detail: Text = ""
    """Why it has not arrived."""
