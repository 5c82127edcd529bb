"""An old look computed again: from the events, definition, phases and plan of its time, to the last digit."""

from __future__ import annotations

from typing import Any

import pytest

from expkit.analysis import Scorecard
from expkit.errors import ExpkitError, NotFound
from expkit.workbench import Workbench


@pytest.fixture
def running(wb: Workbench) -> Workbench:
    wb.create(
        {
            "key": "checkout", "name": "Checkout", "hypothesis": "h",
            "metrics": ["buy", {"key": "revenue", "kind": "sum", "event": "buy", "window_days": 1}],
            "guardrails": [{"metric": {"key": "error", "direction": "decrease"}, "max_change": 0.1}],
            "sample_size": 600, "plan": {"method": "group_sequential", "looks": 3},
            "variants": [{"key": "control"}, {"key": "treatment"}],
        }
    )  # fmt: skip
    wb.sign_plan("checkout")
    wb.start("checkout")
    return wb


def log(wb: Workbench, first: int, last: int) -> None:
    who = [(variant, i) for variant in ("control", "treatment") for i in range(first, last)]
    exposures: list[dict[str, Any]] = [
        {"experiment": "checkout", "variant": variant, "user_id": f"{variant}{i}", "timestamp": "2026-11-01"}
        for variant, i in who
    ]
    wb.log_exposures(exposures)
    wb.log_outcomes([
        {"event": "buy", "user_id": f"{v}{i}", "value": 0.1 * i, "timestamp": "2026-11-01T12:00"}
        for v, i in who if i % (5 if v == "control" else 4) == 0
    ])  # fmt: skip


def assert_same(again: Scorecard, kept: Scorecard) -> None:
    """To 1e-12: sums are added up in another order each time."""

    def same(value: Any, other: Any, path: str) -> None:
        if isinstance(value, float):
            assert value == pytest.approx(other, rel=1e-12, abs=0, nan_ok=True), path
        elif isinstance(value, dict):
            assert value.keys() == other.keys(), path
            for name in value:
                same(value[name], other[name], f"{path}/{name}")
        elif isinstance(value, list):
            for place, (inner, twin) in enumerate(zip(value, other, strict=True)):
                same(inner, twin, f"{path}/{place}")
        else:
            assert value == other, path

    same(again.model_dump(mode="json"), kept.model_dump(mode="json"), "")


def test_every_look_can_be_computed_again(running):
    """After more events, another allocation, a stop and another definition; nothing is kept or audited by it."""
    wb, looks = running, []
    for step in range(3):
        log(wb, step * 200, step * 200 + 200)
        looks.append(wb.analyze("checkout"))
        wb.traffic("checkout", coverage=0.9 - step / 10)
    wb.stop("checkout", "enough")
    wb.compact_events()
    before = wb.audit_checkpoint()
    for look in looks:
        assert_same(wb.analyze("checkout", at=look.look), look)
        assert wb.scorecard("checkout", look=look.look) == look
    assert wb.audit_checkpoint() == before
    assert wb.scorecard("checkout").look == 3


def test_a_look_that_was_not_taken(running):
    """The error says which there are."""
    with pytest.raises(NotFound, match="analyze it first"):
        running.analyze("checkout", at=1)
    running.analyze("checkout")
    with pytest.raises(NotFound, match="from 1 to 1"):
        running.analyze("checkout", at=2)
    with pytest.raises(NotFound, match="from 1 to 1"):
        running.scorecard("checkout", look=7)


def test_what_was_erased_cannot_be_computed_again(running):
    """The kept scorecard stays, and the error says so."""
    log(running, 0, 200)
    look = running.analyze("checkout")
    running.erase_user("control1")
    with pytest.raises(ExpkitError, match=r"events of look 1 at .* are gone: erasure") as error:
        running.analyze("checkout", at=1)
    assert "scorecard('checkout', look=1)" in error.value.hint
    assert running.scorecard("checkout", look=1) == look


def test_events_that_come_during_a_look_belong_to_the_next(running, monkeypatch):
    """What is logged once the look has begun is in no version that it names."""
    log(running, 0, 200)
    move = running.move_events

    def moved() -> int:
        done = move()
        log(running, 200, 210)
        return done

    monkeypatch.setattr(running, "move_events", moved)
    look = running.analyze("checkout")
    assert [arm.n for arm in look.arms] == [200, 200]
    monkeypatch.undo()
    assert_same(running.analyze("checkout", at=1), look)
    assert [arm.n for arm in running.analyze("checkout").arms] == [210, 210]
