"""Every failure as an RFC 9457 problem document; the one place where an exception becomes a status."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field

from expkit import errors
from expkit.errors import (
    Conflict,
    ExpkitError,
    Forbidden,
    InvalidDefinition,
    InvalidInput,
    MissingDependency,
    NotFound,
    StorageUnavailable,
    TooLarge,
    Unauthenticated,
    Unreachable,
)

__all__ = ["MEDIA_TYPE", "Problem", "problem", "unexpected"]

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[Exception], int] = {
    InvalidInput: 422,
    NotFound: 404,
    Conflict: 409,
    Unauthenticated: 401,
    Forbidden: 403,
    TooLarge: 413,
    StorageUnavailable: 503,
    Unreachable: 503,
    MissingDependency: 501,
}


def _kinds(cls: type[ExpkitError] = ExpkitError) -> Iterator[str]:
    """Of those that `expkit.errors` itself declares."""
    if cls.__module__ == errors.__name__:
        yield cls.kind
    for child in cls.__subclasses__():
        yield from _kinds(child)


Kind = Annotated[str, Field(json_schema_extra={"enum": sorted(set(_kinds()))})]


class Problem(BaseModel):
    """What went wrong (`detail`), what to do about it (`hint`), and the id under which the log tells more."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    correlation_id: str = ""
    kind: Kind
    """Stable name of the error, the same in Python and on the command line."""
    problems: list[str] | None = None
    """One line per fault of an invalid definition."""
    role: str | None = None
    """The least role that would be allowed to do it."""
    project: str | None = None
    """Where that role is needed; `*` for all projects."""


def problem(error: ExpkitError, correlation_id: str = "") -> Problem:
    """An error of ours, with the status of its nearest known class."""
    status = next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500)
    return Problem(
        type=f"urn:expkit:problem:{error.kind}",
        title=error.kind.replace("-", " ").capitalize(),
        status=status,
        detail=error.message,
        hint=error.hint,
        correlation_id=correlation_id,
        kind=error.kind,
        problems=list(error.problems) if isinstance(error, InvalidDefinition) else None,
        role=error.role or None if isinstance(error, Forbidden) else None,
        project=error.project or None if isinstance(error, Forbidden) else None,
    )


def unexpected(status: int, correlation_id: str = "", *, detail: str = "", hint: str = "") -> Problem:
    """A failure that is no error of ours: a route that is not there, or a bug, about which nothing is given away."""
    phrase = HTTPStatus(status).phrase
    return Problem(
        type="about:blank",
        title=phrase,
        status=status,
        detail=detail or f"{phrase}.",
        hint=hint or (f"the server's log has more under {correlation_id}." if status >= 500 else ""),
        correlation_id=correlation_id,
        kind=_KINDS.get(status, "error"),
    )


_KINDS = {status: error.kind for error, status in _STATUS.items() if issubclass(error, ExpkitError)}
