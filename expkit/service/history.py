"""What an experiment was: its versions, the phases of its traffic, its signed plans."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from expkit.domain import Experiment
from expkit.domain.collaboration import Version
from expkit.service.answers import PhaseItem, SignedPlanItem
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number
from expkit.service.moves import MoveRequest

__all__ = ["router"]

router = APIRouter(prefix="/experiments/{key}", tags=["history"])


class VersionPage(BaseModel):
    items: list[Version]


class PhasePage(BaseModel):
    items: list[PhaseItem]


class SignedPlanPage(BaseModel):
    items: list[SignedPlanItem]


@router.get("/versions")
def list_versions(workbench: Bench, key: str) -> VersionPage:
    """The newest first, each with author, reason and what it changed."""
    return VersionPage(items=workbench.versions(key))


@router.get("/versions/{version}")
def get_version(workbench: Bench, key: str, version: Number) -> Experiment:
    """The definition as it was."""
    return workbench.at_version(key, version)


@router.post("/versions/{version}/restore", openapi_extra=accepts(MoveRequest, required=False))
def restore_version(
    workbench: Bench, key: str, version: Number, why: Annotated[MoveRequest, Depends(parsed(MoveRequest))]
) -> Experiment:
    """A new version that equals an old one."""
    return workbench.restore(key, version, why.reason)


@router.get("/phases")
def list_phases(workbench: Bench, key: str) -> PhasePage:
    """Which allocation held when, the oldest first; a draft has none."""
    return PhasePage.model_validate({"items": workbench.phases(key)})


@router.get("/plans")
def list_signed_plans(workbench: Bench, key: str) -> SignedPlanPage:
    """The newest first."""
    return SignedPlanPage.model_validate({"items": workbench.signed_plans(key)})


@router.post("/sign")
def sign_plan(workbench: Bench, key: str) -> SignedPlanItem:
    """Promise, before the start, what will be judged and how."""
    return SignedPlanItem.model_validate(workbench.sign_plan(key))
