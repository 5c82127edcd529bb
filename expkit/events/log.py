"""Events: the one object through which events come in, move and are read."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from expkit.domain.logged import Logged
from expkit.errors import NotFound, StorageUnavailable
from expkit.events.checks import Variants
from expkit.events.inbox import Batch, pending, put
from expkit.events.lake import Lake
from expkit.events.quarantine import set_aside
from expkit.events.reader import Reader
from expkit.events.rows import sift
from expkit.events.schemas import KINDS, Kind, arrow_schema
from expkit.events.tables import inbox, lake_movers
from expkit.events.upkeep import tidy
from expkit.storage import Store, Work

__all__ = ["Events"]

log = logging.getLogger(__name__)

Change = Callable[[Any], Any]


def _as_it_is(table: Any) -> Any:
    return table


MAX_ROWS_PER_MOVE = 1_000_000
_ACTOR = "expkit"
_ADVISORY_LOCK = 0x65787069  # one number for all processes that move events of one PostgreSQL database


class Events:
    """Durable first: `log_*` writes to the inbox in the caller's unit of work; `move` takes it to the lake.

    Thread safety: an `Events` may be shared by threads, and several processes may share store and lake.
    """

    def __init__(self, store: Store, lake_url: str) -> None:
        self._store = store
        self.lake = Lake(lake_url)
        self._moving = threading.Lock()
        self._tidied = False

    def log_exposures(
        self, work: Work, rows: Any, known: Variants | None = None, change: Change = _as_it_is, **how: Any
    ) -> Logged:
        """Good rows are logged, bad ones counted with their reasons; `InvalidInput` when none is good.

        Rows are dicts, `Exposure`s or a data frame. With `known`, an exposure to any other variant is a bad row;
        `change` has the last word on the table. What else can be said is what `sift` takes.
        """
        sifted = sift("exposures", rows, at=work.at, known=known, **how)
        put(work, "exposures", change(sifted.table))
        return sifted.logged

    def log_outcomes(self, work: Work, rows: Any, **how: Any) -> Logged:
        return self._log(work, "outcomes", rows, **how)

    def log_traces(self, work: Work, rows: Any, **how: Any) -> Logged:
        return self._log(work, "traces", rows, **how)

    def _log(self, work: Work, kind: Kind, rows: Any, **how: Any) -> Logged:
        sifted = sift(kind, rows, at=work.at, **how)
        put(work, kind, sifted.table)
        return sifted.logged

    def waiting(self) -> int:
        """How many rows are in the inbox."""
        with self._store.read() as connection:
            return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(inbox.c.rows), 0))) or 0)

    def position(self) -> tuple[int, int]:
        """Another pair of numbers whenever something was logged."""
        with self._store.read() as connection:
            moved = connection.scalar(sa.select(lake_movers.c.last_move))
            return int(moved or 0), int(connection.scalar(sa.select(sa.func.max(inbox.c.id))) or 0)

    def move(self) -> int:
        """Take what is in the inbox to the lake, each batch exactly once; how many rows were taken.

        A move claims batches under a number (SQL), appends them with that number as Delta's application
        transaction, then deletes them (SQL). The next number is given out only when the last one's batches are
        gone, so a number that the table has reached says that its rows are there: whoever finds the batches of a
        move that died goes on where it stopped. While rows travel, no SQL lock is held and logging goes on.

        A batch that is damaged or that the table refuses goes into quarantine; the rest goes on.
        """
        with self._moving:
            moved = sum(self._move_all(kind) for kind in KINDS)
            if moved or not self._tidied:  # whoever was killed may have left that to us
                tidy(self.lake)
                self._tidied = True
            return moved

    def reader(self, *, experiment: str | None = None, versions: Mapping[str, int] | None = None) -> Reader:
        """A view of all events; `experiment` leaves the exposures of others out, `versions` reads the lake as it was.

        The inbox is read before the lake: what moves in between is seen twice, and counted once by its id.
        """
        if versions is not None:
            tables = {kind: self._as_it_was(kind, versions[kind]) for kind in KINDS if kind in versions}
            return Reader(self.lake, {kind: arrow_schema(kind).empty_table() for kind in KINDS}, tables, experiment)
        with self._store.read() as connection:
            app_id = connection.scalar(sa.select(lake_movers.c.app_id))
            batches = {kind: list(pending(connection, kind)) for kind in KINDS}
        found = {kind: self.lake.table(kind) for kind in KINDS}
        tables = {kind: table for kind, table in found.items() if table is not None}
        waiting = {kind: _not_moved(kind, batches[kind], tables.get(kind), app_id) for kind in KINDS}
        return Reader(self.lake, waiting, tables, experiment)

    def _as_it_was(self, kind: Kind, version: int) -> Any:
        table = self.lake.table(kind, version)
        if table is None:
            raise NotFound(f"The lake has no table {kind}.", hint="check EXPKIT_LAKE.")
        if self.lake.folder and not all(map(os.path.exists, self.lake.files(table))):
            raise NotFound(
                f"Version {version} of the {kind} is gone.", hint="erasure, retention or vacuum removed its files."
            )
        return table

    def _move_all(self, kind: Kind) -> int:
        rows = 0
        while (claimed := self._claim(kind)) is not None:
            rows += self._carry(kind, *claimed)
        return rows

    def _claim(self, kind: Kind) -> tuple[str, int] | None:
        """Our name in the lake's log and the number of the move to make; None when nothing waits."""
        with self._store.read() as connection:
            if not connection.scalar(sa.select(sa.func.count()).where(inbox.c.kind == kind)):
                return None
            known = connection.scalar(sa.select(lake_movers.c.app_id))
        arrived = self.lake.moved(kind, known) if known else 0
        with self._store.begin(actor=_ACTOR) as work:
            if work.connection.dialect.name == "postgresql":
                work.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            app_id, last = _mover(work)
            begun = work.connection.scalar(
                sa.select(sa.func.min(inbox.c.move)).where(inbox.c.kind == kind, inbox.c.move.is_not(None))
            )
            number = begun or _number(work, kind, app_id, max(last, arrived) + 1)
            return None if number is None else (app_id, number)

    def _carry(self, kind: Kind, app_id: str, number: int) -> int:
        """Append the batches of one move, then forget them; 0 when somebody else did."""
        if self.lake.moved(kind, app_id) < number:
            with self._store.read() as connection:
                batches = list(pending(connection, kind, number))
            good = self._without({batch.id: batch.reason for batch in batches if batch.table is None}, batches)
            if good:
                self._append(kind, good, app_id, number)
        with self._store.begin(actor=_ACTOR) as work:
            gone = sa.delete(inbox).where(inbox.c.kind == kind, inbox.c.move == number).returning(inbox.c.rows)
            return sum(work.connection.scalars(gone))

    def _append(self, kind: Kind, batches: list[Batch], app_id: str, number: int) -> None:
        """All batches that the table takes; none is set aside unless it fails on its own, wherever it is written."""
        import pyarrow as pa

        try:
            self.lake.append(kind, pa.concat_tables([batch.table for batch in batches]), app_id, number)
        except StorageUnavailable:
            refused = {batch.id: why for batch in batches if (why := self.lake.refuses(kind, batch.table))}
            good = self._without(refused, batches)
            if not refused:
                raise
            if good:
                self.lake.append(kind, pa.concat_tables([batch.table for batch in good]), app_id, number)

    def _without(self, reasons: Mapping[int, str], batches: list[Batch]) -> list[Batch]:
        """The other batches, once these are in quarantine."""
        if reasons:
            with self._store.begin(actor=_ACTOR) as work:
                set_aside(work, reasons)
            for number, reason in reasons.items():
                log.warning("Batch %s is in quarantine: %s. See `expkit events quarantine list`.", number, reason)
        return [batch for batch in batches if batch.id not in reasons]


