"""Alerts: each is raised once, with its evidence, together with what is done about it; people acknowledge them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from expkit.domain.watching import Alert, AlertKind
from expkit.errors import Conflict, NotFound
from expkit.registry.watch_tables import alerts as table
from expkit.storage import Work

__all__ = ["acknowledge", "alert", "alerts", "raise_alert"]


def raise_alert(
    work: Work, key: str, kind: AlertKind, subject: str, action: str, detail: str, evidence: Mapping[str, Any]
) -> Alert | None:
    """None when it was raised before. Lock the experiment first: then nobody else raises it at the same time."""
    mine = sa.select(table.c.id).where(table.c.experiment == key, table.c.kind == kind, table.c.subject == subject)
    if work.connection.scalar(mine) is not None:
        return None
    values = {
        "experiment": key, "kind": kind, "subject": subject, "action": action, "detail": detail,
        "evidence": dict(evidence), "at": work.at, "acknowledged_by": "", "acknowledged_at": None, "comment": "",
    }  # fmt: skip
    number = work.connection.scalar(sa.insert(table).values(values).returning(table.c.id))
    told = {"alert": number, "kind": kind, "subject": subject, "action": action, "evidence": dict(evidence)}
    work.audit("alert.raise", key, after=told, reason=detail)
    return Alert.parse({**values, "id": number})


def acknowledge(work: Work, number: int, comment: str = "") -> Alert:
    """Somebody has seen it."""
    found = alert(work.connection, number)
    if not found.is_open:
        raise Conflict(
            f"Alert {number} has been acknowledged by {found.acknowledged_by or 'somebody'}.", hint="once is enough."
        )
    values = {"acknowledged_by": work.actor, "acknowledged_at": work.at, "comment": comment}
    noun = found.changed(**values)
    work.connection.execute(sa.update(table).where(table.c.id == number).values(values))
    work.audit("alert.acknowledge", found.experiment, after={"alert": number}, reason=comment)
    return noun


def alert(connection: sa.Connection, number: int) -> Alert:
    row = connection.execute(sa.select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no alert {number}.", hint="list the alerts to see their numbers.")
    return _noun(row)


def alerts(
    connection: sa.Connection, key: str | None = None, *, only_open: bool = False, limit: int = 100
) -> list[Alert]:
    """The newest first."""
    query = sa.select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    if key is not None:
        query = query.where(table.c.experiment == key)
    if only_open:
        query = query.where(table.c.acknowledged_at.is_(None))
    return [_noun(row) for row in connection.execute(query)]


def _noun(row: sa.Row[Any]) -> Alert:
    return Alert.parse(dict(row._mapping))
