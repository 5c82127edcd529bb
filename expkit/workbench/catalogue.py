"""The verbs of the metric catalogue."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from expkit import registry
from expkit.domain import Metric
from expkit.domain.collaboration import Version
from expkit.domain.permissions import EVERYWHERE, allows
from expkit.workbench.desk import Desk

__all__ = ["CatalogueVerbs"]


class CatalogueVerbs(Desk):
    def define_metric(
        self, metric: Metric | Mapping[str, Any], *, version: int | None = None, reason: str = ""
    ) -> Metric:
        """Add a metric to the catalogue, or a new version of one's own."""
        noun = metric if isinstance(metric, Metric) else Metric.parse(metric)
        with self._begin("metric.define") as work:
            admin = allows(registry.role_of(work.connection, self.actor, EVERYWHERE, work.at), "admin")
            return registry.define_metric(work, noun, version=version, reason=reason, admin=admin)

    def metric(self, key: str) -> Metric:
        with self._read() as connection:
            return registry.metric(connection, key)

    def metrics(self) -> builtins.list[Metric]:
        """The catalogue, by key."""
        with self._read() as connection:
            return registry.metrics(connection)

    def metric_versions(self, key: str) -> builtins.list[Version]:
        """The newest first."""
        with self._read() as connection:
            return registry.metric_versions(connection, key)
