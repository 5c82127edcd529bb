"""The curve of sample size against effect, with the chosen point: as a Bokeh figure and as SVG."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from expkit.view import format as fmt
from expkit.view.canvas import bokeh, dress
from expkit.view.palette import THEMES, theme_of
from expkit.view.sizing import SizePoint, Sizing, SizingQuestion, size_curve
from expkit.view.ticks import ticks

__all__ = ["effect_name", "effect_text", "power_figure", "power_svg"]

HEIGHT = 300
SVG_HEIGHT = 220
_LIGHT = THEMES["light"]


def power_figure(sizing: Sizing, theme: str = "light") -> Any:
    """Units in all arms against the smallest relative effect to find; the chosen point is marked."""
    look = theme_of(theme)
    models = bokeh().models
    points = size_curve(asked_of(sizing))
    plot = bokeh().plotting.figure(
        sizing_mode="stretch_width", height=HEIGHT, min_width=260, tools="", name="power",
        x_axis_label="Smallest lift to find", y_axis_label="Units in all arms",
    )  # fmt: skip
    plot.xaxis.formatter = models.NumeralTickFormatter(format="0.[00]%")
    plot.yaxis.formatter = models.NumeralTickFormatter(format="0.[0]a")
    source = models.ColumnDataSource(_columns(points))
    line = plot.line("effect", "total", source=source, line_color=look.accent, line_width=3)
    chosen = models.ColumnDataSource(_columns([SizePoint(sizing.effect, sizing.total)]))
    mark = plot.scatter("effect", "total", source=chosen, size=14, fill_color=look.worse, line_color=look.page)
    tips = [("Lift", "@lift_text"), ("Units", "@total_text")]
    plot.add_tools(models.HoverTool(renderers=[mark, line], tooltips=tips))
    dress(plot, look)
    return plot


def power_svg(sizing: Sizing) -> str:
    """The same curve without a script, as wide as its place."""
    points = size_curve(asked_of(sizing)) or [SizePoint(sizing.effect, sizing.total)]
    place = _Place((points[0].effect, points[-1].effect), max(point.total for point in points))
    path = " ".join(f"{place.x(point.effect):.2f},{place.y(point.total):.2f}" for point in points)
    told = f"{effect_text(sizing.question, sizing.effect)}: {fmt.count(sizing.total)} units"
    title = f"smallest {effect_name(sizing.question)}"
    return (
        f'<svg class="expkit-curve" role="img" aria-label="Units against the {title}; {told}" '
        f'width="100%" height="{SVG_HEIGHT}" style="overflow:visible;font-size:.75rem">{_grid(sizing, points, place)}'
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">'
        f'<polyline points="{path}" fill="none" stroke="var(--expkit-accent,{_LIGHT.accent})" stroke-width="3" '
        f'vector-effect="non-scaling-stroke"/></svg>{_chosen(sizing, place, told)}</svg>'
    )


class _Place:
    """Values to percentages of the picture; below the curve there is room for words."""

    def __init__(self, effects: tuple[float, float], most: int) -> None:
        self._low, self._high = min(effects), max(effects)
        self._most = most

    def x(self, effect: float) -> float:
        span = self._high - self._low
        return 1 + 95 * ((effect - self._low) / span if span else 0.5)

    def anchor(self, effect: float) -> str:
        """Words at either end stay inside the picture."""
        at = self.x(effect)
        return "start" if at < 6 else "end" if at > 92 else "middle"  # per cent of the width

    def y(self, total: float) -> float:
        return 84 - 78 * total / self._most


def asked_of(sizing: Sizing) -> SizingQuestion:
    """The question whose curve goes through the answer."""
    return replace(sizing.question, effect=sizing.effect, power=sizing.power)


def effect_name(question: SizingQuestion) -> str:
    what = "lift" if question.relative else "difference"
    return f"{what} to find" if question.goal == "difference" else "harm to rule out"


def effect_text(question: SizingQuestion, effect: float) -> str:
    return fmt.percent(effect) if question.relative else f"{effect:.4g}"


def _grid(sizing: Sizing, points: list[SizePoint], place: _Place) -> str:
    grid = f"var(--expkit-grid,{_LIGHT.grid})"
    most = max(point.total for point in points)
    rows = "".join(
        f'<line x1="0" x2="100%" y1="{place.y(tick):.2f}%" y2="{place.y(tick):.2f}%" stroke="{grid}"/>'
        f'<text x="100%" y="{place.y(tick):.2f}%" dy="-3" text-anchor="end" fill="currentColor" opacity=".85">'
        f"{fmt.count(tick)}</text>"
        for tick in ticks(0, most, 3)[1:]
    )
    relative = sizing.question.relative
    columns = "".join(
        f'<text x="{place.x(tick):.2f}%" y="91%" text-anchor="{place.anchor(tick)}" fill="currentColor" opacity=".85">'
        f"{fmt.share(tick) if relative else f'{tick:.4g}'}</text>"
        for tick in ticks(points[0].effect, points[-1].effect)
    )
    base = f'<line x1="0" x2="100%" y1="{place.y(0):.2f}%" y2="{place.y(0):.2f}%" stroke="{grid}"/>'
    title = '<text x="50%" y="99%" text-anchor="middle" fill="currentColor">'
    title += f"smallest {effect_name(sizing.question)}</text>"
    return f"{base}{rows}{columns}{title}"


def _chosen(sizing: Sizing, place: _Place, told: str) -> str:
    x, y = f"{place.x(sizing.effect):.2f}%", f"{place.y(sizing.total):.2f}%"
    return (
        f'<circle cx="{x}" cy="{y}" r="7" fill="var(--expkit-worse,{_LIGHT.worse})"/>'
        f'<text x="{x}" y="{y}" dx="10" dy="-10" fill="currentColor" font-weight="600">{told}</text>'
    )


def _columns(points: list[SizePoint]) -> dict[str, list[Any]]:
    return {
        "effect": [point.effect for point in points],
        "total": [point.total for point in points],
        "lift_text": [fmt.percent(point.effect) for point in points],
        "total_text": [fmt.count(point.total) for point in points],
    }
