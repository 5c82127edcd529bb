"""The shapes of answers that are no nouns: what the registry tells as named tuples, with their names kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

__all__ = [
    "CalendarItem",
    "ExpiredItem",
    "HypothesesAnswer",
    "NoteEditItem",
    "PhaseItem",
    "PlannedItem",
    "SignedPlanItem",
    "Told",
    "VelocityAnswer",
    "VerdictAnswer",
]


class Told(BaseModel):
    """Reads what it tells from the attributes of what it was given."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class PhaseItem(Told):
    """One stretch of time with one allocation; the last one of a running experiment is open."""

    phase: int
    version: int
    started_at: datetime
    ended_at: datetime | None
    coverage: float
    shares: dict[str, float]


class SignedPlanItem(Told):
    """A promise: the SHA-256 of what was to be judged and how, and who signed it when."""

    digest: str
    version: int
    signed_by: str
    at: datetime


class NoteEditItem(Told):
    """What a note said until somebody changed it."""

    text: str
    editor: str
    at: datetime


class VelocityAnswer(Told):
    """How fast the programme learns; null where nothing has happened to count."""

    launched: int
    completed: int
    success_rate: float | None
    median_days: float | None
    days_to_decision: float | None
    learnings: int
    launched_by_month: dict[str, int]


class TrackedItem(Told):
    """One hypothesis: what was said, what came out, what was learnt."""

    experiment: str
    name: str
    hypothesis: str
    predicted_lift: float | None
    confidence: float | None
    outcome: str
    actual_lift: float | None
    lift_lower: float | None
    lift_upper: float | None
    came_true: bool | None
    learning: str


class HypothesesAnswer(Told):
    """All of them, and how well the team predicts: the Brier score, 0 is perfect and 0.25 is a coin's."""

    items: list[TrackedItem]
    predictions: int
    hit_rate: float | None
    brier: float | None


class CalendarItem(Told):
    at: datetime
    experiment: str
    what: str


class ExpiredItem(Told):
    """One thing that the rules no longer keep. `*` stands for events that belong to no single experiment."""

    kind: str
    subject: str
    before: datetime
    items: int


class ChangeItem(Told):
    """`coverage`: 0.1 became 0.5; null stands for "not there"."""

    path: str
    before: Any
    after: Any


class PlannedItem(Told):
    """What happens to one definition when a list of them is applied."""

    key: str
    action: Literal["create", "update", "nothing"]
    changes: list[ChangeItem]


class CheckpointItem(Told):
    """The chain's end at some time, to be kept elsewhere."""

    id: int
    hash: str
    seal: str = ""


class FindingItem(Told):
    id: int
    what: str


class VerdictAnswer(Told):
    """`ok` when nothing is wrong. `unknown` says what could not be checked, and what would be needed for it."""

    ok: bool
    entries: int
    findings: list[FindingItem]
    unknown: list[str]
    end: CheckpointItem
