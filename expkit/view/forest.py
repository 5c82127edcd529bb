"""The forest plot as a Bokeh figure: lift and interval of every metric and treatment on one axis.

Each row has its words above its interval, so the picture needs no left margin and reads at 320 px as at 1400.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from expkit.view import format as fmt
from expkit.view.canvas import bokeh, dress
from expkit.view.palette import Theme, theme_of
from expkit.view.rows import Row, extent, scorecard_rows

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["scorecard_figure"]

MARKERS = {"better": "diamond", "worse": "square", "inconclusive": "circle", "unknown": "x"}
SIZES = {"better": 19, "worse": 13}
ROW_HEIGHT = 46
FRAME_HEIGHT = 78
NARROW_PX = 560
"""Below this the interval is left to the picture and the row's words are shortened."""
LABEL_CHARACTERS = 26

_FIT = f"""
const narrow = plot.inner_width > 0 && plot.inner_width < {NARROW_PX}
for (const r of wide) r.visible = !narrow
for (const r of slim) r.visible = narrow
"""


def scorecard_figure(scorecard: Scorecard, theme: str = "light") -> Any:
    """A Bokeh figure of lifts; `theme` is "light" or "dark", its background is the host's."""
    look = theme_of(theme)
    rows = scorecard_rows(scorecard)
    axis = extent(rows)
    plot = _plot(len(rows), axis, scorecard, look)
    if rows:
        _draw(plot, _columns(rows, axis, look), look)
    return plot


def _plot(count: int, axis: tuple[float, float], scorecard: Scorecard, look: Theme) -> Any:
    models = bokeh().models
    plot = bokeh().plotting.figure(
        sizing_mode="stretch_width", height=FRAME_HEIGHT + ROW_HEIGHT * max(count, 1), min_width=260,
        x_range=axis, y_range=(max(count, 1), -0.1), tools="", name="scorecard",
        x_axis_label=f"Lift over {scorecard.control} ({fmt.confidence(scorecard.alpha)})",
        y_axis_type=None,
    )  # fmt: skip
    plot.xaxis.formatter = models.NumeralTickFormatter(format="+0.[0]%")
    plot.xaxis.ticker.desired_num_ticks = 5
    plot.ygrid.visible = False
    plot.add_layout(models.Span(location=0, dimension="height", line_color=look.rule, line_width=1.5, level="underlay"))
    dress(plot, look)
    return plot


def _columns(rows: list[Row], axis: tuple[float, float], look: Theme) -> dict[str, list[Any]]:
    left, right = axis

    def clip(value: float | None) -> float:
        return math.nan if value is None else min(max(value, left), right)

    place = [at + 0.7 for at in range(len(rows))]
    return {
        "y": place,
        "top": [at - 0.42 for at in place],
        "lift": [row.lift if row.lift is not None and left <= row.lift <= right else math.nan for row in rows],
        "lower": [clip(row.lower) for row in rows],
        "upper": [clip(row.upper) for row in rows],
        "colour": [look.verdict(row.verdict) for row in rows],
        "size": [SIZES.get(row.verdict, 12) for row in rows],
        "marker": [MARKERS.get(row.verdict, "x") for row in rows],
        "label": [row.label for row in rows],
        "short_label": [_cut(row.label) for row in rows],
        "told": [_told(row) for row in rows],
        "short_told": [f"{row.symbol} {row.verdict}" + _after(row.lift_text) for row in rows],
        **{name: [getattr(row, name) for row in rows] for name in HOVER.values()},
        "clipped_left": [row.lower is not None and row.lower < left for row in rows],
        "clipped_right": [row.upper is not None and row.upper > right for row in rows],
    }


HOVER = {
    "Metric": "title", "Role": "role", "Arm": "variant", "Verdict": "verdict", "Wanted": "wish", "Control": "control",
    "Treatment": "treatment", "Effect": "effect", "Lift": "lift_text", "Interval": "ci_text", "p": "p_text",
    "Adjusted p": "adjusted_text",
}  # fmt: skip


def _draw(plot: Any, columns: dict[str, list[Any]], look: Theme) -> None:
    models = bokeh().models
    source = models.ColumnDataSource(columns, name="scorecard-rows")
    bar = plot.segment("lower", "y", "upper", "y", source=source, line_color="colour", line_width=3, line_cap="round")
    point = plot.scatter(
        "lift",
        "y",
        source=source,
        marker="marker",
        size="size",
        fill_color="colour",
        line_color=look.page,
        line_width=1.5,
    )
    _arrows(plot, source)
    _words(plot, source, look)
    # `@` fields are escaped by Bokeh unless {safe} is asked for
    hover = models.HoverTool(renderers=[bar, point], tooltips=[(name, f"@{field}") for name, field in HOVER.items()])
    plot.add_tools(hover)


def _arrows(plot: Any, source: Any) -> None:
    """An interval that goes on beyond the axis ends in an arrow."""
    models = bokeh().models
    for end, side, angle in (("lower", "clipped_left", math.pi / 2), ("upper", "clipped_right", -math.pi / 2)):
        view = models.CDSView(filter=models.BooleanFilter(list(source.data[side])))
        plot.scatter(end, "y", source=source, view=view, marker="triangle", angle=angle, size=12, name=side,
                     fill_color="colour", line_color="colour")  # fmt: skip


def _words(plot: Any, source: Any, look: Theme) -> None:
    """Name at the left, verdict at the right; full words when wide, short ones when narrow."""
    wide = [_label(plot, source, "label", look), _verdict(plot, source, "told")]
    slim = [_label(plot, source, "short_label", look), _verdict(plot, source, "short_told")]
    for renderer in slim:
        renderer.visible = False
    fit = bokeh().models.CustomJS(args={"plot": plot, "wide": wide, "slim": slim}, code=_FIT)
    plot.js_on_change("inner_width", fit)


def _label(plot: Any, source: Any, field: str, look: Theme) -> Any:
    return plot.text(
        x=plot.x_range.start, y="top", text=field, source=source, text_color=look.ink, text_font_size="13px",
        text_font_style="bold", text_baseline="middle", text_align="left", x_offset=2,
    )  # fmt: skip


def _verdict(plot: Any, source: Any, field: str) -> Any:
    return plot.text(
        x=plot.x_range.end, y="top", text=field, source=source, text_color="colour", text_font_size="12px",
        text_baseline="middle", text_align="right", x_offset=-2,
    )  # fmt: skip


def _told(row: Row) -> str:
    if row.lift is None:
        told = f"not estimable: {row.reason}" if row.effect == "–" else f"{row.verdict}  {row.effect}, no lift"
        return f"{row.symbol} {_cut(told, 80)}"
    interval = "" if row.ci_text == "–" else f" ({row.ci_text})"
    return f"{row.symbol} {row.verdict}  {row.lift_text}{interval}"


def _after(text: str) -> str:
    return "" if text == "–" else f" {text}"


def _cut(text: str, characters: int = LABEL_CHARACTERS) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
