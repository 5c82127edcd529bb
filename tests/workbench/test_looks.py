"""Looks of a registered experiment: each knows those before, and what was promised."""

from __future__ import annotations

from typing import Any

import pytest

from expkit.workbench import Workbench

PLAN = {"method": "group_sequential", "looks": 2}


@pytest.fixture
def draft(wb: Workbench) -> Workbench:
    wb.create(
        {
            "key": "checkout", "name": "Checkout", "hypothesis": "h", "metrics": ["buy"], "sample_size": 600,
            "plan": PLAN, "variants": [{"key": "control"}, {"key": "treatment"}],
        }
    )  # fmt: skip
    return wb


def log(wb: Workbench, first: int, last: int, every: dict[str, int]) -> None:
    who = [(variant, i) for variant in every for i in range(first, last)]
    exposures: list[dict[str, Any]] = [
        {"experiment": "checkout", "variant": variant, "user_id": f"{variant}{i}"} for variant, i in who
    ]
    wb.log_exposures(exposures)
    wb.log_outcomes([{"event": "buy", "user_id": f"{v}{i}"} for v, i in who if i % every[v] == 0])


def test_looks_are_judged_together_and_against_the_signed_plan(draft):
    """The first look is too early for its difference, the second one has all; what changed is told."""
    signed = draft.sign_plan("checkout")
    draft.start("checkout")
    log(draft, 0, 300, {"control": 10, "treatment": 6})
    first = draft.analyze("checkout")
    assert (first.row("buy").decision.information, first.recommendation.action) == (0.5, "continue")
    assert (first.promise[9:21], first.deviations) == (signed.digest[:12], ())
    log(draft, 300, 600, {"control": 10, "treatment": 6})
    draft.traffic("checkout", coverage=0.5)
    second = draft.analyze("checkout")
    assert (second.row("buy").decision.look, second.row("buy").decision.information) == (2, 1.0)
    assert second.recommendation.action == "promote"
    assert [one.kind for one in second.deviations] == ["traffic"]
    assert draft.scorecard("checkout") == second


def test_what_changes_between_signature_and_start_is_told(draft):
    """The newest signature counts; the start alone where there is none."""
    draft.sign_plan("checkout")
    draft.update("checkout", {"plan": {**PLAN, "looks": 9, "alpha": 0.1}})
    draft.start("checkout")
    log(draft, 0, 100, {"control": 10, "treatment": 6})
    card = draft.analyze("checkout")
    assert {one.detail for one in card.deviations if one.kind in {"method", "sample"}} == {
        "plan.alpha changed from 0.05 to 0.1",
        "plan.looks changed from 2 to 9",
    }
