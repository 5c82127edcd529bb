"""A/A replay and overlap, on what was logged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from expkit.errors import ExpkitError, UnknownName
from expkit.workbench import Workbench

BASE = {"name": "n", "hypothesis": "h", "variants": [{"key": "control"}, {"key": "treatment"}]}
SPEND = {"key": "spend", "kind": "sum"}
N = 1200


@pytest.fixture
def ran(wb: Workbench) -> Workbench:
    """Two experiments on the same units; the second one's treatment helps only without the first one's."""
    rng = np.random.default_rng(1)
    for key in ("old", "new"):
        wb.create({**BASE, "key": key, "metrics": ["buy", SPEND]})
        wb.start(key)
    exposures: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    for i in range(N):
        arms = {"old": ("control", "treatment")[i % 2], "new": ("control", "treatment")[i // 2 % 2]}
        exposures += [{"experiment": key, "variant": arm, "user_id": f"u{i}"} for key, arm in arms.items()]
        helps = arms == {"old": "control", "new": "treatment"}
        if rng.random() < (0.5 if helps else 0.2):
            outcomes.append({"event": "buy", "user_id": f"u{i}"})
        outcomes.append({"event": "spend", "user_id": f"u{i}", "value": float(rng.exponential())})
    wb.log_exposures(exposures)
    wb.log_outcomes(outcomes)
    return wb


def test_a_past_log_is_replayed_for_a_draft(ran):
    """Its metrics, its plan, the other's units."""
    plan = {"method": "group_sequential", "looks": 4}
    ran.create({**BASE, "key": "next", "metrics": [SPEND], "plan": plan})
    found = ran.replay_aa("next", log="old", rehashes=200)
    assert (found.units, found.looks, found.log) == (N, 4, "old")
    assert {row.method for row in found.rows if row.metric == "spend"} == {"fixed", "naive", "obrien-fleming"}
    assert found == ran.replay_aa("next", log="old", rehashes=200)


def test_a_frame_is_replayed(ran):
    """A column for each metric, units by name."""
    import pandas as pd

    frame = pd.DataFrame({"user": [f"u{i}" for i in range(500)], "buy": np.arange(500) % 5 == 0})
    found = ran.replay_aa("old", frame=frame, unit="user", rehashes=200)
    assert [row.metric for row in found.rows] == ["buy", "srm"]
    with pytest.raises(UnknownName, match="user_id"):
        ran.replay_aa("old", frame=frame)


def test_experiments_that_interfere_are_found(ran):
    """The interaction, and what the other one's arms leave behind."""
    interaction, carried = ran.check_overlap("new", "old")
    assert (interaction.name, interaction.ok) == ("interaction", False)
    assert "treatment with old's treatment" in interaction.detail
    assert carried.name == "carry_over"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda wb: wb.check_overlap("old", "old"), "itself"),
        (lambda wb: wb.check_overlap("old", "nothing"), "nothing"),
        (lambda wb: wb.replay_aa("old", log="old", frame=[]), "Both log and frame"),
        (lambda wb: wb.replay_aa("nothing"), "nothing"),
        (lambda wb: wb.replay_aa("idle"), "Nobody was exposed"),
    ],
)
def test_what_cannot_be_asked(ran, ask, error):
    """The reason names it."""
    ran.create({**BASE, "key": "idle", "metrics": ["buy"]})
    with pytest.raises(ExpkitError, match=error):
        ask(ran)


def test_an_effect_that_fades_is_a_caution(ran):
    """The scorecard tells it without doubting the data."""
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 3, 1, tzinfo=UTC)
    ran.create({**BASE, "key": "fading", "metrics": [{"key": "clicks", "kind": "count"}], "sample_size": 300})
    ran.start("fading")
    who = [(arm, i) for arm in ("control", "treatment") for i in range(300)]
    ran.log_exposures(
        [{"experiment": "fading", "variant": a, "user_id": f"{a}{i}", "timestamp": start} for a, i in who]
    )
    rng = np.random.default_rng(2)
    ran.log_outcomes(
        [
            {"event": "clicks", "user_id": f"{a}{i}", "timestamp": start + timedelta(days=day, hours=1)}
            for a, i in who
            for day in range(8)
            for _ in range(rng.poisson(1 + (3 * 0.5**day if a == "treatment" else 0)))
        ]
    )
    card = ran.analyze("fading")
    novelty = next(check for check in card.checks if check.name == "novelty")
    assert not novelty.ok
    assert novelty.detail.startswith("treatment, first 7 days: the difference shrinks")
    assert card.recommendation.action == "promote"
    assert "Take care: novelty" in card.recommendation.reasons[-1]


def test_what_is_no_number_of_units_is_not_dealt_out(ran):
    """A quantile has nothing to replay, and nothing to compare unit by unit: both say so."""
    slow = {"key": "slow", "kind": "quantile", "quantile": 0.9, "event": "spend"}
    for key in ("first", "second"):
        ran.create({**BASE, "key": key, "metrics": [slow, {**SPEND, "cap": 1}]})
    with pytest.raises(ExpkitError, match="deal out anew"):
        ran.replay_aa("first", log="old")
    (found,) = ran.check_overlap("first", "second")
    assert "is a quantile" in found.reason
    ran.create({**BASE, "key": "third", "metrics": [{**SPEND, "cap": 1}, slow]})
    replayed = ran.replay_aa("third", log="old", rehashes=200)
    assert {row.metric for row in replayed.rows} == {"spend", "srm"}
