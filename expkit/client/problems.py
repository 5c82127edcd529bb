"""Problem documents back into the errors they were: same class, same message, same hint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from expkit import errors
from expkit.errors import ExpkitError, Forbidden, InvalidDefinition, Unreachable

__all__ = ["error_of"]


def error_of(response: httpx.Response) -> ExpkitError:
    """The error to raise for an answer that is not a success."""
    told = _document(response)
    if told is None:
        return Unreachable(
            f"{response.url.copy_with(query=None)} answered {response.status_code}, and not as expkit does.",
            hint="check the address: in a Jupyter server it ends in /expkit.",
        )
    message, hint = str(told.get("detail", "")), str(told.get("hint", ""))
    cls = _BY_KIND.get(str(told.get("kind")), ExpkitError)
    if issubclass(cls, Forbidden):
        return cls(message, hint=hint, role=str(told.get("role", "")), project=str(told.get("project", "")))
    if issubclass(cls, InvalidDefinition):
        return cls(message, hint=hint, problems=told.get("problems") or ())
    return cls(message, hint=hint)


def _document(response: httpx.Response) -> dict[str, Any] | None:
    try:
        told = response.json()
    except ValueError:
        return None
    return told if isinstance(told, dict) and "kind" in told else None


def _family(cls: type[ExpkitError]) -> Iterator[type[ExpkitError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)


# only what expkit.errors itself declares: what others derive from it may want other arguments
_BY_KIND = {cls.kind: cls for cls in _family(ExpkitError) if cls.__module__ == errors.__name__}
