"""The sample-size calculator as a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expkit.view.css import CONTENT_CSS

if TYPE_CHECKING:
    from expkit.workbench import Workbench

__all__ = ["calculator_page"]

WIDGET_CSS = (
    ".expkit-page .widget-label,.expkit-page .widget-html-content{color:var(--expkit-ink,inherit)!important}"
    ".expkit-page :is(input,select){color:var(--expkit-ink)!important;background-color:var(--expkit-panel)!important;"
    "border-color:var(--expkit-rule)!important}"
    ".expkit-page :is(input,select):focus-visible{outline:2px solid var(--expkit-accent)!important}"
)


def calculator_page(_: Workbench | None = None) -> Any:
    """How many units, how many days; needs no experiment."""
    import ipywidgets as widgets

    from expkit.view import SampleSizeCalculator

    about = "<h1>Sample size</h1><p>How many units it takes to find a change as small as you care for.</p>"
    head = widgets.HTML(f"<style>{CONTENT_CSS}{WIDGET_CSS}</style>{about}")
    return widgets.VBox([head, SampleSizeCalculator()]).add_class("expkit-page")
