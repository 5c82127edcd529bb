"""The verbs of watching, asked of a service, which watches by itself."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from expkit.client.transport import Transport, route
from expkit.domain import Alert
from expkit.domain.notice import Notice

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

    def notices(self, *, state: str | None = None, limit: int = 100) -> builtins.list[Notice]:
        """What was told, or is to be, the newest first."""
        return [Notice.parse(item) for item in self._service.get("/notices", state=state, limit=limit)["items"]]

    def try_channels(self) -> dict[str, str]:
        """Send a word on every channel now: by channel nothing when it arrived, else why not."""
        found: dict[str, str] = self._service.post("/notices/try")["channels"]
        return found
