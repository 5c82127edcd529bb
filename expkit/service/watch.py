"""Watching: `/experiments/{key}/watch`, and the alerts that it raises; and what people are told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from expkit.analysis.watch import Watch
from expkit.domain import Alert
from expkit.domain.notice import Notice
from expkit.domain.noun import LongText, Noun
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Limit, Number

__all__ = ["router"]

router = APIRouter(tags=["watching"])

Key = Annotated[str | None, Query(max_length=500)]


class CommentRequest(Noun):
    comment: LongText = ""


class AlertPage(BaseModel):
    items: list[Alert]


class NoticePage(BaseModel):
    items: list[Notice]


class Channels(BaseModel):
    """By channel, its address without secrets: nothing when the word has arrived, else why not."""

    channels: dict[str, str]


@router.post("/experiments/{key}/watch")
def watch_experiment(workbench: Bench, key: str) -> Watch:
    """Guardrails, split and stopping criteria as they stand now; what the definition says is done. It is no look."""
    return workbench.watch(key)


@router.get("/alerts")
def list_alerts(workbench: Bench, key: Key = None, only_open: bool = False, limit: Limit = 100) -> AlertPage:
    """The newest first; one experiment's with its `key`."""
    return AlertPage(items=workbench.alerts(key, only_open=only_open, limit=limit))


@router.post("/alerts/{number}/acknowledge", openapi_extra=accepts(CommentRequest, required=False))
def acknowledge_alert(
    workbench: Bench, number: Number, said: Annotated[CommentRequest, Depends(parsed(CommentRequest))]
) -> Alert:
    """Somebody has seen it."""
    return workbench.acknowledge(number, said.comment)


@router.get("/notices")
def list_notices(workbench: Bench, state: Key = None, limit: Limit = 100) -> NoticePage:
    """What was told on the channels, or is to be, the newest first; `state` is pending, sent or failed."""
    return NoticePage(items=workbench.notices(state=state, limit=limit))


@router.post("/notices/try")
def try_channels(workbench: Bench) -> Channels:
    """Send a word on every channel now."""
    return Channels(channels=workbench.try_channels())
