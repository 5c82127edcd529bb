"""Bootstrap and permutation of a million units: NumPy on the processor, CuPy's and PyTorch's arrays where they live.

    python benchmarks/stats_depth_gpu.py [--units 1000000] [--resamples 10000] [--rounds 3]

Asks for PyTorch and CuPy, whichever is installed; on an accelerator where there is one, else on the processor. Runs
are taken in turns, A B A B, and the best of each counts. Needs nothing but `expkit.stats`, NumPy and SciPy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from expkit.stats import bootstrap, permutation


def libraries() -> dict[str, Callable[[Any], Any]]:
    """How each library that is here takes NumPy's numbers, and where to."""
    found: dict[str, Callable[[Any], Any]] = {}
    try:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        found[f"torch on {device}"] = lambda values: torch.from_numpy(values).to(device)
    except ImportError:
        pass
    try:
        import cupy

        if cupy.cuda.runtime.getDeviceCount():
            found["cupy"] = cupy.asarray
    except ImportError:
        pass
    return found


def wait(name: str) -> None:
    if "cuda" in name:
        import torch

        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rng = np.random.default_rng(1)
    half = asked.units // 2
    arms = [np.where(rng.random(half) < 0.1, rng.lognormal(3, 1, half), 0.0) for _ in range(2)]
    arms[1] = arms[1] * 1.02
    others = libraries()
    if not others:
        print("Neither PyTorch nor CuPy is installed; only NumPy is timed.")
    places: dict[str, list[Any]] = {"numpy": arms}
    places |= {name: [put(arm) for arm in arms] for name, put in others.items()}
    for what, call in (("bootstrap", bootstrap), ("permutation", permutation)):
        times: dict[str, list[float]] = {name: [] for name in places}
        answers: dict[str, Any] = {}
        for at in range(asked.rounds + 1):  # the first is for warming up
            for name, (control, treatment) in places.items():
                wait(name)
                start = time.perf_counter()
                answers[name] = call(control, treatment, resamples=asked.resamples, seed=1)
                wait(name)
                if at or asked.rounds == 1:
                    times[name].append(time.perf_counter() - start)
        own = min(times["numpy"])
        print(f"{what}: {asked.units:,} units, {asked.resamples:,} resamples")
        for name, taken in times.items():
            found = answers[name]
            said = f"se {found.se:.5f}" if what == "bootstrap" else f"p {found.p_value:.4f}"
            speed = f"{min(taken):8.3f} s  {own / min(taken):6.1f}x"
            print(f"  {name:<16} {speed}  {found.form:<9} effect {found.effect:.6f}  {said}")


if __name__ == "__main__":
    main()
