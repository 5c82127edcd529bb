"""A disk that fills refuses in words, tears nothing, and what was acknowledged is there once there is room again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from expkit.errors import InvalidInput
from expkit.events.tables import inbox

FILLING = """
import os, resource, sys
from expkit.errors import StorageUnavailable
from expkit.events import Events
from expkit.storage import Store

url, lake, limit, moves = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "moves"
store = Store.open(url)
events, acknowledged, refused = Events(store, lake), 0, ""

def log(n):
    with store.begin(actor="ann") as work:
        events.log_outcomes(work, [
            {"event_id": f"{n}-{m}", "event": os.urandom(150).hex(), "user_id": "u"} for m in range(50)
        ])

log(0)
events.move()
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))  # files grow no further: to whoever writes, a full disk
for n in range(1, 1000):
    try:
        log(n)
        acknowledged = n
        if moves and n % 5 == 0:
            events.move()
    except StorageUnavailable as error:
        refused = str(error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
events.move()
with events.reader() as reader:
    found = reader.connection.execute("SELECT event_id, count(*) FROM outcomes_received GROUP BY ALL").fetchall()
assert all(count == 1 for _, count in found)
assert {f"{n}-{m}" for n in range(acknowledged + 1) for m in range(50)} <= {name for name, _ in found}
assert len(found) in {50 * (acknowledged + 1), 50 * (acknowledged + 2)}
print(refused)
"""


@pytest.mark.parametrize(
    ("limit", "moves", "told"),
    [(900_000, "waits", "has no room|the disk reports an error"), (70_000, "moves", "cannot be")],
)
def test_a_full_disk_is_told_and_tears_nothing(tmp_path: Path, limit: int, moves: str, told: str) -> None:
    """Whether the inbox is full or the lake; with room again everything goes on."""
    words = [f"sqlite:///{tmp_path / 'expkit.db'}", str(tmp_path / "lake"), str(limit), moves]
    done = subprocess.run([sys.executable, "-c", FILLING, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(told, done.stdout.strip())


def _one_good_and_one_bad(events, work) -> None:
    events.log_outcomes(work, [{"event": "x", "user_id": "u"}])
    events.log_outcomes(work, [{"event": "x"}])


def test_a_unit_of_work_that_fails_takes_its_events_with_it(store, events):
    """The inbox is written on the caller's transaction, on PostgreSQL by COPY."""
    with pytest.raises(InvalidInput), store.begin(actor="ann") as work:
        _one_good_and_one_bad(events, work)
    assert events.waiting() == 0
    with store.begin(actor="a\\N\tb") as work:
        events.log_outcomes(work, [{"event": "x", "user_id": "\\N"}])
    with store.read() as connection:
        assert connection.execute(inbox.select()).one().actor == "a\\N\tb"
    assert events.move() == 1
