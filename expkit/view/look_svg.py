"""The path of one comparison over its looks as SVG: as wide as its place, in the host's colours, without a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.view import format as fmt
from expkit.view.palette import SERIES, THEMES
from expkit.view.ticks import ticks

if TYPE_CHECKING:
    from expkit.view.hindsight import Hindsight

__all__ = ["LOOK_CSS", "legend", "look_svg", "strip_svg"]

HEIGHT, STRIP_HEIGHT = 300, 92
_LIGHT = THEMES["light"]
TONES = {
    "estimate": f"var(--expkit-accent,{_LIGHT.accent})",
    "sequence": f"var(--expkit-series-2,{SERIES['light'][2]})",
    "bound": f"var(--expkit-series-1,{SERIES['light'][1]})",
    "grid": f"var(--expkit-grid,{_LIGHT.grid})",
    "rule": f"var(--expkit-rule,{_LIGHT.rule})",
    "page": f"var(--expkit-page,{_LIGHT.page})",
}
LOOK_CSS = (
    ".expkit-looks>svg{display:block;font-size:.75rem;overflow:visible}"
    ".expkit-looks text{fill:currentColor;paint-order:stroke;stroke:var(--expkit-page,transparent);stroke-width:3px;"
    "stroke-linejoin:round}"
    ".expkit-looks .expkit-later{opacity:.22}"
    ".expkit-legend{list-style:none!important;margin:.35rem 0!important;padding:0!important;display:flex;"
    "flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.8125rem}"
    ".expkit-legend li{display:flex;align-items:center;gap:.4rem;margin:0!important}"
)
TOP, BOTTOM = 4.0, 90.0
LEFT, RIGHT = 3.0, 97.0
_INNER = (
    f'<svg y="{TOP}%" height="{BOTTOM - TOP}%" width="100%" viewBox="0 0 100 100" preserveAspectRatio="none" '
    'overflow="hidden">'
)
ROOM = 1.15
ZERO = 1e-12
EARLY = 0.25
"""Intervals of the first quarter of the looks are cut off where they would squeeze all others to a line."""


@dataclass(frozen=True)
class _Frame:
    """Looks and effects to percentages of the picture."""

    looks: int
    low: float
    high: float

    def x(self, look: float) -> float:
        return (LEFT + RIGHT) / 2 if self.looks == 1 else LEFT + (RIGHT - LEFT) * (look - 1) / (self.looks - 1)

    def y(self, value: float) -> float:
        return TOP + (BOTTOM - TOP) * self.inner(value) / 100

    def inner(self, value: float) -> float:
        """Within the part that holds the lines, which cuts off what leaves it."""
        return 100 * (self.high - value) / (self.high - self.low)


def look_svg(found: Hindsight, look: int) -> str:
    """Estimate, intervals and bounds up to a look; what came later is pale."""
    frame = _frame(found)
    told = f"{found.path.title}, {found.path.variant}: estimate and intervals over {len(found.path.labels)} looks"
    now = f"{frame.x(look):.2f}%"
    return (
        f'<svg role="img" aria-label="{escape(told, quote=True)}; shown is {escape(found.label(look), quote=True)}. '
        f'The table below has the numbers." width="100%" height="{HEIGHT}">{_grid(frame)}'
        f'{_INNER}<g class="expkit-later">{_lines(found, frame, look, len(found.path.labels))}</g>'
        f"{_lines(found, frame, 1, look)}</svg>"
        f'<line x1="{now}" x2="{now}" y1="{TOP}%" y2="{BOTTOM}%" stroke="{TONES["rule"]}" stroke-dasharray="2 3"/>'
        f"{_point(found, frame, look)}{_scale(found, frame)}{_stops(found, frame, look)}</svg>"
    )


def strip_svg(found: Hindsight, look: int) -> str:
    """The probability that treatment is better, below the same axis."""
    frame = _Frame(len(found.path.labels), 0.0, 1.0)
    now = float(found.better[look - 1])
    told = "no estimate yet" if math.isnan(now) else f"P(better) {now:.1%}"
    level = "".join(
        f'<line x1="0" x2="100%" y1="{frame.y(at):.2f}%" y2="{frame.y(at):.2f}%" stroke="{TONES["grid"]}" '
        f'stroke-dasharray="{dash}"/><text x="100%" y="{frame.y(at):.2f}%" dy="-3" text-anchor="end" '
        f'opacity=".85">{at:.0%}</text>'
        for at, dash in ((found.threshold, "4 3"), (0.5, "none"))
    )
    mark = "" if math.isnan(now) else _circle(frame.x(look), frame.y(now), TONES["estimate"])
    return (
        f'<svg role="img" aria-label="Probability that the treatment is better: {told}" width="100%" '
        f'height="{STRIP_HEIGHT}">{level}'
        f'{_INNER}<g class="expkit-later">{_line(frame, found.better, look, frame.looks, "estimate")}</g>'
        f"{_line(frame, found.better, 1, look, 'estimate')}</svg>{mark}{_axis(found, frame)}</svg>"
    )


def legend() -> str:
    """What the lines are, told by their look and by word."""
    marks = {
        "Estimate": f'<path d="M0 6H26" stroke="{TONES["estimate"]}" stroke-width="2.5"/>',
        "interval of a test at this look alone": f'<path d="M13 0V12" stroke="{TONES["estimate"]}" stroke-width="2"/>',
        "confidence sequence": (
            f'<rect width="26" height="12" fill="{TONES["sequence"]}" fill-opacity=".18"/>'
            f'<path d="M0 .75H26M0 11.25H26" stroke="{TONES["sequence"]}" stroke-width="1.5"/>'
        ),
        "O’Brien-Fleming boundary of the estimate": (
            f'<path d="M0 6H26" stroke="{TONES["bound"]}" stroke-width="2" stroke-dasharray="5 3"/>'
        ),
    }
    items = (f'<li><svg width="26" height="12" aria-hidden="true">{it}</svg>{name}</li>' for name, it in marks.items())
    return f'<ul class="expkit-legend">{"".join(items)}</ul>'


def _frame(found: Hindsight) -> _Frame:
    """Room for the later looks' intervals and for every estimate; what is wider is cut."""
    path = found.path
    later = [i for place, i in enumerate(found.usable) if place >= EARLY * len(found.usable)]
    ends = [*path.lower[later], *path.upper[later], *found.lower[later], *found.upper[later]]
    ends += [path.effect[i] for i in found.usable]
    known = [float(end) for end in ends if math.isfinite(end)]
    reach = ROOM * max(map(abs, known)) or 1.0
    low = -reach if min(known) < 0 else 0.0
    return _Frame(len(path.labels), low, reach if max(known) > 0 else 0.0)


