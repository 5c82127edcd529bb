# ruff: noqa: S603  # the programs that are started are Pythons, named here
"""How fast, beside the peers: `python benchmarks/stats_speed.py`.

1. A fresh process that imports and runs one Welch analysis of two arms, expkit against tea-tasting. It is
   not a dependency, so a virtual environment of its own is made for it in the user's cache folder when it is
   missing (pip needs a package index then); $EXPKIT_BENCH_TEA names another Python that has it.
2. 10,000 simulated experiments of 10,000 users of skewed revenue, `simulate_power` against a loop over
   scipy.stats.ttest_ind (of which a part is run, and scaled).
Both run A B A B, and the medians' ratio is printed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROUNDS = 5
PEER = "tea-tasting==1.14.0"

OURS = """
import expkit.stats as stats
control = {control}; treatment = {treatment}
found = stats.compare_means(stats.Summary(*control), stats.Summary(*treatment))
print(found.effect, found.p_value)
"""
THEIRS = """
import tea_tasting as tt
from tea_tasting.aggr import Aggregates
def arm(n, mean, var): return Aggregates(count_=n, mean_={{"x": mean}}, var_={{"x": var}}, cov_={{}})
control = {control}; treatment = {treatment}
found = tt.Mean("x").analyze_aggregates(arm(*control), arm(*treatment))
print(found.effect_size, found.pvalue)
"""
ARMS = {"control": (5000, 10.0, 16.0), "treatment": (5100, 10.2, 17.0)}


def tea_python() -> str | None:
    """A Python that has tea-tasting, made once; None where it cannot be had."""
    if os.environ.get("EXPKIT_BENCH_TEA"):
        return os.environ["EXPKIT_BENCH_TEA"]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "expkit" / "bench-tea-tasting"
    python = cache / "bin" / "python"
    asked = [str(python), "-c", "import tea_tasting"]
    if not python.exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        print(f"{PEER} is not installed: making a virtual environment for it in {cache}")
        venv.create(cache, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "-q", PEER]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            print(f"  pip could not install it: {made.stderr.strip().splitlines()[-1:]}")
            return None
    return str(python)


def seconds_of(python: str, code: str) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stdout.strip()


def fresh_process() -> None:
    print("importing, and one Welch analysis from sums, in a fresh process")
    theirs = tea_python()
    ours, peers, answers = [], [], set()
    for _ in range(ROUNDS):
        took, answer = seconds_of(sys.executable, OURS.format(**ARMS))
        ours.append(took)
        answers.add(tuple(round(float(number), 9) for number in answer.split()))
        if theirs:
            took, answer = seconds_of(theirs, THEIRS.format(**ARMS))
            peers.append(took)
            answers.add(tuple(round(float(number), 9) for number in answer.split()))
    print(f"  expkit       {statistics.median(ours):.3f} s")
    if peers:
        print(f"  tea-tasting  {statistics.median(peers):.3f} s; the answers agree: {len(answers) == 1}")
        ratio = statistics.median(ours) / statistics.median(peers)
        print(f"  ratio        {ratio:.2f} (the aim: at most 0.40)")


def simulation() -> None:
    from scipy import stats

    from expkit.stats import simulate_power

    experiments, users, lift, looped = 10_000, 10_000, 0.3, 500
    rng = np.random.default_rng(1)
    revenue = np.where(rng.random(100_000) < 0.05, rng.lognormal(3, 1.2, 100_000), 0.0)
    print(f"{experiments:,} experiments x {users:,} users of skewed revenue, 5% of them buyers")

    def ours() -> float:
        return simulate_power(revenue, users // 2, lift=lift, experiments=experiments).power

    def loop() -> float:
        hits = 0
        for _ in range(looped):
            control, treatment = rng.choice(revenue, users // 2), rng.choice(revenue, users // 2) * (1 + lift)
            hits += stats.ttest_ind(treatment, control, equal_var=False).pvalue < 0.05
        return hits / looped

    def timed(ask: Callable[[], float], times: list[float]) -> float:
        began = time.perf_counter()
        power = ask()
        times.append(time.perf_counter() - began)
        return power

    ours_s: list[float] = []
    loop_s: list[float] = []
    ours()  # imports
    for _ in range(ROUNDS):
        found, peer = timed(ours, ours_s), timed(loop, loop_s)
    fast, slow = statistics.median(ours_s), statistics.median(loop_s) * experiments / looped
    print(f"  expkit       {fast:.3f} s, power {found:.3f}")
    print(f"  scipy loop   {slow:.2f} s (from {looped} of them), power {peer:.3f}")
    print(f"  ratio        {slow / fast:.0f} times faster (the aim: at least 50)")


def comparisons() -> None:
    from expkit.stats import Summary, compare_means, compare_proportions

    arms = Summary(*ARMS["control"]), Summary(*ARMS["treatment"])
    print("one comparison, in a warm process")
    for name, ask in (
        ("compare_means", lambda: compare_means(*arms)),
        ("compare_proportions", lambda: compare_proportions(480, 8000, 560, 7000)),
    ):
        began = time.perf_counter()
        for _ in range(1000):
            ask()
        print(f"  {name:<20} {(time.perf_counter() - began) * 1e3:.0f} microseconds")


if __name__ == "__main__":
    fresh_process()
    simulation()
    comparisons()
