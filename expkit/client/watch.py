"""The verbs of watching, asked of a service, which watches by itself."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from expkit.client.transport import Transport, route
from expkit.domain import Alert

if TYPE_CHECKING:
    from expkit.analysis.watch import Watch

__all__ = ["RemoteWatch"]


class RemoteWatch:
    _service: Transport

    def watch(self, key: str) -> Watch:
        """Guardrails, split and stopping criteria as they stand now; what the definition says is done. No look."""
        from expkit.analysis.watch import Watch

        return Watch.parse(self._service.post(route("experiments", key, "watch"), {}))

    def alerts(self, key: str | None = None, *, only_open: bool = False, limit: int = 100) -> builtins.list[Alert]:
        """What watching has raised, the newest first."""
        page = self._service.get("/alerts", key=key, only_open=only_open, limit=limit)
        return [Alert.parse(item) for item in page["items"]]

    def acknowledge(self, number: int, comment: str = "") -> Alert:
        """Somebody has seen an alert."""
        return Alert.parse(self._service.post(route("alerts", number, "acknowledge"), {"comment": comment}))
