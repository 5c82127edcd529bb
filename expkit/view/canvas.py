"""What every Bokeh figure here shares: how Bokeh is loaded, and how a figure is dressed in a theme."""

from __future__ import annotations

from typing import Any

from expkit.view.palette import Theme

__all__ = ["bokeh", "dress"]


def bokeh() -> Any:
    """Bokeh, loaded when the first figure is drawn. Untyped: its stubs know few of the keywords that it takes."""
    import bokeh.models
    import bokeh.plotting

    return bokeh


def dress(plot: Any, look: Theme) -> None:
    """A figure in a theme's ink on the host's background."""
    plot.background_fill_color = plot.border_fill_color = plot.outline_line_color = None
    plot.title.text_color, plot.title.text_font_size = look.ink, "14px"
    for axis in plot.axis:
        axis.axis_line_color = axis.major_tick_line_color = look.rule
        axis.minor_tick_line_color = None
        axis.major_label_text_color, axis.axis_label_text_color = look.muted, look.ink
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"
    plot.grid.grid_line_color = look.grid
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
