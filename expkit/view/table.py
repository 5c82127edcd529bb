"""A scorecard as an accessible HTML table: caption, scopes, verdicts in words; user text escaped.

The fragment brings its own few rules and takes ink and background from its host, so that it is at home in a light
or dark notebook, a dashboard and a printed page; the badges are legible on any background.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from expkit.view import format as fmt
from expkit.view.palette import BADGES
from expkit.view.rows import SYMBOLS, Row, scorecard_rows

if TYPE_CHECKING:
    from expkit.analysis import GuardrailFinding, Scorecard

__all__ = ["TABLE_CSS", "badge", "checks_list", "scorecard_table"]

_BADGE_CSS = "".join(
    f".expkit-badge-{verdict}{{background:{background};color:{ink}}}" for verdict, (background, ink) in BADGES.items()
)
TABLE_CSS = (
    ".expkit-scroll{overflow-x:auto;max-width:100%}"
    ".expkit-scroll:focus-visible{outline:2px solid currentColor;outline-offset:2px}"
    ".expkit-table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.875rem;line-height:1.4;"
    "color:inherit;background:none;width:100%;table-layout:auto!important}"
    ".expkit-table caption{text-align:start;font-weight:600;padding:.25rem 0 .5rem;color:inherit}"
    ".expkit-note{font-size:.8125rem;opacity:.85;margin:.4rem 0}"
    ".expkit-table th,.expkit-table td{padding:.4rem .75rem .4rem 0;text-align:end;vertical-align:top;"
    "white-space:nowrap;background:none;color:inherit;border:0;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}"
    ".expkit-table th{font-weight:600}"
    ".expkit-table :is(th,td).expkit-words{text-align:start;white-space:normal;min-width:8rem}"
    ".expkit-table tr:has(+.expkit-notes) :is(th,td){border-bottom:0;padding-bottom:0}"
    ".expkit-table .expkit-notes td{padding-top:0}"
    ".expkit-table small{display:block;font-weight:400;opacity:.8;font-size:.75rem}"
    ".expkit-badge{display:inline-block;padding:.05rem .5rem;border-radius:1rem;font-weight:600;font-size:.8125rem;"
    "white-space:nowrap}"
    ".expkit-checks{list-style:none!important;margin:.5rem 0!important;padding:0!important}"
    ".expkit-checks li{margin:.25rem 0}"
    "@media (max-width:30rem){.expkit-table :is(th,td).expkit-words{min-width:5rem}"
    ".expkit-table :is(th,td){padding-right:.4rem}.expkit-table .expkit-badge{white-space:normal}}" + _BADGE_CSS
)


COLUMNS = 8
_GUARDRAIL_BADGES = {
    True: ("worse", "breached", "✗"),
    False: ("inconclusive", "kept", "✓"),
    None: ("unknown", "not known yet", "?"),
}
_NOT_RULED_OUT = ("unknown", "harm not ruled out", "?")


def scorecard_table(scorecard: Scorecard, *, css: bool = True) -> str:
    """The table, with its rules unless `css` is False because the page has them already."""
    rows = scorecard_rows(scorecard)
    columns = ("Treatment arm", "Control", "Treatment", "Lift", fmt.confidence(scorecard.alpha), "p-value", "Verdict")
    head = "".join(_th(name, "col", words=name in {"Treatment arm", "Verdict"}) for name in columns)
    body = "".join(map(_line, rows)) or f'<tr><td colspan="{COLUMNS}">No metric was analysed.</td></tr>'
    style = f"<style>{TABLE_CSS}</style>" if css else ""
    label = escape(f"Results of {scorecard.name or scorecard.experiment}", quote=True)
    return (
        f'{style}<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}">'
        f'<table class="expkit-table"><caption>{label}</caption>'
        f"<thead><tr>{_th('Metric', 'col', words=True)}{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="expkit-note">{_note(scorecard)}</p>'
    )


def badge(verdict: str, text: str = "", symbol: str = "") -> str:
    """A word on its colour, with a sign before it."""
    kind = verdict if verdict in BADGES else "unknown"
    mark = f'<span aria-hidden="true">{symbol or SYMBOLS[kind]}</span> '
    return f'<span class="expkit-badge expkit-badge-{kind}">{mark}{escape(text or verdict)}</span>'


def checks_list(scorecard: Scorecard) -> str:
    """The data-health checks and guardrails, alarming ones marked by word."""
    items = "".join(
        f"<li>{badge('inconclusive', 'passed', '✓') if check.ok else badge('worse', 'alarm')} "
        f"<strong>{escape(check.name)}</strong>: {escape(check.detail)}</li>"
        for check in scorecard.checks
    )
    items += "".join(map(_guardrail, scorecard.guardrails))
    items += "".join(
        f"<li>{badge('unknown', 'deviation', '!')} <strong>{escape(one.kind)}</strong>: {escape(one.detail)}</li>"
        for one in scorecard.deviations
    )
    return f'<ul class="expkit-checks">{items}</ul>' if items else "<p>No checks were run.</p>"


def _guardrail(finding: GuardrailFinding) -> str:
    what = escape(f"Guardrail {finding.metric} · {finding.variant}")
    state = _NOT_RULED_OUT if finding.held is False and not finding.breached else _GUARDRAIL_BADGES[finding.breached]
    return f"<li>{badge(*state)} <strong>{what}</strong>: {escape(finding.detail)}</li>"


def _note(scorecard: Scorecard) -> str:
    units = ", ".join(f"{arm.name or arm.key} {fmt.count(arm.n)}" for arm in scorecard.arms)
    return escape(
        f"{fmt.look(scorecard).capitalize()}, {fmt.moment(scorecard.at)}. Units: {units}. "
        f"Lift is relative to {scorecard.control}; below it, the difference in the metric's own unit."
    )


def _line(row: Row) -> str:
    role = "" if row.role == "secondary" else f"{row.role}, "
    name = f"{escape(row.title)}<small>{escape(role + row.wish)}</small>"
    below = "".join(f"<small>{escape(note)}</small>" for note in row.notes)
    notes = f'<tr class="expkit-notes"><td colspan="{COLUMNS}" class="expkit-words">{below}</td></tr>' if below else ""
    adjusted = f"<small>adjusted {escape(row.adjusted_text)}</small>" if row.adjusted_text != "–" else ""
    adjusted += f"<small>at any look {escape(row.any_look_text)}</small>" if row.any_look_text else ""
    lift = f"{escape(row.lift_text)}<small>{escape(row.effect)}</small>"
    cells = f"{_td(row.control)}{_td(row.treatment)}"
    if row.reason and row.control == "–":
        cells += f'<td colspan="3" class="expkit-words">{_reason(row)}</td>'
    else:
        interval = escape(row.ci_text) + (f"<small>{_reason(row)}</small>" if row.reason else "")
        cells += f"<td>{lift}</td><td>{interval}</td><td>{escape(row.p_text)}{adjusted}</td>"
    return (
        f'<tr><th scope="row" class="expkit-words">{name}</th><td class="expkit-words">{escape(row.variant)}</td>'
        f'{cells}<td class="expkit-words">{badge(row.verdict)}</td></tr>{notes}'
    )


def _reason(row: Row) -> str:
    hint = f" <em>Hint: {escape(row.hint)}</em>" if row.hint else ""
    return f"Not estimable: {escape(row.reason)}{hint}"


def _th(text: str, scope: str, *, words: bool = False) -> str:
    return f'<th scope="{scope}"{" class=expkit-words" if words else ""}>{escape(text)}</th>'


def _td(text: str) -> str:
    return f"<td>{escape(text)}</td>"
