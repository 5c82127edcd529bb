"""The lake in a bucket of a real S3-protocol server: `python benchmarks/events_s3.py`.

It needs `moto_server` on the PATH (the package moto[server], in an environment of its own). Logging, moving from two
processes at once, reading, a look at an older version, compaction, retention, erasure and sweeping, all through the
bucket, with nothing set but what every S3 client reads from the environment. Then the mover is killed with SIGKILL
again and again; and while the server is away, moving is refused in words and the events wait.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow.parquet as pq
from pyarrow import fs

from expkit.errors import ExpkitError, StorageUnavailable
from expkit.events import Events, forget
from expkit.events.erase import erase, person
from expkit.events.upkeep import compact, small_files, sweep
from expkit.storage import Store

LAKE = "s3://lake/some/where"
ROUNDS = 20


def main() -> None:
    program = shutil.which("moto_server")
    if program is None:
        print("not run: there is no moto_server on the PATH")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ.update(  # nobody asks for the key
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", AWS_ALLOW_HTTP="true", AWS_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing",  # noqa: S106
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/expkit.db"
        with serving(program, port):
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/lake", method="PUT")).close()
            life(url)
            killed(url)
        away(url)


@contextlib.contextmanager
def serving(program: str, port: int) -> Iterator[None]:
    server = subprocess.Popen([program, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/").close()
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(20)


def log(store: Store, events: Events, name: str, rows: int = 100) -> None:
    with store.begin(actor="ann") as work:
        events.log_outcomes(work, [
            {"event_id": f"{name}-{n}", "event": "buy", "user_id": f"u{n % 5}", "timestamp": f"2026-01-0{n % 3 + 1}"}
            for n in range(rows)
        ])  # fmt: skip
        events.log_exposures(work, [
            {"event_id": f"{name}-{n}", "experiment": "e", "variant": "v", "user_id": f"u{n % 5}"} for n in range(10)
        ])  # fmt: skip


def count(events: Events, kind: str = "outcomes", **options: object) -> int:
    with events.reader(**options) as reader:  # type: ignore[arg-type]
        found = reader.connection.execute(f"SELECT count(*) FROM {kind}_received").fetchone()  # noqa: S608
        return int(found[0]) if found else 0


def life(url: str) -> None:
    store = Store.open(url)
    events = Events(store, LAKE)
    began = time.perf_counter()
    for number in range(5):
        log(store, events, f"batch{number}")
        beside = [mover(url) for _ in range(2)]
        events.move()
        assert [program.wait(60) for program in beside] == [0, 0]
    log(store, events, "waiting")
    assert (count(events), count(events, "exposures", experiment="e")) == (600, 60)
    versions = events.lake.versions()
    events.move()
    assert count(events, versions=versions) == 500
    print(
        f"six moves, two more movers beside each: {time.perf_counter() - began:.1f} s, 600 of 600 outcomes there once"
    )
    before = sum(small_files(events.lake, "outcomes").values())
    assert compact(events.lake, "outcomes") == before - 3
    assert count(events) == 600
    gone = erase(events, store, person(events, "u1"))
    assert (gone["outcomes"], gone["exposures"], count(events)) == (120, 12, 480)
    assert not any("'u1'" in text for text in bucket())
    assert any("'u2'" in text for text in bucket())
    assert forget(events, store, "outcomes", datetime(2026, 1, 2, tzinfo=UTC)) == 162
    assert (count(events), sweep(events.lake, "traces", 0)) == (318, 0)
    print(
        f"compacted {before} files to 3; one user erased: {gone['outcomes']} rows; older than a day forgotten: 162 rows"
    )
    store.close()


def bucket() -> Iterator[str]:
    """What every Parquet file in the bucket says, whatever version it belongs to."""
    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    system = fs.S3FileSystem(endpoint_override=host, scheme="http")
    for found in system.get_file_info(fs.FileSelector("lake", recursive=True)):
        if found.path.endswith(".parquet"):
            yield str(pq.ParquetFile(system.open_input_file(found.path)).read().to_pylist())


def mover(url: str) -> subprocess.Popen[bytes]:
    """Another process that moves until nothing waits."""
    program = "import sys; from expkit.events import Events; from expkit.storage import Store; "
    program += "Events(Store.open(sys.argv[1]), sys.argv[2]).move()"
    return subprocess.Popen([sys.executable, "-c", program, url, LAKE])  # noqa: S603  # our own words


def killed(url: str) -> None:
    store = Store.open(url)
    events = Events(store, LAKE)
    already, chance = count(events), random.Random()  # noqa: S311  # no secret
    for number in range(ROUNDS):
        log(store, events, f"round{number}")
        program = mover(url)
        time.sleep(chance.uniform(1.0, 5.0))
        program.send_signal(signal.SIGKILL)
        program.wait()
    waiting = events.waiting()
    events.move()
    assert count(events) == already + ROUNDS * 100
    with contextlib.suppress(ExpkitError):
        compact(events.lake, "outcomes")
    print(f"killed {ROUNDS} movers: {waiting:,} rows waited at the end, and every one is there once")
    store.close()


def away(url: str) -> None:
    store = Store.open(url)
    events = Events(store, LAKE)
    log(store, events, "away")
    try:
        events.move()
    except StorageUnavailable as error:
        print(f"server away: {error.message[:100]}...; {events.waiting()} rows wait")
    else:
        raise AssertionError("the server is away")
    store.close()


if __name__ == "__main__":
    main()
