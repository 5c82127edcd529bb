"""The verbs that look back, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from expkit.client.transport import Transport, route

if TYPE_CHECKING:
    from expkit.analysis import Breakdown, Scorecard
    from expkit.analysis.arrivals import Arrivals
    from expkit.analysis.series import LookSeries
    from expkit.analysis.worth import Worth

__all__ = ["RemoteLooks"]


class RemoteLooks:
    _service: Transport

    def looks(self, key: str) -> builtins.list[Scorecard]:
        """The scorecards as they would have stood at the end of every day, computed anew from the events."""
        from expkit.analysis import Scorecard

        return [Scorecard.parse(item) for item in self._service.get(route("experiments", key, "looks"))["items"]]

    def look_series(self, key: str) -> builtins.list[LookSeries]:
        """Every metric over the looks that were kept: each look's own test beside what holds at any look."""
        from expkit.analysis.series import LookSeries

        return [LookSeries.parse(item) for item in self._service.get(route("experiments", key, "series"))["items"]]

    def worth(
        self,
        key: str,
        *,
        value: float = 1.0,
        traffic: float | None = None,
        days: float = 365.0,
        build: float = 0.0,
        running: float = 0.0,
        wait: float = 7.0,
        prior_sd: float | None = None,
        metric: str | None = None,
        variant: str | None = None,
    ) -> Worth:
        """What shipping a treatment would bring by the newest look, less its costs, and whether to wait."""
        from expkit.analysis.worth import Economics, Worth

        asked = Economics(
            value=value, traffic=traffic, days=days, build=build, running=running, wait=wait,
            prior_sd=prior_sd, metric=metric, variant=variant,
        )  # fmt: skip
        return Worth.parse(self._service.post(route("experiments", key, "worth"), asked.to_dict()))

    def breakdown(
        self,
        key: str,
        by: str | Sequence[str],
        *,
        within: Mapping[str, str | None] | None = None,
        metrics: Sequence[str] = (),
        bins: Mapping[str, Sequence[float]] | None = None,
        values: int = 10,
    ) -> builtins.list[Breakdown]:
        """The effects by the values of attributes of the first exposure (or placement, time_of_day, weekday)."""
        from expkit.analysis import Breakdown

        body = {
            "by": [by] if isinstance(by, str) else [*by], "within": dict(within or {}), "metrics": [*metrics],
            "bins": {name: [*edges] for name, edges in (bins or {}).items()}, "values": values,
        }  # fmt: skip
        items = self._service.post(route("experiments", key, "breakdown"), body)["items"]
        return [Breakdown.parse(item) for item in items]

    def arrivals(self, key: str) -> Arrivals:
        """New units per arm by day, phase and segment: what a doctor of sample ratios looks at."""
        from expkit.analysis.arrivals import Arrivals

        return Arrivals.parse(self._service.get(route("experiments", key, "arrivals")))
