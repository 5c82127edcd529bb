"""Leases: of all processes that could do a thing, one does it; when it dies, another one within seconds.

The holder puts the end off while it lives. What is done under a lease has to be right when two believe to hold it,
too: clocks of machines differ, and a process may sleep past its end. A lease only saves the work of doing it twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from expkit.errors import Conflict
from expkit.registry.watch_tables import leases as table
from expkit.storage import Store

__all__ = ["LEASE_SECONDS", "hold", "let_go"]

LEASE_SECONDS = 5.0
"""So long after the holder's last sign of life somebody else takes over."""
_ACTOR = "expkit"


def hold(store: Store, name: str, holder: str, at: datetime, seconds: float = LEASE_SECONDS) -> bool:
    """Whether `holder` has the lease now. Writes only when there is something to take or to put off."""
    with store.read() as connection:
        known = connection.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    if known is not None and known.until > at:
        if known.holder != holder:
            return False
        if known.until - at > timedelta(seconds=seconds / 2):
            return True
    values = {"holder": holder, "until": at + timedelta(seconds=seconds)}
    try:
        return _take(store, name, known, values)
    except Conflict:
        return False


def let_go(store: Store, name: str, holder: str) -> None:
    """At the end of a process, so that nobody has to wait."""
    with store.begin(actor=_ACTOR) as work:
        work.connection.execute(sa.delete(table).where(table.c.name == name, table.c.holder == holder))


def _take(store: Store, name: str, known: sa.Row[Any] | None, values: dict[str, Any]) -> bool:
    with store.begin(actor=_ACTOR) as work:
        if known is None:
            try:
                work.connection.execute(sa.insert(table).values(name=name, **values))
            except sa.exc.IntegrityError:
                raise Conflict("Another process was faster.", hint="let it.") from None
            return True
        mine = sa.update(table).where(
            table.c.name == name, table.c.holder == known.holder, table.c.until == known.until
        )
        return work.connection.execute(mine.values(values)).rowcount == 1
