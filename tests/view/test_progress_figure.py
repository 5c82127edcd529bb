"""The way to the planned size, drawn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from expkit.analysis import Scorecard
from expkit.analysis.parts import Daily, Reached
from expkit.errors import InvalidInput
from expkit.view import progress_figure

REACHED = Reached(
    units=10_000, planned_units=12_000, wanted_power=0.8, per_day=500, counted_days=2,
    end=datetime(2026, 5, 8, tzinfo=UTC), earliest=datetime(2026, 5, 7, tzinfo=UTC), latest=None,
)  # fmt: skip
DAILY = tuple(Daily(day=f"2026-05-0{day}", units={"control": 400 * day, "treatment": 410 * day}) for day in range(1, 5))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_came_and_where_it_leads(scorecard: Scorecard, theme: str) -> None:
    """The line ends at the units of today, and starts with those of days that are not kept; the plan is in sight."""
    card = scorecard.model_copy(update={"daily": DAILY, "progress": REACHED})
    plot = progress_figure(card, theme=theme)
    source = plot.select_one({"name": "progress-rows"})
    assert source.data["units"] == [6000, 6400, 7200, 8400, 10_000]
    assert max(source.data["day"]) == datetime(2026, 5, 4, 12, 30)  # noqa: DTZ001
    assert plot.y_range.end > 12_000
    assert len(plot.renderers) == 3


def test_without_a_plan_there_is_no_way_ahead(scorecard: Scorecard) -> None:
    """Only what came; and nothing at all where the scorecard tells no days."""
    bare = REACHED.model_copy(update={"planned_units": None, "end": None})
    assert len(progress_figure(scorecard.model_copy(update={"daily": DAILY, "progress": bare})).renderers) == 1
    with pytest.raises(InvalidInput, match="tells no days"):
        progress_figure(scorecard)
