"""Prerequisites that cannot be met: of experiments that are not there, and those that go round in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expkit.domain import Experiment

__all__ = ["circle", "faults"]


def faults(experiments: Mapping[str, Experiment]) -> dict[str, str]:
    """Why an experiment takes nobody, for each whose prerequisites (or theirs in turn) cannot be met."""
    found: dict[str, str] = {}
    for key, experiment in experiments.items():
        if not experiment.prerequisites:
            continue
        if round_trip := circle(key, experiments):
            found[key] = f"The prerequisites of {key!r} go round in a circle: {' -> '.join(round_trip)}."
        else:
            missing = [one.experiment for one in experiment.prerequisites if one.experiment not in experiments]
            if missing:
                found[key] = f"The prerequisite {missing[0]!r} of {key!r} is not there."
    return found


def circle(key: str, experiments: Mapping[str, Experiment]) -> list[str]:
    """A way from an experiment through its prerequisites back to one on the way; empty where there is none."""
    path, done = [key], set[str]()
    waiting: list[Iterator[str]] = [_required(experiments, key)]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            done.add(path.pop())
            waiting.pop()
        elif following in path:
            return [*path[path.index(following) :], following]
        elif following in experiments and following not in done:
            path.append(following)
            waiting.append(_required(experiments, following))
    return []


def _required(experiments: Mapping[str, Experiment], key: str) -> Iterator[str]:
    return iter([prerequisite.experiment for prerequisite in experiments[key].prerequisites])
