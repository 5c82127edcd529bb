"""`/events`: upkeep of the inbox and the lake, for whoever keeps them; the erasure of one user."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from expkit.domain.noun import LongText, Noun, Text
from expkit.service.answers import Told
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number, Reason

__all__ = ["router"]

router = APIRouter(prefix="/events", tags=["events"])


class VacuumRequest(Noun):
    days: float = 30.0
    """What versions of the last so many days need stays."""


class EraseRequest(Noun):
    user_id: Text
    reason: LongText = ""


class QuarantinedItem(Told):
    """One batch that could not go to the lake, and why."""

    id: int
    kind: str
    rows: int
    received_at: str
    actor: str
    reason: str
    quarantined_at: str


class QuarantinePage(BaseModel):
    items: list[QuarantinedItem]


class FilesGone(BaseModel):
    """How many files fewer there are."""

    files: int


class Erased(BaseModel):
    """How many rows of each kind went."""

    removed: dict[str, int]


@router.get("/quarantine")
def list_quarantine(workbench: Bench) -> QuarantinePage:
    """The batches that could not go to the lake, each with its reason, the oldest first."""
    return QuarantinePage.model_validate({"items": workbench.quarantined_events()})


@router.post("/quarantine/{number}/retry")
def retry_quarantined(workbench: Bench, number: Number) -> QuarantinedItem:
    """Put a batch back into the inbox, once its cause is mended."""
    return QuarantinedItem.model_validate(workbench.retry_events(number))


@router.delete("/quarantine/{number}")
def drop_quarantined(workbench: Bench, number: Number, reason: Reason = "") -> QuarantinedItem:
    """Delete a batch for good; the audit keeps how many rows it had, and why."""
    return QuarantinedItem.model_validate(workbench.drop_events(number, reason))


@router.post("/compact")
def compact_events(workbench: Bench) -> FilesGone:
    """Join the lake's small files. Past looks can still be computed again."""
    return FilesGone(files=workbench.compact_events())


@router.post("/vacuum", openapi_extra=accepts(VacuumRequest, required=False))
def vacuum_events(workbench: Bench, asked: Annotated[VacuumRequest, Depends(parsed(VacuumRequest))]) -> FilesGone:
    """Delete files that only versions older than so many days need, and what crashes left. Scorecards stay."""
    return FilesGone(files=workbench.vacuum_events(asked.days))


@router.post("/erase", openapi_extra=accepts(EraseRequest))
def erase_user(workbench: Bench, asked: Annotated[EraseRequest, Depends(parsed(EraseRequest))]) -> Erased:
    """Remove everything of a user for good, also from the tables' history. Scorecards of past looks stay."""
    return Erased(removed=workbench.erase_user(asked.user_id, asked.reason))
