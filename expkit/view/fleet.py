"""All experiments at a glance: how far each is on the way to its planned size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.view import format as fmt
from expkit.view.canvas import bokeh, dress
from expkit.view.palette import Theme, theme_of

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment

__all__ = ["FleetItem", "fleet_figure"]

ROW_HEIGHT = 34
FRAME_HEIGHT = 70
MAX_ROWS = 20
NAME_CHARACTERS = 44
ADVICE = {"promote": "better", "rollback": "worse", "continue": "inconclusive", "stop": "inconclusive"}


class FleetItem(NamedTuple):
    """One experiment in the fleet. `n` is the smallest arm; `planned` the units per variant, if any."""

    key: str
    name: str
    status: str
    owner: str = ""
    n: int = 0
    planned: int | None = None
    action: str = ""
    headline: str = ""

    @classmethod
    def of(cls, experiment: Experiment, scorecard: Scorecard | None) -> FleetItem:
        """An experiment with its newest scorecard, or without one."""
        known = (experiment.key, experiment.name, experiment.status, experiment.owner)
        if scorecard is None:
            return cls(*known, planned=experiment.sample_size)
        told = scorecard.recommendation
        return cls(
            *known,
            n=min(arm.n for arm in scorecard.arms),
            planned=experiment.sample_size,
            action=told.action,
            headline=told.headline,
        )

    @property
    def verdict(self) -> str:
        """The look of the advice: as good as `better`, as bad as `worse`, or in between."""
        return ADVICE.get(self.action, "unknown")

    @property
    def progress(self) -> float | None:
        """The share of the planned size that is there; None without a plan."""
        return self.n / self.planned if self.planned else None

    @property
    def told(self) -> str:
        """`1,200 of 4,000 units per variant (30%)`."""
        if self.planned is None:
            return f"{fmt.count(self.n)} units per variant, no planned size"
        share = fmt.share(round(self.n / self.planned, 2))
        return f"{fmt.count(self.n)} of {fmt.count(self.planned)} units per variant ({share})"


def fleet_figure(items: Sequence[FleetItem], theme: str = "light") -> Any:
    """Bars towards the planned size, the first twenty items; 100% is marked."""
    look = theme_of(theme)
    shown = [item for item in items if item.progress is not None][:MAX_ROWS]
    plot = _plot(len(shown), look)
    if shown:
        _draw(plot, shown, look)
    return plot


def _plot(count: int, look: Theme) -> Any:
    models = bokeh().models
    plot = bokeh().plotting.figure(
        sizing_mode="stretch_width", height=FRAME_HEIGHT + ROW_HEIGHT * max(count, 1), min_width=260,
        x_range=(0, 1.1), y_range=(max(count, 1), -0.1), y_axis_type=None, tools="", name="fleet",
        x_axis_label="Smallest arm, share of planned size",
    )  # fmt: skip
    plot.xaxis.formatter = models.NumeralTickFormatter(format="0%")
    plot.xaxis.ticker = models.FixedTicker(ticks=[0, 0.25, 0.5, 0.75, 1])
    plot.ygrid.visible = False
    plot.add_layout(models.Span(location=1, dimension="height", line_color=look.rule, line_dash="dashed"))
    dress(plot, look)
    return plot


def _draw(plot: Any, items: list[FleetItem], look: Theme) -> None:
    models = bokeh().models
    source = models.ColumnDataSource(
        {
            "y": [at + 0.75 for at in range(len(items))],
            "words": [at + 0.3 for at in range(len(items))],
            "progress": [min(item.progress or 0.0, 1.08) for item in items],
            "name": [_cut(f"{item.name} · {item.status.replace('_', ' ')}") for item in items],
            "told": [item.told for item in items],
            "headline": [item.headline or "not analysed yet" for item in items],
            "colour": [look.verdict(item.verdict) if item.action else look.accent for item in items],
        }
    )
    bars = plot.hbar(y="y", right="progress", height=0.28, source=source, fill_color="colour", line_color=None)
    plot.text(x=0, y="words", text="name", source=source, text_color=look.ink, text_font_size="12px",
              text_baseline="middle", x_offset=2)  # fmt: skip
    tips = [("Experiment", "@name"), ("Units", "@told"), ("Recommendation", "@headline")]
    plot.add_tools(models.HoverTool(renderers=[bars], tooltips=tips))


def _cut(text: str) -> str:
    return text if len(text) <= NAME_CHARACTERS else text[: NAME_CHARACTERS - 1] + "…"
