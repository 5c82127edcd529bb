"""Two experiments on the same units: does one change what the other does, and does the earlier one still act?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from expkit.analysis.units import unit_values
from expkit.domain import Experiment
from expkit.stats import Check, NotEstimable, Summary, check_carry_over, check_interaction
from expkit.stats.ratios import linearize

if TYPE_CHECKING:
    from expkit.events import Reader

__all__ = ["check_overlap"]

ALPHA = 0.01


def check_overlap(experiment: Experiment, other: Experiment, reader: Reader) -> tuple[Check | NotEstimable, ...]:
    """On the primary metric of the first, over units of both: the interaction of every pair of treatments with their
    controls, and what is left of the other's arms within this one's. The reader is one of all experiments.
    """
    pairs = list(product(experiment.treatments, other.treatments))
    metric = experiment.primary_metric
    if not (experiment.plan.of_users and other.plan.of_users):
        return (NotEstimable("The experiments do not both have users as rows.", "compare two that randomise users."),)
    if not metric.per_unit:
        hint = "compare the experiments on a metric of units: a conversion, count, sum or ratio."
        return (NotEstimable(f"Metric {metric.key!r} is a {metric.kind}, and has no number for each unit.", hint),)
    cells = _cells(experiment, other, reader)
    found: list[Check | NotEstimable] = []
    for first, second in pairs:
        arms = ((experiment.control.key, first.key), (other.control.key, second.key))
        four = {(a, b): cells[a, b] for a in arms[0] for b in arms[1]}
        check = check_interaction(four, alpha=ALPHA / len(pairs))
        found.append(_named(check, f"{first.key} with {other.key}'s {second.key}"))
    for second in other.treatments:
        whole = {(a.key, b): cells[a.key, b] for a in experiment.variants for b in (other.control.key, second.key)}
        check = check_carry_over(whole, alpha=ALPHA / len(other.treatments))
        found.append(_named(check, f"{other.key}'s {second.key}"))
    return tuple(found)


def _named(check: Check | NotEstimable, name: str) -> Check | NotEstimable:
    if isinstance(check, Check):
        return replace(check, detail=f"{name}: {check.detail}")
    return NotEstimable(f"{name}: {check.reason}", check.hint)


def _cells(experiment: Experiment, other: Experiment, reader: Reader) -> dict[tuple[str, str], Summary]:
    """The primary metric of units in both, by their arms; a ratio as what each unit adds to it."""
    import numpy as np

    metric = experiment.primary_metric
    own = unit_values(experiment.key, reader, [metric])
    theirs = unit_values(other.key, reader, [])
    arms = dict(zip(theirs.units, theirs.variants, strict=True))
    seconds = np.array([arms.get(unit, "") for unit in own.units], dtype=object)
    firsts, values = np.array(own.variants, dtype=object), own.values[metric.key]
    cells = {}
    for a, b in _pairs(experiment, other):
        there = values[(firsts == a) & (seconds == b)]
        cells[a, b] = _summary(there)
    return cells


def _pairs(experiment: Experiment, other: Experiment) -> Iterator[tuple[str, str]]:
    for first, second in product(experiment.variants, other.variants):
        yield first.key, second.key


def _summary(values: object) -> Summary:
    import numpy as np

    rows = np.asarray(values, dtype=float)
    if rows.ndim == 1:
        return Summary.of(rows)
    made = linearize(Summary.of(rows[:, 0], rows[:, 1:]))
    return Summary(0, 0.0, 0.0) if isinstance(made, NotEstimable) else made
