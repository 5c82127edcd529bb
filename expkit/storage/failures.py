"""What the database or the disk says, told so that a person can act on it."""

from __future__ import annotations

from expkit.errors import Conflict, ExpkitError, InvalidInput, StorageUnavailable

__all__ = ["refused_text", "statement_failure", "storage_failure"]

_TOLD = {
    "readonly": (
        "cannot be written: it is read-only",
        "check the folder's permissions, or point EXPKIT_HOME elsewhere.",
    ),
    "read-only": (
        "cannot be written: it is read-only",
        "check the folder's permissions, or point EXPKIT_HOME elsewhere.",
    ),
    "permission denied": ("may not be written by this user", "check its owner, or point EXPKIT_HOME elsewhere."),
    "full": ("has no room: the disk is full", "free some space and try again; nothing was changed."),
    "no space": ("has no room: the disk is full", "free some space and try again; nothing was changed."),
    "locked": ("is locked by another process", "wait for it to finish, or end it, and try again; nothing was changed."),
    "unable to open": (
        "cannot be opened",
        "check that its folder exists and may be written, or point EXPKIT_HOME elsewhere.",
    ),
    "not a database": ("is damaged or no database", "restore it from a backup; expkit leaves the file as it is."),
    "malformed": ("is damaged", "restore it from a backup; expkit leaves the file as it is."),
    "disk i/o": ("cannot be read or written: the disk reports an error", "check the disk; nothing was changed."),
    "connection": ("does not answer", "check that the server runs and that the address and password are right."),
    "not a directory": ("lies below something that is a file", "point EXPKIT_HOME at a folder."),
    "file exists": ("cannot be: its folder is a file", "point EXPKIT_HOME at a folder."),
    "not permitted": ("may not be written by this user", "check its owner, or point EXPKIT_HOME elsewhere."),
}


_RETRY = frozenset({"40001", "40P01"})
"""PostgreSQL has chosen this one of several that could not all go on: the snapshot was too old, or a deadlock."""


def statement_failure(error: Exception, place: object) -> ExpkitError:
    """The error to raise when a statement failed: the caller's text, somebody faster, or the database itself."""
    import sqlalchemy as sa

    if isinstance(error, sa.exc.DataError):
        return refused_text(getattr(error, "orig", None) or error)
    if isinstance(error, sa.exc.IntegrityError) or getattr(getattr(error, "orig", None), "sqlstate", None) in _RETRY:
        return Conflict(
            "Somebody else has just changed what this builds on; nothing was changed.", hint="look again and repeat it."
        )
    return storage_failure(error, place)


def refused_text(error: object) -> InvalidInput:
    """PostgreSQL keeps no NUL, no database half a surrogate pair, and columns have their lengths."""
    return InvalidInput(
        f"A value cannot be stored: {str(error).splitlines()[0][:200]}.",
        hint="take NUL characters and half surrogate pairs out, and shorten what is very long.",
    )


def storage_failure(error: Exception, place: object) -> StorageUnavailable:
    """The error to raise for a failure of the database at `place`."""
    said = str(getattr(error, "orig", None) or error)
    for sign, (what, hint) in _TOLD.items():
        if sign in said.lower():
            return StorageUnavailable(f"The database at {place} {what}.", hint=hint)
    return StorageUnavailable(
        f"The database at {place} failed: {said.splitlines()[0][:300]}.", hint="nothing was changed."
    )
