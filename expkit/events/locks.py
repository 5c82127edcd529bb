"""Who may delete files of a local lake: writers share a lock, and what sweeps abandoned files excludes them.

Without it a sweep would take the files of an append that has not committed yet for abandoned ones. The lock is the
operating system's, on a file in the lake, so that a killed process holds nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["excluding", "sharing"]

_NAME = ".expkit-lock"


@contextmanager
def sharing(folder: Path | None) -> Iterator[None]:
    """Writing beside other writers. Nothing to do for an object store, where only old files are swept."""
    with _held(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def excluding(folder: Path | None) -> Iterator[None]:
    """Sweeping, with nobody writing."""
    with _held(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(folder: Path | None, how: int) -> Iterator[None]:
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
