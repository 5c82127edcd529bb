"""`/catalogue/metrics`: one definition of each KPI for all experiments. (`/metrics` is Prometheus'.)"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from expkit.domain import Metric
from expkit.domain.noun import LongText, Noun
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench
from expkit.service.history import VersionPage

__all__ = ["router"]

router = APIRouter(prefix="/catalogue/metrics", tags=["catalogue"])


class DefineRequest(Noun):
    metric: Metric
    version: int | None = None
    """The version that was seen."""
    reason: LongText = ""


class MetricPage(BaseModel):
    items: list[Metric]


@router.get("")
def list_metrics(workbench: Bench) -> MetricPage:
    """The catalogue, by key."""
    return MetricPage(items=workbench.metrics())


@router.post("", openapi_extra=accepts(DefineRequest))
def define_metric(workbench: Bench, asked: Annotated[DefineRequest, Depends(parsed(DefineRequest))]) -> Metric:
    """Add a metric, or a new version of one's own. Past scorecards keep the definition that they were made with."""
    return workbench.define_metric(asked.metric, version=asked.version, reason=asked.reason)


@router.get("/{key}")
def get_metric(workbench: Bench, key: str) -> Metric:
    """The definition as it stands."""
    return workbench.metric(key)


@router.get("/{key}/versions")
def list_metric_versions(workbench: Bench, key: str) -> VersionPage:
    """The newest first."""
    return VersionPage(items=workbench.metric_versions(key))
