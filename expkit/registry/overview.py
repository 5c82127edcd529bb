"""The programme as a whole: velocity, the hypothesis tracker with its calibration, the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import fmean, median
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.registry.experiments import MAX_PAGE, experiment_of
from expkit.registry.people_tables import scheduled_moves
from expkit.registry.tables import experiments, learnings, looks, moves

__all__ = [
    "CalendarEntry",
    "Hypotheses",
    "Tracked",
    "Velocity",
    "calendar",
    "departments",
    "hypotheses",
    "latest_scorecards",
    "recent_scorecards",
    "velocity",
]


class Velocity(NamedTuple):
    """How fast a programme learns, over a stretch of time. None where nothing has happened to count."""

    launched: int
    completed: int
    success_rate: float | None
    """Of those that ended with an outcome, the share with a positive one."""
    median_days: float | None
    """From start to stop."""
    days_to_decision: float | None
    """From stop to the promotion, rollback or completion."""
    learnings: int
    launched_by_month: dict[str, int]


class Tracked(NamedTuple):
    """One hypothesis: what was said, what came out, what was learnt."""

    experiment: str
    name: str
    hypothesis: str
    predicted_lift: float | None
    confidence: float | None
    outcome: str
    actual_lift: float | None
    lift_lower: float | None
    lift_upper: float | None
    came_true: bool | None
    learning: str


class Hypotheses(NamedTuple):
    """All of them, and how well the team predicts: the Brier score (1950), 0 is perfect and 0.25 is a coin's."""

    items: list[Tracked]
    predictions: int
    hit_rate: float | None
    brier: float | None


class CalendarEntry(NamedTuple):
    at: datetime
    experiment: str
    what: str


def hypotheses(connection: sa.Connection, *, limit: int = 1000) -> Hypotheses:
    """So many of the newest; calibration over all whose prediction has met its outcome, however many there are."""
    query = sa.select(experiments, learnings.c.learning).join(
        learnings, learnings.c.experiment == experiments.c.key, isouter=True
    )
    newest = query.order_by(experiments.c.created_at.desc(), experiments.c.key).limit(limit)
    ended = query.where(sa.or_(experiments.c.outcome != "", learnings.c.experiment.is_not(None)))
    items = [_told(row) for row in connection.execute(newest)]
    known = map(_told, connection.execute(ended))
    judged = [item for item in known if item.came_true is not None and item.confidence is not None]
    if not judged:
        return Hypotheses(items, 0, None, None)
    errors = [(float(item.confidence or 0.0) - float(bool(item.came_true))) ** 2 for item in judged]
    return Hypotheses(items, len(judged), fmean(bool(item.came_true) for item in judged), fmean(errors))


def velocity(connection: sa.Connection, since: datetime | None = None) -> Velocity:
    """Counted from the moves that were made since then."""
    ever = connection.execute(sa.select(moves.c.experiment, moves.c.verb, moves.c.at).order_by(moves.c.id)).all()
    made = [row for row in ever if since is None or row.at >= since]
    started = [row for row in made if row.verb == "start"]
    ended = {row.experiment for row in made if row.verb in {"stop", "rollback", "complete", "finish"}}
    outcomes = [
        outcome
        for key, outcome in connection.execute(sa.select(experiments.c.key, experiments.c.outcome))
        if key in ended and outcome
    ]
    count = sa.select(sa.func.count()).select_from(learnings)
    return Velocity(
        launched=len(started),
        completed=len(ended),
        success_rate=outcomes.count("positive") / len(outcomes) if outcomes else None,
        median_days=_median(_days(ever, {"start"}, {"stop", "rollback"}, since)),
        days_to_decision=_median(_days(ever, {"stop"}, {"promote", "rollback", "complete"}, since)),
        learnings=int(connection.scalar(count if since is None else count.where(learnings.c.at >= since)) or 0),
        launched_by_month=_by_month(row.at for row in started),
    )


