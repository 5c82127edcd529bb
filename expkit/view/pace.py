"""The way to the planned size: units in the smallest arm day by day, and where they lead at this pace."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput
from expkit.view import format as fmt
from expkit.view.canvas import bokeh, dress
from expkit.view.palette import theme_of

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["progress_figure"]

HEIGHT = 280


def progress_figure(scorecard: Scorecard, theme: str = "light") -> Any:
    """Solid: what came. Dashed: what is to come, with the range that holds nine times in ten; the plan is a line."""
    reached = scorecard.progress
    if reached is None or not scorecard.daily:
        raise InvalidInput("The scorecard tells no days.", hint="analyze an experiment with exposures.")
    look, models = theme_of(theme), bokeh().models
    days, units = _path(scorecard)
    plot = bokeh().plotting.figure(
        sizing_mode="stretch_width", height=HEIGHT, min_width=260, tools="", name="progress", x_axis_type="datetime",
        x_axis_label="Day", y_axis_label="Units in the smallest arm",
    )  # fmt: skip
    plot.yaxis.formatter = models.NumeralTickFormatter(format="0,0")
    plot.y_range.start = 0
    told = [f"{day:%Y-%m-%d}: {fmt.count(n)}" for day, n in zip(days, units, strict=True)]
    source = models.ColumnDataSource({"day": days, "units": units, "told": told}, name="progress-rows")
    line = plot.line("day", "units", source=source, line_color=look.accent, line_width=3)
    plot.add_tools(models.HoverTool(renderers=[line], tooltips="@told", mode="vline"))
    planned = reached.planned_units
    if planned:
        plot.add_layout(models.Span(location=planned, dimension="width", line_color=look.rule, line_dash="dashed"))
        label = models.Label(x=8, x_units="screen", y=planned, text=f"{fmt.count(planned)} planned",
                             text_color=look.ink, text_font_size="12px", text_baseline="top", y_offset=-2)  # fmt: skip
        plot.add_layout(label)
        plot.y_range.end = 1.08 * max(planned, units[-1])
    if planned and reached.end and units[-1] < planned:
        start = (days[-1], units[-1])
        latest = reached.latest or reached.end
        plot.patch(
            [start[0], _naive(reached.earliest or reached.end), _naive(latest)], [start[1], planned, planned],
            fill_color=look.accent, fill_alpha=0.25, line_color=None,
        )  # fmt: skip
        plot.line([start[0], _naive(reached.end)], [start[1], planned], line_color=look.accent, line_width=2,
                  line_dash="dashed")  # fmt: skip
    dress(plot, look)
    return plot


def _path(scorecard: Scorecard) -> tuple[list[datetime], list[int]]:
    """Units of the smallest arm at the end of each day; days before those that are kept count as one step."""
    smallest = min((arm for arm in scorecard.arms if arm.share > 0), key=lambda arm: arm.n)
    new = [day.units.get(smallest.key, 0) for day in scorecard.daily]
    before = smallest.n - sum(new)
    starts = [datetime.fromisoformat(day.day) for day in scorecard.daily]  # Bokeh's axis is in UTC
    ends = [starts[0], *(day + timedelta(days=1) for day in starts)]
    last = _naive(scorecard.at)
    return [min(end, last) for end in ends], [before + n for n in (0, *accumulate(new))]


def _naive(at: datetime) -> datetime:
    """Bokeh's axis shows UTC, and knows no zones."""
    return at.replace(tzinfo=None)
