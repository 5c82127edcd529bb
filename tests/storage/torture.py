"""Start the writers, kill them at random, and hold what is in the database against what was acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa
from writers import make

from expkit import registry
from expkit.domain.filters import Filters
from expkit.errors import NotFound
from expkit.storage import Store, stream_audit, verify_audit

PROGRAM = Path(__file__).with_name("writers.py")


def prepare(url: str) -> None:
    """The experiment that all of them write to."""
    store = Store.open(url)
    with store.begin(actor="test", correlation_id="prepare") as work:
        try:
            registry.get(work.connection, "shared")
        except NotFound:
            registry.create(work, make("shared"))
    store.close()


def run_writers(
    url: str, processes: int, writes: int, name: str, *, kill_after: int | None = None, wait: float = 0.0
) -> list[str]:
    """What they said; killed after so many words and a moment, wherever each of them is then."""
    words = [sys.executable, str(PROGRAM), url, str(processes), str(writes), name]
    program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stdout.readline() == b"ready\n"
    program.stdin.write(b"go\n")
    program.stdin.close()
    said = [program.stdout.readline().decode().strip() for _ in range(kill_after or 0)]
    if kill_after is not None:
        time.sleep(wait)
        os.killpg(program.pid, signal.SIGKILL)  # a session of its own, started above
    said += program.stdout.read().decode().splitlines()
    program.stdout.close()
    program.wait()
    return said


def missing(url: str, acknowledged: list[str]) -> list[str]:
    """Everything that is wrong afterwards: what is not there, what does not fit together. Empty is well."""
    store, wrong = Store.open(url), []
    with store.read() as connection:
        verdict = verify_audit(connection)
        wrong += [str(finding) for finding in verdict.findings]
        entries = list(stream_audit(connection))
        wrong += sorted(set(acknowledged) - {entry.correlation_id for entry in entries})
        actions = [entry.action for entry in entries]
        notes = registry.notes(connection, "shared")
        found = registry.count(connection), registry.get(connection, "shared").version - 1, len(notes)
        told = tuple(actions.count(action) for action in ("experiment.create", "experiment.update", "note.add"))
        if found != told:
            wrong.append(f"experiments, changes, notes: {found} are there, and {told} in the audit")
        started = registry.count(connection, Filters(status="active"))
        if started != actions.count("experiment.start"):
            wrong.append(f"{started} run, and {actions.count('experiment.start')} starts are in the audit")
        if connection.dialect.name == "sqlite":
            wrong += [row[0] for row in connection.execute(sa.text("PRAGMA integrity_check")) if row[0] != "ok"]
    store.close()
    return wrong
