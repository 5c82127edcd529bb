"""The verbs of the programme as a whole: backlog, velocity, hypotheses, calendar, risks."""

from __future__ import annotations

import builtins
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain import Alert, Experiment
from expkit.domain.baseline import Baseline
from expkit.domain.filters import Filters
from expkit.domain.registry_view import RegistryRow
from expkit.registry.overview import departments
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from expkit.analysis import Risk
    from expkit.analysis.portfolio import Portfolio

__all__ = ["OverviewVerbs"]

MANY = 10_000


class OverviewVerbs(Desk):
    def registry_view(
        self, *, status: str | None = None, order: str = "newest", limit: int = 100, offset: int = 0, **filters: Any
    ) -> builtins.list[RegistryRow]:
        """Flat rows: id, name, hypothesis, status, primary metric, sample size, RICE score, owner, segment, dates.

        `status` is Proposed, Running or Completed, or one of the lifecycle's; the other filters are those of `list`.
        """
        chosen = Filters.of_the_view(status, filters)
        with self._read() as connection:
            found = registry.find(connection, chosen, order=order, limit=limit, offset=offset)
        return [RegistryRow.of(experiment) for experiment in found]

    def departments(self) -> builtins.list[str]:
        """Those that some experiment belongs to, by name."""
        with self._read() as connection:
            return departments(connection)

    def backlog(self, *, limit: int = 100) -> builtins.list[Experiment]:
        """What has not started yet, by RICE score."""
        with self._read() as connection:
            waiting = [
                found
                for status in ("draft", "review", "scheduled")
                for found in registry.find(connection, Filters(status=status), order="rice", limit=limit)
            ]
        return sorted(waiting, key=lambda found: -(found.rice.score if found.rice else -1.0))[:limit]

    def velocity(self, days: float | None = None) -> registry.Velocity:
        """How fast the programme learns, over the last so many days."""
        with self._read() as connection:
            return registry.velocity(connection, None if days is None else registry.now() - timedelta(days=days))

    def hypotheses(self) -> registry.Hypotheses:
        """What was predicted, what came out, what was learnt, and how well the team predicts."""
        with self._read() as connection:
            return registry.hypotheses(connection)

    def calendar(
        self, start: str | datetime, end: str | datetime, timezone: str = "UTC"
    ) -> builtins.list[registry.CalendarEntry]:
        """Planned and past starts and ends between two times."""
        with self._read() as connection:
            return registry.calendar(
                connection, registry.local_time(start, timezone), registry.local_time(end, timezone)
            )

    def portfolio(self, *, project: str | None = None) -> Portfolio:
        """What the ended experiments have brought together: each one's gain, shrunk towards the others', and the sum
        of what was shipped, without what choosing the winners overstates.
        """
        from expkit.analysis import Scorecard
        from expkit.analysis.portfolio import portfolio

        with self._read() as connection:
            ended = list(registry.every(connection, Filters(stage="Completed", project=project)))
            seen = registry.latest_scorecards(connection, [each.key for each in ended])
            levels = registry.baselines(connection, project=project)
        return portfolio(ended, {key: Scorecard.parse(body) for key, body in seen.items()}, levels)

    def baselines(
        self, *, project: str | None = None, metric: str | None = None, past: bool = False
    ) -> builtins.list[Baseline]:
        """What each metric stands at since the last promotion; with `past` all that was ever recorded, newest first."""
        with self._read() as connection:
            return registry.baselines(connection, project=project, metric=metric, past=past)

    def risks(self, key: str) -> builtins.list[Risk]:
        """Why a running experiment may not give its answer; empty when nothing is at risk."""
        with self._read() as connection:
            return self._risks([registry.get(connection, key)], connection)[key]

    def at_risk(self, *, limit: int = 1000) -> dict[str, builtins.list[Risk]]:
        """Of the active experiments those that are at risk, and why."""
        with self._read() as connection:
            active = registry.find(connection, Filters(status="active"), limit=limit)
            return {key: found for key, found in self._risks(active, connection).items() if found}

    def _risks(self, experiments: builtins.list[Experiment], connection: Any) -> dict[str, builtins.list[Risk]]:
        from expkit.analysis import Scorecard, risks

        seen = registry.latest_scorecards(connection, [experiment.key for experiment in experiments])
        cards = {key: Scorecard.parse(body) for key, body in seen.items()}
        raised: dict[str, builtins.list[Alert]] = {}
        for alert in registry.alerts(connection, only_open=True, limit=MANY):
            raised.setdefault(alert.experiment, []).append(alert)
        at = registry.now()
        return {each.key: risks(each, cards.get(each.key), at, raised.get(each.key, [])) for each in experiments}
