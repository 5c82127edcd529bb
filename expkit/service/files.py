"""`POST /experiments/plan` and `/experiments/apply`: definitions that live in files, compared and brought in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from expkit.domain import Experiment
from expkit.domain.diff import Change
from expkit.domain.noun import LongText, Noun
from expkit.service.answers import PlannedItem
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench
from expkit.workbench.planned import Planned

__all__ = ["router"]

router = APIRouter(prefix="/experiments", tags=["files"])


class Definitions(Noun):
    """What shall be. States that a file was exported with are left out."""

    experiments: tuple[Experiment, ...]
    reason: LongText = ""
    """Stands with every new version."""
    plan: tuple[PlannedItem, ...] | None = None
    """What `/experiments/plan` has answered and somebody has agreed to: 409 when it would be another one by now."""


class PlannedPage(BaseModel):
    items: list[PlannedItem]


@router.post("/plan", openapi_extra=accepts(Definitions))
def plan_definitions(workbench: Bench, wanted: Annotated[Definitions, Depends(parsed(Definitions))]) -> PlannedPage:
    """What `apply` would do with each. Nothing is changed."""
    return PlannedPage.model_validate({"items": workbench.plan(wanted.experiments)})


@router.post("/apply", openapi_extra=accepts(Definitions))
def apply_definitions(workbench: Bench, wanted: Annotated[Definitions, Depends(parsed(Definitions))]) -> PlannedPage:
    """Create what is new and change what differs, all or nothing. Applied again, it does nothing."""
    plan = None if wanted.plan is None else [_planned(item) for item in wanted.plan]
    return PlannedPage.model_validate({"items": workbench.apply(wanted.experiments, wanted.reason, plan=plan)})


def _planned(item: PlannedItem) -> Planned:
    changes = tuple(Change(change.path, change.before, change.after) for change in item.changes)
    return Planned(item.key, item.action, changes)
