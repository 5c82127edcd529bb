"""The scorecard of one experiment, 8 metrics over 5M exposures and 20M outcomes, next to the same question in SQL.

    python benchmarks/scorecard.py [--exposures 5_000_000] [--outcomes 20_000_000] [--rounds 3] [--memory 2GiB]
                                   [--keep FOLDER]

The lake has 30 days of Delta files. By hand is what a careful analyst would write for DuckDB over the same Parquet
files: units that saw one variant, outcomes from the first exposure on within each metric's window, one row per unit,
then means and variances by variant; once with and once without counting an event that was sent twice only once, as the
scorecard does. Each round starts fresh processes in turn; the ratio of the medians is printed, and the most memory.
With `--memory` ours runs under that cap as well: in a control group of that size where this machine lets us make one,
else under a limit of the process's data.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expkit.domain import Experiment
from expkit.events import Lake, Reader, arrow_schema
from expkit.storage.memory import allowed_bytes

START, DAYS = date(2026, 1, 1), 30
EXPERIMENT = Experiment.parse({
    "key": "checkout", "name": "Checkout", "hypothesis": "If, then",
    "variants": [{"key": "control"}, {"key": "treatment"}],
    "metrics": [
        "purchase",
        {"key": "purchase_7d", "event": "purchase", "window_days": 7},
        {"key": "clicks", "kind": "count", "event": "click"},
        {"key": "revenue", "kind": "sum", "event": "purchase"},
        {"key": "revenue_14d", "kind": "sum", "event": "purchase", "window_days": 14},
        {"key": "ctr", "kind": "ratio", "event": "click", "measure": "count", "denominator": "impression"},
        {"key": "basket", "event": "add_to_cart"},
        {"key": "order_value", "kind": "ratio", "event": "purchase"},
    ],
})  # fmt: skip

_EXPOSURES = """
    SELECT md5('e' || n) AS event_id, 'checkout' AS experiment,
           CASE WHEN hash(u) % 2 = 0 THEN 'control' ELSE 'treatment' END AS variant,
           'user-' || u AS user_id, NULL::VARCHAR AS session_id, 'cart' AS placement,
           '{{"country": "' || ['DE', 'FR', 'IT', 'ES'][(1 + hash(u) % 4)::BIGINT] || '"}}' AS attributes,
           make_timestamptz(({begin} + (hash(n) % {span})::BIGINT) * 1000000) AS timestamp
    FROM (SELECT range AS n, (hash(range * 7 + 1) % {users})::BIGINT AS u FROM range({first}, {last}))
