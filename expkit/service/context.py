"""What every route needs: the workbench, acting in the caller's name; and the numbers and pages that they ask by."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from expkit.service.metrics import Metrics
from expkit.workbench import Workbench

__all__ = ["MAX_OFFSET", "Bench", "Counters", "Limit", "Number", "Offset", "Reason"]

MAX_OFFSET = 10**9
MAX_NUMBER = 2**31 - 1  # what a column of numbers holds on every database


def _bench(request: Request) -> Workbench:
    workbench: Workbench = request.app.state.workbench
    return workbench.acting_as(request.state.principal.name, request.state.correlation_id)


def _counters(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


Bench = Annotated[Workbench, Depends(_bench)]
Counters = Annotated[Metrics, Depends(_counters)]

Number = Annotated[int, Path(ge=-MAX_NUMBER, le=MAX_NUMBER)]
"""Of a note, a review, a version, a request, a token; which of them there are, the workbench knows."""
Limit = Annotated[int, Query(le=MAX_OFFSET)]
Offset = Annotated[int, Query(le=MAX_OFFSET)]
Reason = Annotated[str, Query(max_length=20_000)]
"""Of a DELETE, which has no body."""
