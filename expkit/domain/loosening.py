"""Which guardrails of a running experiment watch less than before: removed, moved away, or with a weaker action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from expkit.domain.metric import Guardrail

__all__ = ["loosened"]

ACTIONS = ("alert", "pause", "stop", "rollback")
"""From the weakest."""


def loosened(before: Sequence[Guardrail], after: Sequence[Guardrail]) -> list[str]:
    """In words, one for each guardrail; empty when all watch at least as much."""
    now = {guardrail.metric.key: guardrail for guardrail in after}
    return [told for old in before for told in _less(old, now.get(old.metric.key))]


def _less(old: Guardrail, new: Guardrail | None) -> Iterator[str]:
    if new is None:
        yield f"{old.line}: removed"
    elif new.metric != old.metric or _wider(old, new) or ACTIONS.index(new.action) < ACTIONS.index(old.action):
        yield f"{old.line}: now {new.line}" + (" of another definition" if new.metric != old.metric else "")


def _wider(old: Guardrail, new: Guardrail) -> bool:
    if old.max_change is not None and (new.max_change is None or new.max_change > old.max_change):
        return True
    if old.limit is None:
        return False
    if new.limit is None:
        return True
    return new.limit > old.limit if old.metric.direction == "decrease" else new.limit < old.limit
