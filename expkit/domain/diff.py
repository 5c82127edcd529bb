"""What changed between two definitions, path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Change", "diff", "with_default"]

_MISSING = object()


class Change(NamedTuple):
    """`coverage: 0.1 → 0.5`; None stands for "not there"."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_told(self.before)} → {_told(self.after)}"


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every leaf that differs, in a stable order; list items that have a key are matched by it."""
    return sorted(_changes("", before, after), key=lambda change: change.path)


def with_default(change: Change, noun: type[BaseModel]) -> Change:
    """What a definition leaves out is at its default: `coverage: 1.0 → 0.5`, where that is a word or a number."""
    field = noun.model_fields.get(change.path)
    default = field.default if field is not None else None
    if not isinstance(default, str | int | float) or default == "":
        return change
    before, after = (default if value is None else value for value in (change.before, change.after))
    return change._replace(before=before, after=after)


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    left, right = _keyed(before), _keyed(after)
    if left is None or right is None or isinstance(before, list) is not isinstance(after, list):
        if not _same(before, after):
            yield Change(path, None if before is _MISSING else before, None if after is _MISSING else after)
        return
    for name in {**left, **right}:
        inner = f"{path}[{name}]" if isinstance(before, list) else f"{path}.{name}" if path else str(name)
        yield from _changes(inner, left.get(name, _MISSING), right.get(name, _MISSING))
    stayed = [name for name in left if name in right], [name for name in right if name in left]
    if isinstance(before, list) and stayed[0] != stayed[1]:  # the first metric is primary: order has a meaning
        yield Change(f"{path}.order", *stayed)


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON: `1`, `1.0` and `true` are three values there, and one in Python."""
    if type(before) is not type(after):
        return False
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(_same(before[name], after[name]) for name in before)
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def _keyed(value: Any) -> Mapping[Any, Any] | None:
    """A mapping as it is; a list of things that have keys by their keys; None for what is compared whole."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and _name(item) for item in value):
        named = {_name(item): item for item in value}
        return named if len(named) == len(value) else None
    return None


def _name(item: Mapping[str, Any]) -> str:
    metric = item.get("metric")
    return str(item.get("key") or (metric.get("key") if isinstance(metric, Mapping) else "") or "")


def _told(value: Any) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
