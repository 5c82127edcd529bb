"""`/retention`: what is older than the rules allow, and its removal."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from expkit.service.answers import ExpiredItem
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench
from expkit.service.moves import MoveRequest

__all__ = ["router"]

router = APIRouter(prefix="/retention", tags=["retention"])


class ExpiredPage(BaseModel):
    items: list[ExpiredItem]


@router.get("")
def plan_retention(workbench: Bench) -> ExpiredPage:
    """What would go now, by the rules of each project and of the organisation. Nothing is changed."""
    return ExpiredPage.model_validate({"items": workbench.retention_plan()})


@router.post("/apply", openapi_extra=accepts(MoveRequest, required=False))
def apply_retention(workbench: Bench, why: Annotated[MoveRequest, Depends(parsed(MoveRequest))]) -> ExpiredPage:
    """Remove what the plan names, each with an audit entry; answers with what went."""
    return ExpiredPage.model_validate({"items": workbench.apply_retention(why.reason)})
