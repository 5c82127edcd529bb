"""The doctor of sample ratios: is there a mismatch, since when, where, how many units, and what to rule out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from expkit.analysis.arrivals import ArrivalDay, ArrivalPhase, Arrivals
from expkit.errors import ExpkitError, InvalidInput
from expkit.stats import SRM_ALPHA, Check, SegmentRatio
from expkit.view import format as fmt
from expkit.view.ratio import Cause, Diagnosis, diagnose
from expkit.view.ratio_svg import RATIO_CSS, arms_svg, evidence_svg
from expkit.view.table import badge
from expkit.view.widget import Explorer, alert, field, html, row

__all__ = ["SrmDoctor"]

SHOWN_SEGMENTS = 8
STANDINGS = {"likely": ("worse", "the data point here", "!"), "possible": ("unknown", "possible", "?")}
DOCTOR_CSS = (
    ".expkit-widget .widget-checkbox{height:auto!important}"
    ".expkit-widget .widget-checkbox :is(label,span){font-weight:600;color:var(--expkit-ink,inherit)!important}"
    ".expkit-widget .expkit-cause{margin:0 0 0 1.4rem}"
)


class SrmDoctor(Explorer):
    """Did the arms get their share? If not: since when, which segment is to blame, what is missing, what to check.

    Give counts per arm (and their shares), `Arrivals`, or a workbench and an experiment's key. Without anything, and
    with counts, the two fields may be changed. `diagnosis` holds what is shown, None while the input cannot be.

    >>> SrmDoctor({"control": 5165, "treatment": 4835}).diagnosis.mismatch
    True
    """

    def __init__(
        self,
        source: Any = None,
        key: str | None = None,
        *,
        shares: Mapping[str, float] | Sequence[float] | None = None,
        alpha: float = SRM_ALPHA,
    ) -> None:
        self.diagnosis: Diagnosis | None = None
        self._alpha = alpha
        self._lead, self._body = html(), html()
        self.causes: dict[str, Any] = {}
        self._list = widgets.VBox([], layout={"width": "100%"})
        self._ruled = html()
        given, typed = _counts(source, shares)
        self.counts = field(widgets.Text, "Units per arm", wide="24rem", value=given, placeholder="5165, 4835")
        self.shares = field(widgets.Text, "Shares", wide="18rem", value=typed, placeholder="equal, or 50, 50")
        fields = row(self.counts, self.shares)
        ready = source is not None and not given
        fields.layout.display = "none" if ready else "flex"
        super().__init__([fields, self._lead, self._body, self._list, self._ruled], RATIO_CSS + DOCTOR_CSS)
        for one in (self.counts, self.shares):
            one.observe(self._ask_again, "value")
        self._names = [*source] if isinstance(source, Mapping) else []
        if ready:
            self._answer(lambda: _arrivals(source, key))
        else:
            self._ask_again()

    def static(self) -> str:
        """The same without the boxes to tick."""
        causes = "".join(f"<li>{_cause(cause)}</li>" for cause in (self.diagnosis.causes if self.diagnosis else ()))
        listed = f"<h3>What to rule out</h3><ul>{causes}</ul>" if self._list.children else ""
        return f"{self._lead.value}{self._body.value}{listed}"

    def _ask_again(self, *_: Any) -> None:
        if not self.counts.value.strip():
            self.diagnosis = None
            self._lead.value, self._body.value, self._list.children, self._ruled.value = _TEACH, "", (), ""
            return
        self._answer(lambda: _typed(self.counts.value, self.shares.value, self._names))

    def _answer(self, ask: Any) -> None:
        try:
            self.diagnosis = diagnose(ask(), alpha=self._alpha)
        except ExpkitError as error:
            self.diagnosis = None
            self._lead.value = alert(error, "This cannot be checked.")
            self._body.value, self._list.children, self._ruled.value = "", (), ""
            return
        found = self.diagnosis
        self._lead.value = f'<div class="expkit-ratio">{_verdict(found)}{arms_svg(found)}{_missing(found)}</div>'
        self._body.value = f'<div class="expkit-ratio">{_over_time(found)}{_phases(found)}{_segments(found)}</div>'
        self._make_list(found)

    def _make_list(self, found: Diagnosis) -> None:
        wrong = found.mismatch
        self.causes = {
            cause.key: widgets.Checkbox(
                value=False, description=cause.title, indent=False, layout={"width": "auto", "margin": "6px 0 0 0"}
            )
            for cause in found.causes
            if wrong
        }
        boxes: list[Any] = [html("<h3>What to rule out, the likeliest first</h3>")] if wrong else []
        for cause in found.causes if wrong else ():
            self.causes[cause.key].observe(self._count_ruled, "value")
            boxes += [self.causes[cause.key], html(_cause(cause, title=False))]
        self._list.children = boxes
        self._count_ruled()

    def _count_ruled(self, *_: Any) -> None:
        out = sum(box.value for box in self.causes.values())
        told = f"{out} of {len(self.causes)} ruled out"
        self._ruled.value = f'<p role="status" class="expkit-note">{told}</p>' if self.causes else ""


_TEACH = (
    '<section class="expkit-call" aria-label="Nothing here yet"><strong>Type the units of each arm.</strong>'
    "<p>For example <code>5165, 4835</code>; with shares that are not equal, those too. Or give an experiment: "
    '<code>SrmDoctor(wb, "checkout")</code> also looks at the days, the phases and the segments.</p></section>'
)


def _counts(source: Any, shares: Any) -> tuple[str, str]:
    """What stands in the two fields at first; empty where the source is not counts."""
    plain = isinstance(source, Mapping) or (isinstance(source, Sequence) and not isinstance(source, str))
    values = (list(source.values()) if isinstance(source, Mapping) else list(source)) if plain else []
    if isinstance(shares, Mapping) and isinstance(source, Mapping):
        shares = [shares.get(arm, 0.0) for arm in source]
    return ", ".join(map(str, values)), ", ".join(f"{share:g}" for share in shares or ())


def _arrivals(source: Any, key: str | None) -> Arrivals:
    if isinstance(source, Arrivals):
        return source
    if hasattr(source, "arrivals") and key is not None:
        found: Arrivals = source.arrivals(key)
        return found
    if hasattr(source, "arrivals"):
        raise InvalidInput("Which experiment?", hint="name its key: SrmDoctor(wb, 'checkout').")
    raise InvalidInput(
        f"Arms cannot be read from {type(source).__name__!r}.",
        hint="give units per arm, Arrivals.of_frame(df, day=...), or a workbench and a key.",
    )


def _typed(counts: str, shares: str, names: Sequence[str]) -> Arrivals:
    units = [int(one) for one in _numbers(counts, "units")]
    parts = _numbers(shares, "shares") if shares.strip() else [1.0] * len(units)
    if len(units) < 2 or len(units) != len(parts):
        raise InvalidInput(f"{len(units)} counts and {len(parts)} shares.", hint="give both for two or more arms.")
    if min(parts) < 0 or max(parts) <= 0:
        raise InvalidInput("Shares are at least 0, and not all 0.", hint="e.g. 50, 50.")
    arms = list(names) if len(names) == len(units) else ["control", *(f"treatment {n}" for n in range(1, len(units)))]
    arms = ["control", "treatment"] if len(units) == 2 and not names else arms
    promised = dict(zip(arms, parts, strict=True))
    day = ArrivalDay(day="all", counts=dict(zip(arms, units, strict=True)))
    return Arrivals(phases=(ArrivalPhase(name="", shares=promised),), days=(day,))


def _numbers(text: str, what: str) -> list[float]:
    """Numbers between commas or blanks; where slashes or semicolons part them, a comma groups thousands."""
    parts = re.split(r"[/;\n]+", text.replace(",", "")) if re.search(r"[/;\n]", text) else re.split(r"[,\s]+", text)
    try:
        found = [float(part) for part in parts if part.strip()]
    except ValueError:
        raise InvalidInput(f"The {what} {text[:40]!r} are not numbers.", hint="e.g. 5165, 4835.") from None
    if any(not 0 <= one < 1e12 or (what == "units" and one != int(one)) for one in found):
        raise InvalidInput(f"The {what} {text[:40]!r} cannot be.", hint="units are whole numbers of at least 0.")
    return found


def _verdict(found: Diagnosis) -> str:
    kind = ("worse", "mismatch", "✗") if found.mismatch else ("inconclusive", "shares kept", "✓")
    if not isinstance(found.check, Check):
        kind = ("unknown", "not known yet", "?")
    told = f"{badge(*kind)} {escape(found.sentence)}"
    return f'<div role="status" aria-live="polite"><p class="expkit-lead">{told}</p></div>'


def _missing(found: Diagnosis) -> str:
    if not found.mismatch:
        return ""
    return (
        f'<p class="expkit-note">The mark is what the shares promise. If no arm has too many, about '
        f"{fmt.count(found.missing)} units were lost; they are not a random part of all, which is why weights cannot "
        "mend the comparison.</p>"
    )


def _over_time(found: Diagnosis) -> str:
    if len(found.days) < 2:
        return ""
    told = (
        f"A check that may look every day would have raised the alarm on <strong>{escape(found.days[found.since - 1])}"
        "</strong>."
        if found.since
        else "A check that may look every day has raised no alarm."
    )
    return f"<h3>Since when</h3><p>{told}</p>{evidence_svg(found)}"


def _phases(found: Diagnosis) -> str:
    if not found.phases:
        return ""
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(name)}</th><td class="expkit-words">{_told(one)}</td></tr>'
        for name, one in found.phases
    )
    return f"<h3>Phases: the shares were changed</h3>{_table('Each phase against its own shares', '', rows)}"


def _told(one: Any) -> str:
    if not isinstance(one, Check):
        return escape(one.reason)
    mark = badge("inconclusive", "fits", "✓") if one.ok else badge("worse", "mismatch", "✗")
    return f"{mark}<small>{escape(one.detail)}; p = {escape(fmt.p_value(one.p_value))}</small>"


def _segments(found: Diagnosis) -> str:
    if not found.blame:
        return ""
    culprit = found.culprit
    worst = sorted(
        ((attribute, one) for attribute, rows in found.blame.items() for one in rows),
        key=lambda pair: (pair[1].p_value, -pair[1].statistic),
    )
    if culprit:
        worst = [culprit, *(pair for pair in worst if pair != culprit)]
    told = "No segment stands out: the loss is everywhere." if found.mismatch else "Every segment has its share."
    if culprit:
        name = escape(f"{culprit[0]}: {culprit[1].segment}")
        told = f"<strong>{name}</strong> is most to blame: without it the shares fit (p = {culprit[1].p_without:.2g})."
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Units", "p, this segment", "p, without it"))
    rows = "".join(_segment(attribute, one) for attribute, one in worst[:SHOWN_SEGMENTS])
    return f"<h3>Where</h3><p>{told}</p>{_table('Segments, most to blame first', head, rows)}"


def _segment(attribute: str, one: SegmentRatio) -> str:
    mark = "" if one.ok else f" {badge('worse', 'mismatch', '✗')}"
    return (
        f'<tr><th scope="row" class="expkit-words">{escape(f"{attribute}: {one.segment}")}{mark}'
        f"<small>{escape(one.detail)}</small></th><td>{fmt.count(one.units)}</td>"
        f"<td>{fmt.p_value(one.p_value)}</td><td>{fmt.p_value(one.p_without)}</td></tr>"
    )


def _table(label: str, head: str, rows: str) -> str:
    top = f'<thead><tr><th scope="col" class="expkit-words">Segment</th>{head}</tr></thead>' if head else ""
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}"><table class="expkit-table">'
        f"<caption>{label}</caption>{top}<tbody>{rows}</tbody></table></div>"
    )


def _cause(cause: Cause, *, title: bool = True) -> str:
    mark = f"{badge(*STANDINGS[cause.standing])} " if cause.standing in STANDINGS else ""
    name = f"<strong>{escape(cause.title)}</strong>. " if title else ""
    style = "" if title else ' class="expkit-cause"'
    return f"<p{style}>{name}{mark}{escape(cause.why)}. Look at {escape(cause.look_at)}.</p>"
