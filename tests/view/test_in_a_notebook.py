from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from expkit.analysis import Scorecard
from expkit.view import forest_svg
from expkit.view.css import CONTENT_CSS

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAB_RULES = ".out ul{padding-left:2em;margin:1em 0} .out li{margin:3px} .out svg{max-width:100%}"
ZEROS = """[...document.querySelectorAll('figure li > svg, figure > svg')].map(svg => {
  const zero = svg.querySelector('line[y1="-6"]') ?? [...svg.querySelectorAll('text')].find(t => t.textContent === '0%')
  const box = zero.getBoundingClientRect(); return Math.round(box.x + box.width / 2)
})"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1200])
def test_rows_meet_their_axis(scorecard: Scorecard, page: Page, width: int) -> None:
    """A notebook indents lists; the rows' zero lines still stand above the axis' 0%."""
    page.set_viewport_size({"width": width, "height": 600})
    page.set_content(f"<style>{CONTENT_CSS}{LAB_RULES}</style><div class=out>{forest_svg(scorecard)}</div>")
    zeros = page.evaluate(ZEROS)
    assert len(zeros) == 5
    assert max(zeros) - min(zeros) <= 1
