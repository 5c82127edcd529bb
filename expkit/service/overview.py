"""The programme as a whole: the registry's rows, backlog, velocity, hypotheses, calendar, risks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from expkit.analysis import Risk
from expkit.analysis.leaderboard import Leaderboard
from expkit.analysis.portfolio import Portfolio
from expkit.domain import Experiment
from expkit.domain.baseline import Baseline
from expkit.domain.filters import Filters
from expkit.domain.registry_view import RegistryRow
from expkit.service.answers import CalendarItem, HypothesesAnswer, VelocityAnswer
from expkit.service.context import Bench, Limit, Offset
from expkit.service.experiments import Chosen

__all__ = ["router"]

router = APIRouter(tags=["overview"])

Days = Annotated[float | None, Query(gt=0, le=36_500, allow_inf_nan=False)]
Moment = Annotated[str, Query(max_length=100)]
Word = Annotated[str | None, Query(max_length=500)]


class RegistryPage(BaseModel):
    items: list[RegistryRow]
    total: int


class Departments(BaseModel):
    items: list[str]


class Backlog(BaseModel):
    items: list[Experiment]


class Calendar(BaseModel):
    items: list[CalendarItem]


class BaselineList(BaseModel):
    items: list[Baseline]


class RiskList(BaseModel):
    items: list[Risk]


class RisksByExperiment(BaseModel):
    items: dict[str, list[Risk]]


@router.get("/registry")
def get_registry(
    workbench: Bench, filters: Chosen, order: str = "newest", limit: Limit = 100, offset: Offset = 0
) -> RegistryPage:
    """Experiments as flat rows; `status` is Proposed, Running or Completed. `total` counts all that match."""
    others = dict(filters)
    chosen = Filters.of_the_view(others.pop("status"), others).to_dict()
    rows = workbench.registry_view(order=order, limit=limit, offset=offset, **chosen)
    return RegistryPage(items=rows, total=workbench.count(**chosen))


@router.get("/departments")
def list_departments(workbench: Bench) -> Departments:
    """Those that some experiment belongs to, by name: the values of the filter."""
    return Departments(items=workbench.departments())


@router.get("/backlog")
def get_backlog(workbench: Bench, limit: Limit = 100) -> Backlog:
    """What has not started yet, by RICE score."""
    return Backlog(items=workbench.backlog(limit=limit))


@router.get("/velocity")
def get_velocity(workbench: Bench, days: Days = None) -> VelocityAnswer:
    """How fast the programme learns, over the last so many days; ever since when left out."""
    return VelocityAnswer.model_validate(workbench.velocity(days))


@router.get("/hypotheses")
def get_hypotheses(workbench: Bench) -> HypothesesAnswer:
    """What was predicted, what came out, what was learnt, and how well the team predicts."""
    return HypothesesAnswer.model_validate(workbench.hypotheses())


@router.get("/calendar")
def get_calendar(workbench: Bench, start: Moment, end: Moment, timezone: Moment = "UTC") -> Calendar:
    """Planned and past starts and ends between two times (ISO 8601, read in `timezone` unless they have an offset)."""
    return Calendar.model_validate({"items": workbench.calendar(start, end, timezone)})


@router.get("/portfolio")
def get_portfolio(workbench: Bench, project: Annotated[str | None, Query(max_length=500)] = None) -> Portfolio:
    """What the ended experiments have brought together: gains, shrunk, and their sum corrected for choosing winners."""
    return workbench.portfolio(project=project)


@router.get("/baselines")
def list_baselines(workbench: Bench, project: Word = None, metric: Word = None, past: bool = False) -> BaselineList:
    """What each metric stands at since the last promotion; with `past` all that was ever recorded, the newest first."""
    return BaselineList(items=workbench.baselines(project=project, metric=metric, past=past))


@router.get("/leaderboard")
def get_leaderboard(
    workbench: Bench,
    by: Annotated[str, Query(max_length=100)] = "model",
    experiment: Annotated[str | None, Query(max_length=500)] = None,
    days: Days = None,
) -> Leaderboard:
    """Models (or prompts, versions, an experiment's variants) by quality, cost and latency, and which nobody beats."""
    return workbench.leaderboard(by, experiment=experiment, days=days)


@router.get("/risks")
def get_fleet_risks(workbench: Bench, limit: Limit = 1000) -> RisksByExperiment:
    """Of the active experiments those that are at risk, and why."""
    return RisksByExperiment(items=workbench.at_risk(limit=limit))


@router.get("/experiments/{key}/risks")
def get_risks(workbench: Bench, key: str) -> RiskList:
    """Why a running experiment may not give its answer; empty when nothing is at risk."""
    return RiskList(items=workbench.risks(key))
