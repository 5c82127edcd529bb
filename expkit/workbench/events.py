"""The verbs of events."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain.logged import SHOWN_OF_IMPORT, Logged, joined
from expkit.errors import InvalidInput, StorageUnavailable
from expkit.workbench.desk import Desk
from expkit.workbench.exposures import KnownVariants, mark_forced, to_remember

if TYPE_CHECKING:
    from expkit.events.quarantine import Quarantined

__all__ = ["EventVerbs"]

log = logging.getLogger(__name__)


class EventVerbs(Desk):
    def log_exposures(self, rows: Any) -> Logged:
        """Durable when it returns: how many rows. Bad rows are refused one by one, and `.refused` counts them.

        Rows are mappings, nouns or a frame. An experiment or variant that does not exist is a bad row.
        """
        return self._log_exposures(rows)

    def log_outcomes(self, rows: Any) -> Logged:
        return self._log_outcomes(rows)

    def log_traces(self, rows: Any) -> Logged:
        return self._log_traces(rows)

    def import_events(
        self,
        kind: str,
        source: Any,
        *,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        properties: Sequence[str] = (),
        time_unit: str = "",
        name: str = "",
    ) -> Logged:
        """An existing log, from a CSV or Parquet file or a frame; the answer counts and names the rows refused.

        `columns` maps ours to theirs, `constants` gives ours one value in all rows, and columns of theirs that are
        `properties` go into the events' JSON; `time_unit` (s, ms, us) reads times that are numbers. Importing a log
        of one `name` (the file's, else) again adds nothing twice.
        """
        from expkit.events.importing import Mapped, kind_named, parts

        mapped = Mapped(columns or {}, constants or {}, tuple(properties), time_unit)
        which = kind_named(kind)
        self._may("events.log")
        logs = {"exposures": self._log_exposures, "outcomes": self._log_outcomes, "traces": self._log_traces}
        return joined(
            (part.start, logs[which](part.sheet, lenient=True, shown=SHOWN_OF_IMPORT))
            for part in parts(which, source, mapped, name)
        )

    def _log_exposures(self, rows: Any, **how: Any) -> Logged:
        assigner = self._shared.assigner()
        with self._begin("events.log") as work:
            forced = registry.forced_units(work.connection, work.at)
            remembering = {one.key: one for one in assigner.experiments.values() if one.remembers}
            known = KnownVariants(assigner.experiments)

            def change(table: Any) -> Any:
                marked = mark_forced(table, forced)
                registry.remember_units(work, to_remember(marked, remembering))
                return marked

            events = self._shared.events
            if not forced and not remembering:
                return _told("exposures", events.log_exposures(work, rows, known, **how))
            return _told("exposures", events.log_exposures(work, rows, known, change, **how))

    def _log_outcomes(self, rows: Any, **how: Any) -> Logged:
        with self._begin("events.log") as work:
            return _told("outcomes", self._shared.events.log_outcomes(work, rows, **how))

    def _log_traces(self, rows: Any, **how: Any) -> Logged:
        with self._begin("events.log") as work:
            return _told("traces", self._shared.events.log_traces(work, rows, **how))

    def move_events(self) -> int:
        """Take what waits in the inbox to the lake; how many rows went. Reading needs no move: it sees both.

        Torn and poison batches go into quarantine, and small files are joined when there are many.
        """
        try:
            return self._shared.events.move()
        except StorageUnavailable as error:  # the events stay in the inbox, safe and readable
            log.warning("The events stay in the inbox: %s", error)
            return 0

    def quarantined_events(self) -> builtins.list[Quarantined]:
        """The batches that could not go to the lake, each with its reason."""
        from expkit.events import quarantine

        self._may("events.log")
        with self._read() as connection:
            return quarantine.quarantined(connection)

    def retry_events(self, number: int) -> Quarantined:
        """Put a quarantined batch back into the inbox, once its cause is mended."""
        from expkit.events import quarantine

        with self._begin("events.log") as work:
            return quarantine.retry(work, number)

    def drop_events(self, number: int, reason: str = "") -> Quarantined:
        """Delete a quarantined batch for good; the audit keeps how many rows it had, and why."""
        from expkit.events import quarantine

        with self._begin("retention.apply") as work:
            return quarantine.drop(work, number, reason)

    def compact_events(self) -> int:
        """Join the lake's small files; how many files fewer there are. Past looks can still be computed again."""
        from expkit.events import KINDS, upkeep

        self._may("events.log")
        return sum(upkeep.compact(self._shared.events.lake, kind) for kind in KINDS)

    def vacuum_events(self, days: float = 30) -> int:
        """Delete files that only versions older than so many days need, and strays; how many. Looks stay.

        What looks have kept of units goes, too, where none has used it for as long.
        """
        from expkit.events import KINDS, upkeep
        from expkit.events.unit_state import drop_all

        with self._begin("retention.apply") as work:
            work.audit("events.vacuum", "lake", after={"days": days})
        drop_all(self._shared.events.lake.folder, days=days)
        return sum(upkeep.sweep(self._shared.events.lake, kind, days) for kind in KINDS)

    def query_events(self, sql: str) -> Any:
        """DuckDB's SQL over `exposures`, `outcomes` and `traces`, what waits included; the answer is an Arrow table."""
        import duckdb

        with self._shared.events.reader() as reader:
            try:
                return reader.connection.sql(sql).to_arrow_table()
            except duckdb.Error as error:
                raise InvalidInput(f"DuckDB says: {error}.", hint="see docs/events.md for the columns.") from None


def _told(kind: str, logged: Logged) -> Logged:
    """Nobody who does not look at the answer should miss it."""
    if logged.refused:
        log.warning("Of the %s, %s", kind, logged.told())
    return logged
