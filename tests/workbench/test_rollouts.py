"""Rollouts in steps: the next share when its hours have passed, held when a limit is near broken, back when it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import InvalidDefinition, InvalidInput
from expkit.workbench import Workbench

STEPS = [{"after_hours": 0, "share": 0.05}, {"after_hours": 24, "share": 0.25}, {"after_hours": 72, "share": 1.0}]
ERRORS = {"metric": "trace.error", "limit": 0.05, "action": "stop"}


def promoted(wb: Workbench, *guardrails: object) -> None:
    wb.create(
        Experiment.parse({
            "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"], "guardrails": guardrails,
            "variants": [{"key": "control"}, {"key": "treatment"}],
        })
    )  # fmt: skip
    wb.start("bot")
    wb.stop("bot", "enough")
    wb.promote("bot", "it won", steps=STEPS)


def later(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    now = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr(registry, "now", lambda: now)


def log(wb: Workbench, units: int, failing: int, first: int = 0) -> None:
    """So many users with the winner; every so-and-so-many-th one's call fails."""
    who = range(first, first + units)
    wb.log_exposures([{"experiment": "bot", "variant": "treatment", "user_id": f"u{i}"} for i in who])
    wb.log_traces([{"model": "m", "user_id": f"u{i}", "error": "" if i % failing else "timeout"} for i in who])


def share(wb: Workbench) -> float:
    rollout = wb.get("bot").rollout
    assert rollout is not None
    return rollout.share


def test_the_steps_are_taken_in_their_time(wb, monkeypatch):
    """Each is a version with its reason, by the monitor; users get the winner for that share."""
    promoted(wb)
    assert share(wb) == 0.05
    wb.monitor()
    assert share(wb) == 0.05
    for hours, reached in ((23.9, 0.05), (25, 0.25), (80, 1.0)):
        later(monkeypatch, hours)
        wb._shared.watched.clear()
        wb.watch("bot")
        assert share(wb) == reached
    assert [version.reason for version in wb.versions("bot")][:2] == [
        "the planned step to 1 of the units", "the planned step to 0.25 of the units",
    ]  # fmt: skip
    assert wb.versions("bot")[0].author == "expkit monitor"
    assert all(wb.assign(user_id=f"u{i}", experiment="bot").variant == "treatment" for i in range(50))


def test_a_missed_step_is_caught_up(wb, monkeypatch):
    """Nobody watched for a week: what is due by now is taken at once, by a pass over everything."""
    promoted(wb)
    wb.monitor()
    wb._shared.watched["bot"] = wb._shared.watched["bot"]._replace(rest=0.0)
    assert wb.monitor() == []
    later(monkeypatch, 168)
    assert len(wb.monitor()) == 1
    assert share(wb) == 1.0


def test_a_level_that_is_crossed_rolls_back(wb, monkeypatch):
    """With its alert and reason; what happened before the promotion is not counted."""
    wb.create(
        Experiment.parse({
            "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"], "guardrails": [ERRORS],
            "variants": [{"key": "control"}, {"key": "treatment"}],
        })
    )  # fmt: skip
    wb.start("bot")
    old = datetime.now(UTC) - timedelta(days=1)
    wb.log_exposures(
        [{"experiment": "bot", "variant": "treatment", "user_id": f"o{i}", "timestamp": old} for i in range(200)]
    )
    wb.log_traces([{"model": "m", "user_id": f"o{i}", "error": "x", "timestamp": old} for i in range(200)])
    wb.stop("bot", "enough")
    wb.promote("bot", "it won", steps=STEPS)
    log(wb, 300, 50)
    assert wb.watch("bot").broken == ()
    assert wb.get("bot").status == "rolling_out"
    log(wb, 300, 3, first=300)
    assert wb.watch("bot").units == {"treatment": 600}
    assert wb.get("bot").status == "rolled_back"
    (alert,) = wb.alerts("bot")
    assert (alert.subject, alert.action) == ("trace.error of treatment in its rollout", "rollback")
    assert "limit at most 0.05" in wb.audit(subject="bot")[0]["reason"]


