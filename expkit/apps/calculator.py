"""The sample-size calculator as a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expkit.workbench import Workbench

__all__ = ["calculator_page"]


def calculator_page(_: Workbench | None = None) -> Any:
    """How many units, how many days; needs no experiment."""
    import ipywidgets as widgets

    from expkit.view import SampleSizeCalculator
    from expkit.view.widget import html

    about = "<h1>Sample size</h1><p>How many units it takes to find a change as small as you care for.</p>"
    return widgets.VBox([html(about), SampleSizeCalculator()]).add_class("expkit-page")