def _lines(found: Hindsight, frame: _Frame, start: int, end: int) -> str:
    path, bound = found.path, found.bounds["obrien-fleming"] * abs(found.path.se)
    return "".join(
        (
            _band(frame, found.lower, found.upper, start, end),
            _line(frame, found.lower, start, end, "sequence", 1.5),
            _line(frame, found.upper, start, end, "sequence", 1.5),
            _line(frame, bound, start, end, "bound", 2, "7 4"),
            _line(frame, -bound, start, end, "bound", 2, "7 4"),
            *_bars(frame, path.lower, path.upper, start, end),
            _line(frame, path.effect, start, end, "estimate", 2.5),
        )
    )


def _points(frame: _Frame, values: Any, looks: Iterable[int]) -> Iterator[str]:
    for look in looks:
        value = float(values[look - 1])
        if math.isfinite(value):
            yield f"{frame.x(look):.2f},{min(max(frame.inner(value), -900.0), 1000.0):.2f}"


def _line(frame: _Frame, values: Any, start: int, end: int, tone: str, width: float = 2.5, dash: str = "none") -> str:
    points = " ".join(_points(frame, values, range(start, end + 1)))
    return (
        f'<polyline points="{points}" fill="none" stroke="{TONES[tone]}" stroke-width="{width}" '
        f'stroke-dasharray="{dash}" vector-effect="non-scaling-stroke"/>'
    )


