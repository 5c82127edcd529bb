from __future__ import annotations

import math
from dataclasses import replace

import pytest
from bokeh.embed import json_item
from bokeh.models import HoverTool, Span

from expkit.analysis import Scorecard
from expkit.domain import Experiment
from expkit.errors import InvalidInput
from expkit.stats import Interval, NotEstimable
from expkit.view import fleet_figure, forest_svg, power_figure, scorecard_figure
from expkit.view.fleet import FleetItem
from expkit.view.palette import THEMES
from expkit.view.sizing import SizingQuestion, solve

DEFINITION = {
    "key": "checkout", "name": "One page", "hypothesis": "If a, then b.",
    "variants": [{"key": "control"}, {"key": "treatment"}],
    "metrics": ["conversion"],
}  # fmt: skip


def rows_of(figure: object) -> dict[str, list[object]]:
    return figure.select_one({"name": "scorecard-rows"}).data  # type: ignore[attr-defined]


def test_one_row_per_metric_and_arm(scorecard: Scorecard) -> None:
    """Lifts and intervals are the scorecard's; what is missing is told in words."""
    data = rows_of(scorecard_figure(scorecard))
    estimate = scorecard.estimate("conversion")
    assert data["lift"][0] == estimate.lift  # type: ignore[union-attr]
    assert (data["lower"][0], data["upper"][0]) == estimate.lift_ci  # type: ignore[union-attr]
    assert data["told"][1] == "? not estimable: no revenue yet"
    assert data["marker"] == ["diamond", "x", "circle", "square"]


def test_zero_is_drawn_and_hover_tells(scorecard: Scorecard) -> None:
    """The line of no change, and every number under the pointer."""
    figure = scorecard_figure(scorecard)
    assert [span.location for span in figure.select(Span)] == [0]
    assert {name for name, _ in figure.select_one(HoverTool).tooltips} >= {"Lift", "Interval", "p", "Control"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_fits_its_host(scorecard: Scorecard, theme: str) -> None:
    """The theme's ink on the host's own background, as wide as there is room, and plain JSON."""
    figure = scorecard_figure(scorecard, theme=theme)
    assert figure.background_fill_color is None
    assert figure.sizing_mode == "stretch_width"
    assert figure.xaxis[0].axis_label_text_color == THEMES[theme].ink  # type: ignore[index]
    assert json_item(figure)["doc"]["roots"]


def test_an_unbounded_interval_ends_in_an_arrow(scorecard: Scorecard) -> None:
    """Clipped to the axis, marked as going on; in the SVG, too."""
    first = scorecard.estimates[2]
    open_ended = replace(first.estimate, lift_ci=Interval(0.1, math.inf))  # type: ignore[type-var]
    card = scorecard.model_copy(update={"estimates": (first.model_copy(update={"estimate": open_ended}),)})
    data = rows_of(scorecard_figure(card))
    assert (data["clipped_left"], data["clipped_right"]) == ([False], [True])
    assert math.isfinite(data["upper"][0])  # type: ignore[arg-type]
    assert "M0 10-9 4V16z" in forest_svg(card)


def test_an_unknown_theme_is_refused(scorecard: Scorecard) -> None:
    """With the nearest name."""
    with pytest.raises(InvalidInput, match="did you mean 'light'"):
        scorecard_figure(scorecard, theme="ligth")


def test_an_empty_scorecard_still_draws(scorecard: Scorecard) -> None:
    """No metric, no crash."""
    assert json_item(scorecard_figure(scorecard.model_copy(update={"estimates": ()})))


def test_fleet_shows_progress_of_what_has_a_plan(scorecard: Scorecard) -> None:
    """Progress is the smallest arm over the planned size; without a plan there is no bar."""
    planned = Experiment.parse({**DEFINITION, "sample_size": 40_000})
    item = FleetItem.of(planned, scorecard)
    assert item.progress == 0.25
    assert item.told == "10,000 of 40,000 units per variant (25%)"
    figure = fleet_figure([item, FleetItem("x", "No plan", "draft")])
    assert list(figure.renderers[0].data_source.data["progress"]) == [0.25]
    assert json_item(fleet_figure([]))


def test_power_figure_marks_the_chosen_point() -> None:
    """The curve falls, and the point is the answer."""
    answer = solve(SizingQuestion(baseline=0.1, effect=0.05))
    line, point = power_figure(answer).renderers
    totals = line.data_source.data["total"]
    assert totals == sorted(totals, reverse=True)
    assert list(point.data_source.data["total"]) == [answer.total]


def test_over_a_control_of_zero_the_effect_is_told(scorecard: Scorecard) -> None:
    """There is no lift over nothing; the change itself is known, and why there is no more."""
    first = scorecard.estimates[0]
    none = NotEstimable("The control mean is zero.", "read the absolute effect.")
    estimate = replace(first.estimate, lift=none, lift_ci=none)  # type: ignore[type-var]
    card = scorecard.model_copy(update={"estimates": (first.model_copy(update={"estimate": estimate}),)})
    (told,) = rows_of(scorecard_figure(card))["told"]
    assert str(told).startswith("✗ worse  +0.60 pp")
    assert str(told).endswith(", no lift")
    assert "no lift: The control mean is zero." in forest_svg(card)
