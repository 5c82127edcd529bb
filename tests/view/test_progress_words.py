"""How far an experiment got, in words: the same ones in the terminal and on a page."""

from __future__ import annotations

from datetime import UTC, datetime

from expkit.analysis import Scorecard
from expkit.analysis.parts import Power, Reached
from expkit.view import scorecard_text
from expkit.view.progress import progress_lines, progress_list

REACHED = Reached(
    units=3000, planned_units=6000, days=9, planned_days=14, wanted_power=0.8, per_day=327.4, counted_days=7,
    powers=(Power(variant="treatment", sought=0.1, power=0.44, detectable=0.0205, detectable_lift=0.205),),
    end=datetime(2026, 5, 14, tzinfo=UTC), earliest=datetime(2026, 5, 13, tzinfo=UTC),
    latest=datetime(2026, 5, 16, tzinfo=UTC),
)  # fmt: skip


def told(scorecard: Scorecard, **more: object) -> str:
    return " ".join(progress_lines(scorecard.model_copy(update={"progress": REACHED.model_copy(update=more)})))


def test_tells_units_power_and_end(scorecard: Scorecard) -> None:
    """Everything a reader plans by."""
    text = told(scorecard)
    assert "3,000 of 6,000 planned units in the smallest arm (50%) and 9 of 14 days planned." in text
    assert "Conversion: power 44% to find the planned 10.0%; by now 20.5% of control (2.05%) would be found" in text
    assert "At this pace complete on 2026-05-14, nine times in ten between 2026-05-13 and 2026-05-16." in text
    assert "327 new units a day in the smallest arm over the last 7 days." in text


def test_an_end_that_may_never_come(scorecard: Scorecard) -> None:
    """A range without an end says so, and so does none at all."""
    assert "nine times in ten not before 2026-05-13." in told(scorecard, latest=None)
    none = told(scorecard, end=None, earliest=None, latest=None, note="no unit has come since 2026-05-01")
    assert none.endswith("No unit has come since 2026-05-01.")


def test_stands_in_terminal_and_page(scorecard: Scorecard) -> None:
    """And nothing where the scorecard knows nothing."""
    card = scorecard.model_copy(update={"progress": REACHED, "remarks": ("Computed again <by> another.",)})
    text = scorecard_text(card, width=200)
    assert [line for line in (*progress_lines(card), card.remarks[0]) if line not in text] == []
    assert progress_list(card).count("<li>") == 4
    assert (progress_lines(scorecard), progress_list(scorecard)) == ([], "")
