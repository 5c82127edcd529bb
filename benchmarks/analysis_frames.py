"""Ten million users, four metrics, CUPED, from Parquet: `python benchmarks/analysis_frames.py [users] [rounds]`.

Side by side: the bare DuckDB query for the same sums, expkit, and tea-tasting 1.14 on polars, each in a fresh process,
A B C A B C. Imports are excluded from the times (scipy.special and numpy among them) and included in the memory.
The peer gets true and false as numbers, which it adds up three times as fast.
The aims: expkit at most 1.15 times the bare query's time and 1.5 times its memory, and at least 1.6 times faster than
tea-tasting, which is installed into an environment of its own below the cache folder ($XDG_CACHE_HOME, ~/.cache).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

USERS, ROUNDS = 10_000_000, 5
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "expkit" / "benchmarks"
PEER = ("tea-tasting==1.14.0", "polars", "pyarrow")

MEASURED = """
import re, sys, time
began, busy = time.perf_counter(), time.process_time()
{run}
seconds, busy = time.perf_counter() - began, time.process_time() - busy
# not getrusage, whose maximum begins with that of the process which started this one
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(__import__("json").dumps({{"seconds": seconds, "busy": busy, "peak": peak}}))
"""
BARE = (
    "import duckdb",
    """
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")  # it would be drawn into the answer
connection.execute('''
SELECT variant, count(*), sum(revenue), sum(revenue * revenue), sum(pre_revenue), sum(pre_revenue * pre_revenue),
       sum(revenue * pre_revenue), sum(orders), sum(orders * orders), sum(sessions), sum(sessions * sessions),
       sum(orders * sessions), sum(converted::INTEGER), sum(minutes), sum(minutes * minutes)
FROM read_parquet($path) GROUP BY variant''', {"path": sys.argv[1]}).fetchall()
""",
)
EXPKIT = (
    "import duckdb\nfrom expkit.analysis import analyze_frame\n",
    """
analyze_frame(
    sys.argv[1], covariates={"revenue": "pre_revenue"},
    metrics=["revenue", {"key": "rate", "numerator": "orders", "denominator": "sessions"}, "converted", "minutes"],
)
""",
)
TEA = (
    "import polars as pl, tea_tasting as tt",
    """
tt.Experiment(
    revenue=tt.Mean("revenue", "pre_revenue"), rate=tt.RatioOfMeans("orders", "sessions"),
    converted=tt.Mean("converted"), minutes=tt.Mean("minutes"), srm=tt.SampleRatio(),
).analyze(pl.scan_parquet(sys.argv[1]).with_columns(pl.col("converted").cast(pl.Int8)))
""",
)
WARM = "import numpy, numpy.linalg, scipy.special\n"


def main() -> None:
    users = int(sys.argv[1]) if len(sys.argv) > 1 else USERS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    data, peer = make_data(users), make_peer()
    found: dict[str, list[dict[str, float]]] = {"bare": [], "expkit": [], "expkit cold": [], "tea-tasting": []}
    for _ in range(rounds):
        found["bare"].append(measure(sys.executable, *BARE, data))
        found["expkit"].append(measure(sys.executable, EXPKIT[0] + WARM, EXPKIT[1], data))
        found["tea-tasting"].append(measure(str(peer), *TEA, data))
        found["expkit cold"].append(measure(sys.executable, *EXPKIT, data))
    print(f"{users:,} users, 4 metrics with CUPED, {data.stat().st_size / 2**20:.0f} MB of Parquet, {rounds} rounds")
    for name, runs in found.items():
        seconds, busy, peak = (middle(runs, field) for field in ("seconds", "busy", "peak"))
        print(f"{name:12} {seconds:6.2f} s, {busy:6.2f} s of the processors, {peak:4.0f} MB")
    report("expkit / bare, time (at most 1.15)", found["expkit"], found["bare"], "seconds")
    report("expkit / bare, processor time", found["expkit"], found["bare"], "busy")
    report("tea-tasting / expkit, time (at least 1.6)", found["tea-tasting"], found["expkit"], "seconds")
    report("tea-tasting / expkit, processor time", found["tea-tasting"], found["expkit"], "busy")
    report("expkit / bare, memory (at most 1.5)", found["expkit cold"], found["bare"], "peak")


def report(what: str, one: list[dict[str, float]], other: list[dict[str, float]], field: str) -> None:
    """The median of the ratios within the rounds, and the ratio of the best."""
    within = statistics.median(a[field] / b[field] for a, b in zip(one, other, strict=True))
    best = min(run[field] for run in one) / min(run[field] for run in other)
    print(f"{what}: {within:.2f} (of the best: {best:.2f})")


def middle(runs: list[dict[str, float]], field: str) -> float:
    return statistics.median(run[field] for run in runs)


def measure(python: str, imports: str, run: str, data: Path) -> dict[str, float]:
    code = f"{imports}\n{MEASURED.format(run=run)}"
    done = subprocess.run([python, "-c", code, str(data)], capture_output=True, text=True, check=True)  # noqa: S603
    return dict(json.loads(done.stdout.splitlines()[-1]))


def make_data(users: int) -> Path:
    """Skewed revenue, half of it from users with a history; made once, a million users at a time."""
    path = CACHE / f"users-{users}.parquet"
    if path.exists():
        return path
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, writer, part = np.random.default_rng(7), None, path.with_suffix(".part")
    CACHE.mkdir(parents=True, exist_ok=True)
    for start in range(0, users, 1_000_000):
        n = min(1_000_000, users - start)
        before = np.round(rng.exponential(20, n) * (rng.random(n) < 0.5), 2)
        sessions = rng.poisson(3, n) + 1
        orders = rng.binomial(sessions, 0.1)
        table = pa.table({
            "variant": np.where(rng.random(n) < 0.5, "control", "treatment"), "pre_revenue": before,
            "revenue": np.round(0.6 * before + rng.exponential(8, n) * (rng.random(n) < 0.3), 2),
            "orders": orders.astype("int32"), "sessions": sessions.astype("int32"), "converted": orders > 0,
            "minutes": np.round(rng.gamma(2, 5, n), 1),
        })  # fmt: skip
        writer = writer or pq.ParquetWriter(part, table.schema)
        writer.write_table(table, row_group_size=250_000)
    if writer is not None:
        writer.close()
    part.replace(path)
    return path


def make_peer() -> Path:
    python = CACHE / "peer" / "bin" / "python"
    if not python.exists():
        venv.create(CACHE / "peer", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER], check=True)  # noqa: S603
    return python


if __name__ == "__main__":
    main()
