"""How often do quantiles, evenness and ratios per session err, at one look and at many?

    python benchmarks/metric_kinds.py [runs]

Units of two arms have events that are alike within a unit; there is no effect. A row counts how often an effect is
found at one look, and at any of five looks by the bounds of a group-sequential plan and by the confidence sequence of
an always-valid one (5% is promised), and how often the interval of one arm's value holds the truth. Values and errors
are those of `expkit.stats.quantiles` and `expkit.analysis.evenness`; tests hold the analysis of events to them.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from expkit.analysis.evenness import Spread, evenness_of
from expkit.stats import NotEstimable, Summary, compare_ratios, confidence_sequence, group_sequential, mixture_rho
from expkit.stats.quantiles import quantile_se, sample_of

LOOKS, UNITS, Z = 5, 1000, 1.959963984540054
SHARES = {
    "even": np.full(10, 0.1),
    "skewed": np.array([0.4, 0.2, 0.1, 0.1, 0.06, 0.05, 0.04, 0.03, 0.01, 0.01]),
}
Value = tuple[float, float]
"""What an arm says, and its standard error; NaN where it says nothing."""


class Kind(NamedTuple):
    """`draw` makes so many units of one arm, `value` reads the first so many of them."""

    name: str
    draw: Callable[[np.random.Generator, int], Any]
    value: Callable[[Any, int], Value]
    truth: float


def loads(rng: np.random.Generator, units: int) -> Any:
    """Lognormal page loads of 1 + Poisson(3) per unit, a third of whose variance is the unit's."""
    size = 1 + rng.poisson(3, units)
    slow = np.repeat(rng.normal(0, math.sqrt(1 / 3), units), size)
    return (
        np.cumsum(size),
        np.exp(slow + rng.normal(0, math.sqrt(2 / 3), size.sum())),
        np.repeat(np.arange(units), size),
    )


def quantile(q: float) -> Callable[[Any, int], Value]:
    def value(drawn: Any, units: int) -> Value:
        ends, values, labels = drawn
        sample = sample_of("arm", values[: ends[units - 1]], q, labels[: ends[units - 1]])
        return (
            (math.nan, math.nan) if isinstance(sample, NotEstimable) else (sample.quantile(q), quantile_se(sample, q))
        )

    return value


def views(shares: Any) -> Callable[[np.random.Generator, int], Any]:
    """Poisson(4) views per unit, of kinds that it draws around its own taste."""

    def draw(rng: np.random.Generator, units: int) -> Any:
        taste = rng.gamma(8 * shares, size=(units, shares.size))
        return np.array(
            [
                rng.multinomial(n, p)
                for n, p in zip(rng.poisson(4, units), taste / taste.sum(1, keepdims=True), strict=True)
            ]
        )

    return draw


def evenness(drawn: Any, units: int) -> Value:
    table = drawn[:units].astype(float)
    kinds, size, n = table.sum(0), table.sum(1), table.sum()
    p = kinds[kinds > 0] / n
    seen = table[:, kinds > 0]
    entropy = float(-(p * np.log(p)).sum())
    over = float(((seen**2).sum(0) / p).sum() - (size**2).sum())
    residuals = float(((seen @ -np.log(p) - entropy * size) ** 2).sum())
    found = evenness_of(Spread(units, float(n), entropy, over, residuals), table.shape[1])
    return (math.nan, math.nan) if isinstance(found, NotEstimable) else found


def sessions(rng: np.random.Generator, units: int) -> Any:
    """Overdispersed sessions, and revenue that hangs on them."""
    count = 1 + rng.negative_binomial(1, 0.4, units)
    return rng.gamma(count, 5.0) * (rng.random(units) < 0.3), count.astype(float)


def per_session(drawn: Any, units: int) -> Value:
    above, below = drawn[0][:units], drawn[1][:units]
    found = compare_ratios(Summary.of(above, below), Summary.of(above, below))
    return found.control.mean, found.se / math.sqrt(2)


KINDS = (
    Kind("median of page loads", loads, quantile(0.5), 1.0),
    Kind("p95 of page loads", loads, quantile(0.95), math.exp(1.6448536269514722)),
    Kind("p99 of page loads", loads, quantile(0.99), math.exp(2.3263478740408408)),
    *(
        Kind(f"evenness, {name} kinds", views(shares), evenness, float(-(shares * np.log(shares)).sum() / math.log(10)))
        for name, shares in SHARES.items()
    ),
    Kind("revenue per session", sessions, per_session, 0.3 * 5.0),
)


def run(kind: Kind, runs: int, seed: int) -> tuple[float, float, float, float]:
    rng = np.random.default_rng([20261121, seed])
    at = [UNITS * look // LOOKS for look in range(1, LOOKS + 1)]
    bounds = np.array(group_sequential([n / UNITS for n in at], 0.05, "obrien-fleming").bounds)
    rho = mixture_rho(2.0 * UNITS, 0.05, "two-sided")
    fixed = grouped = always = covered = counted = 0
    for _ in range(runs):
        arms = [kind.draw(rng, UNITS) for _ in range(2)]
        values = np.array([[kind.value(arm, n) for n in at] for arm in arms])
        effect, se = values[1, :, 0] - values[0, :, 0], np.hypot(values[0, :, 1], values[1, :, 1])
        there = np.isfinite(se)
        if not there[-1]:
            continue
        counted += 1
        z = np.where(there, effect / se, 0.0)
        fixed += abs(z[-1]) > Z
        grouped += bool((np.abs(z) > bounds).any())
        seen = confidence_sequence(effect[there], se[there], 2 * np.array(at)[there], alpha=0.05, rho=rho)
        always += bool(seen.crossed)
        covered += abs(values[0, -1, 0] - kind.truth) < Z * values[0, -1, 1]
    return fixed / counted, grouped / counted, always / counted, covered / counted


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    began = time.perf_counter()
    error = math.sqrt(0.05 * 0.95 / runs)
    print(f"{runs:,} experiments without an effect, {UNITS} units per arm, {LOOKS} looks; 5% is known to {error:.2%}")
    print(f"{'metric':<28}{'one look':>10}{'grouped':>10}{'always':>10}{'covers':>10}")
    for seed, kind in enumerate(KINDS):
        print(f"{kind.name:<28}" + "".join(f"{rate:>10.1%}" for rate in run(kind, runs, seed)), flush=True)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
