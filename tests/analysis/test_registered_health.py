"""Registered experiments: sample ratio by phase, the segment to blame, covariates before the start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from small_experiments import START, did, experiment, seen

from expkit.registry import Phase
from expkit.stats import Summary, compare_means

SPEND = {"key": "spend", "kind": "sum", "covariate": "before"}


def users(n: int, treated: Any, **more: Any) -> list[dict[str, Any]]:
    """`n` users, in the treatment where `treated(i)` says so; `attributes(i)` and `hours(i)` when given."""
    return [
        seen("treatment" if treated(i) else "control", f"u{i}", **{name: make(i) for name, make in more.items()})
        for i in range(n)
    ]


def phase(number: int, hours: float, control: float) -> Phase:
    shares = {"control": control, "treatment": 1 - control}
    return Phase(number, number, START + timedelta(hours=hours), None, 1.0, shares)


def check(card: Any, name: str) -> Any:
    return next(one for one in card.checks if one.name == name)


def test_shares_that_changed_are_no_mismatch(analyze):
    """Nine to one at first and half and half later is what the history promised."""
    rows = users(2000, lambda i: i % 10 == 0 if i < 1000 else i % 2 == 0, hours=lambda i: 1 if i < 1000 else 30)
    history = [phase(1, 0, 0.9), phase(2, 24, 0.5)]
    assert not check(analyze(experiment(), rows), "srm").ok
    found = check(analyze(experiment(), history=history), "srm")
    assert (found.ok, found.method) == (True, "chi-square over 2 phases")


def test_a_mismatch_within_one_phase_is_found(analyze):
    """Together the counts look right, phase by phase they do not."""
    rows = users(2000, lambda i: i % 2 == 0 if i < 1000 else i % 10 == 0, hours=lambda i: 1 if i < 1000 else 30)
    card = analyze(experiment(), rows, history=[phase(1, 0, 0.9), phase(2, 24, 0.5)])
    assert not check(card, "srm").ok
    assert card.recommendation.action == "investigate"


def test_the_segment_most_to_blame_is_named(analyze):
    """One browser loses half of its treated users; all other attributes are innocent."""
    browsers = ["firefox", "safari", "chrome"]
    rows = users(
        3000,
        lambda i: (i // 3) % 2 == 0 and not (i % 3 == 1 and (i // 6) % 2),
        attributes=lambda i: {"browser": browsers[i % 3], "plan": "free" if (i // 5) % 2 else "paid", "age": i},
    )
    found = check(analyze(experiment(), rows), "srm")
    assert "most to blame: browser 'safari' with 1,000 units" in found.detail
    assert "without it the shares fit" in found.detail


def test_nobody_is_blamed_where_all_are_alike(analyze):
    """A mismatch that every segment has a little of names none."""
    rows = users(400, lambda i: i % 20 < 6, attributes=lambda i: {"n": i % 40})
    found = check(analyze(experiment(), rows), "srm")
    assert not found.ok
    assert "most to blame" not in found.detail or "they still do not fit" in found.detail


@pytest.fixture
def spending(analyze):
    rng = np.random.default_rng(1)
    before = rng.exponential(10, 400).round(2)
    spent = (before + rng.exponential(1, 400)).round(2)

    def spend(shift: float = 0.0, **more: Any) -> Any:
        def attributes(i: int) -> dict[str, Any]:
            moved = before[i] + (shift if i % 2 else 0)
            return {"before": moved} if i % 9 else {}

        outcomes = [did("spend", f"u{i}", value=float(spent[i])) for i in range(400)]
        rows = users(400, lambda i: i % 2, attributes=attributes)
        return analyze(experiment(metrics=[SPEND], **more), rows, outcomes), before, spent

    return spend


def test_covariates_of_a_registered_metric(spending):
    """The attribute that a metric names adjusts it; users without one stay in."""
    card, before, spent = spending()
    known = np.where(np.arange(400) % 9, before, np.nan)
    arms = [Summary.of(spent[at::2], known[at::2], no_history="indicator") for at in (0, 1)]
    found, peer = card.estimate("spend"), compare_means(*arms)
    assert (found.effect, found.se, found.method) == (pytest.approx(peer.effect), pytest.approx(peer.se), "welch+cuped")
    assert (found.control.n, found.variance_saved) == (200, pytest.approx(peer.variance_saved))
    assert check(card, "balance").ok


def test_arms_that_differed_before_the_start(spending):
    """The check names the covariate and the variant."""
    card, *_ = spending(shift=5)
    found = check(card, "balance")
    assert not found.ok
    assert found.detail.startswith("treatment: before exposure, 'before' differs most, by +0.")
    assert card.recommendation.action == "investigate"


def test_odd_attributes_are_missing(analyze):
    """Words, quotes in names, lists: what is no number is none, and nobody is lost."""
    metric = {**SPEND, "covariate": 'a "b" $.c'}
    values = ["many", [1, 2], None, True, "3.5", "NaN", "Infinity"]
    rows = users(70, lambda i: i % 2, attributes=lambda i: {'a "b" $.c': values[i % 7]})
    outcomes = [did("spend", f"u{i}", value=float(i % 11)) for i in range(70)]
    found = analyze(experiment(metrics=[metric]), rows, outcomes).estimate("spend")
    assert (found.kind, found.control.n) == ("estimate", 35)
