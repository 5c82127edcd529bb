"""Everything that can go wrong, each with a hint that names a way out.

ExpkitError
 ├─ InvalidInput (ValueError)             the caller sent something that cannot be
 │   ├─ InvalidDefinition                 a noun failed its own rules: path, value, nearest name
 │   └─ UnknownName (LookupError)         a metric, variant or column that is not there
 ├─ NotFound (LookupError)                no such experiment, batch, report
 ├─ Conflict                              it is there already, or somebody else was faster
 │   ├─ IllegalMove                       the lifecycle does not allow this move
 │   └─ Overtaken                         somebody else has changed what the caller had seen
 ├─ Unauthenticated (PermissionError)     who are you?
 ├─ Forbidden (PermissionError)           you may not
 ├─ TooLarge (ValueError)                 more than the stated limit
 ├─ StorageUnavailable (OSError)          the database or the lake cannot be read or written
 ├─ Unreachable (ConnectionError)         the service did not answer
 └─ MissingDependency (ImportError)       an extra that is not installed
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "Conflict",
    "ExpkitError",
    "Forbidden",
    "IllegalMove",
    "InvalidDefinition",
    "InvalidInput",
    "MissingDependency",
    "NotFound",
    "Overtaken",
    "StorageUnavailable",
    "TooLarge",
    "Unauthenticated",
    "UnknownName",
    "Unreachable",
    "did_you_mean",
    "shorten",
]


class ExpkitError(Exception):
    """The root of the tree. `kind` is the stable name that REST problems and `--json` carry."""

    kind = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)  # both in args, so that the error survives pickling between workers
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint, self.__dict__))

    def __str__(self) -> str:
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


class InvalidInput(ExpkitError, ValueError):
    kind = "invalid-input"


class InvalidDefinition(InvalidInput):
    """A noun that breaks its own rules. `problems` holds one line per fault."""

    kind = "invalid-definition"

    def __init__(self, message: str, *, hint: str = "", problems: Iterable[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class UnknownName(InvalidInput, LookupError):
    kind = "unknown-name"

    @classmethod
    def among(cls, what: str, name: str, known: Iterable[str], where: str = "") -> UnknownName:
        """`Metric 'revnue' is not in experiment 'checkout'. Hint: did you mean 'revenue'?`"""
        place = f" in {where}" if where else ""
        return cls(f"{what.capitalize()} {shorten(name)} is not{place or ' known'}.", hint=did_you_mean(name, known))


class NotFound(ExpkitError, LookupError):
    kind = "not-found"


class Conflict(ExpkitError):
    kind = "conflict"


class IllegalMove(Conflict):
    kind = "illegal-move"


class Overtaken(Conflict):
    """Look again, and repeat the change on top of theirs."""

    kind = "overtaken"


class Unauthenticated(ExpkitError, PermissionError):
    kind = "unauthenticated"


class Forbidden(ExpkitError, PermissionError):
    """`role` and `project` say what would be needed, where a role would be enough."""

    kind = "forbidden"

    def __init__(self, message: str, *, hint: str = "", role: str = "", project: str = "") -> None:
        super().__init__(message, hint=hint)
        self.role = role
        self.project = project


class TooLarge(ExpkitError, ValueError):
    kind = "too-large"


class StorageUnavailable(ExpkitError, OSError):
    kind = "storage-unavailable"


class Unreachable(ExpkitError, ConnectionError):
    kind = "unreachable"


class MissingDependency(ExpkitError, ImportError):
    kind = "missing-dependency"

    @classmethod
    def needs(cls, package: str, extra: str) -> MissingDependency:
        return cls(f"This needs {package}, which is not installed.", hint=f"pip install 'expkit[{extra}]'")


def did_you_mean(name: str, known: Iterable[str], limit: int = 8) -> str:
    """The hint for a name that is not there: the nearest one, else what there is."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(str(name)[:200], choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not choices:
        return "there is none yet."
    more = f" and {len(choices) - limit} more" if len(choices) > limit else ""
    return f"choose from {', '.join(map(repr, choices[:limit]))}{more}."


def shorten(value: object, limit: int = 80) -> str:
    """A value as a message can carry it: quoted, and never megabytes long."""
    text = repr(value[: limit + 1] if isinstance(value, str | bytes) else value)
    size = f" ({len(value):,} characters)" if isinstance(value, str) and len(value) > limit else ""
    return (text if len(text) <= limit else f"{text[: limit - 1]}…") + size


def _rebuild(cls: type[ExpkitError], message: str, hint: str, state: dict[str, object]) -> ExpkitError:
    error = cls(message, hint=hint)
    error.__dict__.update(state)
    return error
