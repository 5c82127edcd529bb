"""What happened to one experiment, in order: everything that people and processes did to it or said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.registry.people_tables import note_edits, notes, review_answers, reviews, scheduled_moves
from expkit.registry.tables import learnings, looks, moves, phases, plans, versions

__all__ = ["TimelineEntry", "timeline"]


class TimelineEntry(NamedTuple):
    at: datetime
    actor: str
    what: str
    detail: str


def timeline(connection: sa.Connection, key: str) -> list[TimelineEntry]:
    """The oldest first; of what happened at one moment, the cause before its consequences."""
    found = [
        entry
        for table, tell in _TOLD
        for row in connection.execute(sa.select(table).where(table.c.experiment == key))
        for entry in tell(row)
    ]
    found += _answered(connection, key)
    found += _edited(connection, key)
    return sorted(found, key=lambda entry: entry.at)


def _version(row: Any) -> Iterator[TimelineEntry]:
    why = f": {row.reason}" if row.reason not in {"", "created"} else ""
    yield TimelineEntry(row.at, row.author, "created" if row.version == 1 else "changed", f"version {row.version}{why}")


def _move(row: Any) -> Iterator[TimelineEntry]:
    """An end goes with its units, a rollback with what was known to change by it."""
    known = row.evidence or {}
    counted = known.get("units", {})
    units = ", ".join(f"{variant} {n:,}" for variant, n in counted.items()) if any(counted.values()) else ""
    more = known.get("summary") or (f"units: {units}" if units else "")
    why = f"{row.reason.rstrip('.')}; {more}" if row.reason and more else row.reason or more
    yield TimelineEntry(row.at, row.actor, f"{row.source} → {row.target}", why)


def _phase(row: Any) -> Iterator[TimelineEntry]:
    """The first phase is the start itself."""
    if row.phase > 1:
        shares = ", ".join(f"{name} {share:.4g}" for name, share in row.shares.items())
        yield TimelineEntry(row.started_at, "", "phase", f"{row.phase}: coverage {row.coverage:.4g}; {shares}")


def _look(row: Any) -> Iterator[TimelineEntry]:
    headline = (row.scorecard.get("recommendation") or {}).get("headline", "")
    yield TimelineEntry(row.at, row.actor, "look", f"{row.look}: {headline}" if headline else str(row.look))


def _review(row: Any) -> Iterator[TimelineEntry]:
    until = f", by {row.deadline:%Y-%m-%d %H:%M} UTC" if row.deadline else ""
    cancelled = " (cancelled)" if row.state == "cancelled" else ""
    detail = f"of version {row.version}, asked of {', '.join(row.reviewers)}{until}{cancelled}"
    yield TimelineEntry(row.requested_at, row.requested_by, "review", detail)


def _schedule(row: Any) -> Iterator[TimelineEntry]:
    """When it was planned is in the move's detail or the audit; here stands when it is, or was, to happen."""
    became = "" if row.state == "pending" else f" ({row.state}{': ' + row.detail if row.detail else ''})"
    yield TimelineEntry(row.at, row.by, "planned", f"{row.verb}{became}")


def _note(row: Any) -> Iterator[TimelineEntry]:
    yield TimelineEntry(row.at, row.author, "note", "(deleted)" if row.deleted else row.text)


def _plan(row: Any) -> Iterator[TimelineEntry]:
    yield TimelineEntry(row.at, row.signed_by, "plan signed", f"version {row.version}, {row.digest[:12]}")


def _learning(row: Any) -> Iterator[TimelineEntry]:
    yield TimelineEntry(row.at, row.author, "learning", f"{row.learning['outcome']}: {row.learning['text']}")


_TOLD: tuple[tuple[sa.Table, Callable[[Any], Iterator[TimelineEntry]]], ...] = (
    (versions, _version),
    (reviews, _review),
    (plans, _plan),
    (moves, _move),
    (phases, _phase),
    (looks, _look),
    (notes, _note),
    (scheduled_moves, _schedule),
    (learnings, _learning),
)


def _answered(connection: sa.Connection, key: str) -> Iterator[TimelineEntry]:
    query = sa.select(review_answers).join(reviews, review_answers.c.review == reviews.c.id)
    for row in connection.execute(query.where(reviews.c.experiment == key).order_by(review_answers.c.id)):
        yield TimelineEntry(row.at, row.reviewer, f"review: {row.verdict}", row.comment)


def _edited(connection: sa.Connection, key: str) -> Iterator[TimelineEntry]:
    """What a deleted note said is left to its history and the audit."""
    query = sa.select(note_edits).join(notes, note_edits.c.note == notes.c.id)
    for row in connection.execute(
        query.where(notes.c.experiment == key, notes.c.deleted.is_(False)).order_by(note_edits.c.id)
    ):
        yield TimelineEntry(row.at, row.editor, "note changed", f"it said: {row.text}")
