"""Finding and ending every process of a trial, wherever it wandered: by the mark in its environment.

A kernel starts its own session, and a notebook may start what it likes, so that no process group holds them all.
The environment is inherited by all, survives the death of parents, and can be read by any process of the same user.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]

__all__ = ["MARK", "kill_marked", "mark_of", "marked"]

MARK = "EXPKIT_TRIAL"


def mark_of(job_id: str, number: int | None = None) -> str:
    """`<job_id>/<number>/`; without a number, the mark that all trials of the batch begin with."""
    return f"{job_id}/" if number is None else f"{job_id}/{number}/"


def marked(mark: str) -> Iterator[psutil.Process]:
    """The living processes of this machine that carry the mark."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get(MARK, "").startswith(mark):
                yield process


def kill_marked(mark: str, *, spare: int = 0, within: float = 1.5) -> int:
    """Kill until none is left (a process may be starting another just now); how many were found."""
    killed: set[int] = set()
    deadline = time.monotonic() + within
    while found := [process for process in marked(mark) if process.pid != spare]:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        killed.update(process.pid for process in found)
        if time.monotonic() > deadline:
            break
        psutil.wait_procs(found, timeout=0.05)
    return len(killed)
