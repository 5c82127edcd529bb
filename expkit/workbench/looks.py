"""The verbs that look back, and closer: every day's scorecard, effects by segment, when units came. Nothing is kept."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import NotFound
from expkit.workbench.experiments import ExperimentVerbs

if TYPE_CHECKING:
    from expkit.analysis import Breakdown, Scorecard
    from expkit.analysis.arrivals import Arrivals
    from expkit.analysis.series import LookSeries
    from expkit.analysis.worth import Worth

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
        """What shipping a treatment would bring by the newest look, less its costs, and whether to wait for more data.

        `value` is that of one more of what the metric counts, per unit; `traffic` the units over a horizon of so many
        `days`, as they came lately when it is left out. `build` is paid once, `running` for each unit.

        >>> wb.worth("checkout", value=30, build=20_000).probability_positive
        """
        from expkit.analysis import Scorecard
        from expkit.analysis.worth import Economics, worth_of

        asked = Economics(
            value=value, traffic=traffic, days=days, build=build, running=running, wait=wait,
            prior_sd=prior_sd, metric=metric, variant=variant,
        )  # fmt: skip
        experiment = self.get(key)
        with self._read() as connection:
            found = registry.latest_look(connection, key)
        if found is None:
            raise NotFound(f"Experiment {key!r} has not been analysed yet.", hint="analyze it first.")
        return worth_of(experiment, Scorecard.parse(found), asked)

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
