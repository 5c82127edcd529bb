"""Who may what: roles, elevations, the policies of projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from expkit.domain.noun import LongText, Noun, Text
from expkit.domain.permissions import EVERYWHERE, Elevation, Grant, Me
from expkit.domain.policy import Policy
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number, Reason

__all__ = ["router"]

router = APIRouter(tags=["governance"])

Word = Annotated[str, Query(max_length=500)]


class GrantRequest(Noun):
    actor: str
    role: Text
    project: Text = EVERYWHERE


class ElevationRequest(Noun):
    role: Text
    project: Text = EVERYWHERE
    reason: LongText = ""
    hours: float = 8.0


class ElevationAnswer(Noun):
    approve: bool
    reason: LongText = ""


class PolicyRequest(Noun):
    policy: Policy
    reason: LongText = ""


class GrantPage(BaseModel):
    items: list[Grant]


class ElevationPage(BaseModel):
    items: list[Elevation]


@router.get("/me")
def get_me(workbench: Bench) -> Me:
    """Who asks, and their highest role in each project, elevations included."""
    return workbench.me()


@router.get("/roles")
def list_grants(workbench: Bench) -> GrantPage:
    """Who has which role in which project; while nobody has one, everybody is admin."""
    return GrantPage(items=workbench.grants())


@router.post("/roles", openapi_extra=accepts(GrantRequest))
def grant_role(workbench: Bench, asked: Annotated[GrantRequest, Depends(parsed(GrantRequest))]) -> Grant:
    """In place of the role that they had there. The first of all has to make an admin."""
    return workbench.grant(asked.actor, asked.role, asked.project)


@router.delete("/roles", status_code=204)
def revoke_role(workbench: Bench, actor: Word, project: Word = EVERYWHERE, reason: Reason = "") -> None:
    """The last admin's stays."""
    workbench.revoke(actor, project, reason)


@router.get("/elevations")
def list_elevations(workbench: Bench, state: Word | None = None) -> ElevationPage:
    """The newest first; `state` is pending, approved or denied."""
    return ElevationPage(items=workbench.elevations(state=state))


@router.post("/elevations", status_code=201, openapi_extra=accepts(ElevationRequest))
def request_elevation(
    workbench: Bench, asked: Annotated[ElevationRequest, Depends(parsed(ElevationRequest))]
) -> Elevation:
    """Ask for more rights for a while, with a reason."""
    return workbench.request_elevation(asked.role, project=asked.project, reason=asked.reason, hours=asked.hours)


@router.post("/elevations/{number}/answer", openapi_extra=accepts(ElevationAnswer))
def answer_elevation(
    workbench: Bench, number: Number, said: Annotated[ElevationAnswer, Depends(parsed(ElevationAnswer))]
) -> Elevation:
    """Approve it, and it holds for its hours from now; or deny it. Nobody answers their own."""
    return workbench.answer_elevation(number, approve=said.approve, reason=said.reason)


@router.get("/policy")
def get_policy(workbench: Bench, project: Word = EVERYWHERE) -> Policy:
    """The rules that hold in a project; the organisation's own without one."""
    return workbench.policy(project)


@router.put("/policy", openapi_extra=accepts(PolicyRequest))
def set_policy(workbench: Bench, asked: Annotated[PolicyRequest, Depends(parsed(PolicyRequest))]) -> Policy:
    """In place of the project's rules so far."""
    return workbench.set_policy(asked.policy, asked.reason)
