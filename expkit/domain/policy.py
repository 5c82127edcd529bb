"""The rules of a project: what must be in order before a start, and how long things are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expkit.domain.noun import Noun, Text
from expkit.domain.permissions import EVERYWHERE

__all__ = ["CHECKLIST", "ChecklistItem", "Policy", "Retention", "Strictness"]

Strictness = Literal["off", "warn", "block"]

CHECKLIST = {
    "power": "The sample size is planned and reaches the planned power",
    "metrics": "The metrics are defined, and as the catalogue defines them",
    "guardrails": "At least one guardrail watches for harm",
    "hash": "Its hash is independent of the experiments that run beside it",
    "overlap": "No running experiment treats the same units for the same metric",
    "review": "Somebody else has approved this version",
    "plan": "The analysis plan is signed",
    "schedule": "Its start is on the calendar",
}
"""What is looked at before a start."""


class ChecklistItem(Noun):
    """One line of the pre-launch checklist."""

    name: Text
    title: Text
    ok: bool
    strictness: Strictness
    detail: Text = ""

    @property
    def blocks(self) -> bool:
        return not self.ok and self.strictness == "block"


class Retention(Noun):
    """How many days things are kept after an experiment has ended; None keeps them for good.

    Scorecards, decisions, learnings and the audit are summaries and records: they always stay.
    """

    events_days: float | None = Field(default=None, ge=1)
    """Exposures and outcomes of ended experiments."""
    traces_days: float | None = Field(default=None, ge=1)
    drafts_days: float | None = Field(default=None, ge=1)
    """Drafts that nobody has touched for so long."""
    batches_days: float | None = Field(default=None, ge=1)
    """The executed notebooks of finished batches; their results stay."""


class Policy(Noun):
    """The rules of one project; `*` is the organisation's own, which holds where a project has none."""

    project: Text = EVERYWHERE
    power: Strictness = "warn"
    metrics: Strictness = "warn"
    guardrails: Strictness = "warn"
    hash: Strictness = "warn"
    overlap: Strictness = "warn"
    review: Strictness = "warn"
    plan: Strictness = "warn"
    schedule: Strictness = "off"
    approvals: int = Field(default=1, ge=1, le=10)
    """How many reviewers must approve."""
    stopping: Literal["off", "alert", "stop"] = "alert"
    """What becomes of a running experiment whose stopping criteria are met."""
    loosening: Strictness = "block"
    """A guardrail of a running experiment that is to watch less, without a second person's approval."""
    retention: Retention = Retention()

    def strictness(self, item: str) -> Strictness:
        found: Strictness = getattr(self, item)
        return found
