"""Do the methods of the depth keep their promises? `python benchmarks/stats_depth_simulations.py [runs] [groups]`.

As `stats_simulations.py`: error rates without an effect, coverage with one, 10,000 runs by default (the slow ones a
tenth); `!` marks more errors than promised by over four Monte Carlo errors. An error of a sequence is the truth outside
its interval at any look.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator

import numpy as np
from stats_simulations import LEVEL, RNG, ZEROS_MEAN, Scenario, normal, report, skewed, zeros

from expkit.stats import (
    NormalPrior,
    NotEstimable,
    Summary,
    bayes_means,
    bayes_proportions,
    betting_sequence,
    bootstrap,
    check_carry_over,
    check_interaction,
    check_novelty,
    check_srm_sequential,
    compare_segments,
    confidence_sequence,
    conversion_sequence,
    group_sequential,
    heterogeneous_effects,
    mixture_sprt,
    mixture_tau,
    permutation,
    proportion_sequence,
    quantile_sequence,
    shrink_effects,
)

SLOW = ("bootstrap", "permutation", "heterogeneous", "betting", "quantile")
LOOKS = 28


def segments() -> Iterator[Scenario]:
    """False ones among those found: twenty segments, five of which differ where there is an effect."""

    def share_false(differ: bool) -> float:
        shift = {str(i): 0.6 * (differ and i < 5) for i in range(20)}
        arms = [{name: RNG.normal(10 + one * side, 2, 200) for name, one in shift.items()} for side in (0, 1)]
        found = compare_segments(*arms, alpha=LEVEL).segments
        named = [name for name, one in found.items() if one.adjusted_p is not None and one.adjusted_p < LEVEL]
        return sum(int(name) >= 5 or not differ for name in named) / max(len(named), 1)

    yield Scenario("segments, false among found", "20 of 200 + 200, none", lambda _: share_false(False))
    yield Scenario("segments, false among found", "20 of 200 + 200, 5 true", lambda _: share_false(True))

    def against_rest(n: int) -> float:
        arms = [{str(i): skewed(n) for i in range(8)} for _ in range(2)]
        found = compare_segments(*arms, alpha=LEVEL).segments.values()
        return float(any((one.against_rest_p or 0.0) < LEVEL for one in found))

    def interaction(n: int) -> object:
        arms = [{str(i): normal(n) for i in range(8)} for _ in range(2)]
        return compare_segments(*arms, alpha=LEVEL).interaction

    yield Scenario("segments, any against the rest", "8 of 300 + 300, skewed", lambda _: against_rest(300))
    for n in (6, 100):
        yield Scenario("segments, interaction", f"8 of {n} + {n}", lambda _, n=n: interaction(n))

    def several(e: bool) -> object:
        n = 800
        country, device = RNG.choice(["a", "b", "c"], n), RNG.choice(["x", "y"], n)
        treated = RNG.random(n) < 0.5
        y = RNG.normal(size=n) + (country == "a") + treated * (0.2 + 0.5 * e * (device == "x"))
        return heterogeneous_effects(y, treated, {"country": country, "device": device})

    yield Scenario("heterogeneous effects, any level", "800 units, 3 x 2 levels", lambda _: float(
        any(one.against_rest_p < LEVEL for one in several(False).levels)))  # fmt: skip
    yield Scenario("heterogeneous effects, at all", "800 units, 3 x 2 levels", lambda _: several(False).any)
    yield Scenario(
        "heterogeneous effects, country", "the device matters", lambda _: several(True).attributes["country"]
    )


def sequences() -> Iterator[Scenario]:
    units = 200 * np.arange(1, LOOKS + 1)

    def path(kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Estimates and their errors at 28 looks of a hundred more units in each arm."""
        arms = [normal(2800) if kind == "normal" else zeros(2800) for _ in range(2)]
        means, variances = [], []
        for one in arms:
            n = np.arange(1, one.size + 1)[99::100]
            total, square = one.cumsum()[99::100], (one**2).cumsum()[99::100]
            means.append(total / n)
            variances.append((square - total**2 / n) / (n - 1) / n)
        return means[1] - means[0], np.sqrt(variances[0] + variances[1])

    def outside(found: object, truth: float = 0.0) -> float:
        return float(((found.lower > truth) | (found.upper < truth)).any())  # type: ignore[attr-defined]

    for kind in ("normal", "zero-inflated"):
        yield Scenario("confidence sequence, any of 28", f"{kind}, 2800 + 2800", lambda _, k=kind: outside(
            confidence_sequence(*path(k), units)))  # fmt: skip
        yield Scenario("mSPRT, any of 28", f"{kind}, 2800 + 2800", lambda _, k=kind: outside(
            mixture_sprt(*path(k), tau=mixture_tau(3 * math.sqrt(2 / 2800)))))  # fmt: skip

    def conversions(share: float) -> tuple[np.ndarray, np.ndarray]:
        return RNG.binomial(100, 0.05, LOOKS).cumsum(), RNG.binomial(100, 0.05 * (1 + share), LOOKS).cumsum()

    yield Scenario("proportion sequence, any of 28", "p = 0.05", lambda _: outside(
        proportion_sequence(conversions(0)[0], 100 * np.arange(1, LOOKS + 1)), 0.05))  # fmt: skip
    yield Scenario("conversion sequence, any of 28", "p = 0.05 and 0.06", lambda _: outside(
        conversion_sequence(*conversions(0.2)), 0.2))  # fmt: skip
    yield Scenario("betting sequence, any of 10", "beta(1, 4)", lambda _: outside(
        betting_sequence(RNG.beta(1, 4, 500), list(range(50, 501, 50))), 0.2))  # fmt: skip
    yield Scenario("quantile sequence, any of 10", "skewed, median", lambda _: outside(
        quantile_sequence(RNG.lognormal(0, 1, 1000), 0.5, list(range(100, 1001, 100))), 1.0))  # fmt: skip
    shares = np.array([0.5, 0.3, 0.2])
    yield Scenario("sequential srm, any of 28", "5:3:2", lambda _: check_srm_sequential(
        RNG.multinomial(500, shares, LOOKS).cumsum(axis=0), shares.tolist(), alpha=LEVEL))  # fmt: skip

    for spending in ("obrien-fleming", "pocock"):
        design = group_sequential(5, spending=spending)
        times = np.array(design.looks)

        def stopped(e: bool, design=design, times=times) -> object:  # type: ignore[no-untyped-def]
            drift = 2.8 * e
            steps = RNG.normal(size=5) * np.sqrt(np.diff(times, prepend=0.0))
            z = (steps.cumsum() + drift * times) / np.sqrt(times)
            look = int(design.crossed(z)) or 5
            seen = design.monitor(look, z[look - 1] / math.sqrt(times[look - 1]), 1 / math.sqrt(times[look - 1]))
            return _Told(seen.decision == "stop", seen.ci, seen.repeated_ci)

        yield Scenario(f"group-sequential, {spending}", "5 looks; stagewise, repeated", stopped, (2.8, 2.8))


