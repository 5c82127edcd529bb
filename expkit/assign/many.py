"""One unit in many experiments at once.

What is alike in them is worked out once: a condition that several share, each character of the unit under all seeds.
What is not lies close together, in lists instead of a thousand functions' own variables. The answers are those that
each experiment gives alone; `tests/assign` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expkit.assign.answers import new_assignment, set_values
from expkit.assign.columns import places_of, seed_states
from expkit.assign.hashing import BUCKETS, place
from expkit.domain import Assignment

if TYPE_CHECKING:
    from expkit.assign.items import Item

__all__ = ["Many"]


class Many:
    """These experiments, in this order. Immutable."""

    __slots__ = (
        "_columns", "_conditions", "_copied", "_ends", "_firsts", "_ready", "_seeds", "_states", "_which",
        "items", "keys",
    )  # fmt: skip

    def __init__(self, items: Sequence[Item]) -> None:
        import numpy as np

        self.items, self.keys = tuple(items), [item.key for item in items]
        self._seeds = [item.seed for item in items]
        self._states = seed_states(self._seeds)
        most = max((len(item.edges) for item in items), default=0)
        self._firsts, self._ends = np.zeros((2, most, len(items)), np.uint32)
        self._ready = np.empty((most + 1, len(items)), object)
        self._columns = np.arange(len(items))
        known: dict[Any, int] = {None: 0}
        for column, item in enumerate(items):
            self._ready[0, column] = item.answers.ready[0]
            for row, (first, end, arm) in enumerate(item.edges):
                self._firsts[row, column], self._ends[row, column] = first, end
                self._ready[row + 1, column] = item.answers.ready[arm]
            if item.short:
                known.setdefault(item.eligible, len(known))
        self._conditions = [condition for condition in known if condition is not None]
        self._which = [known[item.eligible] if item.short else -1 for item in items]
        self._copied = [item.answers.copied for item in items]

    def answers(
        self, user_id: str | None, session_id: str | None, attributes: Mapping[str, Any]
    ) -> list[Assignment | None]:
        """Each experiment's answer; None where that is for its checks to find."""
        unit = user_id or session_id
        if not unit:
            return [None] * len(self.items)
        asked = {"user_id": user_id} if session_id is None else {"user_id": user_id, "session_id": session_id}
        if not user_id:
            asked["hash_attribute"] = "session_id"
        # the last place is for experiments that have other checks, too
        held = [True, *(condition(attributes) for condition in self._conditions), False]
        found: list[Assignment | None] = []
        for ready, which, copied, bucket in zip(*self._hashed(unit), strict=True):
            if not held[which]:
                found.append(None)
                continue
            values = ready | asked
            values["params"] = copied(values["params"])
            values["bucket"] = bucket
            answer = new_assignment(Assignment)
            set_values(answer, values)
            found.append(answer)
        return found

    def _hashed(self, unit: str) -> tuple[list[Any], list[int], list[Any], list[float]]:
        """For each experiment the answer as it stands ready, whose condition, how params are copied, and the bucket."""
        import numpy as np

        ascii_ = unit.isascii()
        where = places_of(self._states, unit) if ascii_ else np.array([place(seed, unit) for seed in self._seeds])
        rows = np.zeros(len(self.items), np.intp)
        for row, (firsts, ends) in enumerate(zip(self._firsts, self._ends, strict=True), 1):
            rows[(firsts <= where) & (where < ends)] = row
        ready = self._ready[rows, self._columns].tolist()
        return ready, self._which, self._copied, (where / BUCKETS).tolist()
