"""The verbs of delivery, asked of a service: its signed snapshot, checked on arrival."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expkit.client.transport import Transport
from expkit.errors import Unreachable

if TYPE_CHECKING:
    from expkit.workbench.delivery import Bundle

__all__ = ["RemoteDelivery"]


class RemoteDelivery:
    _service: Transport

    def config(self, known: Bundle | None = None) -> Bundle:
        """Everything that decides over assignments, signed; `known` itself when nothing has changed since."""
        from expkit.assign.dialects import read_config
        from expkit.client.snapshots import Snapshot
        from expkit.workbench.delivery import Bundle

        answer = self._service.newer("/experiments/config", known.etag if known else "")
        if answer is None and known is not None:
            return known
        if answer is None:
            raise Unreachable(f"{self._service.url} sent no config.", hint="try again.")
        names = ("etag", "expkit-signature", "expkit-public-key")
        etag, signature, public_key = (answer.headers.get(name, "") for name in names)
        text = answer.content.decode("utf-8", "replace")
        Snapshot(text, etag, signature, public_key, datetime.now(UTC)).checked(public_key)
        config = read_config(answer.content)
        return Bundle(config, answer.content, etag, signature, public_key, config.revision)

    def features(self, *, at: datetime | None = None) -> dict[str, Any]:
        """The payload of GrowthBook's SDKs, as it is now."""
        from expkit.assign.dialects import features_payload

        return features_payload(self.config().config, at or datetime.now(UTC))
