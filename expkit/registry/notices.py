"""Notices: what the audit tells is told to people, on every channel at least once.

The audit is read from where it was read last, so nothing that happens is missed, whichever process did it, and what is
told is written down before it is sent. A notice that does not arrive is repeated for a day. Only what happens after
the first channel was set up is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from expkit.domain.notice import Notice
from expkit.registry.notice_tables import cursors
from expkit.registry.notice_tables import notices as table
from expkit.storage import Work, audit_end
from expkit.storage.audit import audit_table

__all__ = ["TOLD", "collect_notices", "is_behind", "mark_notice", "notices", "pending_notices"]

TOLD = {
    "experiment.start": "{subject} has started",
    "experiment.pause": "{subject} is paused",
    "experiment.resume": "{subject} goes on",
    "experiment.stop": "{subject} is stopped",
    "experiment.promote": "{subject} is being rolled out",
    "experiment.finish": "{subject} is rolled out to everybody",
    "experiment.rollback": "{subject} is rolled back",
    "experiment.complete": "{subject} is completed",
    "alert.raise": "{subject}: {what}",
    "review.request": "{subject} waits for a review",
    "review.answer": "{subject} has been reviewed: {what}",
    "schedule.fail": "{subject}: a planned {what} has failed",
    "review.cancel": "the review of {subject} is called off",
    "guardrail.loosen": "{subject}: a guardrail watches less",
    "elevation.request": "Somebody asks for more rights",
    "elevation.answer": "A request for more rights is answered: {what}",
}
"""What is told, by the audit's action."""
WAITS = (5, 30, 120, 600, 3600, 6 * 3600, 16 * 3600)
"""Seconds between attempts; after the last one it has failed."""
BATCH = 1000
_CURSOR = "notices"


def collect_notices(work: Work, channels: Iterable[str]) -> int:
    """Write down what has to be told since the last time; how many."""
    known = work.connection.scalar(sa.select(cursors.c.entry).where(cursors.c.name == _CURSOR).with_for_update())
    if known is None:
        end = audit_end(work.connection).id
        work.connection.execute(sa.insert(cursors).values(name=_CURSOR, entry=end))
        return 0
    columns = audit_table.c
    fresh = sa.select(audit_table).where(columns.id > known).order_by(columns.id).limit(BATCH)
    rows = work.connection.execute(fresh).all()
    if not rows:
        return 0
    values = [_values(row, channel, work.at) for row in rows if row.action in TOLD for channel in channels]
    if values:
        work.connection.execute(sa.insert(table), values)
    work.connection.execute(sa.update(cursors).where(cursors.c.name == _CURSOR).values(entry=rows[-1].id))
    return len(values)


def is_behind(connection: sa.Connection) -> bool:
    """Whether something has happened that nobody has looked at for notices."""
    known = connection.scalar(sa.select(cursors.c.entry).where(cursors.c.name == _CURSOR))
    return known is None or known < audit_end(connection).id


def pending_notices(connection: sa.Connection, at: datetime, limit: int = 100) -> list[Notice]:
    """What is to be sent now, the oldest first."""
    due = sa.select(table).where(table.c.state == "pending", table.c.next_at <= at)
    return [_noun(row) for row in connection.execute(due.order_by(table.c.next_at, table.c.id).limit(limit))]


def mark_notice(work: Work, notice: Notice, fault: str = "") -> None:
    """It has arrived; or it has not, and why: then it is tried again later."""
    values: dict[str, Any] = {"attempts": notice.attempts + 1, "detail": fault[:500]}
    if not fault:
        values |= {"state": "sent", "sent_at": work.at}
    elif notice.attempts < len(WAITS):
        values["next_at"] = work.at + timedelta(seconds=WAITS[notice.attempts])
    else:
        values["state"] = "failed"
    work.connection.execute(sa.update(table).where(table.c.id == notice.id).values(values))


def notices(connection: sa.Connection, *, state: str | None = None, limit: int = 100) -> list[Notice]:
    """The newest first."""
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state)
    return [_noun(row) for row in connection.execute(query)]


def _values(row: sa.Row[Any], channel: str, at: datetime) -> dict[str, Any]:
    title, body = _words(row)
    return {
        "entry": row.id, "channel": channel, "title": title, "body": body, "state": "pending", "attempts": 0,
        "at": row.at, "next_at": at, "sent_at": None, "detail": "",
    }  # fmt: skip


def _words(row: sa.Row[Any]) -> tuple[str, str]:
    after: Mapping[str, Any] = row.after or {}
    what = str(after.get("subject") or after.get("verdict") or after.get("verb") or after.get("state") or "")
    title = TOLD[row.action].format(subject=row.subject, what=what)[:500]
    lines = [row.reason] if row.reason else []
    if row.action == "review.request":
        lines.append(f"reviewers: {', '.join(map(str, after.get('reviewers', ())))}")
    if row.action == "elevation.request":
        lines.append(f"{row.actor} asks for {after.get('role')} in {after.get('project')}")
    if row.action == "alert.raise" and after.get("action") not in (None, "alert"):
        lines.append(f"what is done: {after['action']}")
    units: Mapping[str, int] = after.get("units") or {}
    if any(units.values()):
        lines.append(f"units: {', '.join(f'{variant} {n:,}' for variant, n in units.items())}")
    if after.get("summary"):
        lines.append(str(after["summary"]))
    lines.append(f"by {row.actor}, {row.at:%Y-%m-%d %H:%M} UTC")
    return title, "\n".join(lines)[:20_000]


def _noun(row: sa.Row[Any]) -> Notice:
    return Notice.parse(dict(row._mapping))
