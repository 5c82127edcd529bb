"""An experiment's tables from what the last look kept of its units and the events that came since.

New events change few units. Their rows are read back, brought up to date (totals of two halves of a unit's events make
that of all of them, as `UnitColumn.merge` says; a unit that turns out to have been seen earlier is totalled anew from
all its hits) and written behind the others. A unit that is new gets its outcomes from the older files, too. What comes
out are the tables `everybody`, `units`, `arms`, `hits` and `totals`, as if all events had been read.

Events that were sent twice and are alike in unit and moment count once. Any other doubt is `NotBroughtForward`, and
then all events are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expkit.analysis.exposed import everybody_sql
from expkit.analysis.hits import events_sql
from expkit.analysis.kept_parts import (
    KEYS,
    Asked,
    all_hits,
    count,
    edges,
    latest_units,
    make_view,
    make_views,
    read,
    write,
)
from expkit.analysis.tallies import contribution, plan_read, sums_of
from expkit.analysis.unit_columns import UnitColumn
from expkit.events.unit_state import Part, State, StateFolder

if TYPE_CHECKING:
    from expkit.events import Kind, Reader
    from expkit.events.reader import Grown

__all__ = ["MOST_HIT_PARTS", "NotBroughtForward", "bring_forward"]

MOST_UNIT_PARTS, MOST_HIT_PARTS = 5, 16
"""More files than this are joined."""


class NotBroughtForward(Exception):
    """All events have to be read."""


def bring_forward(reader: Reader, asked: Asked, folder: StateFolder, kept: State) -> State:
    """Make the tables; the state to be kept from here on, whose files are written."""
    found = reader.since(kept.versions, asked.experiment)
    if found is None:
        raise NotBroughtForward("rows left the lake")
    forward = _Forward(reader.connection, asked, folder, kept, found)
    changed = forward.changed()
    state = kept._replace(versions=dict(reader.versions), numbered=kept.numbered + forward.born)
    if changed:
        units = forward.units_with()
        # where the parts were joined the sums are taken anew, so that rounding does not add up over the looks
        tallies = forward.tallies_of(*units) if len(units) == 1 else forward.tallies_with()
        state = state._replace(units=units, hits=forward.hits_with(), tallies=tallies)
    make_views(reader.connection, asked, folder, state)
    return forward.with_edges(state) if changed else state


class _Forward:
    """The steps, each a table of its own; all their names begin with `f_`."""

    def __init__(
        self, connection: Any, asked: Asked, folder: StateFolder, kept: State, found: Mapping[Kind, Grown]
    ) -> None:
        self.connection, self.asked, self.folder, self.kept, self.found = connection, asked, folder, kept, found
        self.born = 0
        make_view(connection, "f_hits", all_hits(folder, kept.hits))

    def changed(self) -> int:
        """Make `f_changed`, the rows of the units that are no longer as they were; how many."""
        self._read_new()
        self._match()
        self._hit()
        self._once()
        self._total()
        return count(self.connection, "f_changed")

    def units_with(self) -> list[Part]:
        """The parts, the new rows behind the others; when they are many, the later ones are joined, or all."""
        new = write(self.connection, self.folder, "units", "SELECT * FROM f_changed ORDER BY seen")
        parts = [*self.kept.units, new]
        if len(parts) <= MOST_UNIT_PARTS:
            return parts
        stay = 1 if 2 * sum(part.rows for part in parts[1:]) < parts[0].rows else 0
        joined = f"{latest_units(self.folder, parts[stay:])} ORDER BY seen"
        return [*parts[:stay], write(self.connection, self.folder, "units", joined)]

    def hits_with(self) -> list[Part]:
        if not count(self.connection, "f_gain"):
            return self.kept.hits
        if len(self.kept.hits) < MOST_HIT_PARTS:
            return [*self.kept.hits, write(self.connection, self.folder, "hits", "SELECT * FROM f_gain")]
        every = "SELECT * FROM f_hits UNION ALL BY NAME SELECT * FROM f_gain"
        return [write(self.connection, self.folder, "hits", every)]

    def tallies_of(self, units: Part) -> list[Part]:
        sql = contribution(read(self.folder, units), plan_read(self.kept.plan), self.asked.slopes)
        return [write(self.connection, self.folder, "tallies", sql)]

    def tallies_with(self) -> list[Part]:
        """What the changed units were is taken off the sums of their hours, and what they are is added."""
        plan = plan_read(self.kept.plan)
        before = "(SELECT * FROM f_before SEMI JOIN f_changed USING (u))"
        (kept,) = self.kept.tallies
        parts = [
            f"SELECT * FROM {read(self.folder, kept)}",  # noqa: S608  # names of our own
            contribution(before, plan, self.asked.slopes, sign=-1),
            contribution("f_changed", plan, self.asked.slopes),
        ]
        added = "".join(f", sum({name}) AS {name}" for name in sums_of(plan, len(self.asked.slopes)))
        sql = (
            f"SELECT variant, multiple, forced, seen, sum(n)::BIGINT AS n{added} "  # noqa: S608
            f"FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY variant, multiple, forced, seen HAVING sum(n) > 0"
        )
        return [write(self.connection, self.folder, "tallies", sql)]

    def with_edges(self, state: State) -> State:
        """The first and last moments; looked for anew where a unit has gone that one of them may be of."""
        armed = self.asked.armed
        gone = (
            f"(SELECT u, {armed} AS was, forced AS hidden FROM f_before) "  # noqa: S608  # names of our own
            f"JOIN (SELECT u, {armed} AS still, forced FROM f_changed) USING (u) "
            "WHERE (was AND NOT still) OR (forced AND NOT hidden)"
        )
        if count(self.connection, gone):
            first, last, end = edges(self.connection, self.asked, "everybody")
        else:
            found = edges(self.connection, self.asked, "f_changed")
            first = min((one for one in (state.first, found[0]) if one is not None), default=None)
            last, end = (
                max((one for one in pair if one is not None), default=None)
                for pair in ((state.last, found[1]), (state.end, found[2]))
            )
        return state._replace(first=first, last=last, end=end)

    def _read_new(self) -> None:
        sql, parameters = everybody_sql(
            self.found["exposures"].new, self.asked.experiment, self.asked.attributes, self.asked.until
        )
        self._make("f_fresh", f"SELECT {KEYS}, * FROM ({sql})", parameters)  # noqa: S608  # names of our own
        events = events_sql(self.asked.hits, self.found["outcomes"].new, self.found["traces"].new)
        self._make("f_came", f"SELECT {KEYS}, * FROM ({events})")  # noqa: S608

    def _match(self) -> None:
        """The units that are new or may have changed, as they were and as they are."""
        self._make("f_keys", "SELECT k1, k2 FROM f_fresh UNION SELECT k1, k2 FROM f_came")
        self._make("f_before", latest_units(self.folder, self.kept.units, among="f_keys"))
        places = range(len(self.asked.attributes))
        first = "".join(
            f", CASE WHEN f.m{i} = b.m{i} THEN least(f.a{i}, b.a{i}) "
            f"WHEN coalesce(f.m{i} < b.m{i}, b.m{i} IS NULL) THEN f.a{i} ELSE b.a{i} END AS a{i}, "
            f"least(b.m{i}, f.m{i}) AS m{i}"
            for i in places
        )
        fresh = "".join(f", f.{name}" for name in self.asked.first)
        self._make(
            "f_after",
            f"""
            SELECT b.k1, b.k2, b.u, b.unit, least(b.variant, f.variant) AS variant,
                   b.multiple OR coalesce(f.multiple, false) OR coalesce(b.variant <> f.variant, false) AS multiple,
                   b.forced OR coalesce(f.forced, false) AS forced, least(b.seen, f.seen) AS seen,
                   greatest(b.last, f.last) AS last{first},
                   false AS born, coalesce(f.seen < b.seen, false) AS earlier, b.seen AS was, f.k1 IS NOT NULL AS again
            FROM f_before b LEFT JOIN f_fresh f USING (k1, k2)
            UNION ALL
            SELECT k1, k2, ({self.kept.numbered} + row_number() OVER ())::UINTEGER, unit, variant, multiple, forced,
                   seen, last{fresh}, true, false, NULL, true
            FROM f_fresh f ANTI JOIN f_before USING (k1, k2)
            """,  # noqa: S608  # names and numbers of our own
        )
        ((self.born,),) = self.connection.execute("SELECT count(*) FROM f_after WHERE born").fetchall()
        self._make("f_armed", f"SELECT * FROM f_after WHERE {self.asked.armed}")  # noqa: S608

    def _hit(self) -> None:
        """The hits that are not among those kept: of new events, and of old ones that count only now."""
        asked = self.asked.hits
        wanted = f"u, hash(event_id) AS id, event, value{asked.more}, epoch_us(timestamp) AS moment"
        since = f"seen - {asked.before}"
        sql = f"SELECT {wanted} FROM f_came JOIN f_armed USING (k1, k2) WHERE epoch_us(timestamp) >= {since}"  # noqa: S608
        ((oldest,),) = self.connection.execute(
            f"SELECT min({since}) FROM f_armed WHERE born OR earlier"  # noqa: S608
        ).fetchall()
        if oldest is not None:
            late = f"WHERE timestamp >= make_timestamptz({oldest})"
            sources = [f"(SELECT * FROM {one.old} {late})" for one in (self.found["outcomes"], self.found["traces"])]  # noqa: S608
            sql += f"""
                UNION ALL SELECT {wanted} FROM ({events_sql(asked, *sources)})
                JOIN (SELECT u, unit, seen, born, was FROM f_armed WHERE born OR earlier) AS joining USING (unit)
                WHERE epoch_us(timestamp) >= {since} AND (born OR epoch_us(timestamp) < was - {asked.before})
            """  # noqa: S608
        self._make("f_gain", sql, asked.parameters)

    def _once(self) -> None:
        """What was sent again and is alike is dropped."""
        if not self._repeats():
            return
        self._make("f_gain", "SELECT DISTINCT ON (id, u, moment) * FROM f_gain")
        self._make("f_gain", "SELECT * FROM f_gain ANTI JOIN f_hits USING (id, u, moment)")
        if self._repeats():
            raise NotBroughtForward("an event came again, and is another one")

    def _repeats(self) -> bool:
        ((rows, ids, known),) = self.connection.execute(
            "SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM f_hits SEMI JOIN f_gain USING (id)) FROM f_gain"
        ).fetchall()
        return bool(rows > ids or known)

    def _total(self) -> None:
        """The totals of the changed units: of both halves, or of all their hits."""
        redo = "earlier" if all(column.merge for column in self.asked.totals) else "true"
        rows = "SELECT f_gain.*, moment - seen AS age FROM f_gain JOIN f_armed USING (u)"
        again = f"SELECT u, seen FROM f_armed WHERE NOT born AND {redo}"  # noqa: S608  # words of our own
        if count(self.connection, f"({again})"):
            rows += (
                " UNION ALL BY NAME SELECT f_hits.*, moment - seen AS age FROM f_hits "  # noqa: S608
                f"JOIN ({again}) AS again USING (u)"
            )
        wanted = ", ".join(f"{column.sql} AS {column.name}" for column in self.asked.totals)
        parameters = self.asked.columns.parameters_of(wanted)
        self._make("f_total", f"SELECT u, {wanted} FROM ({rows}) GROUP BY u", parameters)  # noqa: S608
        identity = ", ".join(f"a.{name}" for name in self.asked.identity)
        totals = ", ".join(
            f"CASE WHEN born OR {redo} THEN {_gained(column)} ELSE {_merged(column)} END AS {column.name}"
            for column in self.asked.totals
        )
        self._make(
            "f_changed",
            f"SELECT {identity}, {totals} FROM f_after a LEFT JOIN f_before b USING (u) LEFT JOIN f_total t USING (u) "  # noqa: S608
            "WHERE a.again OR t.u IS NOT NULL",
        )

    def _make(self, name: str, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", dict(parameters or {}))


def _gained(column: UnitColumn) -> str:
    return f"coalesce(t.{column.name}, {column.zero})"


def _merged(column: UnitColumn) -> str:
    before, gained = f"b.{column.name}", _gained(column)
    match column.merge:
        case "add":
            return f"{before} + {gained}"
        case "any":
            return f"{before} OR {gained}"
        case "bits":
            return f"{before} | {gained}"
        case "max":
            return f"greatest({before}, {gained})"
        case "least":
            return f"least({before}, t.{column.name})"
    return gained
