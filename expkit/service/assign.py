"""`POST /experiments/assign`: which variant a unit gets, in the shape the recommendation service asked for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StrictInt

from expkit.domain import Assignment, Exposure, Step
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
    sticky: dict[str, dict[str, str]] = {}
    """What the caller remembers the unit by: `{"user_id||u1": {"checkout__0": "treatment"}}`."""
    url: str | None = None
    """The page's address; `?expkit=<code>` in it is an override's."""
    explain: bool = False
    """Say in `trace` what was looked at."""


class AssignAllRequest(Noun):
    """As for one, with the experiments to ask; all that are active or rolled out when left out."""

    user_id: str | StrictInt | None = None
    session_id: str | StrictInt | None = None
    context: AssignContext = AssignContext()
    attributes: dict[Text, Json] = {}
    experiments: tuple[str, ...] | None = None
    sticky: dict[str, dict[str, str]] = {}
    url: str | None = None


class ExposeRequest(Noun):
    """Assign, and log the exposure if the experiment's rule says so."""

    experiment: str
    user_id: str | StrictInt | None = None
    session_id: str | StrictInt | None = None
    context: AssignContext = AssignContext()
    attributes: dict[Text, Json] = {}
    event: Text = ""
    """What has happened; for rules that name an event."""
    sticky: dict[str, dict[str, str]] = {}
    url: str | None = None


class ReplayRequest(Noun):
    """Who asked, and when."""

    at: Text
    """ISO 8601, read in `timezone` unless it has an offset."""
    timezone: Text = "UTC"
    user_id: str | StrictInt | None = None
    session_id: str | StrictInt | None = None
    context: AssignContext = AssignContext()
    attributes: dict[Text, Json] = {}
    experiment: str | None = None


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
    rule: Text
    forced: bool
    sticky: bool
    trace: list[Step]


class AssignAllResponse(BaseModel):
    """By the experiments' keys."""

    assignments: dict[str, AssignResponse]


class ExposeResponse(BaseModel):
    """What was logged; null where the unit was not triggered or has no variant."""

    exposure: Exposure | None


@router.post("/assign", openapi_extra=accepts(AssignRequest))
def assign(workbench: Bench, asked: Annotated[AssignRequest, Depends(parsed(AssignRequest))]) -> AssignResponse:
    """Deterministic, and without a trace: log an exposure when the unit has seen its variant."""
    answer = workbench.assign(
        **_who(asked), experiment=asked.experiment, sticky=asked.sticky, url=asked.url, explain=asked.explain
    )
    return _told(answer)


@router.post("/assign/all", openapi_extra=accepts(AssignAllRequest))
def assign_all(
    workbench: Bench, asked: Annotated[AssignAllRequest, Depends(parsed(AssignAllRequest))]
) -> AssignAllResponse:
    """One unit, many experiments."""
    found = workbench.assign_all(**_who(asked), experiments=asked.experiments, sticky=asked.sticky, url=asked.url)
    return AssignAllResponse(assignments={key: _told(answer) for key, answer in found.items()})


@router.post("/assign/expose", openapi_extra=accepts(ExposeRequest))
def expose(workbench: Bench, asked: Annotated[ExposeRequest, Depends(parsed(ExposeRequest))]) -> ExposeResponse:
    """Assign, and log the exposure if the experiment's rule says that the unit is triggered."""
    who = _who(asked)
    found = workbench.expose(**who, experiment=asked.experiment, event=asked.event, sticky=asked.sticky, url=asked.url)
    return ExposeResponse(exposure=found)


@router.post("/assign/replay", openapi_extra=accepts(ReplayRequest))
def replay(workbench: Bench, asked: Annotated[ReplayRequest, Depends(parsed(ReplayRequest))]) -> AssignResponse:
    """What was answered then, with its trace."""
    who = _who(asked)
    return _told(workbench.replay(asked.at, **who, experiment=asked.experiment, timezone=asked.timezone))


def _who(asked: AssignRequest | AssignAllRequest | ExposeRequest | ReplayRequest) -> dict[str, Any]:
    return {
        "user_id": _id(asked.user_id), "session_id": _id(asked.session_id), "attributes": asked.attributes,
        "page_type": asked.context.page_type, "placement": asked.context.placement,
    }  # fmt: skip


def _id(given: str | int | None) -> str | None:
    return None if given is None else str(given)


def _told(answer: Assignment) -> AssignResponse:
    values = answer.model_dump()
    return AssignResponse(experiment_id=values.pop("experiment"), **values)
