"""Erasure of one user: every file that holds a row of theirs is rewritten without it, and the old files deleted.

Rows of a session that was once seen with the user are theirs, too. Delta's log would keep the words of a deletion, and
with them the user's name; so whole partitions are overwritten, and the log says which partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from expkit.errors import Conflict
from expkit.events.log import Events
from expkit.events.quarantine import purge
from expkit.events.reader import Reader
from expkit.events.schemas import KINDS, PARTITIONS, Kind
from expkit.events.unit_state import drop_all
from expkit.events.upkeep import sweep
from expkit.storage import Store

__all__ = ["Person", "erase", "person"]

_ROUNDS = 5


class Person(NamedTuple):
    """Whom rows belong to: a user, and the sessions that were seen with them."""

    user_id: str
    sessions: frozenset[str]


def person(events: Events, user_id: str) -> Person:
    """The user with all sessions that any event links to them."""
    with events.reader() as reader:
        linked = " UNION ".join(
            f"SELECT session_id FROM {kind}_received WHERE user_id = $user AND session_id IS NOT NULL"  # noqa: S608
            for kind in KINDS
        )
        found = reader.connection.execute(linked, {"user": user_id}).fetchall()
    return Person(user_id, frozenset(row[0] for row in found))


def erase(events: Events, store: Store, whom: Person) -> dict[str, int]:
    """Remove them from inbox, quarantine, lake, the lake's history and what looks kept of units; how many rows went.

    `unreadable` counts quarantined batches that nobody can look into.
    """
    gone: dict[str, int] = dict.fromkeys(KINDS, 0)
    for _ in range(_ROUNDS):
        events.move()
        with events.reader() as reader:
            places = {kind: _places(reader, kind, whom) for kind in KINDS}
        if not any(places.values()):
            break
        for kind, where in places.items():
            for place in where:
                gone[kind] += events.lake.change(kind, _without(kind, place, whom))
    else:
        raise Conflict("Events of this user keep coming in.", hint="stop what sends them, and repeat this.")
    for kind in KINDS:
        sweep(events.lake, kind, days=0)
    drop_all(events.lake.folder)
    with store.begin(actor="expkit") as work:
        unreadable = purge(work, dict.fromkeys(KINDS, _others(whom.user_id, whom.sessions)))
    return {**gone, "unreadable": unreadable}


def _places(reader: Reader, kind: Kind, whom: Person) -> list[str]:
    """The partitions that hold something of theirs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = "experiment" if PARTITIONS[kind] == "experiment" else "timestamp"
    found = reader.connection.sql(
        f"SELECT {column} AS place FROM {kind}_received "  # noqa: S608  # names of our own
        "WHERE user_id = $user OR (user_id IS NULL AND list_contains($sessions, session_id))",
        params={"user": whom.user_id, "sessions": sorted(whom.sessions)},
    ).to_arrow_table()
    place: Any = found.column("place")
    if column == "timestamp":
        place = place.cast(pa.timestamp("us", "UTC")).cast(pa.date32())
    return [str(value) for value in pc.unique(place).to_pylist()]


def _without(kind: Kind, place: str, whom: Person) -> Callable[[Any], int]:
    """What overwrites one partition of a table; how many rows it left out."""

    def overwrite(table: Any) -> int:
        from deltalake import write_deltalake

        kept = _others(whom.user_id, whom.sessions)
        rows = table.to_pyarrow_dataset(file_pruning_predicate=[(PARTITIONS[kind], "=", place)])
        left_out = int(rows.count_rows(filter=~kept))
        if left_out:
            reader = rows.scanner(filter=kept).to_reader()
            write_deltalake(table, reader, mode="overwrite", predicate=f"{PARTITIONS[kind]} = '{place}'")
        return left_out

    return overwrite


def _others(user_id: str, sessions: Collection[str]) -> Any:
    """The rows that are not theirs, as a filter that never is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    user, session = pc.field("user_id"), pc.field("session_id")
    theirs = pc.coalesce(user == user_id, pa.scalar(False))
    linked = user.is_null() & session.isin(pa.array(sorted(sessions), pa.string()))
    return ~(theirs | linked)
