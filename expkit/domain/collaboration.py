"""Notes, reviews and scheduled moves: what people say about an experiment, and what shall happen to it when."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import Key, LongText, Noun, Text

__all__ = ["Learning", "Note", "Review", "ReviewAnswer", "ScheduledMove", "Version"]


class Note(Noun):
    """A remark on the timeline. Editing keeps what it said before; a deleted note keeps its place."""

    id: int = Field(ge=1)
    experiment: Key
    text: LongText
    author: Text
    at: Timestamp
    edited_at: Timestamp | None = None
    deleted: bool = False


class ReviewAnswer(Noun):
    """What one reviewer says: approve, ask for changes, or just comment."""

    reviewer: Text
    verdict: Literal["approve", "changes", "comment"]
    comment: LongText = ""
    at: Timestamp


class Review(Noun):
    """A request to look at one version before it starts."""

    id: int = Field(ge=1)
    experiment: Key
    version: int
    author: Text = ""
    """Who made that version; neither they nor who asks may judge it."""
    requested_by: Text
    requested_at: Timestamp
    reviewers: tuple[Text, ...]
    deadline: Timestamp | None = None
    state: Literal["open", "approved", "changes", "cancelled"] = "open"
    answers: tuple[ReviewAnswer, ...] = ()


class ScheduledMove(Noun):
    """A move that some living process makes when its time has come, exactly once."""

    id: int = Field(ge=1)
    experiment: Key
    verb: Literal["start", "stop"]
    at: Timestamp
    reason: LongText = ""
    state: Literal["pending", "fired", "cancelled", "failed"] = "pending"
    by: Text
    """Who asked for it."""
    detail: Text = ""
    """Why it failed, when it did."""


class Version(Noun):
    """One state of a definition: who made it, why, and what changed."""

    experiment: Key
    version: int = Field(ge=1)
    author: Text
    reason: LongText = ""
    at: Timestamp
    changes: tuple[Text, ...] = ()
    """`coverage: 0.1 → 0.5`, against the version before."""


class Learning(Noun):
    """A conclusion linked to its evidence: what the hypothesis said, what came out, what was learnt."""

    experiment: Key
    text: LongText
    outcome: Literal["positive", "negative", "neutral"]
    author: Text
    at: Timestamp
    look: int | None = None
    lift: float | None = None
    lift_lower: float | None = None
    lift_upper: float | None = None
