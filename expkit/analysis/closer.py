"""What a look tells beyond its estimates: is the log whole, do days or units stand out, effects by segment."""

from __future__ import annotations

from collections.abc import Sequence
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
"""Of more units a look tells no days and single units: that would take longer than all the rest of it."""


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
) -> Closer:
    """Stands on the tables `arms` and `totals`, and makes `frame` anew where it is needed."""
    few = 0 < exposed.single <= MOST_UNITS
    if few or experiment.segments:
        columns = unit_columns(metrics, microseconds(moment))
        until = microseconds(whole_by) if whole_by else None
        make_frame(connection, columns, attributes, until, ("u", "seen"))
    if not few:
        return Closer(experiment, connection, metrics, exposed)
    days = read_days(connection, metrics, list(exposed.counts))
    changed = [now.started_at for was, now in pairwise(history) if was.shares != now.shares]
    since = microseconds(changed[-1]) if changed else None
    checks = (
        *check_logging(connection, experiment, metrics, exposed, moment),
        *check_days(experiment, days, experiment.shares, since),
        *check_units(metrics, statistics, days),
    )
    return Closer(experiment, connection, metrics, exposed, checks, days)
