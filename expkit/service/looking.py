"""Looking closer: effects by segment, every kept look side by side, what it is worth. Nothing is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from expkit.analysis import Breakdown
from expkit.analysis.series import LookSeries
from expkit.analysis.worth import Economics, Worth
from expkit.domain.noun import Noun, Text
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench

__all__ = ["router"]

router = APIRouter(prefix="/experiments/{key}", tags=["looks"])


class BreakdownRequest(Noun):
    by: tuple[Text, ...]
    """Attributes of the first exposure, or placement, time_of_day, weekday."""
    within: dict[Text, Text | None] = {}
    """Only units of these values; null for those that lack the attribute."""
    metrics: tuple[Text, ...] = ()
    """The primary one when empty."""
    bins: dict[Text, tuple[float, ...]] = {}
    """The edges between which numbers are put together."""
    values: int = Field(default=10, ge=1, le=50)
    """Of each attribute; the rest is one segment."""


class Breakdowns(BaseModel):
    items: list[Breakdown]


class SeriesPage(BaseModel):
    items: list[LookSeries]


@router.get("/series")
def get_series(workbench: Bench, key: str) -> SeriesPage:
    """Every metric over the looks that were kept: each look's own test beside what holds at any look."""
    return SeriesPage(items=workbench.look_series(key))


@router.post("/worth", openapi_extra=accepts(Economics, required=False))
def get_worth(workbench: Bench, key: str, asked: Annotated[Economics, Depends(parsed(Economics))]) -> Worth:
    """What shipping a treatment would bring by the newest look, less its costs, and whether to wait for more data."""
    return workbench.worth(key, **asked.model_dump())


@router.post("/breakdown", openapi_extra=accepts(BreakdownRequest))
def break_down(
    workbench: Bench, key: str, wanted: Annotated[BreakdownRequest, Depends(parsed(BreakdownRequest))]
) -> Breakdowns:
    """Effects by the values of attributes of the first exposure, within the values of others. Nothing is kept."""
    found = workbench.breakdown(
        key, wanted.by, within=wanted.within, metrics=wanted.metrics, bins=wanted.bins, values=wanted.values
    )
    return Breakdowns(items=found)