"""
_OUTCOMES = """
    SELECT md5('o' || n) AS event_id, event,
           CASE WHEN event = 'purchase' THEN (5 + hash(n + 3) % 20000 / 100)::DOUBLE ELSE 1.0 END AS value,
           'user-' || u AS user_id, NULL::VARCHAR AS session_id, '{{}}' AS properties,
           make_timestamptz(({begin} + (hash(n) % {span})::BIGINT) * 1000000) AS timestamp
    FROM (SELECT range AS n, (hash(range * 11 + 2) % ({users} * 6 // 5))::BIGINT AS u,
          ['impression', 'impression', 'impression', 'impression', 'impression', 'impression', 'click', 'click',
           'add_to_cart', 'purchase'][(1 + hash(range + 5) % 10)::BIGINT] AS event FROM range({first}, {last}))
"""

BY_HAND = """
    WITH units AS (
        SELECT user_id AS unit, min(variant) AS variant, min(timestamp) AS seen
        FROM exposures WHERE experiment = 'checkout' GROUP BY user_id HAVING min(variant) = max(variant)
    ), hits AS (
        SELECT o.user_id AS unit, event, value, timestamp - seen AS age
        FROM {outcomes} o JOIN units ON o.user_id = units.unit
        WHERE event IN ('purchase', 'click', 'add_to_cart', 'impression') AND timestamp >= seen
    ), per_unit AS (
        SELECT unit,
               count(*) FILTER (WHERE event = 'purchase') AS purchases,
               count(*) FILTER (WHERE event = 'purchase' AND age <= INTERVAL 7 DAY) AS purchases_7d,
               count(*) FILTER (WHERE event = 'click') AS clicks,
               sum(value) FILTER (WHERE event = 'purchase') AS revenue,
               sum(value) FILTER (WHERE event = 'purchase' AND age <= INTERVAL 14 DAY) AS revenue_14d,
               count(*) FILTER (WHERE event = 'impression') AS impressions,
               count(*) FILTER (WHERE event = 'add_to_cart') AS baskets
        FROM hits GROUP BY unit
    ), rows AS (
        SELECT variant, coalesce(purchases, 0) AS p, coalesce(purchases_7d, 0) AS p7, coalesce(clicks, 0) AS c,
               coalesce(revenue, 0) AS r, coalesce(revenue_14d, 0) AS r14, coalesce(impressions, 0) AS i,
               coalesce(baskets, 0) AS b
        FROM units LEFT JOIN per_unit USING (unit)
    )
    SELECT variant, avg((p > 0)::INT), avg((p7 > 0)::INT), avg(c), avg(r), avg(r14), avg(i), avg((b > 0)::INT), avg(p),
           count(*), var_samp(c), var_samp(r), var_samp(r14), var_samp(i), covar_samp(c, i),
           var_samp(p), covar_samp(r, p)
    FROM rows GROUP BY variant ORDER BY variant
"""
NAMES = ("variant", "purchase", "purchase_7d", "clicks", "revenue", "revenue_14d", "impressions", "basket", "orders")
ONCE = "(SELECT * FROM outcomes QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY timestamp) = 1)"


def make_lake(folder: Path, exposures: int, outcomes: int, days: int = DAYS) -> None:
    """One move a day, as the mover of a busy service would leave it after compaction."""
    for day in range(days):
        grow(folder, day, exposures // days, outcomes // days, users=exposures // 2, move=day + 1)


def grow(folder: Path, at: float, exposures: int, outcomes: int, *, users: int, move: int, span: float = 1.0) -> None:
    """One move with the events of so many days from `at` on; all ids are new."""
    lake = Lake(str(folder))
    begin = round(((START - date(1970, 1, 1)).days + at) * 86400)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for kind, sql, rows in (("exposures", _EXPOSURES, exposures), ("outcomes", _OUTCOMES, outcomes)):
            query = sql.format(
                begin=begin, span=round(span * 86400), users=users, first=move * 10**9, last=move * 10**9 + rows
            )
            table = connection.sql(query).to_arrow_table().cast(arrow_schema(kind))
            lake.append(kind, table, "benchmark", move)


def ours(folder: Path, *, state: bool = False, warm: bool = False) -> dict[str, float]:
    from expkit.analysis import analyze_experiment
    from expkit.events.unit_state import StateFolder

    lake = Lake(str(folder))
    tables = {kind: table for kind in ("exposures", "outcomes") if (table := lake.table(kind)) is not None}
    waiting = {kind: arrow_schema(kind).empty_table() for kind in ("exposures", "outcomes", "traces")}
    with Reader(lake, waiting, tables, EXPERIMENT.key) as reader:
        kept = StateFolder(folder, EXPERIMENT.key) if state else None
        card = analyze_experiment(EXPERIMENT, reader, state=kept)
    if warm:  # a lake without events
        return {}
    return {row.metric: row.estimate.effect for row in card.estimates}


def by_hand(folder: Path, *, once: bool) -> dict[str, float]:
    lake = Lake(str(folder))
    with duckdb.connect() as connection:
        for kind in ("exposures", "outcomes"):
            files = lake.files(lake.table(kind))
            connection.execute(
                f"CREATE VIEW {kind} AS SELECT * FROM read_parquet({files!r}, hive_partitioning = true)"  # noqa: S608
            )
        found = connection.execute(BY_HAND.format(outcomes=ONCE if once else "outcomes")).fetchall()
    rows = [row[: len(NAMES)] for row in found]
    c, t = (dict(zip(NAMES, row, strict=True)) for row in rows)
    return {
        **{key: t[key] - c[key] for key in NAMES if key in {metric.key for metric in EXPERIMENT.metrics}},
        "ctr": t["clicks"] / t["impressions"] - c["clicks"] / c["impressions"],
        "order_value": t["revenue"] / t["orders"] - c["revenue"] / c["orders"],
    }


WAYS = {
    "expkit": ours,
    "by hand": lambda folder: by_hand(folder, once=False),
    "by hand, once": lambda folder: by_hand(folder, once=True),
}
GROUPS = Path("/sys/fs/cgroup/memory")


def run_one(way: str, folder: Path) -> None:
    begun = time.perf_counter()
    found = WAYS[way](folder)
    took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "MiB": peak, "found": found}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, default=5_000_000)
    parser.add_argument("--outcomes", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--one", choices=list(WAYS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(given.one, given.keep)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        if not (folder / "outcomes").exists():
            make_lake(folder, given.exposures, given.outcomes)
        compare(folder, given.rounds)
        if given.memory:
            capped(folder, given.memory)


def run(way: str, folder: Path, **how: Any) -> dict[str, Any]:
    """One way in a fresh process."""
    words = [sys.executable, __file__, "--one", way, "--keep", str(folder)]
    found = subprocess.run(words, check=True, capture_output=True, text=True, **how)  # noqa: S603  # ourselves
    return dict(json.loads(found.stdout))


def compare(folder: Path, rounds: int) -> None:
    seen: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            seen[way].append(run(way, folder))
    times = {way: statistics.median(one["seconds"] for one in rows) for way, rows in seen.items()}
    for way, rows in seen.items():
        peak = max(one["MiB"] for one in rows)
        print(f"{way:14} {times[way]:6.2f} s  {peak:6,.0f} MiB  {times['expkit'] / times[way]:.2f}x")
    mine = seen["expkit"][0]["found"]
    for way in ("by hand", "by hand, once"):
        worst = max(abs(mine[key] - value) / abs(value) for key, value in seen[way][0]["found"].items())
        print(f"largest difference of an effect from {way}: {worst:.1e}")


def capped(folder: Path, memory: str) -> None:
    """Under a cap that kills, or refuses: it is not told to expkit, which has to find it."""
    size = allowed_bytes(memory)
    group = GROUPS / f"expkit-benchmark-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(size))
    except OSError:
        limits = (size, size)
        found = run("expkit", folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, limits))
        print(f"under a limit of {memory} of data: {found['seconds']:.2f} s, {found['MiB']:,.0f} MiB")
        return
    try:
        found = run("expkit", folder, preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))
    finally:
        group.rmdir()
    print(f"in a control group of {memory}: {found['seconds']:.2f} s, {found['MiB']:,.0f} MiB")


if __name__ == "__main__":
    main()
