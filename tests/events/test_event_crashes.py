"""Killed without warning: what was acknowledged is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from expkit.events import Events
from expkit.storage import Store

PROGRAM = """
import sys
from expkit.events import Events
from expkit.storage import Store

url, lake, start = sys.argv[1:]
store = Store.open(url)
events = Events(store, lake)
for n in range(int(start), 10**9):
    with store.begin(actor="ann") as work:
        events.log_outcomes(work, [{"event_id": f"{n:09}", "event": "buy", "user_id": "u"}])
    print(n, flush=True)
    if n % 5 == 4:
        events.move()
"""


@pytest.mark.parametrize("lines", [4, 9])
def test_kill_while_logging_and_moving(tmp_path, lines):
    """Every acknowledged event is there once, whatever moment the process is killed at."""
    url, lake = f"sqlite:///{tmp_path / 'expkit.db'}", str(tmp_path / "lake")
    acknowledged = []
    for _ in range(2):
        start = acknowledged[-1] + 1000 if acknowledged else 0
        program = subprocess.Popen([sys.executable, "-c", PROGRAM, url, lake, str(start)], stdout=subprocess.PIPE)
        assert program.stdout
        acknowledged += [int(program.stdout.readline()) for _ in range(lines)]
        program.kill()
        acknowledged += [int(line) for line in program.stdout.read().splitlines() if line.strip().isdigit()]
        program.stdout.close()
        program.wait()
    store = Store.open(url)
    events = Events(store, lake)
    events.move()
    with events.reader() as reader:
        rows = reader.connection.execute("SELECT event_id FROM outcomes_received").fetchall()
    store.close()
    received = [int(row[0]) for row in rows]
    assert set(acknowledged) <= set(received)
    assert len(received) == len(set(received))
