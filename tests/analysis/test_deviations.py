"""What was done otherwise than promised, one deviation for every difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from small_experiments import START, experiment
from test_monitoring import rows

from expkit.analysis import Arm, Promise, Recommendation, Scorecard
from expkit.registry import Phase


def told(analyze: Any, promised: Any, done: Any, **more: Any) -> list[tuple[str, str]]:
    card = analyze(done, *rows(0.1, 0.12, 200), promise=Promise(promised, "c0ffee" * 8, "ann", START), **more)
    assert card.promise.startswith("the plan c0ffeec0ffee that ann signed on 2026-03-01")
    return [(one.kind, one.detail) for one in card.deviations]


def test_what_was_kept_is_no_deviation(analyze):
    """Names, owners and tags are nobody's promise."""
    assert told(analyze, experiment(), experiment(name="Another", owner="bob", tags=["x"])) == []


@pytest.mark.parametrize(
    ("promised", "done", "kind", "detail"),
    [
        ({}, {"metrics": ["buy", "visit"]}, "metrics", "metrics: 'visit' was added"),
        ({"metrics": ["buy", "visit"]}, {}, "metrics", "metrics: 'visit' was removed"),
        ({"metrics": ["buy", "visit"]}, {"metrics": ["visit", "buy"]}, "metrics", "the first one is primary"),
        ({}, {"metrics": [{"key": "buy", "window_days": 7}]}, "metrics", "window_days changed from nothing to 7"),
        ({}, {"guardrails": [{"metric": "error", "limit": 1}]}, "guardrails", "guardrails changed from none to error"),
        ({}, {"plan": {"method": "always_valid"}}, "method", "plan.method changed from fixed to always_valid"),
        ({}, {"plan": {"alpha": 0.1}}, "method", "plan.alpha changed from 0.05 to 0.1"),
        ({}, {"plan": {"correction": "none"}}, "method", "plan.correction changed from holm to none"),
        ({}, {"plan": {"alternative": "greater"}}, "method", "plan.alternative"),
        ({}, {"plan": {"looks": 5}}, "sample", "plan.looks changed from 1 to 5"),
        ({"sample_size": 100}, {"sample_size": 50}, "sample", "sample_size changed from 100 to 50"),
        ({}, {"stopping": {"when_significant": True}}, "sample", "stopping.when_significant"),
        ({}, {"hypothesis": "another"}, "rules", "hypothesis"),
        ({"sample_size": 4000}, {"sample_size": 4000, "stopped_at": START}, "sample", "stopped early: 200 of 4,000"),
    ],
)
def test_every_change_is_told(analyze, promised, done, kind, detail):
    """By kind, with what it was and what it became."""
    found = told(analyze, experiment(**promised), experiment(**done))
    assert any(one == kind and detail in text for one, text in found), found


def test_traffic_that_changed_is_told_with_its_time(analyze):
    """Coverage and shares, phase by phase."""
    half, other = {"control": 0.5, "treatment": 0.5}, {"control": 0.8, "treatment": 0.2}
    history = [
        Phase(1, 1, START, START, 1.0, half),
        Phase(2, 2, START + timedelta(days=1), START, 0.5, half),
        Phase(3, 3, START + timedelta(days=2), None, 0.5, other),
    ]
    found = told(analyze, experiment(), experiment(), history=history)
    assert found == [
        ("traffic", "coverage changed from 1 to 0.5 on 2026-03-02 00:00"),
        ("traffic", "shares changed from control 0.5, treatment 0.5 to control 0.8, treatment 0.2 on 2026-03-03 00:00"),
    ]


def looked(look: int, n: int) -> Scorecard:
    arms = (Arm(key="control", name="c", n=n, share=0.5), Arm(key="treatment", name="t", n=n, share=0.5))
    advice = Recommendation(action="continue", headline="Go on")
    return Scorecard(
        experiment="exp", name="Exp", control="control", look=look, alpha=0.05, arms=arms, estimates=(),
        recommendation=advice,
    )  # fmt: skip


def test_more_looks_than_planned_are_told(analyze):
    """Those without new units are none."""
    past = [looked(1, 50), looked(2, 50), looked(3, 120)]
    assert told(analyze, experiment(), experiment(), past=past) == [("looks", "3 looks at new units, 1 planned")]


def test_looks_at_other_times_are_told(analyze):
    """A group-sequential plan's looks are equally far apart, unless it says otherwise."""
    wanted = experiment(sample_size=400, plan={"method": "group_sequential", "looks": 4})
    found = told(analyze, wanted, wanted, past=[looked(1, 160)])
    assert found == [("looks", "looks at other times than planned: look 1 at 40% instead of 25% of the information")]


def test_a_definition_that_was_tampered_with_is_told(analyze):
    """Its digest is not the one that was signed."""
    card = analyze(experiment(), *rows(0.1, 0.1, 50), promise=Promise(experiment(), "ab", "ann", START, intact=False))
    assert [one.kind for one in card.deviations] == ["signature"]


def test_without_a_signature_the_start_counts(analyze):
    """The scorecard says that nobody signed."""
    card = analyze(experiment(["buy", "visit"]), *rows(0.1, 0.1, 50), promise=Promise(experiment()))
    assert card.promise == "the plan as it was at the start (nobody has signed one)"
    assert [one.kind for one in card.deviations] == ["metrics"]
