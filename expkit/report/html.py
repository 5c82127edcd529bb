"""The scorecard as one HTML file that asks for nothing else: it opens from an e-mail and prints well."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from expkit.report import sections
from expkit.view.css import PAGE_CSS
from expkit.view.fragments import Entry, call_out, heading, timeline_list

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment

__all__ = ["scorecard_html"]

PRINT_CSS = (
    "@media print{:root{color-scheme:light}body{font-size:10pt}.expkit-page{max-width:none;padding:0}"
    "h2{break-after:avoid}section,figure,table,tr{break-inside:avoid}.expkit-scroll{overflow:visible}"
    ".expkit-table{font-size:8pt}.expkit-badge{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The browser itself refuses to fetch or run anything, should a name ever slip through."""


def scorecard_html(experiment: Experiment, scorecard: Scorecard, timeline: Iterable[Entry] = ()) -> str:
    """Summary, hypothesis, design, results, progress, health, advice, risks, timeline, method and provenance."""
    parts = (
        ("Hypothesis", sections.hypothesis(experiment)),
        ("Results", sections.results(scorecard)),
        *((("Segments", sections.segments(scorecard)),) if scorecard.segments else ()),
        ("Progress", sections.progress(scorecard)),
        ("Health", sections.health(scorecard)),
        ("Risks", sections.risks(experiment, scorecard)),
        ("Design", sections.design(experiment)),
        ("Timeline", timeline_list(timeline)),
        ("Method", sections.method(experiment, scorecard)),
        ("Provenance", sections.provenance(experiment, scorecard)),
    )
    body = "".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in parts)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(experiment.name)} · expkit</title><style>{PAGE_CSS}{PRINT_CSS}</style></head>"
        f'<body><main class="expkit-page">{heading(experiment)}{call_out(scorecard)}'
        f"{sections.summary(experiment, scorecard)}{body}</main></body></html>"
    )
