"""What comes in from elsewhere: drafts of experiments, and a report of what could not be carried.

Nothing is taken over silently: a definition that would mean something else here is either left out, with the reason,
or brought in with a note that says what changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from expkit.domain import Experiment
from expkit.domain.experiment import RESERVED_KEYS
from expkit.errors import ExpkitError, InvalidInput, shorten

__all__ = ["Draft", "Imported", "NotCarried", "listed", "mapped", "number", "read_each", "text"]

Outcome = Literal["imported", "changed", "skipped"]
TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "object"}
_NOT_A_KEY = re.compile(r"[^A-Za-z0-9_.\-]+")


class NotCarried(Exception):
    """Why one definition stays out."""


class Imported(NamedTuple):
    """What became of one foreign definition."""

    source: str
    """Its own name."""
    outcome: Outcome
    """`imported` means the same here; `changed` as the notes say; `skipped` not at all."""
    experiment: Experiment | None
    notes: tuple[str, ...] = ()


class Draft:
    """An experiment in the making: fields, and what has to be said about them."""

    def __init__(self, source: str, origin: str) -> None:
        self.source, self.origin = source, origin
        self.key = self._named(source, "experiment", RESERVED_KEYS)
        self.fields: dict[str, Any] = {}
        self.changes: list[str] = []
        self.remarks: list[str] = []

    @classmethod
    def _named(cls, name: str, what: str, reserved: frozenset[str] = frozenset()) -> str:
        key = _NOT_A_KEY.sub("-", name).strip("-._")[:98]
        if not key:
            raise NotCarried(f"nothing of {shorten(name)} can be in the key of an {what}")
        return f"{key}-1" if key in reserved else key

    def variants(self, arms: Sequence[tuple[str, float, Any]], default: Any = None) -> None:
        """Name, weight and value of each; a value that is no mapping becomes the param `value`."""
        if len(arms) < 2:
            raise NotCarried("it has fewer than two variants: a switch, no experiment")
        total = sum(weight for _, weight, _ in arms)
        if total <= 0 or any(weight < 0 for _, weight, _ in arms):
            raise NotCarried("its weights are not shares")
        keys = [self._named(name, "variant") for name, _, _ in arms]
        if len(set(keys)) < len(keys):
            raise NotCarried(f"two variants would have one key: {', '.join(keys)}")
        for name, key in zip((name for name, _, _ in arms), keys, strict=True):
            if name != key:
                self.changes.append(f"variant {shorten(name)} is called {key!r}")
        params = [_params(value) for _, _, value in arms]
        self.fields["variants"] = [
            {"key": key, "weight": weight / total, "params": own}
            for key, (_, weight, _), own in zip(keys, arms, params, strict=True)
        ]
        self._default(_params(default) if default is not None else None, params, keys)

    def _default(self, wanted: dict[str, Any] | None, params: list[dict[str, Any]], keys: list[str]) -> None:
        """What units without a variant get: control's params, unless defaults of their own say otherwise."""
        control = params[keys.index("control") if "control" in keys else 0]
        if wanted is None or wanted == control:
            return
        names = sorted({name for own in (*params, wanted) for name in own})
        kinds = {name: {_kind(own[name]) for own in (*params, wanted) if name in own} for name in names}
        if any(len(found) > 1 or None in found for found in kinds.values()) or not control.keys() <= wanted.keys():
            self.changes.append("units without a variant get control's params: its default cannot be carried")
            return
        self.fields["parameters"] = {
            name: {"type": next(iter(kinds[name])), **({"default": wanted[name]} if name in wanted else {})}
            for name in names
        }

    def hashed_anew(self, how: str) -> None:
        self.changes.append(f"units get their variants anew: it hashes with {how}, we with GrowthBook's version 2")

    def done(self) -> Imported:
        if self.key != self.source:
            self.changes.append(f"it is called {self.key!r}")
        self.remarks.append("it says nothing about metrics: 'conversion' stands in")
        said = f"Imported from {self.origin}: {self.source}"
        named = {"key": self.key, "name": self.source[:500], "hypothesis": said, "metrics": ["conversion"]}
        experiment = Experiment.parse({**named, "tags": ["imported", self.origin.lower()], **self.fields})
        outcome: Outcome = "changed" if self.changes else "imported"
        return Imported(self.source, outcome, experiment, (*self.changes, *self.remarks))


def read_each(definitions: Mapping[str, Any], read: Callable[[str, Any], Imported]) -> list[Imported]:
    """Each definition by itself: one that is malformed keeps no other out."""
    found: list[Imported] = []
    taken: dict[str, str] = {}
    for name, definition in definitions.items():
        try:
            one = read(name, definition)
        except (NotCarried, ExpkitError) as error:
            one = _skipped(name, error.message if isinstance(error, ExpkitError) else str(error))
        except RecursionError:
            one = _skipped(name, "it is nested too deeply")
        key = one.experiment.key if one.experiment else ""
        if key in taken:
            one = _skipped(name, f"its key {key!r} would be that of {taken[key]!r}, too")
        elif key:
            taken[key] = name
        found.append(one)
    return found


def _skipped(name: str, reason: str) -> Imported:
    return Imported(name, "skipped", None, (reason,))


def mapped(value: object, what: str, *, top: bool = False) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _refusal(f"{what} is {shorten(value)}, no object", top)
    return value


def listed(value: object, what: str, *, top: bool = False) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _refusal(f"{what} is {shorten(value)}, no list", top)
    return list(value)


def text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise NotCarried(f"{what} is {shorten(value)}, no text")
    return value


def number(value: object, what: str, low: float = 0.0, high: float = float("inf")) -> float:
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not low <= found <= high:
        raise NotCarried(f"{what} is {shorten(value)}, no number from {low:g} to {high:g}")
    return found


def _refusal(said: str, top: bool) -> Exception:
    return InvalidInput(f"{said}.", hint="is it the right file, and the right format?") if top else NotCarried(said)


def _params(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def _kind(value: Any) -> str | None:
    return TYPES.get(type(value))
