"""Effects by segment, as a table for pages and one for terminals: adjusted and shrunken, because the largest of many is
luck.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from expkit.stats import Estimate, Interval, NotEstimable
from expkit.view import format as fmt
from expkit.view.grid import grid
from expkit.view.svg import GRID

if TYPE_CHECKING:
    from expkit.analysis.parts import Breakdown, Difference, Segment

__all__ = ["SegmentRow", "segment_heading", "segment_rows", "segments_table", "segments_text"]

_OUTLIER = 3.0
"""An interval this many times wider than the median one is clipped, lest it squeeze the others to dots."""


class SegmentRow(NamedTuple):
    """One segment, written; `lift` and `ends` are for the drawing."""

    name: str
    units: str
    effect: str
    interval: str
    p_text: str
    shrunken: str
    reason: str = ""
    lift: float | None = None
    ends: tuple[float, float] | None = None


def segment_rows(found: Breakdown, told: Difference) -> list[SegmentRow]:
    """One metric of one treatment, in the order of the segments."""
    return [_row(segment, told) for segment in found.segments]


def segment_heading(found: Breakdown, told: Difference) -> str:
    """`Buy of treatment by country, where device is phone`."""
    inside = ", ".join(f"{name} is {'missing' if value is None else value}" for name, value in found.within.items())
    return f"{told.title} of {told.variant} by {found.attribute}{f', where {inside}' if inside else ''}"


def segments_text(found: Sequence[Breakdown], width: int = 100) -> str:
    """For the terminal."""
    parts: list[str] = []
    for one in found:
        for told in one.differences:
            rows = segment_rows(one, told)
            cells = [(row.name, row.units, row.effect, row.interval, row.p_text, row.shrunken) for row in rows]
            parts += [segment_heading(one, told), grid(_head(one), cells, right=(1, 2, 3, 4, 5), width=width)]
            parts += [f"  {row.name}: {row.reason}" for row in rows if row.reason]
            parts += [f"  {_differs(told)}", ""]
    return "\n".join([*parts, *dict.fromkeys(one.note for one in found if one.note)]).rstrip()


def segments_table(found: Sequence[Breakdown]) -> str:
    """For pages: one table per attribute, metric and treatment, each with its intervals drawn."""
    tables = "".join(_table(one, told) for one in found for told in one.differences)
    notes = "".join(
        f'<p class="expkit-note">{escape(note)}</p>' for note in dict.fromkeys(one.note for one in found if one.note)
    )
    return f"{tables}{notes}"


def _row(segment: Segment, told: Difference) -> SegmentRow:
    one = next((e for e in segment.effects if (e.metric, e.variant) == (told.metric, told.variant)), None)
    units = fmt.count(sum(segment.units.values()))
    name = segment.value if segment.what == "value" else f"({segment.value})"
    if one is None or isinstance(one.estimate, NotEstimable):
        reason = "" if one is None else f"not estimable: {one.estimate}"
        return SegmentRow(name, units, "–", "–", "–", "–", reason)
    estimate, base = one.estimate, abs(one.estimate.control.mean)
    p = fmt.p_value(one.adjusted_p_value)
    if isinstance(estimate.lift, NotEstimable) or not isinstance(estimate.lift_ci, Interval):
        ends = fmt.interval(*(fmt.amount(end, told.kind, told.unit, signed=True) for end in estimate.ci))
        shrunken = "–" if one.shrunken is None else fmt.amount(one.shrunken, told.kind, told.unit, signed=True)
        return SegmentRow(name, units, _amount(estimate, told), ends, p, shrunken)
    ends = fmt.interval(*(fmt.percent(end, signed=True) for end in estimate.lift_ci))
    shrunken = "–" if one.shrunken is None or not base else fmt.percent(one.shrunken / base, signed=True)
    return SegmentRow(
        name, units, fmt.percent(estimate.lift, signed=True), ends, p, shrunken, "", estimate.lift,
        (estimate.lift_ci.lower, estimate.lift_ci.upper),
    )  # fmt: skip


def _amount(estimate: Estimate, told: Difference) -> str:
    return fmt.amount(estimate.effect, told.kind, told.unit, signed=True)


def _head(found: Breakdown) -> tuple[str, ...]:
    alpha = next(
        (e.estimate.alpha for s in found.segments for e in s.effects if isinstance(e.estimate, Estimate)), 0.05
    )
    return "Segment", "Units", "Lift", fmt.confidence(alpha), "adj. p", "Shrunken"


def _differs(told: Difference) -> str:
    if told.p_value is None:
        return f"Whether the effect differs between them cannot be told: {told.note}"
    adjusted = f", adjusted {fmt.p_value(told.adjusted_p_value)}" if told.adjusted_p_value != told.p_value else ""
    return f"Does the effect differ between them? p {fmt.p_value(told.p_value)}{adjusted}"


def _table(found: Breakdown, told: Difference) -> str:
    rows = segment_rows(found, told)
    axis = _extent(rows)
    label = escape(segment_heading(found, told), quote=True)
    names = [*_head(found), ""]
    head = "".join(
        f'<th scope="col"{" class=expkit-words" if name == "Segment" else ""}>{escape(name)}</th>'
        if name
        else '<td class="expkit-words" style="min-width:9rem" aria-hidden="true"></td>'
        for name in names
    )
    body = "".join(_line(row, axis) for row in rows)
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}"><table class="expkit-table">'
        f"<caption>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="expkit-note">{escape(_differs(told))}</p>'
    )


def _line(row: SegmentRow, axis: tuple[float, float]) -> str:
    name = f'<tr><th scope="row" class="expkit-words">{escape(row.name)}</th><td>{row.units}</td>'
    if row.reason:
        return f'{name}<td colspan="5" class="expkit-words">{escape(row.reason)}</td></tr>'
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (row.effect, row.interval, row.p_text, row.shrunken))
    return f'{name}{cells}<td class="expkit-words">{_drawn(row, axis)}</td></tr>'


def _drawn(row: SegmentRow, axis: tuple[float, float]) -> str:
    if row.lift is None or row.ends is None:
        return ""

    def at(value: float) -> str:
        left, right = axis
        return f"{100 * (min(max(value, left), right) - left) / (right - left):.2f}%"

    return (
        '<svg width="100%" height="16" aria-hidden="true" style="display:block;overflow:visible">'
        f'<line x1="{at(0.0)}" x2="{at(0.0)}" y1="-6" y2="22" stroke="{GRID}"/>'
        f'<line x1="{at(row.ends[0])}" x2="{at(row.ends[1])}" y1="8" y2="8" stroke="currentColor" stroke-width="2"/>'
        f'<circle cx="{at(row.lift)}" cy="8" r="4" fill="currentColor"/></svg>'
    )


def _extent(rows: Sequence[SegmentRow]) -> tuple[float, float]:
    """Where the drawn axis begins and ends, zero inside."""
    widths = sorted(max(map(abs, row.ends)) for row in rows if row.ends and all(map(math.isfinite, row.ends)))
    if not widths or not widths[-1]:
        return -1.0, 1.0
    limit = min(widths[-1], _OUTLIER * widths[len(widths) // 2]) * 1.05
    return -limit, limit
