"""Quantiles of events, and how evenly they are spread: values and errors against peers and the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis.evenness import Spread, evenness_of
from expkit.stats import Estimate, NotEstimable, compare_quantiles

P95 = {"key": "p95", "kind": "quantile", "event": "load", "quantile": 0.95, "direction": "decrease"}
SHARES = 2.0 ** -np.arange(12.0) * 4 + 0.1
BALANCE = {"key": "balance", "kind": "evenness", "event": "view", "property": "item"}


def log(n: int = 300, seed: int = 1, shift: float = 0.2) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Units with page loads that are alike within a unit, and views of twelve items, some of them favourites."""
    rng = np.random.default_rng(seed)
    exposures, outcomes = [], []
    for unit in range(n):
        arm, slow, taste = ("control", "treatment")[unit % 2], rng.normal(0, 0.6), rng.dirichlet(SHARES)
        exposures.append(seen(arm, f"u{unit}"))
        for _ in range(rng.poisson(4)):
            seconds = float(np.exp(rng.normal(5 + slow + shift * (unit % 2), 0.4)))
            outcomes.append(did("load", f"u{unit}", value=seconds, properties={"ms": 1000 * seconds}))
        items = rng.choice(12, rng.poisson(6), p=taste)
        outcomes += [did("view", f"u{unit}", properties={"item": f"i{item}"}) for item in items]
    return exposures, outcomes


EXPOSURES, OUTCOMES = log()


def of_units(event: str, read: Callable[[dict[str, Any]], Any]) -> dict[str, list[list[Any]]]:
    """By arm, what each unit's events say."""
    arms: dict[str, dict[str, list[Any]]] = {"control": {}, "treatment": {}}
    where = {row["user_id"]: row["variant"] for row in EXPOSURES}
    for unit, arm in where.items():
        arms[arm][unit] = []
    for row in OUTCOMES:
        if row["event"] == event:
            arms[where[row["user_id"]]][row["user_id"]].append(read(row))
    return {arm: list(units.values()) for arm, units in arms.items()}


def evenness(units: list[list[str]], kinds: int) -> float:
    """Entropy by its definition, with Miller's correction for clusters, over the largest."""
    items = sorted({item for events in units for item in events})
    table = np.array([[events.count(item) for item in items] for events in units], dtype=float)
    p = table.sum(0) / table.sum()
    variance = ((table - p * table.sum(1, keepdims=True)) ** 2).sum(0) / table.sum() ** 2
    return float((-(p * np.log(p)).sum() + (variance / p).sum() / 2) / np.log(kinds))


@pytest.mark.parametrize("q", [0.5, 0.9, 0.95])
def test_a_quantile_is_that_of_the_events_with_units_as_clusters(analyze, q):
    """The same numbers as from the values themselves, of the event's value and of a number in its properties."""
    plain, ms = {**P95, "quantile": q}, {**P95, "quantile": q, "key": "ms", "property": "ms"}
    card = analyze(experiment([plain, ms]), EXPOSURES, OUTCOMES)
    arms = of_units("load", lambda row: row["value"])
    values = [[x for unit in arms[arm] for x in unit] for arm in ("control", "treatment")]
    units = [[i for i, unit in enumerate(arms[arm]) for _ in unit] for arm in ("control", "treatment")]
    wanted = compare_quantiles(*values, q, clusters=tuple(units))
    for key, scale in (("p95", 1.0), ("ms", 1000.0)):
        found = card.estimate(key)
        assert (found.effect, found.se) == pytest.approx((scale * wanted.effect, scale * wanted.se), rel=1e-9)
        assert found.p_value == pytest.approx(wanted.p_value, rel=1e-9)
        assert tuple(found.lift_ci) == pytest.approx(tuple(wanted.lift_ci), rel=1e-9)
        assert (found.control.n, found.treatment.n) == (150, 150)
    assert found.control.mean == pytest.approx(1000 * np.quantile(values[0], q), rel=1e-9)


def test_evenness_is_entropy_over_its_largest(analyze):
    """The value by its definition; its error as the bootstrap over units has it."""
    found = analyze(experiment([BALANCE]), EXPOSURES, OUTCOMES).estimate("balance")
    arms = of_units("view", lambda row: row["properties"]["item"])
    rng = np.random.default_rng(5)
    for arm, side in ((found.control, "control"), (found.treatment, "treatment")):
        assert arm.mean == pytest.approx(evenness(arms[side], 12), rel=1e-9)
    draws = [
        evenness([arms["treatment"][i] for i in rng.integers(0, 150, 150)], 12)
        - evenness([arms["control"][i] for i in rng.integers(0, 150, 150)], 12)
        for _ in range(400)
    ]
    assert found.se == pytest.approx(np.std(draws), rel=0.15)  # four errors of the bootstrap's own
    assert found.method == "entropy"