def _mover(work: Work) -> tuple[str, int]:
    row = work.connection.execute(sa.select(lake_movers)).first()
    if row is None:
        # random, so that databases which share a lake do not take each other's moves for their own
        row = work.connection.execute(
            sa.insert(lake_movers).values(app_id=f"expkit-{uuid4().hex}", last_move=0).returning(*lake_movers.c)
        ).one()
    return row.app_id, row.last_move


def _number(work: Work, kind: Kind, app_id: str, number: int) -> int | None:
    """Claim what has arrived, up to `MAX_ROWS_PER_MOVE` rows."""
    free = sa.select(inbox.c.id, inbox.c.rows).where(inbox.c.kind == kind, inbox.c.move.is_(None)).order_by(inbox.c.id)
    ids: list[int] = []
    rows = 0
    for row in work.connection.execute(free):
        if ids and rows + row.rows > MAX_ROWS_PER_MOVE:
            break
        ids.append(row.id)
        rows += row.rows
    if not ids:
        return None
    for start in range(0, len(ids), 500):
        work.connection.execute(sa.update(inbox).where(inbox.c.id.in_(ids[start : start + 500])).values(move=number))
    work.connection.execute(sa.update(lake_movers).where(lake_movers.c.app_id == app_id).values(last_move=number))
    return number


def _not_moved(kind: Kind, batches: list[Any], table: Any | None, app_id: str | None) -> Any:
    """The batches that this version of the table does not hold, as one table."""
    import pyarrow as pa

    arrived = 0 if table is None or app_id is None else table.transaction_version(app_id) or 0
    fresh = [batch for batch in batches if batch.move is None or batch.move > arrived]
    for batch in fresh:
        if batch.table is None:
            log.warning("Batch %s in the inbox is left out: %s.", batch.id, batch.reason)
    rest = [batch.table for batch in fresh if batch.table is not None]
    return pa.concat_tables([arrow_schema(kind).empty_table(), *rest])
