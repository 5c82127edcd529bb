"""What events survive, in full: `python benchmarks/events_kill.py [rounds]`.

On SQLite and on a real PostgreSQL: rounds in which a process that logs, moves, compacts and sweeps is killed with
SIGKILL at a random moment, with a second one that moves beside it. Every event acknowledged has to be there, once.
Then a disk that fills (a small tmpfs, where this user may mount one): logging and moving are refused in words, and
nothing that was acknowledged before is lost or torn.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from databases import running_postgres

from expkit.errors import ExpkitError, StorageUnavailable
from expkit.events import Events
from expkit.events.schemas import KINDS
from expkit.events.upkeep import compact, small_files, sweep
from expkit.storage import Store

LONGEST = 1.0  # seconds that a process lives once it has begun
ROWS = 20
CHECK_EVERY = 10


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    preload()
    with tempfile.TemporaryDirectory() as folder:
        survive("SQLite", f"sqlite:///{folder}/expkit.db", f"{folder}/lake", rounds)
    with running_postgres() as url, tempfile.TemporaryDirectory() as folder:
        survive("PostgreSQL", url, f"{folder}/lake", rounds)
    with small_disk() as folder:
        if folder is None:
            print("disk full: not run, as this user may mount no tmpfs")
        else:
            in_child(lambda: fill(folder))


def preload() -> None:
    """Loaded once, so that a forked process begins at once. None of them starts a thread by being imported."""
    import deltalake  # noqa: F401
    import duckdb  # noqa: F401
    import pyarrow.compute
    import pyarrow.dataset  # noqa: F401


def survive(name: str, url: str, lake: str, rounds: int) -> None:
    in_child(lambda: Store.open(url).close())
    chance = random.Random()  # noqa: S311  # no secret
    acknowledged: list[str] = []
    during: Counter[str] = Counter()
    for number in range(rounds):
        said = killed_at(chance.uniform(0.02, LONGEST), url, lake, number)
        acknowledged += [line.split()[1] for line in said if line.startswith("logged")]
        during[(said or ["opening"])[-1].split()[0]] += 1
        if number % CHECK_EVERY == CHECK_EVERY - 1 or number == rounds - 1:
            in_child(partial(check, url, lake, acknowledged))
    told = ", ".join(f"{count} while {step}" for step, count in during.most_common())
    print(f"{name}: killed {rounds} times ({told}); {len(acknowledged):,} batches of {ROWS} acknowledged, "
          "each event there exactly once", flush=True)  # fmt: skip


def killed_at(seconds: float, url: str, lake: str, number: int) -> list[str]:
    """What a process said before it was killed; another one moves beside it and is killed with it."""
    reading, writing = os.pipe()
    children = [forked(lambda: work(url, lake, number, writing)), forked(lambda: move(url, lake))]
    os.close(writing)
    time.sleep(seconds)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read().splitlines()


def work(url: str, lake: str, number: int, pipe: int) -> None:
    """Log, move, compact, sweep, in no order; each step is said before it begins, so that a kill is inside of one."""
    chance = random.Random(number)  # noqa: S311  # no secret
    store = Store.open(url)
    events = Events(store, lake)
    for batch in range(10**9):
        name = f"{number}.{batch}"
        os.write(pipe, b"logging\n")
        with store.begin(actor="ann") as unit:
            events.log_outcomes(unit, [row(f"{name}.{n}", chance) for n in range(ROWS)])
        os.write(pipe, f"logged {name}\n".encode())
        with contextlib.suppress(StorageUnavailable):  # the other process was faster five times
            dice = chance.random()
            if dice < 0.7:
                os.write(pipe, b"moving\n")
                events.move()
            if dice < 0.4:
                os.write(pipe, b"compacting\n")
                compact(events.lake, "outcomes")
            if dice < 0.1:
                os.write(pipe, b"sweeping\n")
                sweep(events.lake, "outcomes", 0)


def row(name: str, chance: random.Random) -> dict[str, str]:
    return {"event_id": name, "event": "buy", "user_id": "u", "timestamp": f"2026-01-0{chance.randint(1, 3)}T10:00"}


def move(url: str, lake: str) -> None:
    events = Events(Store.open(url), lake)
    while True:
        with contextlib.suppress(ExpkitError):
            events.move()


def check(url: str, lake: str, acknowledged: list[str]) -> None:
    """Before a move and after it, what is received holds every acknowledged event once, and no event twice."""
    store = Store.open(url)
    events = Events(store, lake)
    for _ in range(2):
        with events.reader() as reader:
            found = reader.connection.execute("SELECT event_id, count(*) FROM outcomes GROUP BY ALL").fetchall()
            assert all(count == 1 for _, count in found)
            wanted = {f"{name}.{n}" for name in acknowledged for n in range(ROWS)}
            assert not (missing := wanted - {name for name, _ in found}), (len(missing), sorted(missing)[:3])
        events.move()
    with events.reader() as reader:
        twice = "SELECT event_id, count(*) FROM outcomes_received GROUP BY ALL HAVING count(*) > 1"
        assert not (doubled := reader.connection.execute(twice).fetchall()), doubled[:3]
    assert events.waiting() == 0
    with store.read() as connection:
        from expkit.events.quarantine import quarantined

        assert quarantined(connection) == []
    assert all(max(small_files(events.lake, kind).values(), default=0) <= 32 for kind in KINDS)


@contextlib.contextmanager
def small_disk(megabytes: int = 16) -> Iterator[Path | None]:
    with tempfile.TemporaryDirectory() as folder:
        mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["/bin/umount", folder], check=True)  # noqa: S603


def fill(folder: Path) -> None:
    """Log and move until neither goes, with the lake first full, then the inbox; then there is space again."""
    ballast = folder / "ballast"
    ballast.write_bytes(b"")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # delta-rs's threads tell their own panics at length
    store = Store.open(f"sqlite:///{folder}/expkit.db")
    events = Events(store, f"{folder}/lake")
    acknowledged: list[str] = []
    refused: Counter[str] = Counter()
    chance = random.Random(1)  # noqa: S311  # no secret
    for number in range(10**6):
        if number == 20:
            free = os.statvfs(folder)
            ballast.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 600_000))
        try:
            with store.begin(actor="ann") as unit:
                rows = [{**row(f"f{number}.{n}", chance), "session_id": os.urandom(100).hex()} for n in range(ROWS)]
                events.log_outcomes(unit, rows)
            acknowledged.append(f"f{number}")
        except StorageUnavailable as error:
            refused[f"log: {error.message[:90]}"] += 1
        if number % 5 == 4:
            try:
                events.move()
            except StorageUnavailable as error:
                refused[f"move: {error.message.split(': ', 1)[-1][:90]}"] += 1
        if sum(refused.values()) > 40:
            break
    for told, count in refused.most_common(4):
        print(f"disk full, refused {count} times: {told}")
    ballast.unlink()
    store.close()
    check(f"sqlite:///{folder}/expkit.db", f"{folder}/lake", acknowledged)
    print(
        f"disk full: {len(acknowledged)} batches acknowledged before, each event there exactly once after", flush=True
    )


def in_child(act: Callable[[], object]) -> None:
    """In a process of its own, as delta-rs's threads do not survive a fork."""
    child = forked(act)
    _, status = os.waitpid(child, 0)
    assert status == 0, status


def forked(act: Callable[[], object]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
