"""One experiment with everything that can be worked out before the first request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from expkit.assign.allocation import Allocation, Released
from expkit.assign.answers import Answers
from expkit.assign.checks import (
    Check,
    Closed,
    Eligible,
    HeldOut,
    InLayer,
    InWindow,
    Last,
    Required,
    SomeUnit,
    Verdict,
)
from expkit.assign.conditions import Groups, attributes_read, compile_condition
from expkit.assign.memory import Forced, Remembered
from expkit.assign.quick import Edges, edges_of, quick, quick_variant
from expkit.assign.requests import REQUEST_NAMES, Request

if TYPE_CHECKING:
    from expkit.assign.tables import Table
    from expkit.domain import Assignment, Experiment, Holdout, Override

__all__ = ["CLOSED", "Item", "Surroundings"]

CLOSED = {
    "draft": "has not started: it is a draft",
    "review": "has not started: it is in review",
    "scheduled": "has not started: it is scheduled",
    "paused": "is paused: it takes no new units",
    "stopped": "is stopped",
    "analysis": "is stopped and under analysis",
    "rolled_back": "is rolled back",
    "completed": "is completed",
    "archived": "is archived",
}
FORCEABLE = frozenset({"draft", "review", "scheduled", "active", "paused"})
"""In these QA may still force a variant."""
RELEASED = frozenset({"rolling_out", "rolled_out"})


@dataclass(frozen=True)
class Surroundings:
    """What an experiment's answers depend on besides itself."""

    groups: Groups
    holdouts: tuple[Holdout, ...]
    overrides: Mapping[str, list[Override]]
    faults: Mapping[str, str]
    """Of experiments whose prerequisites cannot be met: why."""
    find: Callable[[str], Item]
    _conditions: dict[str, Callable[[Any], bool]] = field(default_factory=dict)

    def condition(self, told: Mapping[str, Any]) -> Callable[[Any], bool]:
        """The same function for the same condition: it is compiled once, and one user is judged by it once."""
        name = repr(told)
        if name not in self._conditions:
            self._conditions[name] = compile_condition(told, self.groups)
        return self._conditions[name]


class Item:
    """The checks of one experiment in their order, and its answers, ready to be copied."""

    __slots__ = (
        "answers",
        "checks",
        "edges",
        "eligible",
        "experiment",
        "key",
        "last",
        "open",
        "quick",
        "quick_variant",
        "seed",
        "short",
    )

    def __init__(self, experiment: Experiment, around: Surroundings) -> None:
        self.experiment, self.key = experiment, experiment.key
        self.answers = Answers(experiment)
        self.seed = experiment.hash_seed
        self.open = experiment.status == "active"
        self.eligible = around.condition(experiment.eligibility) if experiment.eligibility else None
        self.checks: tuple[Check, ...] = tuple(self._checks(around))
        self.last = self._last()
        plain = all(isinstance(check, SomeUnit | Eligible) for check in self.checks)
        plain = plain and REQUEST_NAMES.isdisjoint(attributes_read(experiment.eligibility))
        last = self.last if plain and isinstance(self.last, Allocation) and len(self.last.steps) == 1 else None
        self.short = last is not None
        """Whether the condition and the hash alone decide."""
        self.edges: Edges = edges_of(last.table, len(experiment.variants)) if last is not None else ()
        parts = (self.seed, self.eligible, self.answers, self.edges)
        self.quick = quick(*parts) if self.short else None
        self.quick_variant = quick_variant(*parts) if self.short else None

    def _checks(self, around: Surroundings) -> Iterable[Check]:
        experiment, status = self.experiment, self.experiment.status
        if status in FORCEABLE and (forced := Forced(experiment, around.overrides.get(experiment.key, ()))):
            yield forced
        yield SomeUnit()
        if status == "active" and (experiment.schedule.start or experiment.schedule.end):
            yield InWindow(experiment)
        if status == "paused" or (status == "active" and experiment.remembers):
            yield Remembered(experiment)
        if status != "active" and status not in RELEASED:
            return
        for holdout in around.holdouts:
            if holdout.holds(experiment.project) and not (status == "rolled_out" and holdout.releases):
                yield HeldOut(holdout)
        if experiment.layer is not None and status == "active":
            yield InLayer(experiment.layer, experiment.key)
        if self.eligible is not None:
            yield Eligible(experiment, self.eligible)
        for required in experiment.prerequisites:
            fault = around.faults.get(experiment.key, "")
            yield Required(experiment.key, required.experiment, required.variants, around.find, fault)

    def _last(self) -> Last:
        status, key = self.experiment.status, self.experiment.key
        if status in RELEASED:
            return Released(self.experiment)
        if status == "active":
            return Allocation(self.experiment)
        return Closed(f"Experiment {key!r} {CLOSED[status]}.")

    def runs_at(self, places: tuple[str | None, ...]) -> bool:
        own = self.experiment.placements
        return not own or any(place in own for place in places)

    def verdict(self, request: Request) -> Verdict:
        for check in self.checks:
            found = check(request)
            if found is not None:
                return found
        return self.last(request)

    def answer(self, request: Request) -> Assignment:
        return self.answers.of(self.verdict(request), request)

    def variant(self, request: Request) -> str | None:
        """The variant's key alone; for what depends on it."""
        arm = self.verdict(request).arm
        return None if arm is None else self.experiment.variants[arm].key

    def arms(self, table: Table) -> Any:
        """The variant's place in each row of a table, -1 for none: as `verdict` says of each."""
        import numpy as np

        alone: set[int] = set()
        going: Any = True
        for check in self.checks:
            going = going & check.passes(table)
            if isinstance(check, Forced | Remembered):
                alone |= check.alone(table)
        arms = np.where(going, self.last.arms(table), np.int16(-1)).astype(np.int16)
        for row in alone:
            arm = self.verdict(table.request(row)).arm
            arms[row] = -1 if arm is None else arm
        return arms
