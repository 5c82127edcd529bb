"""Quarantine: batches that cannot go to the lake wait here with the reason, so that they never hold up the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.errors import NotFound
from expkit.events.inbox import pack, unpack
from expkit.events.schemas import Kind
from expkit.events.tables import inbox, quarantine
from expkit.storage import Work

__all__ = ["Quarantined", "drop", "purge", "quarantined", "retry", "set_aside"]

_KEPT = ("kind", "rows", "body", "received_at", "actor")


class Quarantined(NamedTuple):
    """One batch that waits for somebody to look at it."""

    id: int
    kind: str
    rows: int
    received_at: str
    actor: str
    reason: str
    quarantined_at: str


def set_aside(work: Work, reasons: Mapping[int, str]) -> None:
    """Move batches from the inbox to the quarantine, each with its reason."""
    for number, reason in reasons.items():
        row = work.connection.execute(
            sa.delete(inbox).where(inbox.c.id == number).returning(*(inbox.c[name] for name in _KEPT))
        ).first()
        if row is not None:  # another mover was faster
            kept = dict(row._mapping, id=number, reason=reason[:2000], quarantined_at=work.at.isoformat())
            work.connection.execute(sa.insert(quarantine).values(kept))


def quarantined(connection: sa.Connection) -> list[Quarantined]:
    """All of them, the oldest first."""
    columns = [quarantine.c[name] for name in Quarantined._fields]
    return [Quarantined(*row) for row in connection.execute(sa.select(*columns).order_by(quarantine.c.id))]


def retry(work: Work, number: int) -> Quarantined:
    """Put a batch back into the inbox; the next move takes it, or quarantines it again."""
    found = _taken_out(work, number)
    body = found.pop("body")
    put_back = {name: found[name] for name in _KEPT if name != "body"}
    work.connection.execute(sa.insert(inbox).values(id=number, body=body, **put_back))
    return Quarantined(**found)


def drop(work: Work, number: int, reason: str = "") -> Quarantined:
    """Delete a batch for good, with an audit entry."""
    found = _taken_out(work, number)
    del found["body"]
    before = {name: found[name] for name in ("kind", "rows", "received_at", "reason")}
    work.audit("events.drop", f"batch {number}", before=before, reason=reason)
    return Quarantined(**found)


def purge(work: Work, keep: Mapping[Kind, Any]) -> int:
    """Only rows that the filter of their kind keeps stay; how many batches nobody can look into."""
    unreadable = 0
    for row in work.connection.execute(sa.select(quarantine.c.id, quarantine.c.kind, quarantine.c.body)).all():
        if row.kind not in keep:
            continue
        try:
            table = unpack(row.kind, row.body)
        except ValueError:
            unreadable += 1
            continue
        kept = table.filter(keep[row.kind])
        one = quarantine.c.id == row.id
        if not kept.num_rows:
            work.connection.execute(sa.delete(quarantine).where(one))
        elif kept.num_rows < table.num_rows:
            values = {"body": pack(kept), "rows": kept.num_rows}
            work.connection.execute(sa.update(quarantine).where(one).values(**values))
    return unreadable


def _taken_out(work: Work, number: int) -> dict[str, Any]:
    row = work.connection.execute(sa.delete(quarantine).where(quarantine.c.id == number).returning(quarantine)).first()
    if row is None:
        raise NotFound(f"No batch {number} is in quarantine.", hint="`expkit events quarantine list` shows what is.")
    return dict(row._mapping)
