"""What our widgets share: fields with labels, alerts, a look that fits the host, and what is left without a kernel."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from expkit.errors import ExpkitError
from expkit.view.css import CONTENT_CSS, NOTEBOOK_CSS

__all__ = ["Explorer", "alert", "field", "html", "row", "teach"]

WIDGET_CSS = (
    ".expkit-widget{color:var(--expkit-ink,inherit);max-width:72rem;overflow:hidden!important}"
    ".expkit-widget :is(.widget-label,.widget-label-basic),:is(.expkit-widget,.expkit-page) .widget-html-content"
    "{color:var(--expkit-ink,inherit)!important}"
    ".expkit-widget .widget-html-content{line-height:1.45!important;overflow:visible;min-width:0;width:100%}"
    ".expkit-widget :is(input:not([type=checkbox]),select,textarea){color:var(--expkit-ink,inherit)!important;"
    "background-color:var(--expkit-panel,transparent)!important;border:1px solid var(--expkit-rule)!important;"
    "border-radius:.25rem;min-height:2rem;box-sizing:border-box}"
    ".expkit-widget ::placeholder{color:var(--expkit-muted)!important;opacity:1}"
    ".expkit-widget :is(.widget-dropdown,.widget-text,.widget-textarea,.widget-datepicker)"
    "{height:auto;min-height:2rem;overflow:visible}"
    ".expkit-widget .jupyter-button{color:var(--expkit-ink,inherit)!important;"
    "background:var(--expkit-panel,transparent)!important;border:1px solid var(--expkit-rule)!important;"
    "border-radius:.25rem;min-height:2rem;box-shadow:none!important}"
    ".expkit-widget .jupyter-button.mod-active{border-color:var(--expkit-accent)!important;"
    "box-shadow:inset 0 0 0 1px var(--expkit-accent)!important}"
    ".expkit-widget :is(input,select,textarea,button,.noUi-handle,summary):focus-visible"
    "{outline:2px solid var(--expkit-accent)!important;outline-offset:2px}"
    ".expkit-widget .noUi-connect{background:var(--expkit-accent)!important}"
    ".expkit-widget .noUi-target{background:var(--expkit-grid)!important;border-color:var(--expkit-grid)!important}"
    ".expkit-widget .noUi-handle{background:var(--expkit-accent)!important;border:2px solid var(--expkit-page,#fff)"
    "!important;box-shadow:0 0 0 1px var(--expkit-accent)!important}"
    ".expkit-widget .expkit-lead{font-size:1.0625rem;margin:.25rem 0 .5rem;max-width:70ch}"
    ".expkit-widget h3,.expkit-static h3{font-size:1rem;margin:1rem 0 .25rem}"
    ".expkit-widget p,.expkit-static p{margin:.3rem 0;max-width:80ch}"
    ".expkit-widget summary{cursor:pointer;font-weight:600;padding:.35rem 0}"
    ".expkit-widget pre,.expkit-static pre{background:var(--expkit-panel,transparent);padding:.6rem .8rem;"
    "overflow-x:auto;border-radius:.25rem;color:inherit}"
    ".expkit-static{max-width:72rem}"
)
# a reopened notebook has no models: what Jupyter says of that gives way to the picture below it
GONE_CSS = (
    ".jp-OutputArea-child:has(+.jp-OutputArea-child .expkit-static)>.jp-OutputArea-output.jupyter-widgets:not(:has(*))"
    "{display:none}"
)
VIEW = "application/vnd.jupyter.widget-view+json"


class Explorer(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """A widget that leaves its words and pictures behind in the notebook, shown wherever it is not alive itself."""

    def __init__(self, children: list[Any], css: str = "") -> None:
        self._css = f"{NOTEBOOK_CSS}{CONTENT_CSS}{WIDGET_CSS}{css}"
        super().__init__()
        own = f".expkit-static-{self.model_id}{{display:none!important}}"
        self.children = [html(f"<style>{self._css}{own}</style>"), *children]
        self.add_class("expkit-widget")

    def static(self) -> str:
        """What is shown without a kernel: HTML that needs no script."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _ipython_display_(self) -> None:
        import IPython.display as shown

        display: Any = shown.display
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        # an empty text/html: exports that cannot show a widget take the second output alone
        display({VIEW: view, "text/html": "", "text/plain": repr(self)}, raw=True)
        rest = f'<div class="expkit-static expkit-static-{self.model_id}">{self.static()}</div>'
        html_: Any = shown.HTML
        display(html_(f"<style>{self._css}{GONE_CSS}</style>{rest}"))


def html(text: str = "") -> Any:
    """HTML in its own place, filled again as often as one likes; escaped by whoever wrote it."""
    return widgets.HTML(text, layout={"width": "100%", "margin": "0"})


def field(kind: Any, name: str, *, wide: str = "20rem", **traits: Any) -> Any:
    """A labelled input as narrow as its host."""
    style = {"description_width": "auto"}
    return kind(
        description=name, style=style, layout={"width": f"min({wide}, 98%)", "margin": "2px 8px 2px 0"}, **traits
    )


def row(*parts: Any) -> Any:
    """Side by side, and below each other where it is narrow."""
    return widgets.Box(
        parts, layout={"display": "flex", "flex_flow": "row wrap", "align_items": "center", "width": "100%"}
    )


def alert(error: ExpkitError, about: str) -> str:
    """An error in the widget's own place, with its hint."""
    hint = f"<br>Hint: {escape(error.hint)}" if error.hint else ""
    return (
        f'<section class="expkit-call expkit-is-bad" role="alert"><strong>{escape(about)}</strong><br>'
        f"{escape(error.message)}{hint}</section>"
    )


def teach(title: str, text: str, code: str) -> str:
    """What stands where there is nothing yet: what it would show, and the line that fills it."""
    return (
        f'<section class="expkit-call" aria-label="Nothing here yet"><strong>{escape(title)}</strong>'
        f"<p>{escape(text)}</p><pre><code>{escape(code)}</code></pre></section>"
    )
