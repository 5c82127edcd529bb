"""The forest plot as plain HTML and SVG: no script, sharp in print, as wide as its place.

Places are percentages, so that text keeps its size from 320 px to a poster. The colours are custom properties
(see `css.py`) with the light theme as fallback.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from expkit.view import format as fmt
from expkit.view.palette import THEMES
from expkit.view.rows import Row, extent, scorecard_rows
from expkit.view.ticks import ticks

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["FOREST_CSS", "forest_svg"]

_LIGHT = THEMES["light"]
FOREST_CSS = (
    ".expkit-forest{margin:0 0 1.25rem;padding:0;font-size:.875rem;line-height:1.3}"
    # important: a notebook's own rules would indent the list, and the rows would no longer meet their axis
    ".expkit-forest ul{list-style:none!important;margin:0!important;padding:0!important}"
    ".expkit-forest li{margin:0!important;padding:.35rem 0 .1rem;break-inside:avoid}"
    ".expkit-forest .expkit-line{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between}"
    ".expkit-forest svg{display:block;width:100%;overflow:visible}"
    ".expkit-forest text{font-size:.75rem;fill:currentColor}"
    ".expkit-forest figcaption{font-size:.8125rem;opacity:.85}"
    + "".join(
        f".expkit-is-{verdict}{{color:var(--expkit-{verdict},{_LIGHT.verdict(verdict)})}}"
        for verdict in ("better", "worse", "inconclusive", "unknown")
    )
)
SHAPES = {
    "better": '<path d="M0-8 6 0 0 8-6 0z"/>',
    "worse": '<path d="M-6-6H6V6H-6z"/>',
    "inconclusive": '<circle r="6"/>',
}
GRID = f"var(--expkit-rule,{_LIGHT.rule})"


def forest_svg(scorecard: Scorecard) -> str:
    """A figure with one list item per metric and treatment: words for readers, a drawn interval for the eye."""
    rows = scorecard_rows(scorecard)
    axis = extent(rows)
    items = "".join(_item(row, axis) for row in rows) or "<li>No metric was analysed.</li>"
    about = f"Lift over {scorecard.control}, {fmt.confidence(scorecard.alpha)}; the vertical line is no change."
    return (
        f'<figure class="expkit-forest"><ul>{items}</ul>{_axis(axis) if rows else ""}'
        f"<figcaption>{escape(about)}</figcaption></figure>"
    )


def _item(row: Row, axis: tuple[float, float]) -> str:
    if row.lift is None:
        told = (
            f"not estimable: {row.reason}"
            if row.effect == "–"
            else f"{row.verdict} {row.effect}, no lift: {row.reason}"
        )
    else:
        told = f"{row.verdict} {row.lift_text}" + ("" if row.ci_text == "–" else f" ({row.ci_text})")
    kind = row.verdict if row.verdict in SHAPES else "unknown"
    return (
        f'<li><div class="expkit-line"><strong>{escape(row.label)}</strong>'
        f'<span class="expkit-is-{kind}"><span aria-hidden="true">{row.symbol}</span> {escape(told)}</span></div>'
        f'<svg class="expkit-is-{kind}" height="20" aria-hidden="true">{_zero(axis)}{_interval(row, axis)}</svg></li>'
    )


def _interval(row: Row, axis: tuple[float, float]) -> str:
    left, right = axis
    parts = []
    if row.lower is not None and row.upper is not None:
        start, end = max(row.lower, left), min(row.upper, right)
        if start <= right and end >= left:
            line = f'<line x1="{_at(start, axis)}" x2="{_at(end, axis)}" y1="10" y2="10"'
            parts.append(f'{line} stroke="currentColor" stroke-width="3" stroke-linecap="round"/>')
        parts += [_shape("<path d='M0 10 9 4V16z'/>", "0%", 0)] if row.lower < left else []
        parts += [_shape("<path d='M0 10-9 4V16z'/>", "100%", 0)] if row.upper > right else []
    if row.lift is not None and left <= row.lift <= right:
        parts.append(_shape(SHAPES.get(row.verdict, SHAPES["inconclusive"]), _at(row.lift, axis), 10))
    return "".join(parts)


def _shape(path: str, x: str, y: int) -> str:
    return f'<svg x="{x}" y="{y}" overflow="visible" fill="currentColor">{path}</svg>'


def _zero(axis: tuple[float, float]) -> str:
    place = _at(0.0, axis)
    return f'<line x1="{place}" x2="{place}" y1="-6" y2="26" stroke="{GRID}" stroke-width="1"/>'


def _axis(axis: tuple[float, float]) -> str:
    marks = "".join(
        f'<line x1="{_at(tick, axis)}" x2="{_at(tick, axis)}" y1="0" y2="5" stroke="{GRID}"/>'
        f'<text x="{_at(tick, axis)}" y="18" text-anchor="middle">{_tick(tick)}</text>'
        for tick in ticks(*axis)
    )
    base = f'<line x1="0%" x2="100%" y1="0" y2="0" stroke="{GRID}"/>'
    return f'<svg height="24" aria-hidden="true">{base}{marks}</svg>'


def _tick(value: float) -> str:
    return fmt.percent(value, signed=True).replace(".00", "").replace(".0", "")


def _at(value: float, axis: tuple[float, float]) -> str:
    low, high = axis
    return f"{(value - low) / (high - low):.2%}"
