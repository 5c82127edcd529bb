"""Rollouts in steps: since when, and the next share as a version of its own."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.registry.tables import moves
from expkit.registry.versions import update
from expkit.storage import Work

__all__ = ["promoted_at", "take_step"]


def promoted_at(connection: sa.Connection, key: str) -> datetime | None:
    """When the rollout began; it begins once."""
    query = sa.select(moves.c.at).where(moves.c.experiment == key, moves.c.verb == "promote")
    found: datetime | None = connection.scalar(query)
    return found


def take_step(work: Work, experiment: Experiment, share: float, reason: str) -> Experiment:
    """The winner for more units."""
    if experiment.rollout is None:
        return experiment
    rollout = experiment.rollout.changed(share=share)
    return update(work, experiment.key, {"rollout": rollout.to_dict()}, version=experiment.version, reason=reason)
