"""Looks: each inspection of accumulating data, kept with its scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.errors import Conflict, NotFound
from expkit.registry.tables import experiments, learnings, looks
from expkit.storage import Work

__all__ = ["Look", "all_looks", "latest_look", "look_at", "next_look", "save_look"]


def next_look(connection: sa.Connection, key: str) -> int:
    """The number that the look about to be saved gets; ask inside the unit of work that saves it."""
    return 1 + int(connection.scalar(sa.select(sa.func.max(looks.c.look)).where(looks.c.experiment == key)) or 0)


def save_look(
    work: Work, key: str, version: int, scorecard: Mapping[str, Any], outcome: str = "", significance: str = ""
) -> None:
    """Keep one look's scorecard; its number is the scorecard's own. Outcome and significance are for the filters."""
    look = int(scorecard["look"])
    try:
        work.connection.execute(
            sa.insert(looks).values(
                experiment=key, look=look, version=version, actor=work.actor, at=work.at, scorecard=dict(scorecard)
            )
        )
    except sa.exc.IntegrityError:  # on a database without a single write lock somebody may be faster
        raise Conflict(f"Look {look} at {key!r} has just been taken by somebody else.", hint="analyze again.") from None
    concluded = sa.select(learnings.c.experiment).where(learnings.c.experiment == key)
    standing = {"significance": significance}
    if work.connection.scalar(concluded) is None:  # what people have concluded, a later look does not take back
        standing["outcome"] = outcome
    work.connection.execute(sa.update(experiments).where(experiments.c.key == key).values(standing))
    work.audit("experiment.analyze", key, after={"look": look, "recommendation": scorecard.get("recommendation")})


def latest_look(connection: sa.Connection, key: str) -> dict[str, Any] | None:
    """The newest scorecard's JSON, or None before the first look."""
    query = sa.select(looks.c.scorecard).where(looks.c.experiment == key).order_by(looks.c.look.desc()).limit(1)
    found: dict[str, Any] | None = connection.scalar(query)
    return found


class Look(NamedTuple):
    """One kept look: at which version of the definition, and what it came to."""

    look: int
    version: int
    scorecard: dict[str, Any]


def look_at(connection: sa.Connection, key: str, look: int) -> Look:
    """The look of this number, or NotFound with those that there are."""
    query = sa.select(looks.c.look, looks.c.version, looks.c.scorecard).where(looks.c.experiment == key)
    row = connection.execute(query.where(looks.c.look == look)).one_or_none()
    if row is None:
        last = next_look(connection, key) - 1
        hint = f"they are numbered from 1 to {last}." if last else "analyze it first."
        raise NotFound(f"There is no look {look} at {key!r}.", hint=hint)
    return Look(*row)


def all_looks(connection: sa.Connection, key: str) -> list[dict[str, Any]]:
    """Every look's scorecard as JSON, the oldest first."""
    query = sa.select(looks.c.scorecard).where(looks.c.experiment == key).order_by(looks.c.look)
    return [dict(found) for found in connection.scalars(query)]
