"""The verbs of events."""

from __future__ import annotations

import logging
from typing import Any

from expkit import registry
from expkit.errors import StorageUnavailable
from expkit.workbench.desk import Desk

__all__ = ["EventVerbs"]

log = logging.getLogger(__name__)


class EventVerbs(Desk):
    def log_exposures(self, rows: Any) -> int:
        """Durable when it returns. Rows are mappings, nouns or a frame; one bad row and nothing is logged."""
        assigner = self._shared.assigner()
        with self._begin("events.log") as work:
            forced = registry.forced_units(work.connection, work.at)
            remembering = {one.key: one for one in assigner.experiments.values() if one.remembers}
            if not forced and not remembering:
                return self._shared.events.log_exposures(work, rows)
            from expkit.events import to_table
            from expkit.workbench.exposures import mark_forced, to_remember

            table = mark_forced(to_table("exposures", rows), forced)
            logged = self._shared.events.log_exposures(work, table)
            registry.remember_units(work, to_remember(table, remembering))
            return logged

    def log_outcomes(self, rows: Any) -> int:
        with self._begin("events.log") as work:
            return self._shared.events.log_outcomes(work, rows)

    def log_traces(self, rows: Any) -> int:
        with self._begin("events.log") as work:
            return self._shared.events.log_traces(work, rows)

    def move_events(self) -> int:
        """Take what waits in the inbox to the lake; how many rows went. Reading needs no move: it sees both."""
        try:
            return self._shared.events.move()
        except StorageUnavailable as error:  # the events stay in the inbox, safe and readable
            log.warning("The events stay in the inbox: %s", error)
            return 0
