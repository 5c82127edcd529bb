from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.analysis import Scorecard
from expkit.view.grid import grid, width_of
from expkit.view.text import scorecard_text


def test_tells_everything(scorecard: Scorecard) -> None:
    """Arms, numbers, verdicts, reasons, checks, guardrails and the advice."""
    text = scorecard_text(scorecard)
    told = ("10,000", "★ Conversion", "+20.0%", "✓ better", "✗ worse", "no revenue yet", "Hint: wait a day")
    assert [part for part in told if part not in text] == []
    assert [part for part in ("✓ srm", "✗ guardrail errors", "→ INVESTIGATE: Look at") if part not in text] == []


def test_columns_line_up(scorecard: Scorecard) -> None:
    """The verdicts start in one column."""
    lines = scorecard_text(scorecard).splitlines()
    head = next(line for line in lines if line.startswith("Metric"))
    column = head.index("Verdict")
    signs = [line[column] for line in lines if line.endswith(("better", "worse", "inconclusive", "unknown"))]
    assert sorted(signs) == ["?", "≈", "✓", "✗"]


@pytest.mark.parametrize("width", [64, 80, 100, 140])
def test_fits_the_terminal(scorecard: Scorecard, width: int) -> None:
    """No line is longer than the terminal is wide."""
    assert max(len(line) for line in scorecard_text(scorecard, width=width).splitlines()) <= width


def test_colour_only_when_asked(scorecard: Scorecard) -> None:
    """Piped output stays plain; coloured output says the same words."""
    import re

    plain, coloured = scorecard_text(scorecard), scorecard_text(scorecard, color=True)
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_name_cannot_move_the_cursor(scorecard: Scorecard) -> None:
    """Escape sequences in user text are taken out."""
    hostile = scorecard.model_copy(update={"name": "nice\x1b[2J\u202ename\r\n"})
    text = scorecard_text(hostile)
    assert not {"\x1b", "\u202e", "\r"} & set(text)


@given(st.lists(st.text(min_size=0, max_size=30), min_size=1, max_size=5))
def test_a_grid_is_a_grid(names: list[str]) -> None:
    """Whatever the text, wide characters included, every line ends at the same column."""
    lines = grid(("Name", "Number"), [(name, "1") for name in names], right=(1,)).splitlines()
    assert len(lines) == len(names) + 2
    assert len({width_of(line) for line in (lines[0], *lines[2:])}) == 1
