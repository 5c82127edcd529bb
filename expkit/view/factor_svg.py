"""Main effects and interactions as SVG: as wide as their place, told by colour, mark and word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from expkit.view import format as fmt
from expkit.view.factors import Cells, LevelMean, means
from expkit.view.palette import SERIES, THEMES
from expkit.view.ticks import ticks

__all__ = ["FACTOR_CSS", "interaction_svg", "main_effects_svg"]

_LIGHT = THEMES["light"]
FACTOR_CSS = (
    ".expkit-factors svg{display:block;font-size:.75rem;overflow:visible;width:100%}"
    ".expkit-factors text{fill:currentColor;paint-order:stroke;stroke:var(--expkit-page,transparent);stroke-width:3px;"
    "stroke-linejoin:round}"
    ".expkit-factors .expkit-panels{display:grid;gap:1rem 1.5rem;"
    "grid-template-columns:repeat(auto-fit,minmax(min(13rem,100%),1fr))}"
    ".expkit-factors figure{margin:0}.expkit-factors figcaption{font-weight:600;font-size:.875rem}"
)
HEIGHT, TALL = 190, 280
GRID = f"var(--expkit-grid,{_LIGHT.grid})"
TOP, BOTTOM = 8.0, 84.0
LEFT, RIGHT = 20.0, 86.0
STEP = 1.4
GAP = 5.5
MARKS = (
    '<circle r="6"/>', '<path d="M-6-6H6V6H-6z"/>', '<path d="M0-8 7 5H-7z"/>', '<path d="M0-8 7 0 0 8-7 0z"/>',
    '<path d="M0 8 7-5H-7z"/>', '<path d="M-7-2.5H7V2.5H-7z"/>',
)  # fmt: skip
DASHES = ("none", "7 4", "2 3", "10 3 2 3", "4 2", "1 4")


def main_effects_svg(cells: Cells, alpha: float) -> str:
    """One panel per factor on one scale: the mean at each level."""
    found = {name: means(cells, name, alpha=alpha) for name in cells.factors}
    scale = _scale([one for rows in found.values() for one in rows])
    panels = "".join(
        f"<figure><figcaption>{escape(name)}</figcaption>{_panel(name, rows, cells, scale)}</figure>"
        for name, rows in found.items()
    )
    return f'<div class="expkit-panels">{panels}</div>'


def interaction_svg(cells: Cells, axis: str, lines: str, alpha: float) -> str:
    """The mean at each level of one factor, one line for each level of the other; parallel lines do not interact."""
    rows = means(cells, axis, lines, alpha=alpha)
    scale = _scale(rows)
    levels, count = cells.factors[axis], len(cells.factors[lines])
    places = {level: _x(at, len(levels)) for at, level in enumerate(levels)}
    drawn = "".join(
        _series([row for row in rows if row.levels[1] == level], _beside(places, at, count), scale, at)
        for at, level in enumerate(cells.factors[lines])
    )
    told = "; ".join(f"{' and '.join(row.levels)} {_amount(cells, row.mean)}" for row in rows)
    return (
        f'<figure><figcaption>{escape(f"{axis} by {lines}")}</figcaption><svg role="img" '
        f'aria-label="{escape(told, quote=True)}" height="{TALL}">{_levels(cells, scale)}{drawn}'
        f"{_ends(rows, levels[-1], scale)}{_names(places)}</svg></figure>"
    )


def _panel(name: str, rows: Sequence[LevelMean], cells: Cells, scale: tuple[float, float]) -> str:
    places = {row.levels[0]: _x(at, len(rows)) for at, row in enumerate(rows)}
    told = "; ".join(f"{row.levels[0]} {_amount(cells, row.mean)}" for row in rows)
    return (
        f'<svg role="img" aria-label="{escape(f"{name}: {told}", quote=True)}" height="{HEIGHT}">'
        f"{_levels(cells, scale)}{_series(rows, places, scale, 0)}{_names(places)}</svg>"
    )


def _series(rows: Sequence[LevelMean], places: dict[str, float], scale: tuple[float, float], at: int) -> str:
    tone = f"var(--expkit-series-{at % len(MARKS)},{SERIES['light'][at % len(MARKS)]})"
    dash, mark = DASHES[at % len(DASHES)], MARKS[at % len(MARKS)]
    points = [(places[row.levels[0]], row) for row in rows]
    path = " ".join(f"{x:.2f},{_y(row.mean, scale):.2f}" for x, row in points)
    line = (
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">'
        f'<polyline points="{path}" fill="none" stroke="{tone}" stroke-width="2.5" stroke-dasharray="{dash}" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    parts = [line]
    for x, row in points:
        if math.isfinite(row.lower):
            ends = f'y1="{_y(row.lower, scale):.2f}%" y2="{_y(row.upper, scale):.2f}%"'
            parts.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" {ends} stroke="{tone}" stroke-width="2"/>')
        parts.append(f'<svg x="{x:.2f}%" y="{_y(row.mean, scale):.2f}%" overflow="visible" fill="{tone}">{mark}</svg>')
    return "".join(parts)


def _ends(rows: Sequence[LevelMean], last: str, scale: tuple[float, float]) -> str:
    """Each line's name beside its end, moved apart where two would lie on each other."""
    ends = sorted((_y(row.mean, scale), row.levels[1]) for row in rows if row.levels[0] == last)
    told, free = [], 0.0
    for y, name in ends:
        place = max(y, free)
        free = place + GAP
        told.append(f'<text x="{RIGHT}%" y="{place:.2f}%" dx="26" dy="4" font-weight="600">{escape(_cut(name))}</text>')
    return "".join(told)


def _beside(places: dict[str, float], at: int, count: int) -> dict[str, float]:
    """A little to the side, so that marks at the same height do not hide each other."""
    return {level: x + STEP * (at - (count - 1) / 2) for level, x in places.items()}


def _levels(cells: Cells, scale: tuple[float, float]) -> str:
    return "".join(
        f'<line x1="0" x2="100%" y1="{_y(tick, scale):.2f}%" y2="{_y(tick, scale):.2f}%" stroke="{GRID}"/>'
        f'<text x="0" y="{_y(tick, scale):.2f}%" dy="-3" opacity=".85">{escape(_amount(cells, tick))}</text>'
        for tick in ticks(*scale, 4)
    )


def _names(places: dict[str, float]) -> str:
    return "".join(
        f'<text x="{x:.2f}%" y="96%" text-anchor="middle">{escape(_cut(level))}</text>' for level, x in places.items()
    )


def _scale(rows: Sequence[LevelMean]) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.lower, row.upper, row.mean) if math.isfinite(end)]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _amount(cells: Cells, value: float) -> str:
    return fmt.amount(value, "conversion" if cells.binary else "", cells.unit)


def _x(at: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * at / (count - 1) if count > 1 else (LEFT + RIGHT) / 2


def _y(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return TOP + (BOTTOM - TOP) * (high - value) / (high - low)


def _cut(text: str) -> str:
    return text if len(text) <= 14 else text[:13] + "…"