def calendar(connection: sa.Connection, start: datetime, end: datetime) -> list[CalendarEntry]:
    """Planned and past starts and ends between two times, in order."""
    planned = sa.select(scheduled_moves).where(
        scheduled_moves.c.state == "pending", scheduled_moves.c.at.between(start, end)
    )
    past = sa.select(moves).where(
        moves.c.verb.in_(("start", "stop", "rollback", "finish")), moves.c.at.between(start, end)
    )
    entries = [CalendarEntry(row.at, row.experiment, f"will {row.verb}") for row in connection.execute(planned)]
    entries += [CalendarEntry(row.at, row.experiment, row.verb) for row in connection.execute(past)]
    return sorted(entries)


def departments(connection: sa.Connection) -> list[str]:
    """Those that some experiment belongs to, by name; the values of the filter."""
    found = sa.select(experiments.c.department).where(experiments.c.department != "").distinct()
    return sorted(connection.scalars(found), key=str.casefold)


def recent_scorecards(connection: sa.Connection, most: int) -> list[tuple[str, dict[str, Any]]]:
    """The newest scorecard of each of the experiments that were looked at last."""
    newest = (
        sa.select(looks.c.experiment, sa.func.max(looks.c.look).label("look"), sa.func.max(looks.c.at).label("at"))
        .group_by(looks.c.experiment)
        .order_by(sa.desc("at"), looks.c.experiment)
        .limit(most)
        .subquery()
    )
    query = sa.select(looks.c.experiment, looks.c.scorecard).join(
        newest, sa.and_(looks.c.experiment == newest.c.experiment, looks.c.look == newest.c.look)
    )
    return [(row.experiment, row.scorecard) for row in connection.execute(query.order_by(newest.c.at.desc()))]


def latest_scorecards(connection: sa.Connection, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The newest scorecard of each, where there is one; one query for a page of experiments."""
    chosen = list(keys)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(chosen), MAX_PAGE):
        newest = (
            sa.select(looks.c.experiment, sa.func.max(looks.c.look).label("look"))
            .where(looks.c.experiment.in_(chosen[start : start + MAX_PAGE]))
            .group_by(looks.c.experiment)
            .subquery()
        )
        query = sa.select(looks.c.experiment, looks.c.scorecard).join(
            newest, sa.and_(looks.c.experiment == newest.c.experiment, looks.c.look == newest.c.look)
        )
        found |= {row.experiment: row.scorecard for row in connection.execute(query)}
    return found


def _told(row: sa.Row[Any]) -> Tracked:
    return _tracked(experiment_of(row), row.outcome, row.learning or {})


def _tracked(experiment: Experiment, outcome: str, learning: dict[str, Any]) -> Tracked:
    prediction = experiment.hypothesis.prediction
    predicted, confidence = (prediction.lift, prediction.confidence) if prediction else (None, None)
    found = outcome or learning.get("outcome", "")
    return Tracked(
        experiment.key, experiment.name, str(experiment.hypothesis), predicted, confidence, found,
        learning.get("lift"), learning.get("lift_lower"), learning.get("lift_upper"),
        _came_true(experiment, found), learning.get("text", ""),
    )  # fmt: skip


def _came_true(experiment: Experiment, outcome: str) -> bool | None:
    """A prediction on the primary metric comes true when that metric has moved the way that was said."""
    prediction = experiment.hypothesis.prediction
    if prediction is None or not outcome or prediction.metric != experiment.primary_metric.key:
        return None
    gain = prediction.lift if experiment.primary_metric.direction == "increase" else -prediction.lift
    return outcome == ("positive" if gain > 0 else "negative" if gain < 0 else "neutral")


def _days(made: Iterable[Any], begins: set[str], ends: set[str], since: datetime | None) -> list[float]:
    """How long each took that ended since then, whenever it began."""
    opened: dict[str, datetime] = {}
    found = []
    for row in made:
        if row.verb in ends and row.experiment in opened:
            took = row.at - opened.pop(row.experiment)
            if since is None or row.at >= since:
                found.append(max(0.0, took.total_seconds() / 86_400))  # two clocks may disagree
        if row.verb in begins:
            opened[row.experiment] = row.at
    return found


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _by_month(moments: Iterable[datetime]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for moment in sorted(moments):
        name = f"{moment:%Y-%m}"
        counts[name] = counts.get(name, 0) + 1
    return counts
