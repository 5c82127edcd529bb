"""Look by look, and the health of the split: the explorer and the doctor as pages of their own."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from expkit.apps.host import link
from expkit.errors import NotFound

if TYPE_CHECKING:
    from expkit.domain import Experiment
    from expkit.workbench import Workbench

__all__ = ["results_page", "srm_page"]


def results_page(workbench: Workbench, key: str = "") -> Any:
    """What each method would have decided on every day of an experiment; without a key, of the newest one."""
    from expkit.view import ResultExplorer

    experiment = _chosen(workbench, key)
    planned = experiment.sample_size * len(experiment.variants) if experiment.sample_size else None
    explorer = ResultExplorer(workbench, experiment.key, planned_units=planned)
    return _page(experiment, "Look by look: what each way of looking would have decided.", explorer)


def srm_page(workbench: Workbench, key: str = "") -> Any:
    """Whether the arms of an experiment got their shares, and what to check where they did not."""
    from expkit.view import SrmDoctor

    experiment = _chosen(workbench, key)
    return _page(experiment, "Did the arms get their share?", SrmDoctor(workbench, experiment.key))


def _chosen(workbench: Workbench, key: str) -> Experiment:
    if key:
        return workbench.get(key)
    found = [one for one in workbench.list(limit=100) if one.started_at]
    if not found:
        raise NotFound("No experiment has started yet.", hint="`expkit demo` makes one; or start yours in a notebook.")
    return found[0]


def _page(experiment: Experiment, about: str, content: Any) -> Any:
    import ipywidgets as widgets

    from expkit.view.widget import html

    back = link("experiment", experiment=experiment.key)
    nav = f'<nav><a href="{escape(back)}">← The experiment</a></nav>' if back else ""
    head = f"{nav}<h1>{escape(experiment.name)}</h1><p>{escape(about)}</p>"
    return widgets.VBox([html(head), content]).add_class("expkit-page")
