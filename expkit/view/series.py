"""Every kept look of one comparison: the p-value of that look's own test beside the one that holds at any look.

The picture teaches why the first may be read once only: it wanders, and whoever reads it at every look stops at its
lowest point; the second never rises, and crosses the level by luck in no more than alpha of all experiments.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.view import format as fmt
from expkit.view.canvas import bokeh, dress
from expkit.view.grid import grid
from expkit.view.palette import SERIES, theme_of

if TYPE_CHECKING:
    from expkit.analysis.series import LookSeries, SeriesPoint

__all__ = ["series_figure", "series_sentence", "series_table", "series_text"]

HEIGHT = 300
LEAST_P = 1e-6
"""Below this a p-value is drawn at the bottom."""
TICKS = [1, 0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 1e-4, 1e-5, LEAST_P]
COLUMNS = ("Look", "Units", "Effect", "Interval, this look", "p, this look", "Interval, any look", "p, any look")
_SIMULATIONS = 10_000


def series_figure(series: LookSeries, theme: str = "light") -> Any:
    """Both p-values over the looks, on a logarithmic axis with the level marked."""
    look = theme_of(theme)
    fixed, sound = SERIES[look.name][1], SERIES[look.name][0]
    models, source = bokeh().models, _source(series)
    plot = bokeh().plotting.figure(
        sizing_mode="stretch_width", height=HEIGHT, min_width=260, tools="", name="looks", y_axis_type="log",
        y_range=(max(min(_lowest(series), series.alpha) / 2, LEAST_P / 2), 1.3), x_range=_range(series),
        x_axis_label="Look", y_axis_label="p-value",
    )  # fmt: skip
    plot.xaxis.ticker = models.BasicTicker(min_interval=1, num_minor_ticks=0)
    plot.yaxis.ticker = models.FixedTicker(ticks=TICKS)
    plot.yaxis.formatter = models.NumeralTickFormatter(format="0.[000000]")
    level = models.Span(location=series.alpha, dimension="width", line_color=look.rule, line_dash="dashed")
    plot.add_layout(level)
    lines = [
        (plot.line("look", "fixed", source=source, line_color=fixed, line_width=2, line_dash="dotted"),
         plot.scatter("look", "fixed", source=source, marker="circle", size=9, color=fixed),
         "a test at this look alone"),
        (plot.step("look", "sound", source=source, line_color=sound, line_width=3, mode="after"),
         plot.scatter("look", "sound", source=source, marker="square", size=9, color=sound),
         "holds at any look"),
    ]  # fmt: skip
    items = [models.LegendItem(label=told, renderers=[line, mark]) for line, mark, told in lines]
    legend = models.Legend(items=items, orientation="horizontal", background_fill_color=None, border_line_color=None,
                           label_text_color=look.ink, label_text_font_size="12px", padding=0, margin=0)  # fmt: skip
    plot.add_layout(legend, "above")
    tips = [(name, f"@{field}") for name, field in _HOVER.items()]
    plot.add_tools(models.HoverTool(renderers=[mark for _, mark, _ in lines], tooltips=tips))
    dress(plot, look)
    return plot


_HOVER = {
    "Look": "name", "Units": "units", "Effect": "effect", "This look alone": "fixed_text", "At any look": "sound_text",
}  # fmt: skip


def series_sentence(series: LookSeries) -> str:
    """What peeking would have done here, and how often it errs."""
    n, peeked, crossed = len(series.points), series.peeked, series.crossed
    if n < 2:
        return "One look so far; with more, the two p-values part."
    often = f"At {n} looks that rule errs in {_false_alarms(n, series.alpha):.0%} of experiments without an effect."
    if peeked is None:
        return f"Nobody would have stopped, not even by reading the fixed test at every look. {often}"
    told = f"Who reads the fixed test at every look would have stopped at look {peeked}. {often}"
    if crossed is None:
        return f"{told} What holds at any look has not found a difference."
    return f"{told} What holds at any look found a difference at look {crossed}, and may be acted on."


def series_table(series: LookSeries) -> str:
    """The numbers of the figure, for everybody."""
    label = escape(f"Looks at {series.title} of {series.variant}", quote=True)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
    body = "".join(
        f'<tr><th scope="row">{cells[0]}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells[1:])}</tr>'
        for cells in (_cells(series, point) for point in series.points)
    )
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}"><table class="expkit-table">'
        f"<caption>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="expkit-note">{escape(series_sentence(series))}</p>'
    )


def series_text(found: Sequence[LookSeries], width: int = 100) -> str:
    """For the terminal, one table after another."""
    parts = []
    for series in found:
        rows = [_cells(series, point) for point in series.points]
        parts += [f"{series.title} of {series.variant}"]
        parts += [grid(COLUMNS, rows, right=range(1, len(COLUMNS)), width=width), f"  {series_sentence(series)}", ""]
    return "\n".join(parts).rstrip() or "Nobody has looked yet."


def _cells(series: LookSeries, point: SeriesPoint) -> tuple[str, ...]:
    return (
        str(point.look),
        fmt.count(point.units),
        _amount(series, point.effect),
        _ends(series, point.fixed_ci),
        fmt.p_value(point.fixed_p_value),
        _ends(series, point.any_look_ci),
        fmt.p_value(point.any_look_p_value),
    )


def _amount(series: LookSeries, value: float) -> str:
    return fmt.amount(value, series.kind, series.unit, signed=True)


def _ends(series: LookSeries, ends: Sequence[float]) -> str:
    return fmt.interval(*(_amount(series, end) for end in ends))


def _source(series: LookSeries) -> Any:
    points = series.points
    return bokeh().models.ColumnDataSource(
        {
            "look": [point.look for point in points],
            "fixed": [max(point.fixed_p_value, LEAST_P) for point in points],
            "sound": [max(point.any_look_p_value, LEAST_P) for point in points],
            "name": [f"{point.look}, {point.at:%Y-%m-%d %H:%M}" for point in points],
            "units": [fmt.count(point.units) for point in points],
            "effect": [_amount(series, point.effect) for point in points],
            "fixed_text": [f"p {fmt.p_value(p.fixed_p_value)} ({_ends(series, p.fixed_ci)})" for p in points],
            "sound_text": [f"p {fmt.p_value(p.any_look_p_value)} ({_ends(series, p.any_look_ci)})" for p in points],
        },
        name="looks-rows",
    )


def _lowest(series: LookSeries) -> float:
    return min(min(point.fixed_p_value, point.any_look_p_value) for point in series.points)


def _range(series: LookSeries) -> tuple[float, float]:
    first, last = series.points[0].look, series.points[-1].look
    return first - 0.5, last + 0.5


@lru_cache(maxsize=64)
def _false_alarms(looks: int, alpha: float) -> float:
    """Of looks after equal shares of the units."""
    from expkit.stats import compare_methods

    times = [place / looks for place in range(1, looks + 1)]
    (found,) = compare_methods(times, methods=["naive"], alpha=alpha, simulations=_SIMULATIONS)
    return found.false_positives
