"""Learnings: one conclusion of each experiment, with its evidence; and their search."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.domain.collaboration import Learning
from expkit.domain.filters import Filters
from expkit.errors import InvalidInput
from expkit.registry.tables import experiments, learnings
from expkit.storage import Work

__all__ = ["learn", "learnings_of"]


def learn(work: Work, key: str, learning: Learning) -> Learning:
    """Keep what was learnt; a newer conclusion takes the place of an older one, and the audit keeps both."""
    if not learning.text.strip():
        raise InvalidInput("A learning needs words.", hint="say what you know now that you did not know before.")
    body = learning.model_dump(mode="json")
    before = work.connection.scalar(sa.select(learnings.c.learning).where(learnings.c.experiment == key))
    work.connection.execute(sa.delete(learnings).where(learnings.c.experiment == key))
    work.connection.execute(sa.insert(learnings).values(experiment=key, at=work.at, author=work.actor, learning=body))
    work.connection.execute(sa.update(experiments).where(experiments.c.key == key).values(outcome=learning.outcome))
    work.audit("experiment.learn", key, before=before, after=body)
    return learning


def learnings_of(connection: sa.Connection, filters: Filters, *, limit: int = 100) -> list[Learning]:
    """The newest first; every word of the filter's text stands in the learning, or in what its experiment says."""
    query = sa.select(learnings.c.learning, experiments.c.searchable).join(
        experiments, experiments.c.key == learnings.c.experiment
    )
    if filters.project is not None:
        query = query.where(experiments.c.project == filters.project)
    words = filters.text.casefold().split()
    found: list[Learning] = []
    for row in connection.execute(query.order_by(learnings.c.at.desc(), learnings.c.experiment)):
        known = Learning.parse(row.learning)
        place = f"{known.experiment} {known.text} {row.searchable}".casefold()
        if filters.outcome in {None, known.outcome} and all(word in place for word in words):
            found.append(known)
        if len(found) == limit:
            break
    return found
