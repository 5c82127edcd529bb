"""Retention of events: what is older than a time leaves the lake, files and history included.

Versions that held the rows are removed with them: looks keep their scorecards, and can no longer be recomputed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from expkit.events.log import Events
from expkit.events.quarantine import purge
from expkit.events.reader import Reader
from expkit.events.schemas import Kind
from expkit.events.unit_state import drop_all
from expkit.events.upkeep import sweep
from expkit.storage import Store

__all__ = ["count_before", "first_exposure", "forget"]


def count_before(reader: Reader, kind: Kind, before: datetime, experiment: str | None = None) -> int:
    """How many events would go."""
    where, values = _where(before, experiment)
    row: Any = reader.connection.execute(f"SELECT count(*) FROM {kind} WHERE {where}", values).fetchone()  # noqa: S608
    return int(row[0])


def first_exposure(reader: Reader, experiment: str) -> datetime | None:
    """When the first unit saw the experiment."""
    query = "SELECT epoch_us(min(timestamp)) FROM exposures WHERE experiment = ?"
    row: Any = reader.connection.execute(query, [experiment]).fetchone()
    if row[0] is None:
        return None
    return datetime.fromtimestamp(row[0] / 1e6, UTC)


def forget(events: Events, store: Store, kind: Kind, before: datetime, experiment: str | None = None) -> int:
    """Delete them for good; how many rows went. What waits in the inbox is moved first, so that nothing is missed."""
    events.move()
    gone = events.lake.delete(kind, before, experiment)
    sweep(events.lake, kind, days=0)
    drop_all(events.lake.folder)
    with store.begin(actor="expkit") as work:
        purge(work, {kind: _younger(before, experiment)})
    return gone


def _younger(before: datetime, experiment: str | None) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = pc.field("timestamp") >= pa.scalar(before, pa.timestamp("us", "UTC"))
    return kept if experiment is None else kept | (pc.field("experiment") != experiment)


def _where(before: datetime, experiment: str | None) -> tuple[str, list[Any]]:
    if experiment is None:
        return "timestamp < ?", [before]
    return "timestamp < ? AND experiment = ?", [before, experiment]
