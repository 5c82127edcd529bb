"""Canaries: two versions compared by their calls at any moment, and rolled back by whoever watches."""

from __future__ import annotations

import random

import pytest

from expkit.domain import Experiment
from expkit.errors import InvalidDefinition, InvalidInput
from expkit.workbench import Workbench

CANARY = {
    "key": "deploy", "name": "Deploy", "hypothesis": "It does no harm.", "metrics": ["trace.quality"], "type": "canary",
    "variants": [{"key": "control"}, {"key": "treatment"}], "canary": {"control": "1.2", "treatment": "1.3"},
    "guardrails": ["trace.error < 5% rollback", "trace.cost +20%"],
}  # fmt: skip


def call(wb: Workbench, version: str, users: range, *, failing: float = 0.0, cost: float = 1.0, **more: object) -> None:
    """Two calls of each user."""
    rng = random.Random(f"{version}{users}")  # noqa: S311
    wb.log_traces([
        {
            "model": "m", "version": version, "user_id": f"u{i}", "cost": cost * rng.uniform(0.5, 1.5),
            "quality": rng.gauss(0.8, 0.1), "latency_ms": rng.uniform(100, 300),
            "error": "timeout" if rng.random() < failing else "", **more,
        }
        for i in users for _ in range(2)
    ])  # fmt: skip


def test_versions_are_compared_by_their_calls(wb):
    """Levels, changes and verdicts of errors, quality, cost and latency; whoever split the traffic."""
    call(wb, "1.2", range(400))
    call(wb, "1.3", range(400, 800), cost=1.5, failing=0.3)
    call(wb, "0.9", range(50))
    found = wb.compare_versions("1.2", "1.3", guardrails=["trace.error < 5%", "trace.quality -10%"])
    assert found.units == {"control": 400, "treatment": 400}
    assert {row.metric: row.verdict for row in found.metrics} == {
        "trace.error": "worse", "trace.quality": "inconclusive", "trace.cost": "worse", "trace.latency": "inconclusive",
    }  # fmt: skip
    (cost,) = [row.estimate for row in found.metrics if row.metric == "trace.cost"]
    assert cost.lift == pytest.approx(0.5, abs=0.1)
    assert [one.metric for one in found.broken] == ["trace.error"]


def test_models_of_one_experiment_and_users_of_both(wb):
    """By model or prompt; a user whom both answered is a user of each; calls of nobody's experiment stay out."""
    wb.create(CANARY)
    for version in ("a", "b"):
        call(wb, "1", range(60), model=version, experiment="deploy")
        call(wb, "1", range(60, 90), model=version)
    assert wb.compare_versions("a", "b", by="model", experiment="deploy").units == {"control": 60, "treatment": 60}
    assert wb.compare_versions("a", "b", by="model").units == {"control": 90, "treatment": 90}
    assert wb.compare_versions("a", "b", by="prompt").metrics == ()


def test_what_is_not_logged_is_not_told(wb):
    """A version without quality and latency has no verdict on them, and a guardrail on them no answer."""
    for version, users in (("a", range(50)), ("b", range(50, 100))):
        wb.log_traces([{"model": "m", "version": version, "user_id": f"u{i}", "error": ""} for i in users])
    found = wb.compare_versions("a", "b", guardrails=["trace.quality -10%"])
    assert not {"trace.quality", "trace.latency"} & {row.metric for row in found.metrics}
    assert found.guardrails[0].breached is None


def test_two_are_needed(wb):
    """And a time that can be."""
    with pytest.raises(InvalidDefinition, match="both are '1'"):
        wb.compare_versions("1", "1")
    with pytest.raises(InvalidInput, match="days"):
        wb.compare_versions("1", "2", days=0)


def test_the_monitor_rolls_a_bad_canary_back(wb):
    """Nobody was exposed: the calls say who was served by what, since the start."""
    call(wb, "1.3", range(1000, 1300), failing=1.0)
    wb.create(CANARY)
    wb.start("deploy")
    call(wb, "1.2", range(300))
    call(wb, "1.3", range(300, 600))
    (seen,) = wb.monitor()
    assert (seen.units, seen.broken, seen.mismatch) == ({"control": 300, "treatment": 300}, (), None)
    call(wb, "1.3", range(600, 900), failing=0.5)
    wb.watch("deploy")
    assert wb.get("deploy").status == "rolled_back"
    assert wb.alerts("deploy")[0].subject == "trace.error of treatment"
    assert wb.audit(subject="deploy")[0]["after"]["units"] == {"control": 300, "treatment": 600}


def test_in_a_rollout_control_is_still_there(wb):
    """The tolerated change is judged against the calls that the old version still answers."""
    wb.create({**CANARY, "guardrails": ["trace.cost +20% stop"]})
    wb.start("deploy")
    wb.stop("deploy", "enough")
    wb.promote("deploy", steps=[{"after_hours": 0, "share": 0.5}])
    call(wb, "1.2", range(300), cost=1.0)
    call(wb, "1.3", range(300, 600), cost=2.0)
    (finding,) = wb.watch("deploy").broken
    assert "tolerated 20.0%" in finding.detail
    assert wb.get("deploy").status == "rolled_back"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"guardrails": ["refunds +5%"]}, "watched by its calls alone"),
        ({"canary": {"control": "1", "treatment": "1"}}, "both are '1'"),
        ({"variants": [{"key": name} for name in "abc"]}, "two variants"),
    ],
)
def test_a_canary_is_about_two_and_their_calls(change, match):
    """Anything else is an experiment with exposures."""
    with pytest.raises(InvalidDefinition, match=match):
        Experiment.parse({**CANARY, **change})


def test_a_stop_by_hand_counts_who_was_served(wb):
    """Since the start; nobody was exposed."""
    call(wb, "1.2", range(500, 520))
    wb.create(CANARY)
    wb.start("deploy")
    call(wb, "1.2", range(10))
    call(wb, "1.3", range(10, 15))
    wb.stop("deploy", "enough")
    assert wb.audit(subject="deploy")[0]["after"]["units"] == {"control": 10, "treatment": 5}
