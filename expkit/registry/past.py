"""Experiments as they were at some moment: the definition from the versions, the state from the moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.registry.tables import experiments, moves, versions

__all__ = ["as_they_were"]


def as_they_were(connection: sa.Connection, at: datetime) -> Iterator[Experiment]:
    """Every experiment that there was, in the version and the status that it had."""
    states = _states(connection, at)
    newest = (
        sa.select(versions.c.experiment, sa.func.max(versions.c.version).label("version"))
        .where(versions.c.at <= at)
        .group_by(versions.c.experiment)
        .subquery()
    )
    same = sa.and_(versions.c.experiment == newest.c.experiment, versions.c.version == newest.c.version)
    query = (
        sa.select(versions.c.experiment, versions.c.version, versions.c.definition, experiments.c.created_at)
        .join(newest, same)
        .join(experiments, experiments.c.key == versions.c.experiment)
        .order_by(versions.c.experiment)
    )
    for key, version, definition, created_at in connection.execute(query):
        state = states.get(key, {"status": "draft"})
        yield Experiment.parse({**definition, "version": version, "created_at": created_at, **state})


def _states(connection: sa.Connection, at: datetime) -> dict[str, dict[str, object]]:
    columns = (moves.c.experiment, moves.c.verb, moves.c.target, moves.c.at)
    found: dict[str, dict[str, object]] = {}
    for key, verb, target, moment in connection.execute(
        sa.select(*columns).where(moves.c.at <= at).order_by(moves.c.id)
    ):
        state = found.setdefault(key, {})
        state["status"] = target
        if verb == "start":
            state["started_at"] = moment
        if verb in {"stop", "rollback"}:
            state.setdefault("stopped_at", moment)
    return found
