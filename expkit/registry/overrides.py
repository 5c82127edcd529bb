"""QA's overrides: made with a reason and an end, taken back, and never forgotten."""

from __future__ import annotations

import math
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from expkit.domain import Override
from expkit.errors import Conflict, InvalidInput, NotFound
from expkit.registry.assignment_tables import overrides as table
from expkit.registry.experiments import locked
from expkit.storage import Work

__all__ = ["MAX_HOURS", "forced_units", "override", "overrides", "revoke_override", "set_override"]

MAX_HOURS = 24 * 31
_FORCEABLE = ("draft", "review", "scheduled", "active", "paused")


def set_override(
    work: Work, key: str, variant: str, *, user_id: str | None, session_id: str | None, hours: float, reason: str
) -> Override:
    """Force a variant: for a user, for a session, or for whoever comes with the code that is made here."""
    experiment = locked(work, key)
    if experiment.status not in _FORCEABLE:
        raise Conflict(
            f"Experiment {key!r} is {experiment.status}: nothing is forced there any more.", hint="clone it."
        )
    if not 0 < hours <= MAX_HOURS or math.isnan(hours):
        raise InvalidInput(f"An override cannot hold for {hours:g} hours.", hint=f"more than none, up to {MAX_HOURS}.")
    if user_id and session_id:
        raise InvalidInput("An override is for one user or for one session.", hint="make two of them.")
    until = work.at + timedelta(hours=hours)
    values = {
        "experiment": key, "variant": experiment.variant(variant).key, "user_id": user_id or None,
        "session_id": session_id or None, "code": None if user_id or session_id else secrets.token_urlsafe(12),
        "reason": reason, "created_by": work.actor, "created_at": work.at,
        "expires_at": until,
    }  # fmt: skip
    Override.parse({**values, "id": 1})
    number = int(work.connection.scalar(sa.insert(table).values(values).returning(table.c.id)) or 0)
    told = {name: values[name] for name in ("variant", "user_id", "session_id")}
    after = {"override": number, **told, "expires_at": until.isoformat()}
    work.audit("assign.override", key, after=after, reason=reason)
    return override(work.connection, number)


def overrides(connection: sa.Connection, key: str | None = None, *, at: datetime | None = None) -> list[Override]:
    """The newest first; one experiment's, or all; with `at`, only those that hold then."""
    query = sa.select(table).order_by(table.c.id.desc())
    if key is not None:
        query = query.where(table.c.experiment == key)
    if at is not None:
        lasts = sa.or_(table.c.revoked_at.is_(None), table.c.revoked_at > at)
        query = query.where(table.c.created_at <= at, table.c.expires_at > at, lasts)
    return [_noun(row) for row in connection.execute(query)]


def override(connection: sa.Connection, number: int) -> Override:
    row = connection.execute(sa.select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no override {number}.", hint="the list of overrides has their numbers.")
    return _noun(row)


def revoke_override(work: Work, number: int, reason: str = "") -> Override:
    """It forces nobody from now on. Revoked again, nothing changes."""
    before = override(work.connection, number)
    open_ = sa.update(table).where(table.c.id == number, table.c.revoked_at.is_(None)).values(revoked_at=work.at)
    if work.connection.execute(open_).rowcount:
        gone = {"override": number, "variant": before.variant}
        work.audit("assign.revoke_override", before.experiment, before=gone, reason=reason)
    return override(work.connection, number)


def forced_units(connection: sa.Connection, at: datetime) -> dict[str, set[tuple[str, str]]]:
    """Who is forced now, by experiment: `("user_id", "u1")`. What they see stays out of the analysis."""
    found: dict[str, set[tuple[str, str]]] = {}
    for one in overrides(connection, at=at):
        if one.code is None:
            unit = ("user_id", one.user_id) if one.user_id else ("session_id", one.session_id or "")
            found.setdefault(one.experiment, set()).add(unit)
    return found


def _noun(row: sa.Row[tuple[object, ...]]) -> Override:
    return Override.parse(dict(row._mapping))
