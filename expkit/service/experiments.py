"""`/experiments`: create, read, move, analyse."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from expkit.analysis import Scorecard
from expkit.analysis.arrivals import Arrivals
from expkit.domain import Experiment
from expkit.domain.noun import LongText, Noun
from expkit.errors import InvalidInput, shorten
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Limit, Offset, Reason

__all__ = ["Chosen", "router"]

router = APIRouter(prefix="/experiments", tags=["experiments"])

Word = Annotated[str | None, Query(max_length=500)]
Look = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
# A report carries its scripts with it; the sandbox keeps them away from the origin's cookies and API.
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:"
)


class ExperimentPage(BaseModel):
    items: list[Experiment]
    total: int


class ChangeRequest(Noun):
    changes: dict[str, Any]
    """The fields of the experiment that become other ones."""
    version: int | None = None
    """The version that was seen."""
    reason: LongText = ""


class CloneRequest(Noun):
    new_key: str


class TimelineItem(BaseModel):
    """One thing that happened to an experiment."""

    at: datetime
    actor: str
    what: str
    detail: str


class Timeline(BaseModel):
    items: list[TimelineItem]


class Looks(BaseModel):
    items: list[Scorecard]


def _filters(
    text: Word = None, status: Word = None, type: Word = None, department: Word = None, significance: Word = None,  # noqa: A002
    outcome: Word = None, days: Word = None, project: Word = None, owner: Word = None, tag: Word = None,
    stage: Word = None,
) -> dict[str, str | None]:  # fmt: skip
    """Stored words, or those that people see: `Prompt A/B Test`, `30d`, `All`. The workbench knows them."""
    return {
        "text": text, "status": status, "type": type, "department": department, "significance": significance,
        "outcome": outcome, "days": days, "project": project, "owner": owner, "tag": tag, "stage": stage,
    }  # fmt: skip


Chosen = Annotated[dict[str, str | None], Depends(_filters)]


@router.get("")
def list_experiments(
    workbench: Bench, filters: Chosen, order: str = "newest",
    limit: Limit = 100, offset: Offset = 0,
) -> ExperimentPage:  # fmt: skip
    """Those that match every filter, the newest first. `total` counts all that match."""
    found = workbench.list(order=order, limit=limit, offset=offset, **filters)
    return ExperimentPage(items=found, total=workbench.count(**filters))


@router.post("", status_code=201, openapi_extra=accepts(Experiment))
def create_experiment(
    workbench: Bench,
    response: Response,
    request: Request,
    experiment: Annotated[Experiment, Depends(parsed(Experiment))],
) -> Experiment:
    """Register a draft."""
    return _made(workbench.create(experiment), request, response)


@router.get("/{key}")
def get_experiment(workbench: Bench, response: Response, key: str) -> Experiment:
    """Its `ETag` is its version."""
    return _tagged(workbench.get(key), response)


@router.patch("/{key}", openapi_extra=accepts(ChangeRequest))
def update_experiment(
    workbench: Bench, response: Response, key: str, wanted: Annotated[ChangeRequest, Depends(parsed(ChangeRequest))],
    if_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Experiment:  # fmt: skip
    """Some fields anew, as a new version. With the `version` that was seen (or its ETag in `If-Match`), 409 says
    who has changed what since.
    """
    seen = _seen(if_match, wanted.version)
    return _tagged(workbench.update(key, wanted.changes, version=seen, reason=wanted.reason), response)


@router.delete("/{key}", status_code=204)
def delete_experiment(workbench: Bench, key: str, reason: Reason = "") -> None:
    """Drafts only."""
    workbench.delete(key, reason)


@router.post("/{key}/clone", status_code=201, openapi_extra=accepts(CloneRequest))
def clone_experiment(
    workbench: Bench, response: Response, request: Request, key: str,
    wanted: Annotated[CloneRequest, Depends(parsed(CloneRequest))],
) -> Experiment:  # fmt: skip
    """A new draft under `new_key`, with the same definition but for dates, winner and the order of the arms."""
    return _made(workbench.clone(key, wanted.new_key), request, response)


@router.post("/{key}/analyze")
def analyze_experiment(workbench: Bench, key: str, at: Look = None) -> Scorecard:
    """Take a look: the scorecard is computed, kept and audited. `at` computes an old look again, and keeps nothing."""
    return workbench.analyze(key, at=at)


@router.get("/{key}/results")
def get_results(workbench: Bench, key: str, look: Look = None) -> Scorecard:
    """The newest look's scorecard, or that of `look`, as it was kept; 404 before the first one."""
    return workbench.scorecard(key, look=look)


@router.get("/{key}/looks")
def get_looks(workbench: Bench, key: str) -> Looks:
    """The scorecards as they would have stood at the end of every day, oldest first; computed anew, kept nowhere."""
    return Looks(items=workbench.looks(key))


@router.get("/{key}/arrivals")
def get_arrivals(workbench: Bench, key: str) -> Arrivals:
    """New units per arm by day, phase and segment."""
    return workbench.arrivals(key)


@router.get("/{key}/timeline")
def get_timeline(workbench: Bench, key: str) -> Timeline:
    """What happened, the oldest first."""
    return Timeline.model_validate({"items": [entry._asdict() for entry in workbench.timeline(key)]})


@router.get("/{key}/figure")
def get_figure(workbench: Bench, key: str, theme: str = "light") -> dict[str, Any]:
    """The newest scorecard's figure, as `Bokeh.embed.embed_item` takes it; BokehJS lies under `/static/bokeh/`."""
    return workbench.figure(key, theme)


@router.get("/{key}/report", response_class=HTMLResponse)
def get_report(workbench: Bench, key: str, format: str = "html") -> HTMLResponse:  # noqa: A002  # the contract's word
    """The newest scorecard as one self-contained page."""
    return HTMLResponse(workbench.report(key, format), headers={"Content-Security-Policy": REPORT_POLICY})


def _made(experiment: Experiment, request: Request, response: Response) -> Experiment:
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/experiments/{experiment.key}"
    return experiment


def _tagged(experiment: Experiment, response: Response) -> Experiment:
    response.headers["ETag"] = f'"{experiment.version}"'
    return experiment


def _seen(if_match: str | None, version: int | None) -> int | None:
    """The version that the caller has seen: `If-Match: "3"` and `version: 3` say the same."""
    if if_match is None or if_match.strip() == "*":
        return version
    found = re.fullmatch(r'\s*(?:W/)?"([0-9]{1,9})"\s*', if_match)
    if found is None:
        raise InvalidInput(f"If-Match {shorten(if_match)} is no ETag of ours.", hint='send it as it came: "3".')
    if version is not None and version != int(found[1]):
        raise InvalidInput(f"If-Match says {found[1]}, and the body {version}.", hint="send one of them.")
    return int(found[1])
