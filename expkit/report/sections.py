"""The sections of a report, each a piece of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from expkit.view import format as fmt
from expkit.view.fragments import experiment_facts, facts, risk_flags
from expkit.view.progress import progress_list
from expkit.view.rows import Row, scorecard_rows
from expkit.view.segments import segments_table
from expkit.view.svg import forest_svg
from expkit.view.table import checks_list, scorecard_table

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment, Variant

__all__ = [
    "design", "health", "hypothesis", "method", "progress", "provenance", "results", "risks", "segments", "summary",
]  # fmt: skip


def summary(experiment: Experiment, scorecard: Scorecard) -> str:
    """Two or three sentences for a reader who stops here."""
    units = fmt.count(sum(arm.n for arm in scorecard.arms))
    ran = f" over {fmt.days(scorecard.days)}" if scorecard.days else ""
    found = " ".join(_sentence(row, scorecard.control) for row in scorecard_rows(scorecard) if row.role == "primary")
    text = f"{units} units in {len(scorecard.arms)} arms{ran}, look {scorecard.look} at {fmt.moment(scorecard.at)}. "
    owner = f" Owner: {experiment.owner}." if experiment.owner else ""
    return f"<p>{escape(text + found + owner)}</p>"


def hypothesis(experiment: Experiment) -> str:
    """What was expected before the start."""
    told = experiment.hypothesis.prediction
    expected = ""
    if told:
        share = fmt.percent(told.lift, signed=True)
        expected = f"Predicted: {share} on {told.metric}, with {fmt.percent(told.confidence)} confidence."
    description = f"<p>{escape(experiment.description)}</p>" if experiment.description else ""
    return f"<p>{escape(str(experiment.hypothesis))}</p>{f'<p>{escape(expected)}</p>' if expected else ''}{description}"


def results(scorecard: Scorecard) -> str:
    return forest_svg(scorecard) + scorecard_table(scorecard, css=False)


def progress(scorecard: Scorecard) -> str:
    """How far it got, what it can find by now, when it ends."""
    return progress_list(scorecard) or "<p>No plan says how far it should go.</p>"


def segments(scorecard: Scorecard) -> str:
    """The primary metric by the attributes that the experiment names."""
    return segments_table(scorecard.segments)


def health(scorecard: Scorecard) -> str:
    """Checks, guardrails and the arms as observed."""
    total = sum(arm.n for arm in scorecard.arms) or 1
    body = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(arm.name or arm.key)}</th><td>{fmt.count(arm.n)}</td>'
        f"<td>{fmt.share(arm.n / total)}</td><td>{fmt.share(arm.share)}</td></tr>"
        for arm in scorecard.arms
    )
    head = '<th scope="col" class="expkit-words">Arm</th>' + "".join(
        f'<th scope="col">{name}</th>' for name in ("Units", "Observed share", "Planned share")
    )
    table = f"<caption>Arms</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"{checks_list(scorecard)}{_scrolling(table, 'Arms')}"


def risks(experiment: Experiment, scorecard: Scorecard) -> str:
    items = "".join(f"<li>{escape(flag)}</li>" for flag in risk_flags(experiment, scorecard))
    return f"<ul>{items}</ul>" if items else "<p>None was found.</p>"


def design(experiment: Experiment) -> str:
    """Who gets what."""
    body = "".join(map(_variant, experiment.variants))
    head = "".join(f'<th scope="col" class="expkit-words">{name}</th>' for name in ("Variant", "Params"))
    table = f'<caption>Variants</caption><thead><tr>{head}<th scope="col">Weight</th></tr></thead><tbody>{body}</tbody>'
    eligible = facts({"Eligibility": _json(experiment.eligibility), "Placements": ", ".join(experiment.placements)})
    return f"{experiment_facts(experiment)}{eligible}{_scrolling(table, 'Variants')}"


def method(experiment: Experiment, scorecard: Scorecard) -> str:
    """How the numbers were made, so that another can make them again."""
    plan = experiment.plan
    methods = sorted({getattr(item.estimate, "method", "") for item in scorecard.estimates} - {""})
    return facts(
        {
            "Plan": plan.method.replace("_", " "),
            "Promise": fmt.promise(scorecard),
            "Alpha": f"{scorecard.alpha:g}, {plan.alternative}",
            "Power": f"{plan.power:g}",
            "Smallest effect sought": fmt.percent(plan.minimum_effect) if plan.minimum_effect else "",
            "Multiple comparisons": plan.correction,
            "Estimators": "; ".join(methods),
            "Checks": "; ".join(sorted({check.method for check in scorecard.checks})),
        }
    )


def provenance(experiment: Experiment, scorecard: Scorecard) -> str:
    """What it was computed from and with."""
    from expkit import __version__

    tables = ", ".join(f"{name} {version}" for name, version in sorted(scorecard.table_versions.items()))
    taken = scorecard.code_version
    return facts(
        {
            "expkit": __version__ if taken in {"", __version__} else f"{__version__}; the look was taken by {taken}",
            "Experiment": f"{experiment.key}, version {experiment.version}",
            "Look": f"{fmt.look(scorecard)}, {fmt.moment(scorecard.at)}",
            "Table versions": tables,
            "Remarks": " ".join(scorecard.remarks),
        }
    )


def _sentence(row: Row, control: str) -> str:
    if row.lift is None:
        return f"{row.title} of {row.variant} cannot be estimated: {row.reason}."
    verdict = {
        "better": f"{row.variant} is better than {control} on {row.title}",
        "worse": f"{row.variant} is worse than {control} on {row.title}",
    }.get(row.verdict, f"{row.variant} shows no clear difference from {control} on {row.title}")
    looks = f"; as it was looked at early or again, p {row.any_look_text}" if row.any_look_text else ""
    return f"{verdict}: {row.lift_text} ({row.ci_text}), p {row.p_text}{looks}."


def _variant(variant: Variant) -> str:
    params = _json(variant.delivered) or "–"
    return (
        f'<tr><th scope="row" class="expkit-words">{escape(variant.title)}</th><td class="expkit-words"><code>'
        f"{escape(params)}</code></td><td>{fmt.share(variant.weight or 0)}</td></tr>"
    )


def _scrolling(table: str, label: str) -> str:
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}">'
        f'<table class="expkit-table">{table}</table></div>'
    )


def _json(value: object) -> str:
    from json import dumps

    return dumps(value, ensure_ascii=False) if value else ""
