"""What people say about experiments: notes, reviews, learnings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from expkit.domain.collaboration import Learning, Note, Review
from expkit.domain.noun import LongText, Noun, Text
from expkit.service.answers import NoteEditItem
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number, Reason
from expkit.service.moves import MoveRequest

__all__ = ["router"]

Reviewer = Annotated[str | None, Query(max_length=500)]
State = Annotated[str | None, Query(max_length=20)]

router = APIRouter(tags=["people"])

# texts, because the workbench itself refuses other words and names these
VerdictWord = Annotated[str, Field(json_schema_extra={"enum": ["approve", "changes", "comment"]})]
OutcomeWord = Annotated[str, Field(json_schema_extra={"enum": ["positive", "negative", "neutral"]})]


class NoteRequest(Noun):
    text: LongText


class ReviewRequest(Noun):
    reviewers: tuple[Text, ...]
    deadline: Text | None = None
    """ISO 8601, read in `timezone` unless it has an offset."""
    timezone: Text = "UTC"


class AnswerRequest(Noun):
    verdict: VerdictWord
    comment: LongText = ""
    """Needed to ask for changes."""


class LearnRequest(Noun):
    text: LongText
    outcome: OutcomeWord | None = None
    """The newest look's when left out."""


class NotePage(BaseModel):
    items: list[Note]


class NoteHistory(BaseModel):
    items: list[NoteEditItem]


class ReviewPage(BaseModel):
    items: list[Review]


@router.get("/experiments/{key}/notes")
def list_notes(workbench: Bench, key: str) -> NotePage:
    """The oldest first, without the deleted ones."""
    return NotePage(items=workbench.notes(key))


@router.post("/experiments/{key}/notes", status_code=201, openapi_extra=accepts(NoteRequest))
def add_note(workbench: Bench, key: str, said: Annotated[NoteRequest, Depends(parsed(NoteRequest))]) -> Note:
    """It stands on the timeline, with its author."""
    return workbench.add_note(key, said.text)


@router.patch("/notes/{number}", openapi_extra=accepts(NoteRequest))
def edit_note(workbench: Bench, number: Number, said: Annotated[NoteRequest, Depends(parsed(NoteRequest))]) -> Note:
    """What it said before is kept."""
    return workbench.edit_note(number, said.text)


@router.delete("/notes/{number}", status_code=204)
def delete_note(workbench: Bench, number: Number, reason: Reason = "") -> None:
    """It leaves the timeline; its history stays."""
    workbench.delete_note(number, reason)


@router.get("/notes/{number}/history")
def get_note_history(workbench: Bench, number: Number) -> NoteHistory:
    """What a note said before, the oldest first."""
    return NoteHistory.model_validate({"items": workbench.note_history(number)})


@router.get("/experiments/{key}/reviews")
def list_reviews(workbench: Bench, key: str, reviewer: Reviewer = None, state: State = None) -> ReviewPage:
    """The newest first."""
    return ReviewPage(items=workbench.reviews(key, reviewer=reviewer, state=state))


@router.get("/reviews")
def list_all_reviews(workbench: Bench, reviewer: Reviewer = None, state: State = None) -> ReviewPage:
    """Of all experiments, the newest first: those that a `reviewer` was asked for, those in one `state`."""
    return ReviewPage(items=workbench.reviews(reviewer=reviewer, state=state))


@router.post("/experiments/{key}/review", status_code=201, openapi_extra=accepts(ReviewRequest))
def request_review(
    workbench: Bench, key: str, asked: Annotated[ReviewRequest, Depends(parsed(ReviewRequest))]
) -> Review:
    """Ask people to look at the version as it stands."""
    return workbench.request_review(key, asked.reviewers, deadline=asked.deadline, timezone=asked.timezone)


@router.post("/reviews/{number}/answer", openapi_extra=accepts(AnswerRequest))
def answer_review(
    workbench: Bench, number: Number, said: Annotated[AnswerRequest, Depends(parsed(AnswerRequest))]
) -> Review:
    """Approve, ask for changes, or just comment; nobody judges their own."""
    return workbench.answer_review(number, said.verdict, said.comment)  # type: ignore[arg-type]  # refused there


@router.post("/reviews/{number}/cancel", openapi_extra=accepts(MoveRequest, required=False))
def cancel_review(
    workbench: Bench, number: Number, why: Annotated[MoveRequest, Depends(parsed(MoveRequest))]
) -> Review:
    """Take the request back; the experiment is a draft again."""
    return workbench.cancel_review(number, why.reason)


@router.post("/experiments/{key}/learn", openapi_extra=accepts(LearnRequest))
def keep_learning(workbench: Bench, key: str, said: Annotated[LearnRequest, Depends(parsed(LearnRequest))]) -> Learning:
    """What was learnt, with the evidence of the newest look."""
    return workbench.learn(key, said.text, outcome=said.outcome)  # type: ignore[arg-type]  # refused there
