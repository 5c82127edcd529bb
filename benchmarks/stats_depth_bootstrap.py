"""A million users x 10,000 resamples against scipy: `python benchmarks/stats_depth_bootstrap.py [scipy resamples]`.

The aim is 40 times faster. scipy's time is taken from fewer resamples (100) and scaled up; A B A B.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from scipy import stats

from expkit.stats import bootstrap, permutation

USERS, RESAMPLES, ROUNDS = 1_000_000, 10_000, 3


def revenue() -> tuple[np.ndarray, np.ndarray]:
    """Skewed and mostly zero, as revenue is."""
    rng, arms = np.random.default_rng(1), []
    for lift in (1.0, 1.02):
        pays = rng.random(USERS // 2) < 0.06 * lift
        arms.append(np.where(pays, np.round(rng.lognormal(3, 1.2, USERS // 2), 2), 0.0))
    return arms[0], arms[1]


def main() -> None:
    few = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    control, treatment = revenue()
    exact = float(np.sqrt(control.var() / control.size + treatment.var() / treatment.size))
    own, peer, found = [], [], None

    def difference(x, y, axis):
        return y.mean(axis=axis) - x.mean(axis=axis)

    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = bootstrap(control, treatment, resamples=RESAMPLES)
        own.append(time.perf_counter() - began)
        began = time.perf_counter()
        stats.bootstrap((control, treatment), difference, n_resamples=few, batch=5, method="percentile", rng=1)
        peer.append((time.perf_counter() - began) * RESAMPLES / few)
    a, b = statistics.median(own), statistics.median(peer)
    print(f"{USERS:,} users x {RESAMPLES:,}: expkit {a:.2f} s ({found.form}, BCa), scipy {b:.0f} s (scaled from {few})")
    print(f"standard error {found.se:.5f}, closed form {exact:.5f}; ratio {b / a:.0f} (aim: 40)")
    began = time.perf_counter()
    dealt = permutation(control > 0, treatment > 0, resamples=RESAMPLES)
    print(f"permutation of conversions: {time.perf_counter() - began:.2f} s ({dealt.form})")


if __name__ == "__main__":
    main()
