"""`/healthz`: the process lives. `/readyz`: the database answers. `/metrics`: Prometheus' text format."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from expkit.service.context import Bench, Counters
from expkit.service.metrics import CONTENT_TYPE

__all__ = ["router"]

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Service(BaseModel):
    """What answers here, and to whom."""

    name: str
    version: str
    actor: str


@router.get("/")
def describe_service(request: Request) -> Service:
    """What answers here, and in whose name it would act."""
    return Service(name="expkit", version=request.app.version, actor=request.state.principal.name)


@router.get("/healthz")
def get_health() -> Health:
    """The only route that asks for no token."""
    return Health()


@router.get("/readyz")
def get_readiness(workbench: Bench) -> Health:
    """503 with a problem document when the database does not answer."""
    workbench.ready()
    return Health()


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(counters: Counters) -> Response:
    """Prometheus' text format."""
    return Response(counters.text(), headers={"Content-Type": CONTENT_TYPE})
