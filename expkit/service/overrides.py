"""What decides over assignments besides the experiments: `/overrides`, `/holdouts`, `/groups`; and `/lint`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from expkit.domain import Finding, Group, Holdout, Override
from expkit.domain.noun import LongText, Noun, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number, Reason

__all__ = ["router"]

router = APIRouter(tags=["assignment"])

Key = Annotated[str | None, Query(max_length=500)]


class OverrideRequest(Noun):
    """For a user or for a session; for whoever comes with the code when neither is named."""

    experiment: Text
    variant: Text
    user_id: Text | None = None
    session_id: Text | None = None
    hours: float = 24.0
    reason: LongText = ""


class HoldoutRequest(Noun):
    holdout: Holdout
    reason: LongText = ""


class GroupRequest(Noun):
    group: Group
    reason: LongText = ""


class OverridePage(BaseModel):
    items: list[Override]


class HoldoutPage(BaseModel):
    items: list[Holdout]


class GroupPage(BaseModel):
    items: list[Group]


class FindingPage(BaseModel):
    items: list[Finding]


@router.get("/overrides")
def list_overrides(workbench: Bench, key: Key = None) -> OverridePage:
    """The newest first, with those that have ended; one experiment's with its `key`."""
    return OverridePage(items=workbench.overrides(key))


@router.post("/overrides", status_code=201, openapi_extra=accepts(OverrideRequest))
def create_override(workbench: Bench, asked: Annotated[OverrideRequest, Depends(parsed(OverrideRequest))]) -> Override:
    """Force a variant for QA, for some hours. What forced units do stays out of the analysis."""
    return workbench.override(
        asked.experiment, asked.variant, user_id=asked.user_id, session_id=asked.session_id, hours=asked.hours,
        reason=asked.reason,
    )  # fmt: skip


@router.delete("/overrides/{number}")
def revoke_override(workbench: Bench, number: Number, reason: Reason = "") -> Override:
    """It forces nobody from now on."""
    return workbench.revoke_override(number, reason)


@router.get("/holdouts")
def list_holdouts(workbench: Bench) -> HoldoutPage:
    """By key, with those that have ended."""
    return HoldoutPage(items=workbench.holdouts())


@router.post("/holdouts", openapi_extra=accepts(HoldoutRequest))
def set_holdout(workbench: Bench, asked: Annotated[HoldoutRequest, Depends(parsed(HoldoutRequest))]) -> Holdout:
    """Keep a share of the units out of all experiments; with `ended` it lets them in again."""
    return workbench.set_holdout(asked.holdout, asked.reason)


@router.get("/groups")
def list_groups(workbench: Bench) -> GroupPage:
    """By key."""
    return GroupPage(items=workbench.groups())


@router.post("/groups", openapi_extra=accepts(GroupRequest))
def save_group(workbench: Bench, asked: Annotated[GroupRequest, Depends(parsed(GroupRequest))]) -> Group:
    """A list of values for `$inGroup` and `$notInGroup`, or other values for one."""
    return workbench.save_group(asked.group, asked.reason)


@router.get("/lint")
def lint(workbench: Bench) -> FindingPage:
    """What is wrong in the experiments that run; errors first."""
    return FindingPage(items=workbench.lint())
