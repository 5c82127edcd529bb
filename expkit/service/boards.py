"""Side by side: `/versions/compare`, `/wins`, `/learnings`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from expkit.analysis.canary import VersionComparison
from expkit.analysis.wins import Wins
from expkit.domain import Guardrail
from expkit.domain.canary import Canary
from expkit.domain.collaboration import Learning
from expkit.domain.noun import LongText, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Limit

__all__ = ["router"]

router = APIRouter(tags=["overview"])

Word = Annotated[str | None, Query(max_length=500)]


class CompareRequest(Canary):
    """Two versions, models or prompts, and what one must not do."""

    guardrails: tuple[Guardrail | LongText, ...] = ()
    """With their fields, or as lines: `trace.error < 5%`."""
    experiment: Text | None = None
    """Its calls alone."""
    days: float | None = Field(default=None, gt=0, le=36_500)
    """Of the last so many days."""


class LearningPage(BaseModel):
    items: list[Learning]


@router.post("/versions/compare", openapi_extra=accepts(CompareRequest))
def compare_versions(
    workbench: Bench, asked: Annotated[CompareRequest, Depends(parsed(CompareRequest))]
) -> VersionComparison:
    """Errors, quality, cost and latency per call of both, valid at any moment. It is no look, and changes nothing."""
    return workbench.compare_versions(
        asked.control,
        asked.treatment,
        by=asked.by,
        guardrails=asked.guardrails,
        experiment=asked.experiment,
        days=asked.days,
    )


@router.get("/wins")
def get_wins(workbench: Bench, by: Annotated[str, Query(max_length=100)] = "owner", project: Word = None) -> Wins:
    """Ended experiments won and lost by owner, department, project, type; by model, prompt, version of the params."""
    return workbench.wins(by, project=project)


@router.get("/learnings")
def list_learnings(
    workbench: Bench, text: Annotated[str, Query(max_length=500)] = "", outcome: Word = None, project: Word = None,
    limit: Limit = 100,
) -> LearningPage:  # fmt: skip
    """What was learnt, the newest first: where every word of `text` stands in the learning or its experiment."""
    return LearningPage(items=workbench.learnings(text, outcome=outcome, project=project, limit=limit))
