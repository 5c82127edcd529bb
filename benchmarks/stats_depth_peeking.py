"""28 daily looks by every method: `python benchmarks/stats_depth_peeking.py [simulations]`. Errors, power, duration."""

from __future__ import annotations

import sys
import time

from expkit.stats import compare_methods


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    began = time.perf_counter()
    found = compare_methods(28, simulations=simulations)
    print(f"{'method':<20} false positives      power              days (no effect, effect)")
    for one in found:
        print(
            f"{one.method:<20} {one.false_positives:.4f} ± {one.false_positives_error:.4f}   {one.power:.4f} ± "
            f"{one.power_error:.4f}   {28 * one.duration_null:.1f}, {28 * one.duration_effect:.1f}"
        )
    print(f"{simulations:,} simulations each way in {time.perf_counter() - began:.1f} s")
    missed = [
        one for one in found if one.method != "naive" and one.false_positives > 0.05 + 3 * one.false_positives_error
    ]
    weak = [one for one in found if one.method in {"obrien-fleming", "power"} and one.power < 0.75]
    sys.exit(f"not as promised: {missed + weak}" if missed or weak else 0)


if __name__ == "__main__":
    main()
