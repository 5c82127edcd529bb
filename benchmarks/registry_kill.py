"""What the registry survives, in full: `python benchmarks/registry_kill.py [rounds]`.

On SQLite and on a real PostgreSQL (with its own syncing): twenty processes x fifty mixed writes at once; then fifty
rounds in which four writing processes are killed with SIGKILL at random, on PostgreSQL every fifth time the server with
them.
After each round the database is opened, its audit verified, and held against what was acknowledged.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "storage"))
from databases import running_postgres, serve_postgres
from torture import missing, prepare, run_writers

PROCESSES, WRITES = 20, 50


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        survive("SQLite", f"sqlite:///{folder}/expkit.db", rounds, None)
    with running_postgres() as url:
        survive("PostgreSQL", url, rounds, Path(url.split("host=")[1]))


def survive(name: str, url: str, rounds: int, server: Path | None) -> None:
    prepare(url)
    began = time.perf_counter()
    acknowledged = run_writers(url, PROCESSES, WRITES, "w")
    seconds = time.perf_counter() - began
    errors = [line for line in acknowledged if line.startswith("error")]
    wrong = missing(url, acknowledged)
    print(f"{name}: {PROCESSES} processes x {WRITES} writes in {seconds:.1f} s: {len(acknowledged)} acknowledged, "
          f"{len(errors)} errors, {len(wrong)} missing or wrong", flush=True)  # fmt: skip
    assert (errors, wrong, len(acknowledged)) == ([], [], PROCESSES * WRITES)
    restarted: list[subprocess.Popen[bytes]] = []
    try:
        kill(url, rounds, server, acknowledged, restarted)
    finally:
        for program in restarted[-1:]:
            program.terminate()
            program.wait(20)
    beside = f", {len(restarted)} times the server too" if server else ""
    print(f"{name}: killed {rounds} times{beside}: opened and verified each time, "
          f"{len(acknowledged)} acknowledged, none missing", flush=True)  # fmt: skip


def kill(
    url: str, rounds: int, server: Path | None, acknowledged: list[str], restarted: list[subprocess.Popen[bytes]]
) -> None:
    chance = random.Random()  # noqa: S311  # no secret
    for number in range(rounds):
        after, wait = chance.randint(1, 60), chance.uniform(0, 0.03)
        said = run_writers(url, 4, 100_000, f"r{number}", kill_after=after, wait=wait)
        if server is not None and number % 5 == 4:
            restarted.append(crash(server))
        acknowledged += [line for line in said if not line.startswith("error")]
        wrong = missing(url, acknowledged)
        assert not wrong, (number, wrong)


def crash(folder: Path) -> subprocess.Popen[bytes]:
    """Kill the server as a power cut would (short of the disk's own memory), and start it again."""
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    for child in children(pid):
        with contextlib.suppress(ProcessLookupError):  # its client was killed, and it has gone by itself
            os.kill(child, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)  # it is a child of ours; unreaped it would look alive to its successor
    (folder / ".s.PGSQL.5432").unlink(missing_ok=True)
    deadline = time.monotonic() + 60
    while True:
        try:
            return serve_postgres(folder)
        except RuntimeError:  # its children have not gone yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    main()
