"""The verbs of the programme as a whole, asked of a service."""

from __future__ import annotations

import builtins
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.client.looks import RemoteLooks
from expkit.client.shapes import checked, moment, told
from expkit.client.transport import Transport, route
from expkit.domain import Experiment
from expkit.domain.baseline import Baseline
from expkit.domain.filters import Filters
from expkit.domain.registry_view import RegistryRow

if TYPE_CHECKING:
    from expkit.analysis import Risk
    from expkit.analysis.portfolio import Portfolio

__all__ = ["RemoteOverview"]


class RemoteOverview(RemoteLooks):
    _service: Transport

    def registry_view(
        self, *, status: str | None = None, order: str = "newest", limit: int = 100, offset: int = 0, **filters: Any
    ) -> builtins.list[RegistryRow]:
        """Flat rows: id, name, hypothesis, status, primary metric, sample size, RICE score, owner, segment, dates.

        `status` is Proposed, Running or Completed, or one of the lifecycle's; the other filters are those of `list`.
        """
        Filters.of_the_view(status, filters)
        page = self._service.get(
            "/registry", status=status, order=order, limit=limit, offset=offset, **checked(filters)
        )
        return [RegistryRow.parse(item) for item in page["items"]]

    def departments(self) -> builtins.list[str]:
        """Those that some experiment belongs to, by name."""
        return list(self._service.get("/departments")["items"])

    def backlog(self, *, limit: int = 100) -> builtins.list[Experiment]:
        """What has not started yet, by RICE score."""
        return [Experiment.parse(item) for item in self._service.get("/backlog", limit=limit)["items"]]

    def velocity(self, days: float | None = None) -> registry.Velocity:
        """How fast the programme learns, over the last so many days."""
        return told(registry.Velocity, self._service.get("/velocity", days=days))

    def hypotheses(self) -> registry.Hypotheses:
        """What was predicted, what came out, what was learnt, and how well the team predicts."""
        return told(registry.Hypotheses, self._service.get("/hypotheses"))

    def calendar(
        self, start: str | datetime, end: str | datetime, timezone: str = "UTC"
    ) -> builtins.list[registry.CalendarEntry]:
        """Planned and past starts and ends between two times."""
        times = {"start": moment(start, timezone), "end": moment(end, timezone), "timezone": timezone}
        items = self._service.get("/calendar", **times)["items"]
        return [told(registry.CalendarEntry, item) for item in items]

    def portfolio(self, *, project: str | None = None) -> Portfolio:
        """What the ended experiments have brought together, without what choosing the winners overstates."""
        from expkit.analysis.portfolio import Portfolio

        return Portfolio.parse(self._service.get("/portfolio", project=project))

    def baselines(
        self, *, project: str | None = None, metric: str | None = None, past: bool = False
    ) -> builtins.list[Baseline]:
        """What each metric stands at since the last promotion; with `past` all that was ever recorded."""
        found = self._service.get("/baselines", project=project, metric=metric, past=past)
        return [Baseline.parse(item) for item in found["items"]]

    def risks(self, key: str) -> builtins.list[Risk]:
        """Why a running experiment may not give its answer; empty when nothing is at risk."""
        return _risks(self._service.get(route("experiments", key, "risks"))["items"])

    def at_risk(self, *, limit: int = 1000) -> dict[str, builtins.list[Risk]]:
        """Of the active experiments those that are at risk, and why."""
        items = self._service.get("/risks", limit=limit)["items"]
        return {key: _risks(found) for key, found in items.items()}


def _risks(items: Any) -> list[Risk]:
    from expkit.analysis import Risk

    return [Risk.parse(item) for item in items]
