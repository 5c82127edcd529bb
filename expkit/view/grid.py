"""Columns in a terminal that line up, whatever the script, and text that cannot move the cursor."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["grid", "plain", "width_of"]


def grid(head: Sequence[str], body: Iterable[Sequence[str]], *, right: Sequence[int] = (), width: int = 100) -> str:
    """Columns padded to one another; when they do not fit, the first one gives way with an ellipsis."""
    lines = [tuple(plain(cell) for cell in line) for line in (head, *body)]
    widths = [max(map(width_of, column)) for column in zip(*lines, strict=True)]
    spare = width - sum(widths[1:]) - 2 * (len(widths) - 1)
    widths[0] = min(widths[0], max(spare, 12))
    lines = [(_shorten(line[0], widths[0]), *line[1:]) for line in lines]
    padded = ["  ".join(_pad(cell, widths[at], at in right) for at, cell in enumerate(line)) for line in lines]
    return "\n".join([padded[0], "─" * min(width_of(padded[0]), width), *padded[1:]])


def plain(text: str) -> str:
    """User text without control characters: no name may move the cursor or recolour the terminal."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} else character for character in text
    )


def width_of(text: str) -> int:
    """Columns in a terminal: East Asian wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _pad(text: str, width: int, right: bool) -> str:
    room = " " * max(width - width_of(text), 0)
    return room + text if right else text + room


def _shorten(text: str, width: int) -> str:
    if width_of(text) <= width:
        return text
    while width_of(text) > width - 1:
        text = text[:-1]
    return text + "…"
