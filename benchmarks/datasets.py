"""How long a million simulated users take: `python benchmarks/datasets.py [users]`. The aim is under 10 seconds."""

from __future__ import annotations

import sys
import time

from expkit.datasets import recommender


def main() -> None:
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    began, busy = time.perf_counter(), time.process_time()
    simulation = recommender(users=users, seed=1)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    rows = simulation.exposures.num_rows + simulation.outcomes.num_rows
    print(f"recommender: {users:,} users, {rows:,} events in {seconds:.2f} s, {busy:.2f} s of them on the processor")


if __name__ == "__main__":
    main()
