"""Phases: which allocation held from when to when. The sample-ratio check needs the whole history of weights."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.registry.tables import phases as table
from expkit.storage import Work

__all__ = ["Phase", "close_phase", "open_phase", "phases"]


class Phase(NamedTuple):
    """One stretch of time with one allocation."""

    phase: int
    version: int
    started_at: datetime
    ended_at: datetime | None
    coverage: float
    shares: dict[str, float]


def phases(connection: sa.Connection, key: str) -> list[Phase]:
    """The oldest first; a draft has none."""
    columns = (table.c.phase, table.c.version, table.c.started_at, table.c.ended_at, table.c.coverage, table.c.shares)
    query = sa.select(*columns).where(table.c.experiment == key).order_by(table.c.phase)
    return [Phase(*row) for row in connection.execute(query)]


def open_phase(work: Work, experiment: Experiment) -> None:
    """A new allocation holds from now on; the one before ends here. Under a clock that is behind, it lasted no time."""
    ended = close_phase(work, experiment.key)
    last = work.connection.scalar(sa.select(sa.func.max(table.c.phase)).where(table.c.experiment == experiment.key))
    work.connection.execute(
        sa.insert(table).values(
            experiment=experiment.key, phase=(last or 0) + 1, version=experiment.version,
            started_at=ended or work.at, coverage=experiment.coverage, shares=experiment.shares,
        )
    )  # fmt: skip


def close_phase(work: Work, key: str) -> datetime | None:
    """End the one that holds, and say when that was; no phase ends before it began."""
    last = sa.and_(table.c.experiment == key, table.c.ended_at.is_(None))
    began: datetime | None = work.connection.scalar(sa.select(table.c.started_at).where(last))
    if began is None:
        return None
    ended = max(began, work.at)
    work.connection.execute(sa.update(table).where(last).values(ended_at=ended))
    return ended
