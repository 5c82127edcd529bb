"""Holdouts and saved groups: every change is a version, so that what held once can be found again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from expkit.domain import Group, Holdout
from expkit.errors import Conflict
from expkit.registry.assignment_tables import rules as table
from expkit.storage import Work

__all__ = ["groups", "holdouts", "save_group", "set_holdout"]

Rule = TypeVar("Rule", Group, Holdout)


def set_holdout(work: Work, holdout: Holdout, reason: str = "") -> Holdout:
    """A new one, or one that goes on otherwise. Whom it holds out stays: only its end and its names may change."""
    before = next((one for one in holdouts(work.connection) if one.key == holdout.key), None)
    settled = ("share", "seed", "projects", "releases")
    if before is not None and any(getattr(before, name) != getattr(holdout, name) for name in settled):
        raise Conflict(
            f"Holdout {holdout.key!r} holds: {', '.join(settled)} cannot be changed any more.",
            hint="end it, and begin another one.",
        )
    return _keep(work, "holdout", holdout, reason)


def save_group(work: Work, group: Group, reason: str = "") -> Group:
    """A new group, or other values for one."""
    return _keep(work, "group", group, reason)


def holdouts(connection: sa.Connection, *, at: datetime | None = None) -> list[Holdout]:
    """By key; with `at`, as they were then."""
    return [Holdout.parse(definition) for definition in _newest(connection, "holdout", at)]


def groups(connection: sa.Connection, *, at: datetime | None = None) -> list[Group]:
    """By key; with `at`, as they were then."""
    return [Group.parse(definition) for definition in _newest(connection, "group", at)]


def _keep(work: Work, kind: str, noun: Rule, reason: str) -> Rule:
    mine = sa.select(table.c.version, table.c.definition).where(table.c.kind == kind, table.c.key == noun.key)
    before = work.connection.execute(mine.order_by(table.c.version.desc()).limit(1).with_for_update()).one_or_none()
    definition = noun.to_dict()
    if before is not None and before.definition == definition:
        return noun
    values = {
        "kind": kind, "key": noun.key, "version": before.version + 1 if before else 1, "definition": definition,
        "author": work.actor, "at": work.at,
    }  # fmt: skip
    try:
        work.connection.execute(sa.insert(table).values(values))
    except sa.exc.IntegrityError:  # another process was faster
        raise Conflict(f"Somebody else changes {noun.key!r} just now.", hint="look at it, and try again.") from None
    work.audit(
        f"assign.{kind}", noun.key, before=before.definition if before else None, after=definition, reason=reason
    )
    return noun


def _newest(connection: sa.Connection, kind: str, at: datetime | None) -> list[dict[str, Any]]:
    known = sa.select(table.c.key, sa.func.max(table.c.version).label("version")).where(table.c.kind == kind)
    if at is not None:
        known = known.where(table.c.at <= at)
    last = known.group_by(table.c.key).subquery()
    query = sa.select(table.c.definition).join(
        last, sa.and_(table.c.key == last.c.key, table.c.version == last.c.version)
    )
    return list(connection.scalars(query.where(table.c.kind == kind).order_by(table.c.key)))