def _band(frame: _Frame, lower: Any, upper: Any, start: int, end: int) -> str:
    there = range(start, end + 1)
    points = " ".join((*_points(frame, upper, there), *_points(frame, lower, reversed(there))))
    return f'<polygon points="{points}" fill="{TONES["sequence"]}" fill-opacity=".14"/>'


def _bars(frame: _Frame, lower: Any, upper: Any, start: int, end: int) -> Iterator[str]:
    for look in range(start, end + 1):
        ends = [*_points(frame, lower, [look]), *_points(frame, upper, [look])]
        if len(ends) == 2:
            yield (
                f'<polyline points="{" ".join(ends)}" stroke="{TONES["estimate"]}" stroke-width="1.5" '
                'stroke-opacity=".45" vector-effect="non-scaling-stroke"/>'
            )


def _grid(frame: _Frame) -> str:
    return "".join(
        f'<line x1="0" x2="100%" y1="{frame.y(tick):.2f}%" y2="{frame.y(tick):.2f}%" '
        f'stroke="{TONES["rule" if abs(tick) < ZERO else "grid"]}"/>'
        for tick in ticks(frame.low, frame.high, 5)
    )


def _scale(found: Hindsight, frame: _Frame) -> str:
    """The words of both axes, over everything else."""
    parts = []
    for tick in ticks(frame.low, frame.high, 5):
        zero = abs(tick) < ZERO
        text = "no effect" if zero else fmt.amount(tick, found.path.kind, found.path.unit, signed=True)
        parts.append(f'<text x="0" y="{frame.y(tick):.2f}%" dy="-3">{escape(text)}</text>')
    return "".join(parts) + _axis(found, frame)


def _axis(found: Hindsight, frame: _Frame) -> str:
    """Some six names of looks, the first and the last among them; weeks where they fit."""
    last, step = frame.looks, max(1, math.ceil(frame.looks / 6))
    step = 7 if 4 < step < 8 else step
    shown = [1, *(look for look in range(step, last, step) if 1 + step <= look <= last - step), last]
    anchors = {1: "start", frame.looks: "end"} if frame.looks > 1 else {}
    return "".join(
        f'<text x="{frame.x(look):.2f}%" y="99%" text-anchor="{anchors.get(look, "middle")}" opacity=".85">'
        f"{escape(found.label(look))}</text>"
        for look in dict.fromkeys(shown)
    )


def _stops(found: Hindsight, frame: _Frame, look: int) -> str:
    """A flag where the repeated test has stopped by now."""
    stop = found.stops["naive"]
    if not 0 < stop <= look:
        return ""
    x, anchor = frame.x(stop), "end" if frame.x(stop) > 60 else "start"
    shift = -6 if anchor == "end" else 6
    return (
        f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="{TOP}%" y2="{BOTTOM}%" stroke="currentColor" stroke-width="1.5"/>'
        f'<text x="{x:.2f}%" y="{TOP}%" dx="{shift}" dy="8" text-anchor="{anchor}" font-weight="600">'
        f"a test at every look stops: {escape(found.label(stop))}</text>"
    )


def _point(found: Hindsight, frame: _Frame, look: int) -> str:
    effect = float(found.path.effect[look - 1])
    if math.isnan(effect):
        return ""
    return _circle(frame.x(look), frame.y(effect), TONES["estimate"])


def _circle(x: float, y: float, tone: str) -> str:
    return f'<circle cx="{x:.2f}%" cy="{y:.2f}%" r="6" fill="{tone}" stroke="{TONES["page"]}" stroke-width="2"/>'
