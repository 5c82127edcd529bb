"""What decides over an answer, one check for each thing: a verdict ends the search, None passes on to the next.

Each check also does its work on whole tables (`passes`: which rows go on), so that both ways stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from expkit.assign.hashing import BUCKETS, place
from expkit.assign.ranges import membership

if TYPE_CHECKING:
    from expkit.assign.requests import Request
    from expkit.assign.tables import Table
    from expkit.domain import Experiment, Holdout, Layer

__all__ = [
    "Check",
    "Closed",
    "Eligible",
    "HeldOut",
    "InLayer",
    "InWindow",
    "Last",
    "Required",
    "SomeUnit",
    "Verdict",
    "bucket_text",
]

NO_UNIT = "Neither user_id nor session_id is given."


class Verdict(NamedTuple):
    """`arm` is the variant's place, or None for no variant."""

    rule: str
    arm: int | None
    reason: str
    bucket: float | None = None
    hash_attribute: str | None = None
    forced: bool = False
    sticky: bool = False


class Check(Protocol):
    """One thing that is looked at on the way."""

    name: str

    def __call__(self, request: Request) -> Verdict | None: ...

    def passed(self, request: Request) -> str:
        """What an explanation says where this check let the unit through."""
        ...

    def passes(self, table: Table) -> Any:
        """Which rows of a table go on: a mask, or one answer for all."""
        ...


class Last(Protocol):
    """What decides when nothing before it has."""

    name: str

    def __call__(self, request: Request) -> Verdict: ...

    def arms(self, table: Table) -> Any:
        """The variant's place in each row of a table, -1 for none."""
        ...


class SomeUnit:
    """Without an id there is nothing to hash."""

    name = "unit"

    def __call__(self, request: Request) -> Verdict | None:
        return None if request.unit else Verdict("unit", None, NO_UNIT)

    def passed(self, request: Request) -> str:
        return f"{request.hash_attribute} {request.unit!r} is hashed"

    def passes(self, table: Table) -> Any:
        return table.has_unit


class Closed:
    """The status gives no variants."""

    name = "state"

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self, request: Request) -> Verdict:  # noqa: ARG002
        return Verdict("state", None, self.reason)

    def arms(self, table: Table) -> Any:
        return table.nobody


class InWindow:
    """Outside its own schedule an active experiment gives no variants, whoever has yet to move it."""

    name = "schedule"

    def __init__(self, experiment: Experiment) -> None:
        self.key = experiment.key
        self.start, self.end = experiment.schedule.start, experiment.schedule.end

    def __call__(self, request: Request) -> Verdict | None:
        reason = self._outside(request.at)
        return Verdict("schedule", None, reason) if reason else None

    def passed(self, request: Request) -> str:
        return f"{request.at:%Y-%m-%d %H:%M} UTC is within its schedule"

    def passes(self, table: Table) -> Any:
        return not self._outside(table.at)

    def _outside(self, at: datetime) -> str:
        if self.start and at < self.start:
            return f"Experiment {self.key!r} begins at {self.start:%Y-%m-%d %H:%M} UTC."
        if self.end and at >= self.end:
            return f"Experiment {self.key!r} has ended at {self.end:%Y-%m-%d %H:%M} UTC."
        return ""


class HeldOut:
    """Units of a holdout stay out of experiments."""

    name = "holdout"

    def __init__(self, holdout: Holdout) -> None:
        self.key, self.seed = holdout.key, holdout.hash_seed
        self.table = membership([(0.0, holdout.share)])

    def __call__(self, request: Request) -> Verdict | None:
        where = place(self.seed, request.unit or "")
        if not self.table[where]:
            return None
        return Verdict("holdout", None, f"The unit is held out of all experiments by {self.key!r}.", where / BUCKETS)

    def passed(self, request: Request) -> str:
        return f"not among those that {self.key!r} holds out: bucket {bucket_text(self.seed, request)}"

    def passes(self, table: Table) -> Any:
        return table.lookup(self.seed, self.table) == 0


class InLayer:
    """Only units whose place in the layer is the experiment's."""

    name = "layer"

    def __init__(self, layer: Layer, key: str) -> None:
        self.layer, self.key, self.seed = layer.name, key, layer.seed
        self.table = membership(layer.ranges)

    def __call__(self, request: Request) -> Verdict | None:
        where = place(self.seed, request.unit or "")
        if self.table[where]:
            return None
        reason = f"The unit's place in layer {self.layer!r} is not one of {self.key!r}."
        return Verdict("layer", None, reason, where / BUCKETS)

    def passed(self, request: Request) -> str:
        return f"bucket {bucket_text(self.seed, request)} of layer {self.layer!r} is its own"

    def passes(self, table: Table) -> Any:
        return table.lookup(self.seed, self.table) != 0


class Eligible:
    """Only units that meet the condition."""

    name = "eligibility"

    def __init__(self, experiment: Experiment, holds: Callable[[Any], bool]) -> None:
        self.experiment, self.holds = experiment, holds

    def __call__(self, request: Request) -> Verdict | None:
        if self.holds(request.context):
            return None
        return Verdict("eligibility", None, f"The unit is not eligible for experiment {self.experiment.key!r}.")

    def passed(self, request: Request) -> str:  # noqa: ARG002
        return "the attributes meet its condition"

    def passes(self, table: Table) -> Any:
        return table.meets(self.experiment, self.holds)


class Required:
    """Only units that have certain variants of another experiment."""

    name = "prerequisite"

    def __init__(self, key: str, other: str, variants: tuple[str, ...], find: Callable[[str], Any], fault: str) -> None:
        self.key, self.other, self.variants, self.find, self.fault = key, other, variants, find, fault

    def __call__(self, request: Request) -> Verdict | None:
        if self.fault:
            return Verdict("prerequisite", None, self.fault)
        had = self.find(self.other).variant(request)
        if had is not None and (not self.variants or had in self.variants):
            return None
        wanted = f" {' or '.join(map(repr, self.variants))}" if self.variants else ""
        return Verdict(
            "prerequisite", None, f"The unit has {had or 'no variant'!r} in {self.other!r}, not{wanted or ' one'}."
        )

    def passed(self, request: Request) -> str:
        return f"it has {self.find(self.other).variant(request)!r} in {self.other!r}"

    def passes(self, table: Table) -> Any:
        if self.fault:
            return False
        item = self.find(self.other)
        keys = [variant.key for variant in item.experiment.variants]
        wanted = [arm for arm, key in enumerate(keys) if not self.variants or key in self.variants]
        return table.is_one_of(item.arms(table), wanted)


def bucket_text(seed: str, request: Request) -> str:
    return f"{place(seed, request.unit or '') / BUCKETS:.4f}"
