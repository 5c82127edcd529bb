"""All experiments: what runs, how far it is, what the newest look says."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.apps.host import link
from expkit.apps.pieces import figure, html, inner, page, panel
from expkit.domain import STATUSES
from expkit.errors import NotFound
from expkit.view.fleet import FleetItem, fleet_figure
from expkit.view.fragments import status_chip
from expkit.view.table import badge

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.workbench import Workbench

__all__ = ["fleet_page"]

LIMIT = 100
ALL = "all"
CARDS_CSS = (
    ".expkit-cards{list-style:none;margin:1rem 0;padding:0;display:grid;gap:.75rem;"
    "grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr))}"
    ".expkit-card{border:1px solid var(--expkit-grid);background:var(--expkit-panel);border-radius:.5rem;"
    "padding:.75rem 1rem;display:flex;flex-direction:column;gap:.35rem}"
    ".expkit-card h3{font-size:1rem;margin:0}.expkit-card p{margin:0;font-size:.875rem}"
    ".expkit-card progress{width:100%;height:.5rem;accent-color:var(--expkit-accent)}"
)
FIELD_CSS = (
    ":host{font-family:inherit}label{color:var(--expkit-ink)!important}"
    ".bk-input{color:var(--expkit-ink,inherit)!important;background-color:var(--expkit-panel,inherit)!important;"
    "border-color:var(--expkit-rule)!important;min-height:2.25rem}"
    ".bk-input:focus-visible{outline:2px solid var(--expkit-accent);outline-offset:1px}"
)
EMPTY = (
    '<section class="expkit-call" aria-label="Nothing here yet"><strong>There is no experiment yet.</strong>'
    "<p>In a terminal, <code>expkit demo</code> makes and analyses one. In a notebook:</p><pre><code>"
    "import expkit\nfrom expkit.domain import Experiment\n\nwb = expkit.open()\n"
    'wb.create(Experiment(key="checkout", name="One-page checkout",\n'
    '    hypothesis="If ..., then ..., because ...",\n'
    '    variants=[{"key": "control"}, {"key": "treatment"}], metrics=["conversion"]))</code></pre></section>'
)


def fleet_page(workbench: Workbench) -> Any:
    """Cards with status, progress and advice; filters by status and text."""
    total = workbench.count()
    if not total:
        return page(html(f"<h1>Experiments</h1>{EMPTY}"))
    widgets = panel().widgets
    status = widgets.Select(label="Status", options=[ALL, *STATUSES], value=ALL, width=180, stylesheets=[FIELD_CSS])
    text = widgets.TextInput(label="Find", placeholder="key, name or owner", width=260, stylesheets=[FIELD_CSS])
    cards = html("")

    def refill(*_: Any) -> None:
        cards.object = inner(_cards(workbench, "" if status.value == ALL else status.value, text.value.strip()))

    status.param.watch(refill, "value")
    text.param.watch(refill, "value")
    refill()
    filters = panel().FlexBox(status, text, sizing_mode="stretch_width", margin=0, stylesheets=[_FILTERS])
    return page(html(f"<h1>Experiments</h1>{_count(total)}"), *_overview(workbench), filters, cards)


def _overview(workbench: Workbench) -> list[Any]:
    running = [item for item in _items(workbench, "active", "") if item.planned]
    if len(running) < 2:
        return []  # one bar says no more than its card
    return [html("<h2>On the way</h2>"), figure(partial(fleet_figure, running))]


def _cards(workbench: Workbench, status: str, text: str) -> str:
    items = _items(workbench, status, text)
    style = f"<style>{CARDS_CSS}</style>"
    if not items:
        return f"{style}<p>No experiment matches. Clear the filters to see all {workbench.count()}.</p>"
    found = workbench.count(status=status or None, text=text or None)
    more = f"<p>Showing the newest {LIMIT} of {found}; narrow the filter.</p>" if found > LIMIT else ""
    return f'{style}<ul class="expkit-cards">{"".join(map(_card, items))}</ul>{more}'


def _card(item: FleetItem) -> str:
    target = link("experiment", experiment=item.key)
    name = f'<a href="{escape(target)}">{escape(item.name)}</a>' if target else escape(item.name)
    told = "<p>Not analysed yet.</p>"
    if item.action:
        mark = "!" if item.action == "investigate" else ""
        told = f"<p>{badge(item.verdict, item.action, mark)} {escape(item.headline)}</p>"
    bar = ""
    if item.progress is not None:
        share = f"{min(item.progress, 1):.4f}"
        bar = f'<progress max="1" value="{share}" aria-label="Progress">{escape(item.told)}</progress>'
    owner = f" · {escape(item.owner)}" if item.owner else ""
    return (
        f'<li class="expkit-card"><h3>{name}</h3><p class="expkit-muted"><code>{escape(item.key)}</code>{owner} '
        f'{status_chip(item.status)}</p>{told}{bar}<p class="expkit-muted">{escape(item.told)}</p></li>'
    )


def _items(workbench: Workbench, status: str, text: str) -> list[FleetItem]:
    found = workbench.list(status=status or None, text=text or None, limit=LIMIT)
    return [FleetItem.of(experiment, _scorecard(workbench, experiment.key)) for experiment in found]


def _scorecard(workbench: Workbench, key: str) -> Scorecard | None:
    try:
        return workbench.scorecard(key)
    except NotFound:
        return None


def _count(total: int) -> str:
    return f'<p class="expkit-muted">{total} in this workbench</p>' if total != 1 else ""


_FILTERS = (
    ":host{box-sizing:border-box;width:100%;max-width:72rem;margin:0 auto!important;padding:0 clamp(.5rem,2vw,2rem)}"
)
