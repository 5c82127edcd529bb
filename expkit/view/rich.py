"""How nouns show themselves in a notebook, without the nouns knowing."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.view import format as fmt
from expkit.view.css import CONTENT_CSS, NOTEBOOK_CSS
from expkit.view.fragments import call_out, experiment_facts, heading
from expkit.view.progress import progress_list
from expkit.view.segments import segments_table
from expkit.view.svg import forest_svg
from expkit.view.table import checks_list, scorecard_table
from expkit.view.text import scorecard_text

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment
    from expkit.stats import Estimate

__all__ = ["register_formatters"]

_STYLE = f"<style>{NOTEBOOK_CSS}{CONTENT_CSS}</style>"


def register_formatters() -> bool:
    """Teach the running IPython to show Scorecard, Experiment and Estimate; False where there is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return False
    html = shell.display_formatter.formatters["text/html"]
    plain = shell.display_formatter.formatters["text/plain"]
    html.for_type_by_name("expkit.analysis.scorecard", "Scorecard", _scorecard)
    html.for_type_by_name("expkit.domain.experiment", "Experiment", _experiment)
    html.for_type_by_name("expkit.stats.estimate", "Estimate", _estimate)
    plain.for_type_by_name("expkit.analysis.scorecard", "Scorecard", _scorecard_plainly)
    return True


def _scorecard(scorecard: Scorecard) -> str:
    parts = (
        call_out(scorecard), forest_svg(scorecard), scorecard_table(scorecard, css=False),
        segments_table(scorecard.segments), progress_list(scorecard), checks_list(scorecard),
    )  # fmt: skip
    return f'{_STYLE}<div class="expkit-view">{"".join(parts)}</div>'


def _scorecard_plainly(scorecard: Scorecard, printer: Any, cycle: bool) -> None:
    printer.text("Scorecard(...)" if cycle else scorecard_text(scorecard))


def _experiment(experiment: Experiment) -> str:
    hypothesis = f"<p>{escape(str(experiment.hypothesis))}</p>"
    return f'{_STYLE}<div class="expkit-view">{heading(experiment)}{hypothesis}{experiment_facts(experiment)}</div>'


def _estimate(estimate: Estimate) -> str:
    from expkit.view.fragments import facts

    effect = fmt.interval(*(fmt.amount(end, signed=True) for end in estimate.ci))
    pairs = {
        "Effect": f"{fmt.amount(estimate.effect, signed=True)} ({fmt.confidence(estimate.alpha)} {effect})",
        "Lift": _lift(estimate),
        "p-value": fmt.p_value(estimate.p_value),
        "Units": f"control {fmt.count(estimate.control.n)}, treatment {fmt.count(estimate.treatment.n)}",
        "Method": f"{estimate.method}, {estimate.alternative}",
    }
    return f'{_STYLE}<div class="expkit-view">{facts(pairs)}</div>'


def _lift(estimate: Estimate) -> str:
    if not isinstance(estimate.lift, float | int):
        return f"not estimable: {estimate.lift}"
    if not isinstance(estimate.lift_ci, tuple):
        return f"{fmt.percent(estimate.lift, signed=True)} (interval not estimable: {estimate.lift_ci})"
    ends = fmt.interval(*(fmt.percent(end, signed=True) for end in estimate.lift_ci))
    return f"{fmt.percent(estimate.lift, signed=True)} ({ends})"
