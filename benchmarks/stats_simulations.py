"""Do the methods keep their promises? `python benchmarks/stats_simulations.py [runs] [groups]`, 10,000 by default.

Each row simulates experiments without an effect (how often is one found? 5% is promised) and with one (how
often does the interval hold the truth? 95% is promised), on normal, skewed and zero-inflated data. The Monte
Carlo error of a 5% rate at 10,000 runs is 0.2 points; `!` marks what is more than four of them off on the
liberal side, `c` what is conservative by more than that, as exact tests are. Simulated are the public
functions themselves, call by call.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from expkit.stats import (
    NotEstimable,
    Summary,
    adjust,
    barnard,
    boschloo,
    check_balance,
    check_srm,
    compare_arms,
    compare_clustered,
    compare_means,
    compare_pairs,
    compare_proportions,
    compare_quantiles,
    compare_rates,
    compare_ratios,
    compare_shares,
    compare_stratified,
    compare_with_control,
    equivalence,
    equivalence_proportions,
    fisher,
    gatekeep,
    mcnemar,
    mcnemar_exact,
    non_inferiority,
    rank_test,
    summarize_capped,
    summarize_strata,
)

RNG = np.random.default_rng(20261121)
LEVEL = 0.05


class Scenario(NamedTuple):
    """`draw(effect)` makes one answer; `truth` is (effect, lift) when the effect is there."""

    name: str
    data: str
    draw: Callable[[bool], object]
    truth: tuple[float | None, float | None] = (None, None)
    level: float = LEVEL


def normal(n: int, shift: float = 0.0) -> np.ndarray:
    return RNG.normal(10 + shift, 3, n)


def skewed(n: int, factor: float = 1.0) -> np.ndarray:
    return RNG.lognormal(1, 1, n) * factor


def zeros(n: int, factor: float = 1.0) -> np.ndarray:
    """Revenue: one user in ten buys; log-normal baskets."""
    return np.where(RNG.random(n) < 0.1, RNG.lognormal(3, 0.8, n), 0.0) * factor


SKEWED_MEAN = math.exp(1.5)
ZEROS_MEAN = 0.1 * math.exp(3 + 0.32)


def means() -> Iterator[Scenario]:
    for method in ("welch", "student", "z"):
        yield Scenario(
            f"means {method}", "normal, n=100+100",
            lambda e, m=method: compare_means(normal(100), normal(100, 1.0 * e), method=m), (1.0, 0.1),
        )  # fmt: skip
    for lift in ("fieller", "delta", "log-ratio"):
        yield Scenario(
            f"means welch, {lift} lift", "skewed, n=1000+1000",
            lambda e, m=lift: compare_means(skewed(1000), skewed(1000, 1 + 0.1 * e), lift_method=m),
            (0.1 * SKEWED_MEAN, 0.1),
        )  # fmt: skip
    yield Scenario(
        "means welch", "skewed, n=500+1500",
        lambda e: compare_means(skewed(500), skewed(1500, 1 + 0.1 * e)), (0.1 * SKEWED_MEAN, 0.1),
    )  # fmt: skip
    yield Scenario(
        "means welch", "zero-inflated, n=2000+2000",
        lambda e: compare_means(zeros(2000), zeros(2000, 1 + 0.1 * e)), (0.1 * ZEROS_MEAN, 0.1),
    )  # fmt: skip
    yield Scenario("means welch, capped", "skewed, n=1000+1000", lambda _: compare_means(
        *summarize_capped(skewed(1000), skewed(1000), upper=0.99)))  # fmt: skip

    def paired(e: bool) -> object:
        before = normal(40)
        return compare_means(before, before + RNG.normal(0.5 * e, 2, 40), method="paired")

    yield Scenario("means paired", "normal, n=40", paired, (0.5, 0.05))


def covariates() -> Iterator[Scenario]:  # noqa: C901  # three small recipes
    def arm(n: int, lift: float, history: str) -> Summary:
        past = RNG.lognormal(1, 0.7, n)
        value = (past + RNG.lognormal(0, 0.7, n)) * (1 + lift)
        if history == "indicator":
            past = np.where(RNG.random(n) < 0.3, np.nan, past)
        return Summary.of(value, np.column_stack([past, past**2]), no_history=history)

    mean = math.exp(1 + 0.245) + math.exp(0.245)
    for slopes, history in (("pooled", "drop"), ("per-arm", "drop"), ("pooled", "indicator")):
        name = f"cuped {slopes}" + (", 30% without history" if history == "indicator" else "")
        yield Scenario(
            name, "skewed, n=500+500, 2 covariates",
            lambda e, s=slopes, h=history: compare_means(arm(500, 0, h), arm(500, 0.1 * e, h), slopes=s),
            (0.1 * mean, 0.1),
        )  # fmt: skip

    def pairs(e: bool, covariate: bool) -> object:
        arms = []
        for lift in (0.0, 0.1 * e):
            habit, visits = RNG.gamma(2, 0.5, 500), RNG.poisson(4, 500) + 1
            orders = RNG.poisson(habit * visits * (1 + lift))
            arms.append((orders, visits, habit) if covariate else (orders, visits))
        return compare_ratios(*arms)

    yield Scenario("ratios, delta", "overdispersed counts, n=500+500", lambda e: pairs(e, False), (0.1, 0.1))
    yield Scenario("ratios, delta + cuped", "overdispersed counts, n=500+500", lambda e: pairs(e, True), (0.1, 0.1))

    def strata(e: bool, weights: str) -> object:
        arms = []
        for shift in (0.0, 0.5 * e):
            labels = RNG.choice(3, 300, p=[0.5, 0.3, 0.2])
            arms.append(summarize_strata(RNG.normal(10 + 4.0 * labels + shift, 3, 300), labels.tolist()))
        return compare_stratified(*arms, weights=weights)

    yield Scenario("post-stratified", "3 strata, n=300+300", lambda e: strata(e, "size"), (0.5, 0.5 / 12.8))
    yield Scenario("mantel-haenszel", "3 strata, n=300+300", lambda e: strata(e, "mantel-haenszel"), (0.5, None))

    def clustered(e: bool, method: str) -> object:
        arms = []
        for side, shift in enumerate((0.0, 0.5 * e)):
            sizes = RNG.integers(5, 15, 20)
            ids = np.repeat(np.arange(20) + 100 * side, sizes)
            arms.append((10 + shift + np.repeat(RNG.normal(0, 1, 20), sizes) + RNG.normal(0, 2, ids.size), ids))
        return compare_clustered(*arms, method=method)

    for method in ("cr1", "cr2"):
        yield Scenario(f"clusters {method}", "20+20 clusters", lambda e, m=method: clustered(e, m), (0.5, 0.05))


def small() -> Iterator[Scenario]:
    """Where few units carry the answer."""

    def adjusted(e: bool, slopes: str) -> object:
        arms = []
        for shift in (0.0, 2.0 * e):
            past = RNG.normal(0, 1, (10, 3))
            arms.append(Summary.of(past.sum(axis=1) + RNG.normal(10 + shift, 1, 10), past))
        return compare_means(*arms, slopes=slopes)

    for slopes in ("pooled", "per-arm"):
        yield Scenario(f"cuped {slopes}", "n=10+10, 3 covariates", lambda e, s=slopes: adjusted(e, s), (2.0, 0.2))

    def sparse(e: bool, n: int, visits: float) -> object:
        arms = []
        for rate in (0.3, 0.3 + 0.2 * e):
            below = RNG.poisson(visits, n)
            arms.append((RNG.binomial(below, rate), below))
        return compare_ratios(*arms)

    for n, visits in ((200, 0.05), (200, 0.2), (20, 1.0)):
        draw = lambda e, n=n, visits=visits: sparse(e, n, visits)  # noqa: E731
        yield Scenario("ratios, delta", f"n={n}+{n}, {visits:g} visits each", draw, (0.2, None))

    def uneven(e: bool, number: int) -> object:
        arms = []
        for side, shift in enumerate((0.0, 0.5 * e)):
            sizes = RNG.choice([1, 5, 100], number)
            ids = np.repeat(np.arange(number) + 100 * side, sizes)
            arms.append((10 + shift + np.repeat(RNG.normal(0, 0.7, number), sizes) + RNG.normal(0, 1, ids.size), ids))
        return compare_clustered(*arms)

    for number in (10, 30):
        draw = lambda e, number=number: uneven(e, number)  # noqa: E731
        yield Scenario("clusters cr2", f"{number}+{number} clusters of 1, 5 or 100", draw, (0.5, 0.05))


def counts() -> Iterator[Scenario]:
    for method in ("score", "miettinen-nurminen", "newcombe", "wald"):
        ask = lru_cache(None)(lambda c, t, n, m=method: compare_proportions(c, n, t, n, method=m))
        for n, p in ((1000, 0.05), (50, 0.2)):
            draw = lambda e, n=n, p=p, ask=ask: ask(*RNG.binomial(n, [p, p * (1 + 0.5 * e)]).tolist(), n)  # noqa: E731
            yield Scenario(f"proportions {method}", f"p={p:g}, n={n}+{n}", draw, (0.5 * p, 0.5))
    for name, test in (("fisher", fisher), ("barnard", barnard), ("boschloo", boschloo)):
        ask = lru_cache(None)(lambda c, t, test=test: test(c, 30, t, 30))
        draw = lambda e, ask=ask: ask(*RNG.binomial(30, [0.3, 0.3 + 0.2 * e]).tolist())  # noqa: E731
        yield Scenario(name, "p=0.3, n=30+30", draw, (0.2, 2 / 3) if name == "fisher" else (None, None))
    yield Scenario("chi-square, 4 arms", "p=0.1, n=500", lambda _: compare_shares(
        RNG.binomial(500, 0.1, 4).tolist(), [500] * 4))  # fmt: skip

    def matched(e: bool, exact: bool) -> object:
        cells = RNG.multinomial(200, [0.3, 0.1, 0.1 + 0.05 * e, 0.5 - 0.05 * e]).tolist()
        return (mcnemar_exact if exact else mcnemar)(*cells)

    yield Scenario("mcnemar", "n=200", lambda e: matched(e, False), (0.05, 0.125))
    yield Scenario("mcnemar exact", "n=200", lambda e: matched(e, True))
    for method in ("score", "exact", "wald"):
        ask = lru_cache(None)(lambda c, t, m=method: compare_rates(c, 1000, t, 1500, method=m))
        draw = lambda e, ask=ask: ask(*RNG.poisson([40, 60 * (1 + 0.4 * e)]).tolist())  # noqa: E731
        yield Scenario(f"rates {method}", "40 and 60 events", draw, (0.016, 0.4))


def distributions() -> Iterator[Scenario]:
    median = math.e
    for method in ("asymptotic", "order-statistic"):
        yield Scenario(
            f"median {method}", "skewed, n=300+300",
            lambda e, m=method: compare_quantiles(skewed(300), skewed(300, 1 + 0.2 * e), method=m),
            (0.2 * median, 0.2),
        )  # fmt: skip
    top = math.exp(1 + 1.2815515655446004)
    yield Scenario(
        "90% quantile asymptotic", "skewed, n=1000+1000",
        lambda e: compare_quantiles(skewed(1000), skewed(1000, 1 + 0.2 * e), 0.9), (0.2 * top, 0.2),
    )  # fmt: skip

    def clustered(_: bool) -> object:
        arms, ids = [], []
        for _side in range(2):
            sizes = RNG.integers(3, 8, 150)
            arms.append(np.exp(np.repeat(RNG.normal(0, 1, 150), sizes) + RNG.normal(0, 1, sizes.sum())))
            ids.append(np.repeat(np.arange(150), sizes))
        return compare_quantiles(*arms, clusters=tuple(ids))

    yield Scenario("median, clusters", "skewed, 150+150 users", clustered)
    yield Scenario("mann-whitney", "normal, n=30+30", lambda e: rank_test(normal(30), normal(30, 2.0 * e)), (2.0, None))
    yield Scenario("mann-whitney", "zero-inflated, n=100+100", lambda _: rank_test(zeros(100), zeros(100)))
    yield Scenario("brunner-munzel", "zero-inflated, n=200+200",
        lambda _: rank_test(zeros(200), zeros(200), method="brunner-munzel"))  # fmt: skip
    for method in ("welch", "fisher", "kruskal"):
        yield Scenario(f"4 arms {method}", "skewed, n=300 each",
            lambda _, m=method: compare_arms([skewed(300) for _ in range(4)], method=m))  # fmt: skip


class Together(NamedTuple):
    """Several comparisons as one: whether any is significant, and 1 where all intervals hold the truth."""

    significant: bool
    ci: tuple[float, ...]


def after() -> Iterator[Scenario]:
    """Any false alarm among all pairs of four arms; at 5% for the whole family. And whether all intervals hold."""

    def together(answers: object, truth: Callable[[object], float]) -> object:
        if isinstance(answers, NotEstimable):
            return answers
        held = all(truth(names) in one.ci for names, one in answers.items())  # type: ignore[attr-defined]
        return Together(any(one.significant for one in answers.values()), (1.0,) if held else ())  # type: ignore[attr-defined]

    def pairs(e: bool, method: str, data: str) -> object:
        sizes, spreads = (40, 60, 80, 100), ((3, 3, 3, 3) if method == "tukey" else (6, 4, 3, 2))
        if data == "skewed":
            return together(compare_pairs([skewed(300) for _ in range(4)], method=method), lambda _: 0.0)
        arms = {i: RNG.normal(10 + i * e, s, n) for i, (n, s) in enumerate(zip(sizes, spreads, strict=True))}
        return together(compare_pairs(arms, method=method), lambda names: (int(names[1]) - int(names[0])) * e)

    def many(e: bool, data: str) -> object:
        draw = (lambda _: skewed(300)) if data == "skewed" else (lambda i: RNG.normal(10 + i * e, 3, 80))
        arms = {str(i): draw(i) for i in range(4)}
        return together(compare_with_control(arms, "0"), lambda name: int(name) * e)

    for method in ("tukey", "games-howell"):
        yield Scenario(
            f"any of 6 pairs, {method}", "normal, n=40 to 100" + (", variances 9:1" if method != "tukey" else ""),
            lambda e, m=method: pairs(e, m, "normal"), (1.0, None),
        )  # fmt: skip
        yield Scenario(f"any of 6 pairs, {method}", "skewed, n=300 each", lambda _, m=method: pairs(False, m, "skewed"))
    yield Scenario("any of 3 with control, dunnett", "normal, n=80 each", lambda e: many(e, "normal"), (1.0, None))
    yield Scenario("any of 3 with control, dunnett", "skewed, n=300 each", lambda _: many(False, "skewed"))


def margins() -> Iterator[Scenario]:
    """Here `no effect` is an effect that lies just at the margin."""
    yield Scenario(
        "equivalence", "normal, n=200+200, at the margin", lambda _: equivalence(normal(200), normal(200, 1), 1)
    )
    yield Scenario("non-inferiority", "zero-inflated, n=2000+2000, at -20%",
        lambda _: non_inferiority(zeros(2000), zeros(2000, 0.8), 0.2, relative=True))  # fmt: skip
    ask = lru_cache(None)(lambda c, t: equivalence_proportions(c, 500, t, 500, 0.08))
    yield Scenario(
        "equivalence of proportions", "p=0.3, n=500+500", lambda _: ask(*RNG.binomial(500, [0.3, 0.38]).tolist())
    )


def families() -> Iterator[Scenario]:
    def null_z(m: int, true: int = 0) -> np.ndarray:
        from scipy.special import ndtr

        z = RNG.normal(0, 1, m) + np.where(np.arange(m) < true, 3.0, 0.0)
        return 2 * ndtr(-np.abs(z))

    for method in ("bonferroni", "holm", "hochberg", "hommel"):
        yield Scenario(f"any of 10, {method}", "independent", lambda _, m=method: (adjust(null_z(10), m) < LEVEL).any())
    for method in ("bh", "by"):

        def false_share(_: bool, m: str = method) -> object:
            found = adjust(null_z(20, 10), m) < LEVEL
            return float(found[10:].sum() / max(found.sum(), 1))

        yield Scenario(f"false among found, {method}", "10 of 20 true", false_share)
    yield Scenario("gatekeeping, any false", "1 then 4", lambda _: any(
        (p < LEVEL).any() for p in gatekeep([null_z(1), null_z(4)])))  # fmt: skip


def checks() -> Iterator[Scenario]:
    for units in (300, 20_000):
        yield Scenario(f"srm, {units} units", "5:3:2" if units > 1000 else "1:1", lambda _, u=units: check_srm(
            RNG.multinomial(u, [0.5, 0.3, 0.2] if u > 1000 else [0.5, 0.5]).tolist(),
            [5, 3, 2] if u > 1000 else [1, 1], alpha=LEVEL))  # fmt: skip
    yield Scenario("srm by phase", "9:1, then 1:1", lambda _: check_srm(
        [RNG.multinomial(2000, [0.9, 0.1]).tolist(), RNG.multinomial(5000, [0.5, 0.5]).tolist()],
        [[9, 1], [1, 1]], alpha=LEVEL))  # fmt: skip
    yield Scenario("balance, 5 covariates", "skewed, n=500+500", lambda _: check_balance(
        {str(i): skewed(500) for i in range(5)}, {str(i): skewed(500) for i in range(5)}, alpha=LEVEL))  # fmt: skip


def found(answer: object) -> float:
    """Whether an answer says that there is something; a share where it is one."""
    if isinstance(answer, NotEstimable):
        return math.nan
    for name, alarm in (("significant", True), ("shown", True), ("ok", False)):
        if hasattr(answer, name):
            return float(getattr(answer, name) == alarm)
    return float(answer)  # type: ignore[arg-type]


def holds(interval: object, truth: float | None) -> float:
    return math.nan if truth is None or not isinstance(interval, tuple) else float(truth in interval)


def mark(rate: float, promised: float, runs: int) -> str:
    error = math.sqrt(promised * (1 - promised) / runs)
    return "!" if rate - promised > 4 * error else "c" if promised - rate > 4 * error else " "


def percent(values: list[float], miss: bool = False) -> tuple[str, float]:
    kept = [value for value in values if not math.isnan(value)]
    if not kept:
        return f"{'-':>15}", math.nan
    rate = sum(kept) / len(kept)
    return f"{rate:>8.2%} ±{math.sqrt(max(rate * (1 - rate), 1e-9) / len(kept)):.2%}", 1 - rate if miss else rate


def report(row: Scenario, runs: int) -> bool:
    """Print one line; whether it errs more than promised."""
    null = [row.draw(False) for _ in range(runs)]
    there = [row.draw(True) for _ in range(runs)] if row.truth != (None, None) else []
    estimates = [one for one in there if not isinstance(one, NotEstimable)]
    error, rate = percent([found(one) for one in null])
    cells, marks = [error], [mark(rate, row.level, runs)]
    for name, truth in zip(("ci", "lift_ci"), row.truth, strict=True):
        text, off = percent([holds(getattr(one, name, None), truth) for one in estimates], miss=True)
        cells.append(text)
        marks.append(" " if math.isnan(off) else mark(off, row.level, runs))
    none = sum(isinstance(one, NotEstimable) for one in null) or ""
    columns = "  ".join(cell + flag for cell, flag in zip(cells, marks, strict=True))
    print(f"{row.name:<34}{row.data:<36}{columns} {none:>8}", flush=True)
    return "!" in marks


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    began, bad = time.perf_counter(), []
    print(f"{runs:,} runs each; ± is one Monte Carlo standard error; promised: 5% errors, 95% coverage")
    print(f"{'method':<34}{'data':<36}{'error rate':>15}  {'covers effect':>15}  {'covers lift':>15}  no answer")
    groups = (means, covariates, small, counts, distributions, after, margins, families, checks)
    for group in (one for one in groups if one.__name__ in sys.argv[2:] or not sys.argv[2:]):
        for row in group():
            bad += [row.name] if report(row, runs) else []
    print(f"{time.perf_counter() - began:.0f} s; more errors than promised: {', '.join(bad) or 'none'}")


if __name__ == "__main__":
    main()
