"""The verbs of the metric catalogue, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from expkit.client.transport import Transport, route
from expkit.domain import Metric
from expkit.domain.collaboration import Version

__all__ = ["RemoteCatalogue"]


class RemoteCatalogue:
    _service: Transport

    def define_metric(
        self, metric: Metric | Mapping[str, Any], *, version: int | None = None, reason: str = ""
    ) -> Metric:
        """Add a metric to the catalogue, or a new version of one's own."""
        noun = metric if isinstance(metric, Metric) else Metric.parse(metric)
        body = {"metric": noun.to_dict(), "version": version, "reason": reason}
        return Metric.parse(self._service.post("/catalogue/metrics", body))

    def metric(self, key: str) -> Metric:
        return Metric.parse(self._service.get(route("catalogue", "metrics", key)))

    def metrics(self) -> builtins.list[Metric]:
        """The catalogue, by key."""
        return [Metric.parse(item) for item in self._service.get("/catalogue/metrics")["items"]]

    def metric_versions(self, key: str) -> builtins.list[Version]:
        """The newest first."""
        items = self._service.get(route("catalogue", "metrics", key, "versions"))["items"]
        return [Version.parse(item) for item in items]
