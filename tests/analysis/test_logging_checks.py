"""Whether what was logged can be whole: calls without exposure, outcomes before one, silence, wrong clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import analyze_experiment
from expkit.stats import Check

RUNNING = {"started_at": START}


@pytest.fixture
def look(events):
    """`look(experiment, exposures, outcomes, traces, hours=...)`: its checks by name, so many hours after the start."""

    def look(wanted, exposures=(), outcomes=(), traces=(), hours=24.0) -> dict[str, Check]:
        with events._store.begin(actor="ann") as work:
            events.log_exposures(work, exposures)
            events.log_outcomes(work, outcomes)
            events.log_traces(work, traces)
        with events.reader(experiment=wanted.key) as reader:
            card = analyze_experiment(wanted, reader, moment=START + timedelta(hours=hours))
        assert card.recommendation.action != "investigate"
        return {check.name: check for check in card.checks}

    return look


def both(n: int, every: float = 0.1, **more):
    return [seen(v, f"{v}{i}", hours=i * every, **more) for v in ("control", "treatment") for i in range(n)]


def call(unit: str, variant: str = "treatment"):
    return {"model": "m", "user_id": unit, "experiment": "exp", "variant": variant, "timestamp": START}


def test_calls_without_an_exposure(look):
    """More than one in a hundred units whose model calls name the experiment, and not just a handful."""
    assert "missing_exposure" not in look(experiment(), both(200))
    few = look(experiment(), traces=[call(f"treatment{i}") for i in range(100)] + [call("stranger")])
    assert few["missing_exposure"].ok
    many = look(experiment(), traces=[call(f"x{i}") for i in range(20)] + [call("control1")])["missing_exposure"]
    assert not many.ok
    assert "21 of 122 units whose model calls name the experiment have no exposure" in many.detail
    assert "1 name another variant" in many.detail


def test_an_arm_that_logs_its_exposures_late(look):
    """Outcomes in the hour before the first exposure are alike in all arms, or the check says where they are not."""
    early = [did("buy", f"{v}{i}", hours=i * 0.1 - 0.5) for v in ("control", "treatment") for i in range(0, 200, 10)]
    assert look(experiment(), both(200), early)["late_exposure"].ok
    late = look(experiment(), outcomes=[did("buy", f"treatment{i}", hours=i * 0.1 - 0.2) for i in range(0, 200, 2)])
    assert not late["late_exposure"].ok
    assert "treatment 50.0%); one arm logs its exposures late" in late["late_exposure"].detail


def test_a_log_that_fell_silent(look):
    """While it runs and events came steadily before; neither too few events nor a log of the past tell anything."""
    outcomes = [did("buy", f"control{i}", hours=i * 0.1 + 0.01) for i in range(200)]
    assert look(experiment(**RUNNING), both(200), outcomes, hours=20.1)["logging_delay"].ok
    silent = look(experiment(**RUNNING), hours=40)["logging_delay"]
    assert not silent.ok
    assert "the last exposure was at 2026-03-01 19:54 UTC, 20.1 hours before this look" in silent.detail
    assert "events come late, or logging has stopped" in silent.detail
    for other in ({}, {"started_at": START + timedelta(days=3)}, {**RUNNING, "stopped_at": START}):
        assert "logging_delay" not in look(experiment(**other), hours=40)


def test_outcomes_that_stop_while_exposures_come(look):
    """The end of each is told by itself."""
    outcomes = [did("buy", f"control{i % 20}", hours=i * 0.01 + 2.1) for i in range(200)]
    check = look(experiment(**RUNNING), both(500), outcomes, hours=50.0)["logging_delay"]
    assert not check.ok
    assert "the last outcome was at 2026-03-01 04:05" in check.detail
    assert "last exposure" not in check.detail


def test_units_before_the_start(look):
    """A few are a clock that goes wrong; most are a log that is older than the experiment."""
    late = {"started_at": START + timedelta(hours=2)}
    check = look(experiment(**late), both(200), hours=20)["clock_skew"]
    assert not check.ok
    assert "40 of 400 units (10.00%) were exposed before the experiment began" in check.detail
    assert "clock_skew" not in look(experiment(started_at=START + timedelta(hours=19)))
    assert "clock_skew" not in look(experiment(**RUNNING))
