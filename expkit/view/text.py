"""A scorecard for the terminal: an aligned table that fits the width, then what to do and why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from expkit.view import format as fmt
from expkit.view.grid import grid, plain, width_of
from expkit.view.progress import progress_lines
from expkit.view.rows import Row, scorecard_rows
from expkit.view.segments import segments_text

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["scorecard_text"]

CODES = {"better": "34;1", "worse": "31;1", "inconclusive": "2", "unknown": "33", "bold": "1", "muted": "2"}
NARROW = 84
"""Below this the levels and the adjusted p-values are left out; lift, interval and verdict stay."""
_GUARDRAIL_MARKS = {True: ("worse", "✗ "), False: ("muted", "✓ "), None: ("unknown", "? ")}


def scorecard_text(scorecard: Scorecard, width: int = 100, color: bool = False) -> str:
    """Heading, arms, one line per metric and treatment, checks, recommendation. ANSI colours when `color`."""
    rows = scorecard_rows(scorecard)
    parts = [
        _paint(plain(scorecard.name or scorecard.experiment), "bold", color),
        _paint(_subtitle(scorecard), "muted", color),
        "",
        grid(("Arm", "Units", "Share"), _arms(scorecard), right=(1, 2), width=width),
        "",
        _table(scorecard, rows, width, color),
        *_notes(rows, width, color),
        "",
        *_checks(scorecard, width, color),
        *_deviations(scorecard, width, color),
        *_progress(scorecard, width, color),
        *_segments(scorecard, width, color),
        "",
        *_recommendation(scorecard, width, color),
    ]
    return "\n".join(line.rstrip() for line in "\n".join(parts).splitlines())


def _table(scorecard: Scorecard, rows: list[Row], width: int, color: bool) -> str:
    head, right = _head(scorecard, rows, width)
    lines = grid(head, [_cells(row, head) for row in rows], right=right, width=width).splitlines()
    painted = [_paint(line.rstrip(), row.verdict, color) for line, row in zip(lines[2:], rows, strict=True)]
    return "\n".join([*lines[:2], *painted])


def _head(scorecard: Scorecard, rows: list[Row], width: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    several = len({row.variant for row in rows}) > 1
    levels = ("Control", "Treatment") if width >= NARROW else ()
    adjusted = ("adj. p",) if width >= NARROW and any(row.adjusted_text != "–" for row in rows) else ()
    arm = ("Arm",) if several else ()
    head = ("Metric", *arm, *levels, "Lift", fmt.confidence(scorecard.alpha), "p", *adjusted, "Verdict")
    text = {"Metric", "Arm", "Verdict"}
    return head, tuple(at for at, name in enumerate(head) if name not in text)


def _cells(row: Row, head: tuple[str, ...]) -> tuple[str, ...]:
    mark = {"primary": "★ ", "guardrail": "◇ "}.get(row.role, "  ")
    known = {
        "Metric": mark + row.title, "Arm": row.variant, "Control": row.control, "Treatment": row.treatment,
        "Lift": row.lift_text, "p": row.p_text, "adj. p": row.adjusted_text, "Verdict": f"{row.symbol} {row.verdict}",
    }  # fmt: skip
    return tuple(known.get(name, row.ci_text) for name in head)


def _notes(rows: list[Row], width: int, color: bool) -> list[str]:
    """What the marks mean; what was done to the values; what could not be estimated, and why."""
    roles = {row.role for row in rows}
    marks = ", ".join(text for role, text in (("primary", "★ primary"), ("guardrail", "◇ guardrail")) if role in roles)
    lines = [_paint(marks, "muted", color)] if marks else []
    for row in rows:
        for note in row.notes:
            lines += [_paint(line, "muted", color) for line in _wrap(f"{row.label}: {note}", width, "  ")]
        if row.reason:
            text = f"{row.label}: not estimable: {row.reason}" + (f" Hint: {row.hint}" if row.hint else "")
            lines += [_paint(line, "unknown", color) for line in _wrap(text, width, "? ")]
    return lines


def _arms(scorecard: Scorecard) -> list[tuple[str, str, str]]:
    total = sum(arm.n for arm in scorecard.arms)
    return [
        (
            _arm_name(arm.name or arm.key, arm.key == scorecard.control),
            fmt.count(arm.n),
            f"{arm.n / total:.1%} (planned {arm.share:.1%})" if total else f"– (planned {arm.share:.1%})",
        )
        for arm in scorecard.arms
    ]


def _arm_name(name: str, is_control: bool) -> str:
    return f"{name} (control)" if is_control and "control" not in name.casefold() else name


def _checks(scorecard: Scorecard, width: int, color: bool) -> list[str]:
    lines: list[str] = []
    for check in scorecard.checks:
        code = "muted" if check.ok else "worse"
        found = _wrap(f"{check.name}: {check.detail}", width, "✓ " if check.ok else "✗ ")
        lines += [_paint(line, code, color) for line in found]
    for finding in scorecard.guardrails:
        code, mark = _GUARDRAIL_MARKS[None if finding.held is False and not finding.breached else finding.breached]
        found = _wrap(f"guardrail {finding.metric} · {finding.variant}: {finding.detail}", width, mark)
        lines += [_paint(line, code, color) for line in found]
    return lines


def _deviations(scorecard: Scorecard, width: int, color: bool) -> list[str]:
    """What was done otherwise than promised."""
    found = [line for one in scorecard.deviations for line in _wrap(f"{one.kind}: {one.detail}", width, "! ")]
    told = _wrap(fmt.promise(scorecard), width, "") if scorecard.promise else []
    return [_paint(line, "muted", color) for line in told] + [_paint(line, "unknown", color) for line in found]


def _progress(scorecard: Scorecard, width: int, color: bool) -> list[str]:
    """How far it got, and what a reader should know of how it was computed."""
    found = [*progress_lines(scorecard), *scorecard.remarks]
    return [_paint(line, "muted", color) for one in found for line in _wrap(one, width, "  ")]


def _segments(scorecard: Scorecard, width: int, color: bool) -> list[str]:
    if not scorecard.segments:
        return []
    lines = segments_text(scorecard.segments, width).splitlines()
    return ["", *(_paint(part, "muted", color) for line in lines for part in _fitted(line, width))]


def _fitted(line: str, width: int) -> list[str]:
    """Tables fit already; sentences are wrapped."""
    return [line] if width_of(line) <= width else _wrap(line.strip(), width, "  ")


def _recommendation(scorecard: Scorecard, width: int, color: bool) -> list[str]:
    told = scorecard.recommendation
    head = f"→ {told.action.upper()}: {told.headline}"
    lines = [_paint(line, "bold", color) for line in _wrap(head, width, "")]
    lines += [line for reason in told.reasons for line in _wrap(reason, width, "  · ")]
    turns = [line for turn in told.would_change for line in _wrap(turn, width, "  · ")]
    return [*lines, "  What would change it:", *turns] if turns else lines


def _subtitle(scorecard: Scorecard) -> str:
    ran = f" · {fmt.days(scorecard.days)}" if scorecard.days is not None else ""
    return f"{scorecard.experiment} · {fmt.look(scorecard)} · {fmt.moment(scorecard.at)}{ran}"


def _wrap(text: str, width: int, mark: str) -> list[str]:
    return textwrap.wrap(plain(text), max(width, 20), initial_indent=mark, subsequent_indent=" " * len(mark)) or [mark]


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{CODES[code]}m{text}\x1b[0m" if color and text and code in CODES else text
