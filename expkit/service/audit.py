"""`/audit`: who did what, before and after, why; whether the chain holds; all of it as JSON lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from expkit.errors import InvalidInput
from expkit.service.answers import CheckpointItem, VerdictAnswer
from expkit.service.context import MAX_NUMBER, Bench, Limit, Offset
from expkit.storage import Checkpoint

__all__ = ["router"]

router = APIRouter(prefix="/audit", tags=["audit"])

LINES = 500  # handed on together: a hop between threads for each would take longer than the line


class AuditEntry(BaseModel):
    """One entry. `hash` covers all that it says and `previous`, the hash of the one before."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    correlation_id: str
    previous: str
    hash: str


class AuditPage(BaseModel):
    items: list[AuditEntry]


@router.get("")
def get_audit(
    workbench: Bench,
    subject: Annotated[str | None, Query(max_length=500)] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> AuditPage:
    """The newest entries first; `subject` is an experiment's key or a batch's id."""
    return AuditPage.model_validate({"items": workbench.audit(subject=subject, limit=limit, offset=offset)})


@router.get("/checkpoint")
def get_checkpoint(workbench: Bench) -> CheckpointItem:
    """The chain's end: keep it elsewhere, and a cut or a rewritten chain will be found."""
    return CheckpointItem.model_validate(workbench.audit_checkpoint())


@router.get("/verify")
def verify_audit(
    workbench: Bench,
    checkpoint_id: Annotated[int | None, Query(ge=0, le=MAX_NUMBER)] = None,
    checkpoint_hash: Annotated[str | None, Query(max_length=64)] = None,
    checkpoint_seal: Annotated[str, Query(max_length=64)] = "",
) -> VerdictAnswer:
    """Walk the whole chain and name every entry that does not fit; says what it cannot know."""
    if (checkpoint_id is None) != (checkpoint_hash is None):
        raise InvalidInput("That is half a checkpoint.", hint="give checkpoint_id and checkpoint_hash, or neither.")
    seen = None if checkpoint_id is None else Checkpoint(checkpoint_id, str(checkpoint_hash), checkpoint_seal)
    return VerdictAnswer.model_validate(workbench.verify_audit(seen))


@router.get("/export", response_class=StreamingResponse)
def export_audit(workbench: Bench) -> StreamingResponse:
    """One JSON line per entry, the oldest first; the file verifies without the database."""
    lines = workbench.export_audit()
    first = _next(lines)  # what cannot be read is told as a problem, not as half a file
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(_pieces(first, lines), media_type="application/x-ndjson", headers=headers)


async def _pieces(piece: list[str], rest: Generator[str, None, None]) -> AsyncIterator[str]:
    with closing(rest):  # also when the client has gone: it holds a connection
        while piece:
            yield "\n".join(piece) + "\n"
            piece = await run_in_threadpool(_next, rest)


def _next(lines: Iterator[str]) -> list[str]:
    return list(islice(lines, LINES))
