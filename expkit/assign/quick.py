"""The short way for most experiments: an active one that only asks for its condition and its hash.

One function for each, with everything it needs in its own variables: a look-up saved here is saved in every request.
It answers exactly as the checks do, one after the other; `tests/assign` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from expkit.assign.answers import Answers, new_assignment, set_values
from expkit.assign.hashing import BUCKETS, hash_bytes, hash_text
from expkit.domain import Assignment

__all__ = ["Edges", "Quick", "edges_of", "quick", "quick_variant"]

Holds = Callable[[Any], bool]
Edges = tuple[tuple[int, int, int], ...]
"""First bucket, end and place of every arm that has any bucket; few numbers stay in the processor's cache."""
Quick = Callable[[str | None, str | None, Mapping[str, Any]], Assignment | None]
"""From user_id, session_id and what the condition reads to the answer; None where that is another check's."""


def edges_of(table: bytes, arms: int) -> Edges:
    """From the arm of every bucket, where 0 is none."""
    found = ((table.find(arm), table.rfind(arm) + 1, arm) for arm in range(1, arms + 1))
    return tuple(edge for edge in found if edge[0] >= 0)


def quick(seed: str, eligible: Holds | None, answers: Answers, arms: Edges) -> Quick:
    # what all experiments share are globals: of a thousand experiments each variable of a function's own is one more
    # place in memory to fetch
    copied, outside = answers.copied, answers.ready[0]
    edges = tuple((first, end, answers.ready[arm]) for first, end, arm in arms)

    def answer(user_id: str | None, session_id: str | None, attributes: Mapping[str, Any]) -> Assignment | None:
        unit = user_id or session_id
        if not unit or (eligible is not None and not eligible(attributes)):
            return None
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


def quick_variant(
    seed: str, eligible: Holds | None, answers: Answers, arms: Edges
) -> Callable[[str, Mapping[str, Any]], str | None]:
    """From a unit and what the condition reads to the variant's key alone."""
    edges = tuple((first, end, answers.ready[arm]["variant"]) for first, end, arm in arms)

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