class _Told:
    """An answer with two intervals, as `report` reads them."""

    def __init__(self, significant: bool, ci: object, lift_ci: object) -> None:
        self.significant, self.ci, self.lift_ci = significant, ci, lift_ci


def resampling() -> Iterator[Scenario]:
    def resampled(e: bool, method: str) -> object:
        arms = zeros(500), zeros(500, 1 + 0.2 * e)
        found = bootstrap(*arms, method=method, resamples=1000, seed=int(RNG.integers(1 << 30)))
        return found if isinstance(found, NotEstimable) else _Told(0.0 not in found.ci, found.ci, None)

    for method in ("percentile", "bca", "studentised"):
        draw = lambda e, m=method: resampled(e, m)  # noqa: E731
        yield Scenario(f"bootstrap, {method}", "zero-inflated, n=500+500", draw, (0.2 * ZEROS_MEAN, None))
    yield Scenario("permutation", "skewed, n=100+100", lambda _: float(permutation(
        skewed(100), skewed(100), resamples=999, seed=int(RNG.integers(1 << 30))).p_value <= LEVEL))  # fmt: skip


def beliefs() -> Iterator[Scenario]:
    """The truth drawn from the prior: credible intervals hold it as often as they say."""

    def means(_: bool) -> float:
        truth = RNG.normal(0, 0.5)
        found = bayes_means(normal(200), normal(200, truth), prior=NormalPrior(0.0, 0.5))
        return _misses(found, truth)

    def rates(_: bool) -> float:
        p = RNG.beta(2, 8, 2)
        found = bayes_proportions(*RNG.binomial(100, p[:1]).tolist(), 100, *RNG.binomial(100, p[1:]).tolist(), 100,
                                  prior=(2.0, 8.0))  # fmt: skip
        return _misses(found, float(p[1] - p[0]))

    yield Scenario("credible interval, means", "the truth from the prior", means)
    yield Scenario("credible interval, proportions", "the truth from the prior", rates)

    def shrunken(_: bool) -> float:
        truth, ses = RNG.normal(0.1, 0.2, 12), RNG.uniform(0.1, 0.4, 12)
        found = shrink_effects(RNG.normal(truth, ses), ses)
        if isinstance(found, NotEstimable):
            return math.nan
        return sum(not one.ci.lower <= t <= one.ci.upper for one, t in zip(found, truth, strict=True)) / 12

    yield Scenario("shrunken effects, share outside", "12 of unequal error", shrunken)


def _misses(found: object, truth: float) -> float:
    if isinstance(found, NotEstimable):
        return math.nan
    return float(not found.ci.lower <= truth <= found.ci.upper)  # type: ignore[attr-defined]


def checks() -> Iterator[Scenario]:
    def cells(overlap: float) -> dict[tuple[str, str], Summary]:
        return {(a, b): Summary.of(skewed(400) + overlap * (b == "t")) for a in "ct" for b in "ct"}

    def days(decay: float) -> np.ndarray:
        return RNG.normal(10, 3, (400, 7)) + RNG.normal(0, 2, (400, 1)) + decay * np.arange(7)

    yield Scenario("interaction of experiments", "skewed, 4 cells of 400", lambda _: check_interaction(
        cells(0.5), alpha=LEVEL))  # fmt: skip
    yield Scenario("carry-over", "skewed, 4 cells of 400", lambda _: check_carry_over(cells(0.0), alpha=LEVEL))
    yield Scenario("novelty", "400 + 400 units, 7 days, trend", lambda _: check_novelty(
        days(0.3), days(0.3), alpha=LEVEL))  # fmt: skip


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    began, bad = time.perf_counter(), []
    print(f"{runs:,} runs each (the slow ones {runs // 10:,}); ± is one Monte Carlo standard error")
    print(f"{'method':<34}{'data':<36}{'error rate':>15}  {'covers effect':>15}  {'covers second':>15}  no answer")
    groups = (segments, sequences, resampling, beliefs, checks)
    for group in (one for one in groups if one.__name__ in sys.argv[2:] or not sys.argv[2:]):
        for row in group():
            bad += [row.name] if report(row, runs // 10 if row.name.startswith(SLOW) else runs) else []
    print(f"{time.perf_counter() - began:.0f} s; more errors than promised: {', '.join(bad) or 'none'}")


if __name__ == "__main__":
    main()
