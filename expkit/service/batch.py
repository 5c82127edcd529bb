"""`/experiment/...`: batches of trials. The paths are the specification's, hence the singular and `job_id`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from threading import Event
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from expkit.batch import BatchReport
from expkit.domain.batch import Batch, Limits, Scoring
from expkit.domain.noun import Json, Key, LongText, Noun, Text
from expkit.service.answers import Told
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench
from expkit.workbench import Workbench

__all__ = ["router"]

router = APIRouter(prefix="/experiment", tags=["batches"])

POLL_SECONDS = 0.5
SILENT_POLLS = 30  # proxies close streams that say nothing for a minute


class RunRequest(Noun):
    """One trial of `template` for each set of `parameters`."""

    template: Key
    parameters: list[dict[Text, Json]]
    scoring: Scoring | Text | None = None
    """What ranks the trials; a text names the field, the highest value wins."""
    limits: Limits = Limits()


class AbortRequest(Noun):
    reason: LongText = ""


class ResumeRequest(Noun):
    retry_failed: bool = False
    """Failed trials again, too."""


class TemplateParameterItem(Told):
    """One line of the parameters cell."""

    name: str
    type: str
    default: Any
    help: str
    optional: bool


class TemplateItem(Told):
    """A parameterised notebook; `source` is its text."""

    key: str
    title: str
    source: str
    parameters: list[TemplateParameterItem]


class TemplatePage(BaseModel):
    items: list[TemplateItem]


class BatchPage(BaseModel):
    items: list[Batch]


@router.get("/templates")
def list_templates(workbench: Bench) -> TemplatePage:
    """The notebooks that a batch can run, with what may be said to each."""
    return TemplatePage.model_validate({"items": list(workbench.templates().values())})


@router.post("/batch/run", status_code=202, openapi_extra=accepts(RunRequest))
def run_batch(
    workbench: Bench, request: Request, response: Response, asked: Annotated[RunRequest, Depends(parsed(RunRequest))]
) -> Batch:
    """Launched at once; `job_id` says where to look."""
    batch = workbench.run_batch(
        template=asked.template, parameters=asked.parameters, scoring=asked.scoring, limits=asked.limits
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/experiment/batch/{batch.job_id}"
    return batch


@router.get("/batch")
def list_batches(
    workbench: Bench,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> BatchPage:
    """The newest first."""
    return BatchPage(items=workbench.batches(limit=limit, offset=offset))


@router.get("/batch/{job_id}")
def get_batch(workbench: Bench, job_id: str) -> Batch:
    """How far it is."""
    return workbench.batch(job_id)


@router.get("/batch/{job_id}/events", response_class=StreamingResponse)
def follow_batch(workbench: Bench, request: Request, job_id: str) -> StreamingResponse:
    """Server-sent events: `progress` with the batch whenever it changes, `done` at the end."""
    first = workbench.batch(job_id)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    told = _events(workbench, first, request.app.state.feed.ending)
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


@router.get("/results/{job_id}")
def get_batch_results(
    workbench: Bench,
    job_id: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> BatchReport:
    """The batch with a page of its trials, the best score first; `batch.counts.total` says how many there are."""
    report = workbench.results(job_id)
    return report.model_copy(update={"trials": report.trials[offset : offset + limit]})


@router.post("/batch/{job_id}/abort", openapi_extra=accepts(AbortRequest, required=False))
def abort_batch(workbench: Bench, job_id: str, why: Annotated[AbortRequest, Depends(parsed(AbortRequest))]) -> Batch:
    """Trials that have ended keep their results."""
    return workbench.abort(job_id, why.reason)


@router.post("/batch/{job_id}/resume", openapi_extra=accepts(ResumeRequest, required=False))
def resume_batch(
    workbench: Bench, job_id: str, asked: Annotated[ResumeRequest, Depends(parsed(ResumeRequest))]
) -> Batch:
    """Run what is not done, whoever left it."""
    return workbench.resume_batch(job_id, retry_failed=asked.retry_failed)


async def _events(workbench: Workbench, batch: Batch, ending: Event) -> AsyncIterator[str]:
    silent = 0
    yield _event("progress", batch)
    while not batch.done:
        if ending.is_set():  # the server goes, the batch does not
            return
        await anyio.sleep(POLL_SECONDS)
        seen = await run_in_threadpool(workbench.batch, batch.job_id)
        silent = 0 if seen != batch else silent + 1
        if seen != batch:
            batch = seen
            yield _event("progress", batch)
        elif silent % SILENT_POLLS == 0:
            yield ": still here\n\n"
    yield _event("done", batch)


def _event(name: str, batch: Batch) -> str:
    return f"event: {name}\ndata: {batch.model_dump_json()}\n\n"
