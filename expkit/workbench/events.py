"""The verbs of assignment and events."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from expkit.domain import Assignment
from expkit.errors import StorageUnavailable
from expkit.workbench.desk import Desk

__all__ = ["EventVerbs"]

log = logging.getLogger(__name__)


class EventVerbs(Desk):
    def assign(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
    ) -> Assignment:
        """Which variant a unit gets. Nothing is recorded: log an exposure when the unit has seen it."""
        return self._shared.assigner().assign(
            user_id=user_id,
            session_id=session_id,
            attributes=attributes or {},
            experiment=experiment,
            page_type=page_type,
            placement=placement,
        )

    def assign_frame(self, frame: Any, *, experiment: str) -> Any:
        """The caller's frame (pandas, polars, pyarrow) with a column `variant`, null where there is none."""
        return self._shared.assigner().assign_frame(frame, experiment=experiment)

    def log_exposures(self, rows: Any) -> int:
        """Durable when it returns. Rows are mappings, nouns or a frame; one bad row and nothing is logged."""
        with self._begin("events.log") as work:
            return self._shared.events.log_exposures(work, rows)

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
