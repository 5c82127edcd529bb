"""The verbs that look back, asked of a service."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from expkit.client.transport import Transport, route

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.analysis.arrivals import Arrivals

__all__ = ["RemoteLooks"]


class RemoteLooks:
    _service: Transport

    def looks(self, key: str) -> builtins.list[Scorecard]:
        """The scorecards as they would have stood at the end of every day, computed anew from the events."""
        from expkit.analysis import Scorecard

        return [Scorecard.parse(item) for item in self._service.get(route("experiments", key, "looks"))["items"]]

    def arrivals(self, key: str) -> Arrivals:
        """New units per arm by day, phase and segment: what a doctor of sample ratios looks at."""
        from expkit.analysis.arrivals import Arrivals

        return Arrivals.parse(self._service.get(route("experiments", key, "arrivals")))
