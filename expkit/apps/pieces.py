"""What the pages are put together from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from expkit.view.css import CONTENT_CSS

__all__ = ["figure", "html", "inner", "page", "panel", "widget"]

SHOWN = ":host{{display:var(--expkit-in-{theme},{fallback})!important}}"


def panel() -> Any:
    """Panel, loaded when the first page is made. Untyped: most of its constructors have no annotations."""
    import panel as pn

    return pn


def html(text: str) -> Any:
    """A piece of HTML with the style sheet it needs; escaped by whoever wrote it."""
    return panel().pane.HTML(
        inner(text),
        stylesheets=[CONTENT_CSS],
        sizing_mode="stretch_width",
        margin=0,
    )


def inner(text: str) -> str:
    """What an `html` piece holds; for one that is filled again."""
    return f'<div class="expkit-page" style="padding-block:0">{text}</div>'


def figure(draw: Callable[[str], Any]) -> Any:
    """A Bokeh figure, drawn light and dark; the style sheet shows the one that fits the reader's theme."""
    both = [_in_theme(draw, theme, fallback) for theme, fallback in (("light", "grid"), ("dark", "none"))]
    return panel().Column(*both, sizing_mode="stretch_width", stylesheets=[_FRAME], margin=0)


def _in_theme(draw: Callable[[str], Any], theme: str, fallback: str) -> Any:
    plot = draw(theme)
    plot.stylesheets = [*plot.stylesheets, SHOWN.format(theme=theme, fallback=fallback)]
    return panel().pane.Bokeh(plot, sizing_mode="stretch_width", margin=0)


def widget(content: Any) -> Any:
    """An ipywidget within the page's margins."""
    _without_cdn()
    pane = panel().pane.IPyWidget(content, sizing_mode="stretch_width", margin=0)
    return panel().Column(pane, sizing_mode="stretch_width", stylesheets=[_FRAME], margin=0)


def page(*parts: Any) -> Any:
    return panel().Column(
        *parts, sizing_mode="stretch_width", margin=(16, 0, 48, 0), stylesheets=[":host{background:none}"]
    )


def _without_cdn() -> None:
    """Panel dresses every ipywidget with an icon font from a CDN; our widgets have no icons."""
    import panel.io.ipywidget  # noqa: F401  # before ipywidgets_bokeh: what the extension "ipywidgets" does otherwise
    from ipywidgets_bokeh.widget import IPyWidget  # type: ignore[import-untyped]

    IPyWidget.__css__ = []


_FRAME = (
    ":host{box-sizing:border-box;width:100%;max-width:72rem;margin:0 auto!important;padding:0 clamp(.5rem,2vw,2rem)}"
)
