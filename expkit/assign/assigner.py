"""Which variant a unit gets: one immutable snapshot of the experiments, asked without any I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from expkit.assign.answers import assignment
from expkit.assign.conditions import NO_GROUPS, Groups
from expkit.assign.explain import explained
from expkit.assign.exposures import exposure
from expkit.assign.items import RELEASED, Item, Surroundings
from expkit.assign.many import Many
from expkit.assign.prerequisites import faults
from expkit.assign.requests import MAX_ID, NO_ATTRIBUTES, NO_MEMORY, Memory, Request, checked_id
from expkit.errors import NotFound, did_you_mean, shorten

if TYPE_CHECKING:
    from expkit.domain import Assignment, Experiment, Exposure, Holdout, Override

__all__ = ["Assigner"]

Frame = TypeVar("Frame")
MANY = 64
"""From so many experiments on, one unit is hashed for all of them at once."""


class Assigner:
    """Deterministic: the same experiments and the same unit give the same answer, on any machine.

    Safe to share between threads; make a new one when an experiment changes, and swap it in whole.
    """

    __slots__ = ("_by_key", "_groups", "_live", "_many", "_open", "_quick", "_remembers", "_variants", "experiments")

    experiments: Mapping[str, Experiment]

    def __init__(self, experiments: Mapping[str, Experiment], around: Mapping[str, Any]) -> None:
        by_key: dict[str, Item] = {}
        surroundings = Surroundings(**around, faults=faults(experiments), find=by_key.__getitem__)
        for key, experiment in experiments.items():
            by_key[key] = Item(experiment, surroundings)
        self.experiments = MappingProxyType(dict(experiments))
        self._by_key, self._groups = by_key, surroundings.groups
        self._quick = {key: item.quick for key, item in by_key.items() if item.quick is not None}
        self._variants = {key: item.quick_variant for key, item in by_key.items() if item.quick_variant is not None}
        self._open = tuple(sorted((item for item in by_key.values() if item.open), key=_priority))
        self._live = tuple(item for item in by_key.values() if item.open or item.experiment.status in RELEASED)
        self._many: Many | None = None
        self._remembers = any(one.remembers or one.status == "paused" for one in experiments.values())

    @classmethod
    def compile(
        cls,
        experiments: Iterable[Experiment],
        *,
        groups: Groups = NO_GROUPS,
        holdouts: Iterable[Holdout] = (),
        overrides: Iterable[Override] = (),
    ) -> Assigner:
        """A snapshot of these experiments; later ones of the same key win."""
        forced: dict[str, list[Override]] = {}
        for override in overrides:
            forced.setdefault(override.experiment, []).append(override)
        around = {"groups": dict(groups), "holdouts": tuple(holdouts), "overrides": forced}
        return cls({experiment.key: experiment for experiment in experiments}, around)

    @property
    def remembers(self) -> bool:
        """Whether any answer depends on what units were remembered by."""
        return self._remembers

    def needs(self, key: str) -> list[str]:
        """An experiment and all whose variants it asks for, directly or through others."""
        found, waiting = dict[str, None](), [self._find(key).key]
        while waiting:
            one = waiting.pop()
            if one not in found and one in self.experiments:
                found[one] = None
                waiting += [required.experiment for required in self.experiments[one].prerequisites]
        return list(found)

    def assign(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory
        | None = None,  # not keyword-only like in the workbench: Python looks such defaults up one by one
        code: str | None = None,
        at: datetime | None = None,
        explain: bool = False,
    ) -> Assignment:
        """The variant of `user_id`, else of `session_id`; no event is implied.

        Without an experiment the active ones that run at `page_type` or `placement` are tried, by priority, then
        key; the first that assigns answers. `sticky` is what the unit was remembered by, `code` an override's.
        """
        # what nearly all ids are needs no second look
        if type(user_id) is not str or not user_id or len(user_id) > MAX_ID:
            user_id = checked_id("user_id", user_id)
        if session_id is not None:
            session_id = checked_id("session_id", session_id)
        if experiment is not None:
            quick = self._quick.get(experiment)
            if quick is not None and not explain:
                answer = quick(user_id, session_id, attributes or NO_ATTRIBUTES)
                if answer is not None:
                    return answer
            item = self._find(experiment)
        request = Request(
            user_id, session_id, attributes or NO_ATTRIBUTES, page_type, placement, sticky or NO_MEMORY, code, at
        )
        if experiment is None:
            return self._first(request, explain)
        return explained(item, request) if explain else item.answer(request)

    def variant(
        self,
        experiment: str,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> str | None:
        """The key of the variant that `assign` answers, without the rest of the answer: for loops that are hot."""
        quick = self._variants.get(experiment)
        if quick is not None and type(user_id) is str and 0 < len(user_id) <= MAX_ID:
            return quick(user_id, attributes or NO_ATTRIBUTES)
        return self.assign(user_id, session_id, attributes, experiment).variant

    def assign_all(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        *,
        experiments: Iterable[str] | None = None,
        sticky: Memory | None = None,
        code: str | None = None,
        at: datetime | None = None,
    ) -> dict[str, Assignment]:
        """What `assign` answers for each of these experiments; by default for all that are active or rolled out."""
        user_id, session_id = checked_id("user_id", user_id), checked_id("session_id", session_id)
        items = self._asked(experiments)
        given = attributes or NO_ATTRIBUTES
        request = Request(user_id, session_id, given, page_type, placement, sticky or NO_MEMORY, code, at)
        if len(items) >= MANY:
            together = self._together(items)
            keys, ready = together.keys, together.answers(user_id, session_id, given)
        else:
            keys, ready = (
                [item.key for item in items],
                [item.quick and item.quick(user_id, session_id, given) for item in items],
            )
        found = [answer or item.answer(request) for item, answer in zip(items, ready, strict=True)]
        return dict(zip(keys, found, strict=True))

    def exposure(
        self,
        answer: Assignment,
        event: str = "",
        attributes: Mapping[str, Any] | None = None,
        page_type: str | None = None,
        placement: str | None = None,
    ) -> Exposure | None:
        """What to log when a unit with this answer is here, and `event` happens: an exposure if the experiment's
        rule calls it one, else None.
        """
        if answer.experiment is None or answer.variant is None:
            return None
        given = attributes or NO_ATTRIBUTES
        context = Request(answer.user_id, answer.session_id, given, page_type, placement).context
        return exposure(self._find(answer.experiment).experiment, answer, event, context, self._groups)

    def assign_frame(
        self, frame: Frame, experiment: str, *, sticky: Memory | None = None, at: datetime | None = None
    ) -> Frame:
        """The frame with a column `variant`, null where there is none: row by row what `assign` says.

        pandas, polars or pyarrow; the ids come from `user_id` and `session_id`, the attributes from the columns.
        """
        from expkit.assign.frames import read_frame, with_variants
        from expkit.assign.tables import Table

        item = self._find(experiment)
        table = read_frame(frame)
        arms = item.arms(Table(table, sticky or NO_MEMORY, at))
        result: Frame = with_variants(table, [variant.key for variant in item.experiment.variants], arms)
        return result

    def _find(self, key: str) -> Item:
        found = self._by_key.get(key)
        if found is None:
            raise NotFound(f"There is no experiment {shorten(key)}.", hint=did_you_mean(key, self._by_key))
        return found

    def _asked(self, keys: Iterable[str] | None) -> tuple[Item, ...]:
        return self._live if keys is None else tuple(self._find(key) for key in keys)

    def _together(self, items: tuple[Item, ...]) -> Many:
        """Those who ask for many mostly ask for the same, so that the last ones are kept."""
        known = self._many
        if known is None or known.items != items:
            known = self._many = Many(items)
        return known

    def _first(self, request: Request, explain: bool) -> Assignment:
        here = [item for item in self._open if item.runs_at((request.page_type, request.placement))]
        for item in here:
            if item.verdict(request).arm is not None:
                return explained(item, request) if explain else item.answer(request)
        if not request.unit:
            reason, rule = "Neither user_id nor session_id is given.", "unit"
        elif here:
            reason, rule = f"No active experiment here takes this unit ({len(here)} tried).", "none"
        else:
            reason, rule = "No active experiment runs here.", "none"
        ids = {"user_id": request.user_id, "session_id": request.session_id, "hash_attribute": request.hash_attribute}
        trace = tuple(step for item in here for step in explained(item, request).trace) if explain else ()
        return assignment({**ids, "reason": reason, "rule": rule, "trace": trace})


def _priority(item: Item) -> tuple[int, str]:
    return -item.experiment.priority, item.experiment.key
