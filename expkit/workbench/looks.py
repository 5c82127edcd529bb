"""The verbs that look back: every day's scorecard, and when units came. Nothing is kept."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from expkit import registry
from expkit.domain import Experiment
from expkit.workbench.experiments import ExperimentVerbs

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.analysis.arrivals import Arrivals

__all__ = ["LookVerbs"]


class LookVerbs(ExperimentVerbs):
    def looks(self, key: str) -> builtins.list[Scorecard]:
        """The scorecards as they would have stood at the end of every day, computed anew from the events."""
        from expkit.analysis.days import daily_scorecards

        experiment, history = self._with_phases(key)
        with self._shared.events.reader(experiment=key) as reader:
            return [*daily_scorecards(experiment, reader, history=history)]

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
