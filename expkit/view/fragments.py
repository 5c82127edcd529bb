"""Small pieces of HTML that reports and dashboards share. All user text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Protocol

from expkit.view import format as fmt

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.domain import Experiment

__all__ = ["Entry", "call_out", "experiment_facts", "facts", "heading", "risk_flags", "status_chip", "timeline_list"]


class Entry(Protocol):
    """What happened, when and by whom; the registry's timeline is made of these."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def detail(self) -> str: ...


def heading(experiment: Experiment) -> str:
    """Name, key and status."""
    return (
        f"<h1>{escape(experiment.name)}</h1>"
        f'<p class="expkit-muted"><code>{escape(experiment.key)}</code> {status_chip(experiment.status)}</p>'
    )


def status_chip(status: str) -> str:
    return f'<span class="expkit-status">{escape(status.replace("_", " "))}</span>'


def facts(pairs: Mapping[str, str]) -> str:
    """A definition list; pairs without a value are left out."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items() if value)
    return f'<dl class="expkit-facts">{items}</dl>'


def experiment_facts(experiment: Experiment) -> str:
    """Who asks, and how the traffic is cut."""
    return facts(
        {
            "Owner": experiment.owner,
            "Department": experiment.department,
            "Project": "" if experiment.project == "default" else experiment.project,
            "Variants": ", ".join(f"{item.title} {fmt.share(item.weight or 0)}" for item in experiment.variants),
            "Coverage": f"{fmt.share(experiment.coverage)} of eligible units",
            "Primary metric": experiment.primary_metric.title,
            "Planned size": f"{fmt.count(experiment.sample_size)} units per variant" if experiment.sample_size else "",
            "Started": fmt.moment(experiment.started_at) if experiment.started_at else "",
            "Stopped": fmt.moment(experiment.stopped_at) if experiment.stopped_at else "",
            "Tags": ", ".join(experiment.tags),
        }
    )


def call_out(scorecard: Scorecard) -> str:
    """The recommendation, its reasons, and what would change it."""
    told = scorecard.recommendation
    bad = " expkit-is-bad" if told.action in {"rollback", "investigate"} else ""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in told.reasons)
    turns = "".join(f"<li>{escape(turn)}</li>" for turn in told.would_change)
    change = f"<p>What would change it:</p><ul>{turns}</ul>" if turns else ""
    return (
        f'<section class="expkit-call{bad}" aria-label="Recommendation"><strong>{escape(told.action.capitalize())}: '
        f"{escape(told.headline)}</strong>{f'<ul>{reasons}</ul>' if reasons else ''}{change}</section>"
    )


def timeline_list(entries: Iterable[Entry]) -> str:
    """The oldest first."""
    items = "".join(
        f'<li><strong>{escape(entry.what)}</strong> <span class="expkit-muted">{fmt.moment(entry.at)}'
        f"{f' · {escape(entry.actor)}' if entry.actor else ''}</span>"
        f"{f'<br>{escape(entry.detail)}' if entry.detail else ''}</li>"
        for entry in entries
    )
    return f'<ol class="expkit-timeline">{items}</ol>' if items else "<p>Nothing has happened yet.</p>"


def risk_flags(experiment: Experiment, scorecard: Scorecard) -> list[str]:
    """What a reader should know before trusting the headline."""
    checks = [f"Check {check.name} is alarming: {check.detail}" for check in scorecard.checks if not check.ok]
    broken = [f"Guardrail {item.metric}: {item.detail}" for item in scorecard.guardrails if item.breached]
    missing = [f"{item.title} cannot be estimated." for item in scorecard.estimates if item.verdict == "unknown"]
    return [*checks, *broken, *missing, *_too_early(experiment, scorecard)]


def _too_early(experiment: Experiment, scorecard: Scorecard) -> list[str]:
    planned, smallest = experiment.sample_size, min(arm.n for arm in scorecard.arms)
    flags = []
    if planned and smallest < planned:
        flags.append(f"The smallest arm has {fmt.count(smallest)} of {fmt.count(planned)} planned units.")
    if experiment.plan.days and round(scorecard.days or 0, 1) < experiment.plan.days:
        flags.append(f"It ran {fmt.days(scorecard.days or 0)} of {fmt.days(experiment.plan.days)} planned.")
    if experiment.plan.method == "fixed" and scorecard.look > experiment.plan.looks:
        flags.append(
            f"This is look {scorecard.look} of {experiment.plan.looks} planned: with a fixed plan, "
            "repeated looks find differences where there are none."
        )
    return flags
