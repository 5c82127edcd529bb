"""Every failure as an RFC 9457 problem document; the one place where an exception becomes a status."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import BaseModel

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


class Problem(BaseModel):
    """What went wrong (`detail`), what to do about it (`hint`), and the id under which the log tells more."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    correlation_id: str = ""
    kind: str
    """Stable name of the error, the same in Python and on the command line."""
    problems: list[str] | None = None
    """One line per fault of an invalid definition."""


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
