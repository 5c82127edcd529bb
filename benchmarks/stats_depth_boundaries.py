"""Bounds of 90 looks against spotify-confidence: `python benchmarks/stats_depth_boundaries.py`. Aim: 10 times faster.

The peer needs an older pandas, so it runs in an environment of its own, made on first use; A B A B.
"""

from __future__ import annotations

import statistics
import time

from stats_depth_peers import run_peer

from expkit.stats import group_sequential

ROUNDS = 3
PEER = """
import json, time
import numpy as np
from spotify_confidence.analysis.frequentist.sequential_bound_solver import bounds
t = np.arange(1, 91) / 90
began = time.perf_counter()
found = bounds(t, 0.05, rho=2, ztrun=8, sides=2, max_nints=1000)
seconds = time.perf_counter() - began
print(json.dumps([seconds, float(found.bounds[-1] if hasattr(found, "bounds") else np.asarray(found.df["ub"])[-1])]))
"""


def main() -> None:
    group_sequential(2)  # imports are not counted
    own, peer, last, peer_last = [], [], 0.0, 0.0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        last = group_sequential(90, 0.05, "power", rho=2).bounds[-1]
        own.append(time.perf_counter() - began)
        seconds, peer_last = run_peer("spotify-confidence==4.1.0", PEER)
        peer.append(seconds)
    a, b = statistics.median(own), statistics.median(peer)
    print(f"90 looks: expkit {a:.3f} s (last bound {last:.6f}), spotify-confidence {b:.3f} s ({peer_last:.6f})")
    print(f"ratio {b / a:.1f} (aim: 10)")


if __name__ == "__main__":
    main()
