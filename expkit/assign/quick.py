"""The short way for most experiments: an active one that only asks for its condition and its hash.

One function for each, with everything it needs in its own variables: a look-up saved here is saved in every request.
It answers exactly as the checks do, one after the other; `tests/assign` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from expkit.assign.answers import new_assignment, set_values
from expkit.assign.hashing import BUCKETS, hash_bytes, hash_text
from expkit.domain import Assignment

if TYPE_CHECKING:
    from expkit.assign.items import Item

__all__ = ["Quick", "quick", "quick_variant"]

Quick = Callable[..., Assignment | None]
"""From user_id, session_id and what the condition reads (and the place, where it is known) to the answer; None where
that is another check's."""


def quick(item: Item) -> Quick:
    # what all experiments share are globals: of a thousand experiments each variable of a function's own is one more
    # place in memory to fetch
    seed, eligible, copied = item.seed, item.eligible, item.answers.copied
    outside, edges = item.answers.ready[0], _edges(item)

    def answer(
        user_id: str | None, session_id: str | None, attributes: Mapping[str, Any], place: int = -1
    ) -> Assignment | None:
        unit = user_id or session_id
        if not unit or (eligible is not None and not eligible(attributes)):
            return None
        if place < 0:
            text = seed + unit
            number = hash_bytes(text.encode()) if text.isascii() else hash_text(text)
            place = hash_bytes(b"%d" % number) % BUCKETS
        for first, end, ready in edges:
            if first <= place < end:
                values = ready.copy()
                break
        else:
            values = outside.copy()
        values["params"] = copied(values["params"])
        values["user_id"] = user_id
        if session_id is not None:
            values["session_id"] = session_id
            if user_id is None:
                values["hash_attribute"] = "session_id"
        values["bucket"] = place / BUCKETS
        found = new_assignment(Assignment)
        set_values(found, values)
        return found

    return answer


def quick_variant(item: Item) -> Callable[[str, Mapping[str, Any]], str | None]:
    """From a unit and what the condition reads to the variant's key alone."""
    seed, eligible = item.seed, item.eligible
    edges = [(first, end, ready["variant"]) for first, end, ready in _edges(item)]

    def variant(unit: str, attributes: Mapping[str, Any]) -> str | None:
        if eligible is not None and not eligible(attributes):
            return None
        text = seed + unit
        number = hash_bytes(text.encode()) if text.isascii() else hash_text(text)
        place = hash_bytes(b"%d" % number) % BUCKETS
        for first, end, key in edges:
            if first <= place < end:
                found: str = key
                return found
        return None

    return variant


def _edges(item: Item) -> list[tuple[int, int, dict[str, Any]]]:
    """First bucket, end and answer of every arm that has any; few numbers stay in the processor's cache."""
    table, ready = item.last_table, item.answers.ready
    found = [(table.find(arm), table.rfind(arm) + 1, ready[arm]) for arm in range(1, len(ready))]
    return [edge for edge in found if edge[0] >= 0]
