"""A look that reads what is new, next to one that reads everything, after 30 days of 5M exposures and 20M outcomes.

    python benchmarks/looks.py [--exposures 5_000_000] [--outcomes 20_000_000] [--looks 4] [--keep FOLDER]

The first look reads all 30 days and keeps the state of the units. Then another day comes, and another: after each, a
fresh process looks at what is new and another one at everything, and both say the same. The same with an hour of
events at a time. Loading Python's modules is not counted: who looks often has them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scorecard import DAYS, grow, make_lake, ours


def run(folder: Path, *, state: bool) -> dict[str, Any]:
    words = [sys.executable, __file__, "--keep", str(folder), "--one", "state" if state else "all"]
    found = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603  # ourselves
    return dict(json.loads(found.stdout))


def run_one(folder: Path, *, state: bool) -> None:
    ours(folder / "nothing", state=False, warm=True)
    begun, worked = time.perf_counter(), time.process_time()
    found = ours(folder, state=state)
    took = {"seconds": time.perf_counter() - begun, "worked": time.process_time() - worked}
    print(json.dumps({**took, "found": found}))


def looks(folder: Path, given: argparse.Namespace, begin: float, span: float, name: str, move: int) -> None:
    """So many looks, each after another span of days."""
    rows = [round(total / DAYS * span) for total in (given.exposures, given.outcomes)]
    seen: dict[str, list[dict[str, Any]]] = {"new": [], "all": []}
    for at in range(given.looks):
        grow(folder, begin + at * span, *rows, users=given.exposures // 2, move=move + at, span=span)
        seen["new"].append(run(folder, state=True))
        seen["all"].append(run(folder, state=False))
    told = {
        what: {way: statistics.mean(one[what] for one in found) for way, found in seen.items()}
        for what in ("seconds", "worked")
    }
    worst = max(
        abs(one["found"][key] - value) / max(abs(value), 1e-3)
        for one, whole in zip(seen["new"], seen["all"], strict=True)
        for key, value in whole["found"].items()
    )
    each = ", ".join(f"{one['seconds']:.2f}" for one in seen["new"])
    print(
        f"{name}: {told['seconds']['new']:.2f} s ({each}) against {told['seconds']['all']:.2f} s: "
        f"{told['seconds']['all'] / told['seconds']['new']:.1f}x faster; processor time "
        f"{told['worked']['all'] / told['worked']['new']:.1f}x; largest difference of an effect {worst:.0e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, default=5_000_000)
    parser.add_argument("--outcomes", type=int, default=20_000_000)
    parser.add_argument("--looks", type=int, default=4)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--one", choices=["state", "all"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(given.keep, state=given.one == "state")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        make_lake(folder, given.exposures, given.outcomes)
        first = run(folder, state=True)
        print(f"the first look, which keeps the state: {first['seconds']:.2f} s")
        looks(folder, given, DAYS, 1.0, "a day at a time", 1000)
        looks(folder, given, DAYS + given.looks, 1 / 24, "an hour at a time", 2000)


if __name__ == "__main__":
    main()
