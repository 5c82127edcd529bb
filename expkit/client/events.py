"""The verbs of events, asked of a service: logging, importing, upkeep, erasure."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expkit.client.rows import bodies, together
from expkit.client.shapes import told
from expkit.client.transport import Transport, route
from expkit.domain.logged import SHOWN_OF_IMPORT, Logged, joined
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.events import Kind
    from expkit.events.quarantine import Quarantined

__all__ = ["RemoteEvents"]

_JSON = {"Content-Type": "application/json"}


class RemoteEvents:
    _service: Transport

    def log_exposures(self, rows: Any) -> Logged:
        """Durable when it returns: how many rows. Bad rows are refused one by one, and `.refused` counts them."""
        return self._log("exposures", rows)

    def log_outcomes(self, rows: Any) -> Logged:
        return self._log("outcomes", rows)

    def log_traces(self, rows: Any) -> Logged:
        return self._log("traces", rows)

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
        """An existing log, read here and sent in parts; as the embedded workbench's, of the rows that the service
        refuses the first of each request are named.
        """
        from expkit.events.importing import Mapped, kind_named, parts

        mapped = Mapped(columns or {}, constants or {}, tuple(properties), time_unit)
        which = kind_named(kind)
        return joined(
            (part.start, self._log(which, part.sheet, lenient=True, shown=SHOWN_OF_IMPORT))
            for part in parts(which, source, mapped, name)
        )

    def quarantined_events(self) -> builtins.list[Quarantined]:
        """The batches that could not go to the lake, each with its reason."""
        from expkit.events.quarantine import Quarantined

        return [told(Quarantined, item) for item in self._service.get("/events/quarantine")["items"]]

    def retry_events(self, number: int) -> Quarantined:
        """Put a quarantined batch back into the inbox, once its cause is mended."""
        from expkit.events.quarantine import Quarantined

        return told(Quarantined, self._service.post(route("events", "quarantine", number, "retry")))

    def drop_events(self, number: int, reason: str = "") -> Quarantined:
        """Delete a quarantined batch for good; the audit keeps how many rows it had, and why."""
        from expkit.events.quarantine import Quarantined

        return told(Quarantined, self._service.delete(route("events", "quarantine", number), reason=reason).json())

    def compact_events(self) -> int:
        """Join the lake's small files; how many files fewer there are. Past looks can still be computed again."""
        return int(self._service.post("/events/compact")["files"])

    def vacuum_events(self, days: float = 30) -> int:
        """Delete files that only versions older than so many days need, and strays; how many. Looks stay."""
        return int(self._service.post("/events/vacuum", {"days": days})["files"])

    def erase_user(self, user_id: str, reason: str = "") -> dict[str, int]:
        """Remove everything of a user for good, also from the tables' history; how many rows of each kind went."""
        body = {"user_id": user_id, "reason": reason}
        removed: dict[str, int] = self._service.post("/events/erase", body)["removed"]
        return removed

    def _log(self, kind: Kind, rows: Any, *, lenient: bool = False, **how: Any) -> Logged:
        from expkit.events import sift

        sifted = sift(kind, rows, at=datetime.now(UTC), lenient=lenient, **how)
        return together(sifted.logged, sifted.kept, self._answers(kind, sifted.table, lenient))

    def _answers(self, kind: Kind, table: Any, lenient: bool) -> Iterator[Mapping[str, Any]]:
        for count, body in bodies(kind, table):
            if not count:
                continue
            try:
                yield self._service.send("POST", f"/experiments/{kind}", content=body, headers=_JSON).json()
            except InvalidInput as error:  # not one row of the request was good
                if not lenient:
                    raise
                yield {
                    "accepted": 0,
                    "refused": count,
                    "reasons": {"the service refused them": count},
                    "examples": [{"row": 0, "reason": error.message}],
                }
