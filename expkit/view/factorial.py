"""Factors and levels: a design with its aliases before the experiment; effects, interactions and ANOVA after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from expkit.errors import ExpkitError, InvalidInput
from expkit.stats import ALPHA, FactorialDesign
from expkit.view.factor_svg import FACTOR_CSS, interaction_svg, main_effects_svg
from expkit.view.factor_tables import anova_table, design_html, effects_table, sentence
from expkit.view.factors import Cells, Measured, cells_of_experiment, cells_of_frame, measure, parse_design
from expkit.view.widget import Explorer, alert, field, html, row

__all__ = ["FactorialExplorer"]

EXAMPLE = "headline: plain, question\nimage: photo, drawing\nbutton: blue, green\nprice: shown, hidden"


class FactorialExplorer(Explorer):
    """Plan factors and levels, or see what each factor and each pair of them did.

    Without data it is a planner: factors, levels and generators may be changed, `design` holds the runs. With a
    frame of units, or a workbench and the key of an analysed multivariate experiment, it shows main effects,
    interactions and the analysis of variance; `measured` holds the numbers of the metric that is shown.

    The levels of a factor stand in alphabetical order, or as `factors={"image": ["none", "photo"]}` has them.

    >>> FactorialExplorer({"headline": ["plain", "question"], "image": ["photo", "drawing"]}).design.runs
    >>> FactorialExplorer(df, factors=["headline", "image"], metric=["signup", "time_on_page"])
    >>> FactorialExplorer(wb, "landing_mvt")
    """

    def __init__(
        self,
        source: Any = None,
        key: str | None = None,
        *,
        factors: Sequence[str] | Mapping[str, Sequence[Any]] = (),
        metric: str | Sequence[str] = (),
        generators: Sequence[str] = (),
        alpha: float = ALPHA,
    ) -> None:
        self.design: FactorialDesign | None = None
        self.measured: Measured | None = None
        self._alpha, self._generators = alpha, tuple(generators)
        self._kept: dict[str, Measured] = {}
        self._cells: dict[str, Cells] = {}
        self._lead, self._plots, self._body = html(), html(), html()
        self.fields = self._planner(source) if source is None or _is_levels(source) else self._reader()
        super().__init__([self.fields, self._lead, self._plots, self._body], FACTOR_CSS)
        if source is None or _is_levels(source):
            self._plan_again()
            return
        try:
            metrics = (metric,) if isinstance(metric, str) else tuple(metric)
            self._cells = {one.metric: one for one in _cells(source, key, factors, metrics)}
        except ExpkitError as error:
            self._refuse(error)
        else:
            self._fill()

    def static(self) -> str:
        """What is shown, without the fields."""
        return f"{self._lead.value}{self._plots.value}{self._body.value}"

    def _planner(self, source: Any) -> Any:
        lines = "\n".join(f"{name}: {', '.join(map(str, levels))}" for name, levels in (source or {}).items())
        self.factors = field(
            widgets.Textarea,
            "Factors, one a line",
            wide="32rem",
            value=lines or EXAMPLE,
            rows=5,
            continuous_update=True,
        )
        self.generators = field(
            widgets.Text, "Generators", wide="24rem", value=", ".join(self._generators), placeholder="none: all runs"
        )
        for one in (self.factors, self.generators):
            one.observe(self._plan_again, "value")
        return row(self.factors, self.generators)

    def _reader(self) -> Any:
        self.metric = field(widgets.Dropdown, "Metric", options=[])
        self.axis = field(widgets.Dropdown, "Along the axis", options=[])
        self.lines = field(widgets.Dropdown, "As lines", options=[])
        return row(self.metric, self.axis, self.lines)

    def _plan_again(self, *_: Any) -> None:
        try:
            self.design = parse_design(self.factors.value, self.generators.value)
        except ExpkitError as error:
            self._refuse(error)
        else:
            self._lead.value, self._body.value = design_html(self.design)

    def _fill(self) -> None:
        names = list(next(iter(self._cells.values())).factors)
        for picker, options, chosen in (
            (self.metric, list(self._cells), 0), (self.axis, names, 0), (self.lines, names, min(1, len(names) - 1))
        ):  # fmt: skip
            picker.options = options
            picker.value = options[chosen]
        self.metric.layout.display = "" if len(self._cells) > 1 else "none"
        for picker in (self.axis, self.lines):
            picker.layout.display = "" if len(names) > 1 else "none"
            picker.observe(self._draw, "value")
        self.metric.observe(self._show, "value")
        self._show()

    def _show(self, *_: Any) -> None:
        name = self.metric.value
        try:
            if name not in self._kept:
                self._kept[name] = measure(self._cells[name], self._generators, alpha=self._alpha)
        except ExpkitError as error:
            self._refuse(error)
            return
        self.measured = self._kept[name]
        self.design = self.measured.design
        told = escape(sentence(self.measured))
        self._lead.value = f'<div role="status" aria-live="polite"><p class="expkit-lead">{told}</p></div>'
        self._body.value = f"{effects_table(self.measured)}{anova_table(self.measured)}"
        self._draw()

    def _draw(self, *_: Any) -> None:
        if self.measured is None:
            return
        cells = self.measured.cells
        if self.axis.value == self.lines.value and len(cells.factors) > 1:
            pair = '<p class="expkit-note">Choose two different factors to see how they go together.</p>'
        elif len(cells.factors) > 1:
            about = "<p>Parallel lines: each factor does the same whatever the other is.</p>"
            pair = f"<h3>Two factors together</h3>{about}"
            pair += interaction_svg(cells, self.axis.value, self.lines.value, self._alpha)
        else:
            pair = ""
        main = f"<h3>Each factor by itself</h3>{main_effects_svg(cells, self._alpha)}"
        self._plots.value = f'<div class="expkit-factors">{main}{pair}</div>'

    def _refuse(self, error: ExpkitError) -> None:
        self.design = self.measured = None
        self._lead.value = alert(error, "This design cannot be.")
        self._plots.value = self._body.value = ""


def _is_levels(source: Any) -> bool:
    """Whether it is levels by factor, rather than columns of values."""
    return isinstance(source, Mapping) and all(
        isinstance(levels, list | tuple) and len(levels) < 64 for levels in source.values()
    )


def _cells(source: Any, key: str | None, factors: Any, metrics: Sequence[str]) -> list[Cells]:
    if key is not None:
        if not hasattr(source, "scorecard"):
            raise InvalidInput("A key needs a workbench.", hint="FactorialExplorer(wb, 'landing'), or a frame alone.")
        return cells_of_experiment(source.get(key), source.scorecard(key))
    if hasattr(source, "scorecard"):
        raise InvalidInput("Which experiment?", hint="name its key: FactorialExplorer(wb, 'landing').")
    if not hasattr(source, "columns"):
        raise InvalidInput(
            f"Factors cannot be read from {type(source).__name__!r}.",
            hint="give levels by factor, a frame with factors=[...] and metric=..., or a workbench and a key.",
        )
    if not metrics:
        raise InvalidInput("No metric is named.", hint="e.g. metric='signup'.")
    return [cells_of_frame(source, factors, name) for name in metrics]
