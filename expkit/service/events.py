"""`POST /experiments/exposures`, `/outcomes`, `/traces`: a 202 means that the rows are on disk."""

from __future__ import annotations

from typing import Any, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel

from expkit.domain import Exposure, Outcome, Trace
from expkit.domain.logged import Logged
from expkit.errors import InvalidInput, TooLarge
from expkit.service.body import JsonBody, accepts_rows
from expkit.service.context import Bench, Counters

__all__ = ["router"]

router = APIRouter(prefix="/experiments", tags=["events"])


class RefusedRow(BaseModel):
    row: int
    reason: str


class Accepted(BaseModel):
    """How many rows are on disk. What was wrong with the others is counted by rule; the first of them are named."""

    accepted: int
    refused: int = 0
    reasons: dict[str, int] = {}
    examples: list[RefusedRow] = []

    @classmethod
    def of(cls, logged: Logged) -> Self:
        examples = [RefusedRow(row=row, reason=reason) for row, reason in logged.examples]
        return cls(accepted=int(logged), refused=logged.refused, reasons=logged.reasons, examples=examples)


@router.post("/exposures", status_code=202, response_model_exclude_defaults=True, openapi_extra=accepts_rows(Exposure))
def log_exposures(workbench: Bench, counters: Counters, request: Request, body: JsonBody) -> Accepted:
    """Good rows are kept, bad ones told. Two rows with one `event_id` are one event, so that sending again is safe."""
    count = workbench.log_exposures(_rows(body, request))
    counters.accepted("exposures", count)
    return Accepted.of(count)


@router.post("/outcomes", status_code=202, response_model_exclude_defaults=True, openapi_extra=accepts_rows(Outcome))
def log_outcomes(workbench: Bench, counters: Counters, request: Request, body: JsonBody) -> Accepted:
    """Good rows are kept, bad ones told, as for exposures."""
    count = workbench.log_outcomes(_rows(body, request))
    counters.accepted("outcomes", count)
    return Accepted.of(count)


@router.post("/traces", status_code=202, response_model_exclude_defaults=True, openapi_extra=accepts_rows(Trace))
def log_traces(workbench: Bench, counters: Counters, request: Request, body: JsonBody) -> Accepted:
    """Good rows are kept, bad ones told, as for exposures."""
    count = workbench.log_traces(_rows(body, request))
    counters.accepted("traces", count)
    return Accepted.of(count)


def _rows(body: Any, request: Request) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) and set(body) == {"rows"} else body
    if not isinstance(rows, list):
        raise InvalidInput("The body holds no rows.", hint='send a list of rows, or {"rows": [...]}.')
    limit: int = request.app.state.settings.max_rows_per_request
    if len(rows) > limit:
        raise TooLarge(f"{len(rows):,} rows are more than {limit:,}.", hint="send them in several requests.")
    return rows
