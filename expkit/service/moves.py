"""`POST /experiments/{key}/<verb>`: the steps of the lifecycle. Each answers with the experiment as it then stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from expkit.analysis.impact import Impact
from expkit.domain import MOVES, Experiment, RolloutStep
from expkit.domain.noun import LongText, Noun, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench

__all__ = ["VERBS", "router"]

router = APIRouter(prefix="/experiments", tags=["moves"])

VERBS = ("start", "pause", "resume", "stop", "conclude", "promote", "finish", "rollback", "complete", "archive")
_WITH_REASON = {move.verb for move in MOVES if move.needs_reason}


class MoveRequest(Noun):
    """Why; some moves need a reason."""

    reason: LongText = ""


class PromoteRequest(MoveRequest):
    """Which variant is rolled out, and to which share of the units."""

    variant: Text | None = None
    """The only treatment there is when left out."""
    share: float | None = None
    """All when left out."""
    steps: tuple[RolloutStep, ...] = ()
    """Shares by hours after the promotion, instead of one."""


def _move(verb: str) -> Callable[..., Experiment]:
    def move(workbench: Bench, key: str, why: Annotated[MoveRequest, Depends(parsed(MoveRequest))]) -> Experiment:
        moved: Experiment = getattr(workbench, verb)(key, why.reason)
        return moved

    places = " or ".join(dict.fromkeys(f"{step.source} -> {step.target}" for step in MOVES if step.verb == verb))
    move.__doc__ = f"{places}.{' A reason is required.' if verb in _WITH_REASON else ''}"
    return move


@router.post("/{key}/promote", openapi_extra=accepts(PromoteRequest, required=False))
def promote_experiment(
    workbench: Bench, key: str, asked: Annotated[PromoteRequest, Depends(parsed(PromoteRequest))]
) -> Experiment:
    """Analysis -> rolling_out or stopped -> rolling_out, with the variant that won."""
    return workbench.promote(key, asked.reason, variant=asked.variant, share=asked.share, steps=asked.steps)


@router.get("/{key}/impact")
def get_rollback_impact(workbench: Bench, key: str) -> Impact:
    """What rolling back would change: who gets what now and then, and what the last look says is given up."""
    return workbench.rollback_impact(key)


for _verb in VERBS:
    if _verb == "promote":
        continue
    router.add_api_route(
        f"/{{key}}/{_verb}",
        _move(_verb),
        methods=["POST"],
        name=f"{_verb}_experiment",
        response_model=Experiment,
        openapi_extra=accepts(MoveRequest, required=_verb in _WITH_REASON),
    )
