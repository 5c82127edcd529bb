"""What past looks say about a metric, and so how many units a plan takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit import registry
from expkit.design.sizing import size_experiment
from expkit.domain import Experiment
from expkit.errors import ExpkitError
from expkit.registry.overview import recent_scorecards

__all__ = ["Needed", "needed_units"]

LOOKS = 50
"""So many experiments, those that were looked at last, are searched for the metric."""
ENOUGH = 100
"""Units of the control from which a mean is worth planning with."""


class Needed(NamedTuple):
    per_arm: int
    """Units in the smallest arm."""
    seen_in: str
    """The experiment whose baseline, or newest look, it is reckoned from."""


def needed_units(connection: sa.Connection, experiment: Experiment) -> Needed | None:
    """What the plan takes by the recorded baseline of its primary metric, else by the newest look that any experiment
    has taken at it; None without one.
    """
    for key, baseline, sd in _past(connection, experiment):
        try:
            return Needed(size_experiment(experiment, baseline=baseline, sd=sd).per_arm, key)
        except (ExpkitError, ValueError, ArithmeticError):  # a baseline at which nothing can be planned
            continue
    return None


def _past(connection: sa.Connection, experiment: Experiment) -> Iterator[tuple[str, float, float]]:
    """First what the last promotion has recorded, then what looks have seen."""
    metric = experiment.primary_metric
    known = registry.baseline(connection, experiment.project, metric.key, but=experiment.key)
    if known is not None and known.kind == metric.kind and known.level is not None and known.units >= ENOUGH:
        yield known.experiment, known.level, known.sd or 0.0
    for key, scorecard in recent_scorecards(connection, LOOKS):
        for row in scorecard.get("estimates", ()):
            found = row.get("estimate") or {}
            if key != experiment.key and (row.get("metric"), row.get("kind")) == (metric.key, metric.kind):
                yield from _moments(key, found)


def _moments(key: str, found: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """The control's mean, and the spread of one unit that the comparison's standard error comes from."""
    arms = found.get("control"), found.get("treatment")
    if found.get("kind") != "estimate" or not all(arm and arm["n"] >= ENOUGH for arm in arms):
        return
    sizes = [arm["n"] for arm in arms if arm]
    sd = float(found["se"]) / math.sqrt(sum(1 / size for size in sizes))
    if arms[0] and math.isfinite(sd) and math.isfinite(arms[0]["mean"]):
        yield key, float(arms[0]["mean"]), sd