def test_an_alert_holds_the_rollout(wb, monkeypatch):
    """Nobody is sent back, and nobody more is let in, until somebody decides."""
    promoted(wb, {**ERRORS, "action": "alert"})
    log(wb, 400, 3)
    later(monkeypatch, 100)
    wb.watch("bot")
    assert (wb.get("bot").status, share(wb), len(wb.alerts())) == ("rolling_out", 0.05, 1)


def test_total_failure_and_too_few(wb):
    """A failure of every call needs no spread; a handful says nothing."""
    promoted(wb, ERRORS)
    log(wb, 29, 1)
    assert wb.watch("bot").broken == ()
    log(wb, 1, 1, first=29)
    wb.watch("bot")
    assert wb.get("bot").status == "rolled_back"


def test_steps_are_checked(wb):
    """They rise in time and share; a share besides them is refused; one step later begins with nobody."""
    promoted(wb)
    wb.clone("bot", "next")
    wb.start("next")
    wb.stop("next", "x")
    with pytest.raises(InvalidDefinition, match="follow each other"):
        wb.promote("next", steps=STEPS[::-1])
    with pytest.raises(InvalidInput, match="Both share and steps"):
        wb.promote("next", share=0.5, steps=STEPS)
    wb.promote("next", steps=STEPS[1:])
    assert wb.get("next").rollout.share == 0.0
    assert wb.assign(user_id="u", experiment="next").variant is None


def test_a_rollout_has_alerts_of_its_own(wb):
    """The alert of the experiment's own time, kept and acknowledged, does not swallow the rollout's."""
    wb.create(
        Experiment.parse({
            "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"], "guardrails": [ERRORS],
            "variants": [{"key": "control"}, {"key": "treatment"}],
        })
    )  # fmt: skip
    wb.start("bot")
    wb.log_exposures([
        {"experiment": "bot", "variant": arm, "user_id": f"{arm}{i}"}
        for arm in ("control", "treatment") for i in range(100)
    ])  # fmt: skip
    wb.log_traces([{"model": "m", "user_id": f"treatment{i}", "error": "timeout"} for i in range(100)])
    wb.watch("bot")
    wb.promote("bot", "the errors were the provider's", steps=STEPS)
    log(wb, 300, 2)
    wb.watch("bot")
    assert [(alert.subject, alert.action) for alert in reversed(wb.alerts("bot"))] == [
        ("trace.error of treatment", "stop"), ("trace.error of treatment in its rollout", "rollback"),
    ]  # fmt: skip


def test_whom_the_rollout_exposes_is_in_no_arm(wb: Workbench) -> None:
    """A look after the stop is one at those who came before it; the others are kept, counted and left out."""
    wb.create({
        "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"], "segments": ["country"],
        "variants": [{"key": "control"}, {"key": "treatment"}],
    })  # fmt: skip
    wb.start("bot")
    wb.log_exposures([
        {"experiment": "bot", "variant": ("control", "treatment")[i % 2], "user_id": f"u{i}",
         "attributes": {"country": "DE"}} for i in range(200)
    ])  # fmt: skip
    before = wb.analyze("bot")
    wb.stop("bot", "enough")
    wb.promote("bot", "it won")
    log(wb, 300, failing=400, first=150)
    after = wb.analyze("bot")
    assert [arm.n for arm in after.arms] == [arm.n for arm in before.arms] == [100, 100]
    (told,) = (check for check in after.checks if check.name == "after_stop")
    assert told.ok
    assert told.detail.startswith("300 exposures came after the stop")
    assert wb.breakdown("bot", by=["country"])[0].segments[0].units == {"control": 100, "treatment": 100}
    assert wb.analyze("bot", at=after.look).checks == after.checks
