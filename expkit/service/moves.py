"""`POST /experiments/{key}/<verb>`: the steps of the lifecycle. Each answers with the experiment as it then stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from expkit.domain import MOVES, Experiment
from expkit.domain.noun import LongText, Noun
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench

__all__ = ["VERBS", "router"]

router = APIRouter(prefix="/experiments", tags=["moves"])

VERBS = ("start", "pause", "resume", "stop", "conclude", "promote", "finish", "rollback", "complete", "archive")
_WITH_REASON = {move.verb for move in MOVES if move.needs_reason}


class MoveRequest(Noun):
    """Why; some moves need a reason."""

    reason: LongText = ""


def _move(verb: str) -> Callable[..., Experiment]:
    def move(workbench: Bench, key: str, why: Annotated[MoveRequest, Depends(parsed(MoveRequest))]) -> Experiment:
        moved: Experiment = getattr(workbench, verb)(key, why.reason)
        return moved

    places = " or ".join(dict.fromkeys(f"{step.source} -> {step.target}" for step in MOVES if step.verb == verb))
    move.__doc__ = f"{places}.{' A reason is required.' if verb in _WITH_REASON else ''}"
    return move


for _verb in VERBS:
    router.add_api_route(
        f"/{{key}}/{_verb}",
        _move(_verb),
        methods=["POST"],
        name=f"{_verb}_experiment",
        response_model=Experiment,
        openapi_extra=accepts(MoveRequest, required=_verb in _WITH_REASON),
    )
