"""Moves to come: exactly once, by whichever process is alive.

The move and the mark that it was made commit together, and only one unit of work can turn `pending` into
`fired`. Time is the process's own clock in UTC; of processes whose clocks disagree the fastest fires. A clock that
goes backwards fires nothing twice. What somebody planned who might is done, also when their role has gone
since: take it back with `unschedule`. A local time that a change to summer time skips is refused, and of one
that occurs twice the first is meant, unless an offset says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.domain.collaboration import ScheduledMove
from expkit.domain.lifecycle import find_move
from expkit.errors import Conflict, ExpkitError, InvalidInput, NotFound, UnknownName
from expkit.registry.experiments import locked
from expkit.registry.moves import move
from expkit.registry.people_tables import scheduled_moves as table
from expkit.storage import Store, Work

__all__ = ["due", "fire", "local_time", "schedule_move", "scheduled", "unschedule"]

VERBS = ("start", "stop")
EARLIEST, LATEST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001  # in any zone, hence in none


def local_time(text: str | datetime, timezone: str = "UTC") -> datetime:
    """A point in time from what a person wrote: ISO 8601, read in their time zone unless it has an offset."""
    moment = _parsed(text)
    if not EARLIEST <= moment.replace(tzinfo=None) <= LATEST:
        raise InvalidInput(f"{moment:%Y-%m-%d} is beyond the calendar.", hint="choose a year between 2 and 9998.")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if timezone != "UTC" and timezone not in available_timezones():
        raise UnknownName.among("time zone", timezone, available_timezones())
    found = moment.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    if found.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != moment.replace(fold=0):
        raise InvalidInput(
            f"{moment:%Y-%m-%d %H:%M} does not exist in {timezone}: clocks are put forward over it.",
            hint=f"{found.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M} is meant?",
        )
    return found


def schedule_move(work: Work, key: str, verb: str, at: datetime, reason: str = "") -> ScheduledMove:
    """Plan a start or a stop; one that was planned before is replaced."""
    if verb not in VERBS:
        raise UnknownName.among("verb", verb, VERBS)
    experiment = locked(work, key)
    if at <= work.at:
        raise InvalidInput(f"{at:%Y-%m-%d %H:%M} UTC has passed.", hint=f"choose a time to come, or {verb} it now.")
    if verb == "start" and experiment.status != "scheduled":
        find_move("start", experiment.status, key)
        move(work, key, "schedule", f"start at {at:%Y-%m-%d %H:%M} UTC")
    if verb == "stop":
        if experiment.status not in {"draft", "review", "scheduled", "active", "paused"}:
            find_move("stop", experiment.status, key)
        reason = reason or "its planned end"
    _cancel(work, key, verb)
    values = {
        "experiment": key,
        "verb": verb,
        "at": at,
        "reason": reason,
        "state": "pending",
        "by": work.actor,
        "detail": "",
    }
    number = work.connection.scalar(sa.insert(table).values(values).returning(table.c.id))
    work.audit("experiment.schedule", key, after={"verb": verb, "at": at.isoformat()}, reason=reason)
    return ScheduledMove.parse({**values, "id": number})


def unschedule(work: Work, key: str, verb: str | None = None, reason: str = "") -> int:
    """Take planned moves back; how many. An experiment that waited for its start is a draft again."""
    if verb not in {None, *VERBS}:
        raise UnknownName.among("verb", str(verb), VERBS)
    waits = locked(work, key).status == "scheduled" and verb != "stop"  # also when its start has failed
    gone = sum(_cancel(work, key, each) for each in VERBS if verb in {None, each})
    if not gone and not waits:
        raise NotFound(f"Nothing is scheduled for {key!r}.", hint="schedule a start or a stop first.")
    work.audit("experiment.unschedule", key, before={"moves": gone}, reason=reason)
    if waits:
        move(work, key, "unschedule", reason)
    return gone


def scheduled(
    connection: sa.Connection, key: str | None = None, *, state: str | None = "pending"
) -> list[ScheduledMove]:
    """What is planned, the next first."""
    query = sa.select(table).order_by(table.c.at, table.c.id)
    if key is not None:
        query = query.where(table.c.experiment == key)
    if state is not None:
        query = query.where(table.c.state == state)
    return [_noun(row) for row in connection.execute(query)]


def due(connection: sa.Connection, at: datetime) -> list[ScheduledMove]:
    query = sa.select(table).where(table.c.state == "pending", table.c.at <= at).order_by(table.c.at, table.c.id)
    return [_noun(row) for row in connection.execute(query)]


def fire(
    store: Store,
    planned: ScheduledMove,
    *,
    now: datetime | None = None,
    ready: Callable[[Work, Experiment], None] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Make one planned move; False when another process has. A move that has become illegal fails for good, and so
    does a start for which the experiment is not `ready` (which raises Conflict).
    """
    try:
        with store.begin(actor=planned.by) as work:
            experiment = locked(work, planned.experiment)
            if (now or work.at) < planned.at or not _claim(work, planned.id, "fired"):
                return False
            if ready is not None and planned.verb == "start":
                ready(work, experiment)
            move(work, planned.experiment, planned.verb, planned.reason or "scheduled", evidence=evidence)
            work.audit(
                "schedule.fire", planned.experiment, after={"verb": planned.verb, "planned": planned.at.isoformat()}
            )
    except (Conflict, InvalidInput, NotFound) as error:
        _fail(store, planned, error)
        return False
    return True


def _claim(work: Work, number: int, state: str, detail: str = "") -> bool:
    done = sa.update(table).where(table.c.id == number, table.c.state == "pending").values(state=state, detail=detail)
    return work.connection.execute(done).rowcount == 1


def _fail(store: Store, planned: ScheduledMove, error: ExpkitError) -> None:
    with store.begin(actor=planned.by) as work:
        if _claim(work, planned.id, "failed", str(error)[:500]):
            work.audit("schedule.fail", planned.experiment, after={"verb": planned.verb}, reason=str(error)[:500])


def _cancel(work: Work, key: str, verb: str) -> int:
    old = sa.update(table).where(table.c.experiment == key, table.c.verb == verb, table.c.state == "pending")
    return work.connection.execute(old.values(state="cancelled")).rowcount


def _parsed(text: str | datetime) -> datetime:
    if isinstance(text, datetime):
        return text
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is no date and time.", hint="write 2026-12-01T09:00, with an offset or a zone."
        ) from None


def _noun(row: sa.Row[Any]) -> ScheduledMove:
    return ScheduledMove.parse(dict(row._mapping))
