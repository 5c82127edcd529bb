"""Which variant a unit gets: one immutable snapshot of the experiments, asked without any I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from expkit.assign.conditions import compile_condition
from expkit.assign.hashing import bucket
from expkit.assign.ranges import Range, choose, ranges
from expkit.assign.units import unit_text
from expkit.domain import Assignment, Experiment
from expkit.errors import InvalidInput, NotFound, did_you_mean, shorten

__all__ = ["Assigner"]

Frame = TypeVar("Frame")

MAX_ID = 500  # as long as an event's user_id may be
CLOSED = {
    "draft": "has not started: it is a draft",
    "review": "has not started: it is in review",
    "scheduled": "has not started: it is scheduled",
    "paused": "is paused: it takes no new units",
    "stopped": "is stopped",
    "analysis": "is stopped and under analysis",
    "rolling_out": "is being rolled out and takes no new units",
    "rolled_out": "is rolled out",
    "rolled_back": "is rolled back",
    "completed": "is completed",
    "archived": "is archived",
}


@dataclass(frozen=True, slots=True)
class _Compiled:
    """An experiment with everything that can be worked out before the first request."""

    experiment: Experiment
    arms: tuple[Range, ...]
    eligible: Callable[[Any], bool]
    params: tuple[dict[str, Any], ...]
    default_params: dict[str, Any]
    closed: str
    """Why it gives no variants; empty when it does."""

    @classmethod
    def of(cls, experiment: Experiment) -> _Compiled:
        return cls(
            experiment,
            ranges(experiment),
            compile_condition(experiment.eligibility),
            tuple(variant.delivered for variant in experiment.variants),
            experiment.default_params,
            f"Experiment {experiment.key!r} {CLOSED[experiment.status]}." if experiment.status in CLOSED else "",
        )

    def runs_at(self, places: tuple[str | None, ...]) -> bool:
        own = self.experiment.placements
        return not own or any(place in own for place in places)


@dataclass(frozen=True, slots=True)
class _Request:
    user_id: str | None
    session_id: str | None
    attributes: Mapping[str, Any]

    @property
    def hash_attribute(self) -> str:
        return "user_id" if self.user_id else "session_id" if self.session_id else ""

    @property
    def unit(self) -> str:
        return self.user_id or self.session_id or ""


class Assigner:
    """Deterministic: the same experiments and the same unit give the same answer, on any machine.

    Safe to share between threads; make a new one when an experiment changes.
    """

    __slots__ = ("_by_key", "_open")

    def __init__(self, compiled: Iterable[_Compiled]) -> None:
        self._by_key = MappingProxyType({item.experiment.key: item for item in compiled})
        open_ones = (item for item in self._by_key.values() if not item.closed)
        self._open = tuple(sorted(open_ones, key=lambda item: (-item.experiment.priority, item.experiment.key)))

    @classmethod
    def compile(cls, experiments: Iterable[Experiment]) -> Assigner:
        """A snapshot of these experiments; later ones of the same key win."""
        return cls([_Compiled.of(experiment) for experiment in experiments])

    def assign(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
    ) -> Assignment:
        """The variant of `user_id`, else of `session_id`; no event is implied.

        Without an experiment the active ones that run at `page_type` or `placement` are tried, by priority, then
        key; the first that assigns answers.
        """
        known = {"user_id": user_id, "session_id": session_id, "page_type": page_type, "placement": placement}
        context = {name: value for name, value in known.items() if value is not None} | dict(attributes or {})
        request = _Request(_id("user_id", user_id), _id("session_id", session_id), context)
        if experiment is not None:
            return _answer(self._find(experiment), request)
        return self._first(request, (page_type, placement))

    def assign_frame(self, frame: Frame, experiment: str) -> Frame:
        """The frame with a column `variant`, null where there is none: row by row what `assign` says.

        pandas, polars or pyarrow; the ids come from `user_id` and `session_id`, the attributes from the columns.
        """
        from expkit.assign.frames import with_variants

        item = self._find(experiment)
        return with_variants(frame, item.experiment, closed=bool(item.closed))

    def _find(self, key: str) -> _Compiled:
        found = self._by_key.get(key)
        if found is None:
            raise NotFound(f"There is no experiment {shorten(key)}.", hint=did_you_mean(key, self._by_key))
        return found

    def _first(self, request: _Request, places: tuple[str | None, ...]) -> Assignment:
        here = [item for item in self._open if item.runs_at(places)]
        for item in here:
            answer = _answer(item, request)
            if answer.variant is not None:
                return answer
        if not request.unit:
            reason = "Neither user_id nor session_id is given."
        elif here:
            reason = f"No active experiment here takes this unit ({len(here)} tried)."
        else:
            reason = "No active experiment runs here."
        return _assignment(request, reason=reason)


def _answer(item: _Compiled, request: _Request) -> Assignment:
    experiment = item.experiment

    def none(reason: str, place: float | None = None) -> Assignment:
        return _assignment(request, item, reason=reason, params=deepcopy(item.default_params), bucket=place)

    if not request.unit:
        return none("Neither user_id nor session_id is given.")
    if item.closed:
        return none(item.closed)
    if not item.eligible(request.attributes):
        return none(f"The unit is not eligible for experiment {experiment.key!r}.")
    place = bucket(experiment.hash_seed, request.unit)
    arm = choose(place, item.arms)
    if arm is None:
        return none(f"The unit is outside the {experiment.coverage:.6g} coverage of {experiment.key!r}.", place)
    variant = experiment.variants[arm].key
    reason = f"The unit falls in {variant!r}."
    return _assignment(request, item, variant=variant, params=deepcopy(item.params[arm]), reason=reason, bucket=place)


def _assignment(request: _Request, item: _Compiled | None = None, **answer: Any) -> Assignment:
    # built without validation: every value was checked when the experiment was, and a request must be quick
    return Assignment.model_construct(
        **{
            "experiment": item.experiment.key if item else None,
            "version": item.experiment.version if item else None,
            "variant": None,
            "params": {},
            "user_id": request.user_id,
            "session_id": request.session_id,
            "hash_attribute": request.hash_attribute,
            **answer,
        }
    )


def _id(name: str, value: object) -> str | None:
    """An id as it is hashed: text, unchanged. Numbers are written out, as GrowthBook does."""
    text = unit_text(value, name)
    if len(text) > MAX_ID:
        raise InvalidInput(
            f"{name} {shorten(text, 30)} is too long.", hint=f"an id has at most {MAX_ID} characters; send a digest."
        )
    return text or None
