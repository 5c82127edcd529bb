"""What comes before and around a start: the checklist, traffic, guardrails, the schedule."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from expkit.domain import Experiment, Guardrail
from expkit.domain.collaboration import ScheduledMove
from expkit.domain.noun import LongText, Noun, Text
from expkit.domain.policy import ChecklistItem
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench

__all__ = ["router"]

router = APIRouter(tags=["launch"])

# texts, because the workbench itself refuses other words and names these
Verb = Annotated[str, Field(json_schema_extra={"enum": ["start", "stop"]})]


class TrafficRequest(Noun):
    """What is left out stays as it is. On a running experiment that opens a phase."""

    coverage: float | None = None
    shares: dict[Text, float] | None = None
    """Weights by variant; all of them add up to 1."""
    reason: LongText = ""


class GuardrailsRequest(Noun):
    """All of them, in place of those so far: with their fields, or as lines, `trace.error < 5% stop`."""

    guardrails: tuple[Guardrail | LongText, ...]
    version: int | None = None
    """The version that was seen."""
    reason: LongText = ""


class ScheduleRequest(Noun):
    at: Text
    """ISO 8601, read in `timezone` unless it has an offset."""
    verb: Verb = "start"
    timezone: Text = "UTC"
    reason: LongText = ""


class UnscheduleRequest(Noun):
    verb: Verb | None = None
    """Both when left out."""
    reason: LongText = ""


class Unscheduled(BaseModel):
    cancelled: int


class ChecklistPage(BaseModel):
    items: list[ChecklistItem]


class ScheduledPage(BaseModel):
    items: list[ScheduledMove]


@router.get("/experiments/{key}/checklist")
def get_checklist(workbench: Bench, key: str) -> ChecklistPage:
    """What should be in order before a start, and what the project's policy makes of it."""
    return ChecklistPage(items=workbench.checklist(key))


@router.post("/experiments/{key}/traffic", openapi_extra=accepts(TrafficRequest))
def set_traffic(
    workbench: Bench, key: str, asked: Annotated[TrafficRequest, Depends(parsed(TrafficRequest))]
) -> Experiment:
    """Change coverage and weights, as a new version; of a running experiment that is an operator's."""
    return workbench.traffic(key, coverage=asked.coverage, shares=asked.shares, reason=asked.reason)


@router.post("/experiments/{key}/guardrails", openapi_extra=accepts(GuardrailsRequest))
def set_guardrails(
    workbench: Bench, key: str, asked: Annotated[GuardrailsRequest, Depends(parsed(GuardrailsRequest))]
) -> Experiment:
    """Set the guardrails, as a new version; of a running experiment that is an operator's, and less takes approval."""
    given = [one if isinstance(one, str) else one.to_dict() for one in asked.guardrails]
    changes = {"guardrails": given}
    return workbench.update(key, changes, version=asked.version, reason=asked.reason)


@router.post("/experiments/{key}/schedule", openapi_extra=accepts(ScheduleRequest))
def schedule_experiment(
    workbench: Bench, key: str, asked: Annotated[ScheduleRequest, Depends(parsed(ScheduleRequest))]
) -> ScheduledMove:
    """Start or stop it then, exactly once, by whichever process is alive. A second call reschedules."""
    return workbench.schedule(
        key,
        asked.at,
        verb=asked.verb,  # type: ignore[arg-type]  # refused there
        timezone=asked.timezone,
        reason=asked.reason,
    )


@router.post("/experiments/{key}/unschedule", openapi_extra=accepts(UnscheduleRequest, required=False))
def unschedule_experiment(
    workbench: Bench, key: str, asked: Annotated[UnscheduleRequest, Depends(parsed(UnscheduleRequest))]
) -> Unscheduled:
    """Take planned moves back; one that waited for its start is a draft again."""
    gone = workbench.unschedule(key, asked.verb, asked.reason)  # type: ignore[arg-type]  # refused there
    return Unscheduled(cancelled=gone)


@router.get("/scheduled")
def list_scheduled(workbench: Bench, key: Annotated[str | None, Query(max_length=500)] = None) -> ScheduledPage:
    """What is planned, the next first; of one experiment with `key`."""
    return ScheduledPage(items=workbench.scheduled(key))
