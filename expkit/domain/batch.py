"""A batch: trials of one template, launched together, scored by one field of what they record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from expkit.domain.events import Timestamp, now
from expkit.domain.noun import Json, Key, LongText, Noun, Text

__all__ = ["Batch", "BatchCounts", "BatchStatus", "Limits", "Scoring", "Trial", "TrialError"]

BatchStatus = Literal["queued", "running", "succeeded", "failed", "aborted"]


class Scoring(Noun):
    """Which recorded field ranks the trials, and which end of it is good."""

    field: Text
    direction: Literal["max", "min"] = "max"


class Limits(Noun):
    """What a batch may use; None leaves the choice to the machine."""

    workers: int | None = Field(default=None, ge=1, le=1000)
    """Trials at a time; by default one for each core."""
    seconds: float | None = Field(default=None, gt=0)
    """The longest that one trial may take."""
    memory_mb: int | None = Field(default=None, ge=64)
    """The most that one trial's processes may hold together."""
    retries: int = Field(default=2, ge=0, le=20)
    """How often a trial is started again when its worker died; a notebook that fails is not repeated."""


class TrialError(Noun):
    """Why a trial failed: the evidence, and whether trying again can help."""

    ename: Text
    evalue: LongText = ""
    cell: int | None = None
    """The failing cell's place in the executed notebook, from 0."""
    source: LongText = ""
    traceback: str = ""
    retry: bool = False
    """Whether the same trial may pass when it is tried again."""
    advice: Text = ""


class Trial(Noun):
    """One template run with one parameter set."""

    number: int = Field(ge=1)
    parameters: dict[str, Json] = {}
    status: BatchStatus = "queued"
    result: dict[str, Json] = {}
    score: float | None = None
    error: TrialError | None = None
    seconds: float | None = None
    output: str | None = None
    """Where the executed notebook lies."""

    @property
    def done(self) -> bool:
        return self.status not in {"queued", "running"}


class BatchCounts(Noun):
    """How many trials are in which state."""

    total: int = Field(ge=0)
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed + self.aborted

    @model_validator(mode="after")
    def _adds_up(self) -> BatchCounts:
        if self.queued + self.running + self.done != self.total:
            raise ValueError(f"the states do not add up to {self.total} trials")
        return self


class Batch(Noun):
    """Trials launched together. It succeeded when at least one trial did and none was cut off."""

    job_id: Key
    template: Key
    status: BatchStatus = "queued"
    counts: BatchCounts
    scoring: Scoring | None = None
    limits: Limits = Limits()
    created_at: Timestamp = Field(default_factory=now)
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    eta_seconds: float | None = None
    """About how long the rest will take; None until a first trial has finished."""
    actor: Text

    @property
    def done(self) -> bool:
        return self.status not in {"queued", "running"}
