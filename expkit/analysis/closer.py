"""What a look tells beyond its estimates: is the log whole, do days or units stand out, effects by segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from expkit.analysis.anomalies import Days, check_days, check_units, daily_of, read_days
from expkit.analysis.breakdown import breakdowns, needs_any_look
from expkit.analysis.logging_checks import check_logging
from expkit.analysis.unit_columns import make_frame, microseconds, unit_columns

if TYPE_CHECKING:
    from expkit.analysis.estimates import Statistics
    from expkit.analysis.exposed import Exposed
    from expkit.analysis.scorecard import Scorecard
    from expkit.domain import Experiment, Metric
    from expkit.registry import Phase
    from expkit.stats import Check

__all__ = ["Closer", "look_closer"]

MOST_UNITS = 500_000
"""Of more units a look tells no single ones, and nothing of the log: that would take longer than all the rest of it."""


@dataclass(frozen=True)
class Closer:
    """Checks for the scorecard, and what is written onto it."""

    experiment: Experiment
    connection: Any
    metrics: Sequence[Metric]
    exposed: Exposed
    checks: tuple[Check, ...] = ()
    days: Days | None = None

    def onto(self, card: Scorecard) -> Scorecard:
        """Changes `frame`."""
        told: dict[str, Any] = {}
        if self.days is not None:
            told["daily"] = daily_of(self.days, self.metrics[0])
        if self.experiment.segments:
            any_look = needs_any_look(self.experiment, self.exposed, card.primary)
            told["segments"] = breakdowns(
                self.experiment, self.connection, self.metrics, self.metrics[:1], self.experiment.segments,
                any_look=any_look,
            )  # fmt: skip
        return card.model_copy(update=told) if told else card


def look_closer(
    experiment: Experiment,
    connection: Any,
    metrics: Sequence[Metric],
    attributes: Sequence[str],
    exposed: Exposed,
    statistics: Statistics,
    *,
    whole_by: datetime | None,
    moment: datetime,
    history: Sequence[Phase] = (),
    many_days: Callable[[int | None], Days],
) -> Closer:
    """Stands on the tables `arms` and `totals`, and makes `frame` anew where it is needed; `many_days` has the days of
    many units.
    """
    few, until = exposed.single <= MOST_UNITS, microseconds(whole_by) if whole_by else None
    days = None if few else many_days(until)
    if few or experiment.segments:
        make_frame(connection, unit_columns(metrics, microseconds(moment)), attributes, until, ("u", "seen"))
    if not exposed.single:
        return Closer(experiment, connection, metrics, exposed)
    changed = [now.started_at for was, now in pairwise(history) if was.shares != now.shares]
    since = microseconds(changed[-1]) if changed else None
    if days is not None:
        checks = check_days(experiment, days, experiment.shares, since)
        return Closer(experiment, connection, metrics, exposed, checks, days)
    days = read_days(connection, metrics, list(exposed.counts))
    checks = (
        *check_logging(connection, experiment, metrics, exposed, moment),
        *check_days(experiment, days, experiment.shares, since),
        *check_units(metrics, statistics, days),
    )
    return Closer(experiment, connection, metrics, exposed, checks, days)
