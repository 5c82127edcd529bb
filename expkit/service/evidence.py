"""Doubt: an analysis on what has no effect, and experiments that share units."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from expkit.design import AAReplay
from expkit.domain.noun import Noun, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench
from expkit.stats import Check, NotEstimable

__all__ = ["router"]

router = APIRouter(prefix="/experiments/{key}", tags=["evidence"])


class ReplayRequest(Noun):
    log: Text | None = None
    """The experiment whose units and outcomes are taken; its own when empty."""
    rehashes: int = Field(default=1000, ge=100, le=10_000)
    seed: Text = "aa"


class Overlap(BaseModel):
    items: list[Check | NotEstimable]


@router.post("/aa", openapi_extra=accepts(ReplayRequest, required=False))
def replay_aa(workbench: Bench, key: str, wanted: Annotated[ReplayRequest, Depends(parsed(ReplayRequest))]) -> AAReplay:
    """Deal a log's units out anew so many times, and count what the experiment's analysis finds."""
    return workbench.replay_aa(key, log=wanted.log, rehashes=wanted.rehashes, seed=wanted.seed)


@router.get("/overlap/{other}")
def check_overlap(workbench: Bench, key: str, other: str) -> Overlap:
    """Whether another experiment on the same units changes the effect of this one, or still acts."""
    return Overlap(items=workbench.check_overlap(key, other))
