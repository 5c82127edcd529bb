"""An experiment as it stood at the end of every day: what looking each day would have shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from expkit.analysis.experiment import analyze_experiment
from expkit.analysis.scorecard import Scorecard

if TYPE_CHECKING:
    from expkit.domain import Experiment
    from expkit.events import Reader
    from expkit.registry import Phase

__all__ = ["daily_scorecards"]

MAX_LOOKS = 60
"""Longer experiments are looked at every second day, third day, ..."""
_DAY = timedelta(days=1)


def daily_scorecards(
    experiment: Experiment, reader: Reader, *, history: Sequence[Phase] = (), most: int = MAX_LOOKS
) -> tuple[Scorecard, ...]:
    """One scorecard for each day since the first exposure, each from what had been logged by then; oldest first.

    They are those of one look each: the plan's own way of looking is left to whoever compares ways.
    """
    span = _span(experiment, reader)
    if span is None:
        return ()
    first, last = span
    days = max(1, math.ceil((last - first) / _DAY))
    step = math.ceil(days / most)
    ends = [first + _DAY * min(day, days) for day in range(step, days + step, step)]
    once = experiment.model_copy(update={"plan": experiment.plan.model_copy(update={"method": "fixed"})})
    return tuple(
        analyze_experiment(once, reader, at=end, look=number, history=history) for number, end in enumerate(ends, 1)
    )


def _span(experiment: Experiment, reader: Reader) -> tuple[datetime, datetime] | None:
    """From the first exposure to the last event of an exposed unit."""
    row = reader.connection.execute(
        """
        WITH seen AS (
            SELECT coalesce(user_id, session_id) AS unit, epoch_us(timestamp) AS moment
            FROM exposures_received WHERE experiment = $experiment
        )
        SELECT min(moment), greatest(max(moment), (
            SELECT max(epoch_us(timestamp)) FROM outcomes_received
            WHERE coalesce(user_id, session_id) IN (SELECT unit FROM seen)
        )) FROM seen
        """,
        {"experiment": experiment.key},
    ).fetchone()
    if row is None or row[0] is None:
        return None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, last = (epoch + timedelta(microseconds=moment) for moment in row)
    return first, last
