"""Sample ratios as SVG: each arm beside its promise, and the evidence day by day."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from expkit.view import format as fmt
from expkit.view.palette import SERIES, THEMES

if TYPE_CHECKING:
    from expkit.view.ratio import ArmRatio, Diagnosis

__all__ = ["RATIO_CSS", "arms_svg", "evidence_svg"]

_LIGHT = THEMES["light"]
RATIO_CSS = (
    ".expkit-ratio svg{display:block;font-size:.75rem;overflow:visible}"
    ".expkit-ratio text{fill:currentColor;paint-order:stroke;stroke:var(--expkit-page,transparent);stroke-width:3px;"
    "stroke-linejoin:round}"
)
ROW = 46
HEIGHT = 190
ACCENT = f"var(--expkit-accent,{_LIGHT.accent})"
WORSE = f"var(--expkit-worse,{_LIGHT.worse})"
GRID = f"var(--expkit-grid,{_LIGHT.grid})"
RULE = f"var(--expkit-rule,{_LIGHT.rule})"
ORANGE = f"var(--expkit-series-1,{SERIES['light'][1]})"
TOP, BOTTOM = 8.0, 84.0
REACH = 3.0
"""Evidence beyond so many times the threshold is cut off: certain is certain."""


def arms_svg(found: Diagnosis) -> str:
    """A bar per arm, and the mark it should reach."""
    most = max((max(arm.units, arm.expected) for arm in found.arms), default=0) or 1
    rows = "".join(_arm(arm, at, most, found.mismatch) for at, arm in enumerate(found.arms))
    told = "; ".join(
        f"{arm.arm} {fmt.count(arm.units)} units, expected {fmt.count(arm.expected)}" for arm in found.arms
    )
    return (
        f'<svg role="img" aria-label="{escape(told, quote=True)}" width="100%" height="{ROW * len(found.arms) + 4}">'
        f"{rows}</svg>"
    )


def _arm(arm: ArmRatio, at: int, most: float, mismatch: bool) -> str:
    y, width, mark = ROW * at, 96 * arm.units / most, 96 * arm.expected / most
    short = arm.units < arm.expected and mismatch
    away = arm.units / arm.expected - 1 if arm.expected else math.inf
    told = f"{fmt.count(arm.units)} of {fmt.count(arm.expected)} expected"
    told += f" ({fmt.percent(away, signed=True)})" if math.isfinite(away) else ""
    return (
        f'<text x="0" y="{y + 14}" font-weight="600">{escape(arm.arm)}'
        f'<tspan dx="10" font-weight="400">{escape(told)}</tspan></text>'
        f'<rect x="0" y="{y + 21}" width="{width:.2f}%" height="14" rx="2" fill="{WORSE if short else ACCENT}"/>'
        f'<line x1="{mark:.2f}%" x2="{mark:.2f}%" y1="{y + 16}" y2="{y + 40}" stroke="currentColor" '
        'stroke-width="2.5"/>'
    )


def evidence_svg(found: Diagnosis) -> str:
    """How strongly the counts so far speak against the shares; at the line one may raise the alarm on any day."""
    days, line = len(found.days), found.threshold
    high = min(max(float(found.evidence.max()), line * 1.3), line * REACH)
    low = max(min(float(found.evidence.min()), 0.0), -line)

    def x(day: int) -> float:
        return 50.0 if days == 1 else 2 + 96 * day / (days - 1)

    def y(value: float) -> float:
        return TOP + (BOTTOM - TOP) * (high - min(max(value, low), high)) / (high - low)

    points = " ".join(f"{x(day):.2f},{y(float(value)):.2f}" for day, value in enumerate(found.evidence))
    alarm = ""
    if found.since:
        place = x(found.since - 1)
        anchor, shift = ("end", -10) if place > 55 else ("start", 10)
        alarm = (
            f'<circle cx="{place:.2f}%" cy="{y(float(found.evidence[found.since - 1])):.2f}%" r="6" fill="{WORSE}"/>'
            f'<text x="{place:.2f}%" y="{y(line):.2f}%" dx="{shift}" dy="16" text-anchor="{anchor}" font-weight="600">'
            f"alarm: {escape(found.days[found.since - 1])}</text>"
        )
    told = f"alarm on {found.days[found.since - 1]}" if found.since else "no alarm on any day"
    return (
        f'<svg role="img" aria-label="Evidence against the shares by day: {escape(told, quote=True)}" width="100%" '
        f'height="{HEIGHT}">'
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">'
        f'<polyline points="{points}" fill="none" stroke="{ACCENT}" stroke-width="2.5" '
        f'vector-effect="non-scaling-stroke"/></svg>{_levels(y, line)}{alarm}{_days(found, x)}</svg>'
    )


def _levels(y: object, line: float) -> str:
    if not callable(y):
        return ""
    return (
        f'<line x1="0" x2="100%" y1="{y(line):.2f}%" y2="{y(line):.2f}%" stroke="{ORANGE}" stroke-width="2" '
        f'stroke-dasharray="7 4"/><text x="0" y="{y(line):.2f}%" dy="-4">alarm, 1 to {math.exp(line):,.0f}</text>'
        f'<line x1="0" x2="100%" y1="{y(0.0):.2f}%" y2="{y(0.0):.2f}%" stroke="{RULE}"/>'
        f'<text x="0" y="{y(0.0):.2f}%" dy="-4">no evidence either way</text>'
    )


def _days(found: Diagnosis, x: object) -> str:
    if not callable(x):
        return ""
    last = len(found.days) - 1
    shown = dict.fromkeys([0, *([last // 2] if last > 3 else []), last])
    anchors = {0: "start", last: "end"} if last else {}
    return "".join(
        f'<text x="{x(day):.2f}%" y="98%" text-anchor="{anchors.get(day, "middle")}">{escape(found.days[day])}</text>'
        for day in shown
    )
