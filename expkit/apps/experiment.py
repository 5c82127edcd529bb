"""One experiment: what to do, the numbers, the health of the data, what happened."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.apps.host import link
from expkit.apps.pieces import figure, html, page
from expkit.errors import NotFound
from expkit.view import progress_figure, scorecard_figure, scorecard_table
from expkit.view.fragments import call_out, experiment_facts, heading, risk_flags, timeline_list
from expkit.view.progress import progress_list
from expkit.view.segments import segments_table
from expkit.view.series import series_figure, series_table
from expkit.view.table import checks_list

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment
    from expkit.workbench import Workbench

__all__ = ["experiment_page"]

MIN_LOOKS = 2


def experiment_page(workbench: Workbench, key: str = "") -> Any:
    """The newest scorecard of an experiment; without a key, the newest experiment."""
    experiment = workbench.get(key) if key else _newest(workbench)
    try:
        scorecard = workbench.scorecard(experiment.key)
    except NotFound as missing:
        results = [html(_not_analysed(experiment, missing))]
    else:
        results = [*_results(experiment, scorecard), *_looks(workbench, experiment.key)]
    happened = timeline_list(workbench.timeline(experiment.key))
    return page(html(_head(experiment)), *results, html(f"<h2>Timeline</h2>{happened}"))


def _newest(workbench: Workbench) -> Experiment:
    found = workbench.list(limit=1)
    if not found:
        raise NotFound("There is no experiment yet.", hint="`expkit demo` makes one; or create yours in a notebook.")
    return found[0]


def _head(experiment: Experiment) -> str:
    fleet = link("fleet")
    back = f'<nav><a href="{escape(fleet)}">← All experiments</a></nav>' if fleet else ""
    hypothesis = f"<p>{escape(str(experiment.hypothesis))}</p>"
    return f"{back}{heading(experiment)}{hypothesis}{experiment_facts(experiment)}{_closer(experiment)}"


def _closer(experiment: Experiment) -> str:
    """The pages that look closer, once there is something to look at."""
    pages = {"Look by look": link("results", experiment=experiment.key),
             "Did the arms get their share?": link("srm", experiment=experiment.key)}  # fmt: skip
    links = " · ".join(f'<a href="{escape(to)}">{name}</a>' for name, to in pages.items() if to)
    return f"<p>{links}</p>" if links and experiment.started_at else ""


def _results(experiment: Experiment, scorecard: Scorecard) -> list[Any]:
    flags = "".join(f"<li>{escape(flag)}</li>" for flag in risk_flags(experiment, scorecard))
    risks = f"<h2>Risks</h2><ul>{flags}</ul>" if flags else ""
    return [
        html(f"{call_out(scorecard)}<h2>Results</h2>"),
        figure(partial(scorecard_figure, scorecard)),
        html(f"{scorecard_table(scorecard, css=False)}{_segments(scorecard)}{_progress(scorecard)}"),
        *([figure(partial(progress_figure, scorecard))] if _has_pace(scorecard) else []),
        html(f"<h2>Health</h2>{checks_list(scorecard)}{risks}"),
    ]


def _looks(workbench: Workbench, key: str) -> list[Any]:
    """The primary metric over all looks, once there are two."""
    found = workbench.look_series(key)
    if not found or len(found[0].points) < MIN_LOOKS:
        return []
    return [html("<h2>Look by look</h2>"), figure(partial(series_figure, found[0])), html(series_table(found[0]))]


def _segments(scorecard: Scorecard) -> str:
    return f"<h2>Segments</h2>{segments_table(scorecard.segments)}" if scorecard.segments else ""


def _has_pace(scorecard: Scorecard) -> bool:
    """A plan in units, and days to draw the way to it."""
    reached = scorecard.progress
    return bool(scorecard.daily and reached is not None and reached.planned_units)


def _progress(scorecard: Scorecard) -> str:
    found = progress_list(scorecard)
    return f"<h2>Progress</h2>{found}" if found else ""


def _not_analysed(experiment: Experiment, missing: NotFound) -> str:
    key = escape(repr(experiment.key))
    return (
        f'<section class="expkit-call" aria-label="Recommendation"><strong>{escape(missing.message)}</strong>'
        f"<p>Dashboards show the newest look and never compute one. Take it with <code>wb.analyze({key})</code> in a "
        f"notebook, or <code>expkit analyze {escape(experiment.key)}</code>, then reload.</p></section>"
    )
