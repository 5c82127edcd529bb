"""Durable ingest beside the bare databases: `python benchmarks/events_ingest.py [batches]`.

The same outcomes in batches of 1,000 rows, each batch committed and synced before the next: through `Events` (checked,
with its quarantine, quotas of length and exactly-once move behind it) from a frame and from dicts, beside an
executemany into a bare SQLite table with write-ahead log and full sync, and beside a bare binary COPY into PostgreSQL.
A B A B in one process; the ratio is of the medians.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from databases import running_postgres

from expkit.events import Events
from expkit.storage import Store

ROWS, REPEATS, WANTED = 1_000, 5, 0.6
COLUMNS = ("event_id", "event", "value", "user_id", "session_id", "properties", "timestamp")


def main() -> None:
    batches = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rows = [made(number) for number in range(batches)]
    frames = [pa.Table.from_pylist(batch) for batch in rows]
    with tempfile.TemporaryDirectory() as folder:
        bare = BareSqlite(folder)
        ours = Ours(f"sqlite:///{folder}/expkit.db", f"{folder}/lake")
        beside("SQLite", "bare executemany, WAL, synchronous=FULL", bare.write, ours.write, rows, frames)
    with running_postgres() as url, tempfile.TemporaryDirectory() as folder:
        copied = BareCopy(url)
        ours = Ours(url, f"{folder}/lake")
        beside("PostgreSQL", "bare binary COPY, synchronous_commit=on", copied.write, ours.write, rows, frames)


def made(number: int) -> list[dict[str, Any]]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {
            "event_id": f"{os.urandom(16).hex()}", "event": ("click", "purchase")[n % 2], "value": n * 0.5,
            "user_id": f"user{(number * 7919 + n) % 100_000:08}", "session_id": f"s{number}-{n // 3}",
            "properties": '{"page": "home", "device": "phone"}', "timestamp": at,
        }
        for n in range(ROWS)
    ]  # fmt: skip


class Ours:
    def __init__(self, url: str, lake: str) -> None:
        self.store = Store.open(url)
        self.events = Events(self.store, lake)

    def write(self, batch: Any) -> None:
        with self.store.begin(actor="ann") as work:
            self.events.log_outcomes(work, batch)


class BareSqlite:
    def __init__(self, folder: str) -> None:
        self.connection = sqlite3.connect(f"{folder}/bare.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(f"CREATE TABLE outcomes ({', '.join(COLUMNS)})")
        self.statement = f"INSERT INTO outcomes VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608

    def write(self, batch: list[dict[str, Any]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        values = [(*(row[name] for name in COLUMNS[:-1]), row["timestamp"].timestamp()) for row in batch]
        self.connection.executemany(self.statement, values)
        self.connection.execute("COMMIT")


class BareCopy:
    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url.replace("+psycopg", ""))
        types = ("text", "text", "float8", "text", "text", "text", "timestamptz")
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, types, strict=True))
        self.connection.execute(f"CREATE TABLE bare_outcomes ({columns})")
        self.connection.commit()
        self.types = types

    def write(self, batch: list[dict[str, Any]]) -> None:
        with self.connection.cursor() as cursor:
            with cursor.copy("COPY bare_outcomes FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(self.types)
                for row in batch:
                    copy.write_row([row[name] for name in COLUMNS])
            self.connection.commit()


def beside(
    name: str, peer: str, bare: Callable[[Any], None], ours: Callable[[Any], None], rows: list[Any], frames: list[Any]
) -> None:
    ways: dict[str, tuple[Callable[[Any], None], list[Any]]] = {
        "bare": (bare, rows), "ours, frames": (ours, frames), "ours, dicts": (ours, rows),
    }  # fmt: skip
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for write, batches in ways.values():
        write(batches[0])
    for _ in range(REPEATS):
        for way, (write, batches) in ways.items():
            began = time.perf_counter()
            for batch in batches:
                write(batch)
            seconds[way].append(time.perf_counter() - began)
    count = ROWS * len(rows)
    rates = {way: count / statistics.median(taken) for way, taken in seconds.items()}
    print(f"{name}, {len(rows)} batches of {ROWS:,} rows, median of {REPEATS}; peer: {peer}")
    for way, rate in rates.items():
        told = "" if way == "bare" else f"  {rate / rates['bare']:.2f}x of bare (wanted: at least {WANTED})"
        print(f"  {way:13} {rate:10,.0f} rows/s{told}", flush=True)


if __name__ == "__main__":
    main()
