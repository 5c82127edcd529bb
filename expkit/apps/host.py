"""The same page under Voila, under `panel serve` and in a notebook; the differences end here.

Voila runs one kernel per visitor and speaks ipywidgets; Panel serves from its own process and speaks Bokeh. Under
Voila Panel must therefore use ipywidgets comms and inline scripts, and `BOKEH_RESOURCES` must be set before Bokeh is
imported; under Panel it must stay unset, or Bokeh would no longer serve its own files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlencode

from expkit.apps.pieces import html, panel, widget
from expkit.errors import ExpkitError
from expkit.view.css import NOTEBOOK_CSS, ROOT_CSS

if TYPE_CHECKING:
    from expkit.workbench import Workbench

__all__ = ["Host", "host", "link", "problem", "query", "show"]

PANEL_FILES = "EXPKIT_PANEL_FILES"
"""The variable that tells a kernel of Voila where Panel's own files are served."""

Host = Literal["voila", "panel", "notebook"]

VOILA_CSS = ROOT_CSS + ".jp-LabShell,.lm-BoxPanel-child{background:none!important}"
TEMPLATE = """{% extends base %}
{% block postamble %}<meta name="viewport" content="width=device-width, initial-scale=1">
<style>__CSS__</style>{% endblock %}
{% block contents %}<main>{{ super() }}</main>{% endblock %}
"""


def host() -> Host:
    """Who runs this notebook."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return "voila"
    import sys

    state = sys.modules.get("panel.io.state")
    document = state.state.curdoc if state else None
    return "panel" if document is not None and document.session_context else "notebook"


def query(name: str) -> str:
    """A value from the page's address, `""` when it is not there."""
    if host() == "panel":
        found = [value.decode(errors="replace") for value in panel().state.session_args.get(name, [])]
    else:
        found = parse_qs(os.environ.get("QUERY_STRING", "")).get(name, [])
    return found[0].strip() if found else ""


def link(page: str, **values: str) -> str:
    """The address of another page beside this one; `""` in a notebook, which has none beside it."""
    suffix = {"voila": ".ipynb", "panel": ""}.get(host())
    if suffix is None:
        return ""
    return f"{page}{suffix}?{urlencode(values)}" if values else f"{page}{suffix}"


def show(page: Callable[[Workbench], Any], title: str = "expkit") -> Any:
    """Open the workbench of this process and show a page of it; make it the last line of a notebook.

    What goes wrong by a user's mistake is shown on the page with its hint.
    """
    where = host()
    _prepare(where)
    try:
        content = page(_workbench())
    except ExpkitError as error:
        content = problem(error)
    if where == "panel":
        return _served(content, title)
    _style(VOILA_CSS if where == "voila" else NOTEBOOK_CSS)
    return _without_cdn(content) if where == "voila" else content


def problem(error: ExpkitError) -> Any:
    """An error as a card on the page."""
    hint = f"<p>{escape(error.hint)}</p>" if error.hint else ""
    return html(
        '<section class="expkit-call expkit-is-bad" role="alert">'
        f"<strong>{escape(error.message)}</strong>{hint}</section>"
    )


def _prepare(where: Host) -> None:
    if where == "voila":
        os.environ.setdefault("BOKEH_RESOURCES", "inline")
    options = {"comms": "ipywidgets", "inline": True} if where == "voila" else {}
    panel().extension(**options)


def _served(content: Any, title: str) -> Any:
    page = panel().Template(TEMPLATE.replace("__CSS__", ROOT_CSS))
    page.add_variable("title", title)
    page.add_variable("app_favicon", "data:,")
    page.add_panel("content", content if isinstance(content, panel().viewable.Viewable) else widget(content))
    return page.servable(title=title)


def _without_cdn(content: Any) -> Any:
    """A Panel page as an ipywidget whose style sheets come from our server; others pass."""
    files = os.environ.get(PANEL_FILES)
    if not files or not isinstance(content, panel().viewable.Viewable):
        return content
    from bokeh.document import Document

    document = Document()
    document.template_variables["dist_url"] = files
    widget = panel().ipywidget(content, doc=document)
    # the widget puts the page into a document of its own, which later updates ask
    widget._document.template_variables["dist_url"] = files
    return widget


def _style(css: str) -> None:
    import IPython.display

    ipython: Any = IPython.display
    ipython.display(ipython.HTML(f"<style>{css}</style>"))


@cache
def _workbench() -> Workbench:
    """One per process: a Panel server has many visitors, and the workbench may be shared between threads."""
    from expkit.workbench import open_workbench

    return open_workbench()