def test_the_correction_is_miller_and_madows_for_independent_events(analyze):
    """One event per unit: the entropy grows by (K - 1) / 2N, and scipy has the rest."""
    from scipy.stats import entropy

    rng = np.random.default_rng(2)
    items = rng.choice(5, 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    exposures = [seen(("control", "treatment")[i % 2], f"u{i}") for i in range(400)]
    outcomes = [did("view", f"u{i}", properties={"item": int(item)}) for i, item in enumerate(items)]
    found = analyze(experiment([BALANCE]), exposures, outcomes).estimate("balance")
    plugged = entropy(np.bincount(items[::2]))
    assert found.control.mean == pytest.approx((plugged + 4 / (2 * 200)) / np.log(5), rel=1e-12)


def test_the_interval_of_evenness_covers_the_truth():
    """Skewed and even kinds, units that repeat themselves: 95% of the intervals, within the simulation's error."""
    rng, rounds = np.random.default_rng(11), 400
    for shares in (np.array([0.5, 0.25, 0.15, 0.07, 0.03]), np.full(5, 0.2)):
        truth, covered = float(-(shares * np.log(shares)).sum() / np.log(5)), 0
        for _ in range(rounds):
            table = rng.multinomial(rng.poisson(3, 200), shares) * rng.integers(1, 3, (200, 1))
            n, p = table.sum(), table.sum(0) / table.sum()
            told, size = table @ -np.log(p), table.sum(1)
            over = float(((table**2).sum(0) / p).sum() - (size**2).sum())
            h = float(-(p * np.log(p)).sum())
            value, se = evenness_of(Spread(200, float(n), h, over, float(((told - h * size) ** 2).sum())), 5)
            covered += abs(value - truth) < 1.96 * se
        assert 0.92 < covered / rounds <= 1


def test_windows_and_filters_hold_here_too(analyze):
    """Only events of the window that meet the condition, only units whose window is over in a plan of looks."""
    late = [did("load", row["user_id"], hours=50, value=9e9) for row in EXPOSURES]
    odd = [did("load", row["user_id"], value=9e9, properties={"bot": True}) for row in EXPOSURES]
    metric = {**P95, "window_days": 1, "where": {"bot": {"$ne": True}}}
    plain = analyze(experiment([P95]), EXPOSURES, OUTCOMES).estimate("p95")
    card = analyze(experiment([metric], plan={"method": "group_sequential", "looks": 2}), (), [*late, *odd])
    assert card.row("p95").decision is not None
    assert card.estimate("p95").control.mean == pytest.approx(plain.control.mean)
    early = analyze(experiment([metric], plan={"method": "always_valid"}), at=START + timedelta(hours=2))
    assert isinstance(early.estimate("p95"), NotEstimable)


def test_why_there_is_none(analyze):
    """Too few events, all alike, one kind only, more kinds than events can tell apart: a reason and a way out."""
    few = OUTCOMES[:40]
    same = [did("load", row["user_id"], value=7) for row in EXPOSURES]
    card = analyze(experiment([{**P95, "quantile": 0.999}, BALANCE]), EXPOSURES, few)
    assert "too few units for the 0.999 quantile" in str(card.estimate("p95"))
    one = [did("view", row["user_id"], properties={"item": "only"}) for row in EXPOSURES]
    card = analyze(experiment([P95, {**BALANCE, "event": "seen"}]), (), same)
    assert isinstance(card.estimate("balance"), NotEstimable)
    assert evenness_of(Spread(9, 50.0, 3.0, 100.0, 10.0), 40).hint
    assert "one kind" in evenness_of(Spread(300, float(len(one)), 0.0, 0.0, 0.0), 1).reason


def test_guardrails_and_the_primary_metric(analyze):
    """Both may be either; a level and a change are judged by the error."""
    guardrails = [
        {"metric": P95, "max_change": 0.05, "limit": 1e6},
        {"metric": {**BALANCE, "key": "again", "name": "Again"}, "max_change": 0.1},
    ]
    card = analyze(experiment([BALANCE], guardrails=guardrails), *log(1500, shift=0.8))
    found = {one.metric: one for one in card.guardrails}
    assert found["p95"].breached
    assert found["again"].held
    assert isinstance(card.estimate("balance"), Estimate)
    bayes = analyze(experiment([P95], plan={"method": "bayesian"}))
    assert bayes.row("p95").decision.probability_better < 0.01
