"""`POST /experiments/assign`: which variant a unit gets, in the shape the recommendation service asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import StrictInt

from expkit.domain import Assignment
from expkit.domain.noun import Json, Key, Noun, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench

__all__ = ["router"]

router = APIRouter(prefix="/experiments", tags=["assignment"])


class AssignContext(Noun):
    """Where the unit is. Both choose among the active experiments when none is named."""

    page_type: str | None = None
    placement: str | None = None


class AssignRequest(Noun):
    """Bucketed by `user_id` when there is one, else by `session_id`. The assigner says what is wrong with a value."""

    user_id: str | StrictInt | None = None
    session_id: str | StrictInt | None = None
    context: AssignContext = AssignContext()
    attributes: dict[Text, Json] = {}
    experiment: str | None = None
    """Ask this one; else those that match the context are tried by priority, then key."""


class AssignResponse(Noun):
    """`variant` is null when there is none, and `reason` says why; `params` are then the defaults."""

    experiment_id: Key | None
    variant: Key | None
    params: dict[str, Json]
    reason: Text
    user_id: Text | None
    session_id: Text | None
    hash_attribute: Text
    bucket: float | None
    version: int | None


@router.post("/assign", openapi_extra=accepts(AssignRequest))
def assign(workbench: Bench, asked: Annotated[AssignRequest, Depends(parsed(AssignRequest))]) -> AssignResponse:
    """Deterministic, and without a trace: log an exposure when the unit has seen its variant."""
    answer = workbench.assign(
        user_id=_id(asked.user_id),
        session_id=_id(asked.session_id),
        attributes=asked.attributes,
        experiment=asked.experiment,
        page_type=asked.context.page_type,
        placement=asked.context.placement,
    )
    return _told(answer)


def _id(given: str | int | None) -> str | None:
    return None if given is None else str(given)


def _told(answer: Assignment) -> AssignResponse:
    values = answer.model_dump()
    return AssignResponse(experiment_id=values.pop("experiment"), **values)
