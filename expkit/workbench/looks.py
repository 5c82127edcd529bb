"""The verbs that look back, and closer: every day's scorecard, effects by segment, when units came. Nothing is kept."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from expkit import registry
from expkit.domain import Experiment
from expkit.workbench.experiments import ExperimentVerbs

if TYPE_CHECKING:
    from expkit.analysis import Breakdown, Scorecard
    from expkit.analysis.arrivals import Arrivals
    from expkit.analysis.series import LookSeries

__all__ = ["LookVerbs"]


class LookVerbs(ExperimentVerbs):
    def looks(self, key: str) -> builtins.list[Scorecard]:
        """The scorecards as they would have stood at the end of every day, computed anew from the events."""
        from expkit.analysis.days import daily_scorecards

        experiment, history = self._with_phases(key)
        with self._shared.events.reader(experiment=key) as reader:
            return [*daily_scorecards(experiment, reader, history=history)]

    def look_series(self, key: str) -> builtins.list[LookSeries]:
        """Every metric over the looks that were kept: each look's own test beside what holds at any look."""
        from expkit.analysis import Scorecard
        from expkit.analysis.series import look_series

        experiment = self.get(key)
        with self._read() as connection:
            cards = [Scorecard.parse(found) for found in registry.all_looks(connection, key)]
        return [*look_series(cards, experiment.sample_size or experiment.stopping.sample_size)]

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
        """The effects by the values of attributes of the first exposure (or placement, time_of_day, weekday).

        `within` drills down: only units of these values. The primary metric, unless `metrics` names others; as many
        values of each attribute as `values`, and the rest as one; numbers in bins between these edges.

        >>> wb.breakdown("checkout", "device", within={"country": "DE"})
        >>> wb.breakdown("checkout", ["age"], bins={"age": [18, 30, 50]}, metrics=["revenue"])
        """
        from expkit.analysis import break_down

        experiment, asked = self.get(key), [by] if isinstance(by, str) else [*by]
        with self._shared.events.reader(experiment=key) as reader:
            return [*break_down(experiment, reader, asked, within=within, metrics=metrics, bins=bins, values=values)]

    def arrivals(self, key: str) -> Arrivals:
        """New units per arm by day, phase and segment: what a doctor of sample ratios looks at."""
        from expkit.analysis.arrivals import count_arrivals

        experiment, history = self._with_phases(key)
        with self._shared.events.reader(experiment=key) as reader:
            return count_arrivals(experiment, reader, history)

    def _with_phases(self, key: str) -> tuple[Experiment, builtins.list[registry.Phase]]:
        experiment = self.get(key)
        with self._read() as connection:
            return experiment, registry.phases(connection, key)
