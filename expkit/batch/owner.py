"""Which process runs a batch, and whether it still does."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta

import psutil  # type: ignore[import-untyped]

__all__ = ["HEARTBEAT_SECONDS", "begin_owning", "end_owning", "is_alive"]

HEARTBEAT_SECONDS = 5.0
STALE = timedelta(seconds=6 * HEARTBEAT_SECONDS)
_mine: set[str] = set()


def begin_owning(job_id: str) -> str:
    """The owner's name: host, process and its start, so that a reused process id is not mistaken for it."""
    _mine.add(job_id)
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def end_owning(job_id: str) -> None:
    _mine.discard(job_id)


def is_alive(owner: str, job_id: str, heartbeat_at: datetime | None) -> bool:
    """A process of this machine is looked up; one elsewhere is believed while its heartbeat is fresh."""
    if not owner:
        return False
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return heartbeat_at is not None and datetime.now(UTC) - heartbeat_at < STALE
    if int(pid) == os.getpid():
        return job_id in _mine
    try:
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" == started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
