from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from expkit import __version__
from expkit.analysis import Scorecard, analyze_frame
from expkit.datasets import recommender_experiment
from expkit.domain import Experiment
from expkit.registry import TimelineEntry
from expkit.report import scorecard_html

if TYPE_CHECKING:
    from conftest import Watch
    from playwright.sync_api import Page

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def scorecard() -> Scorecard:
    """A real one: 400 units, a metric that moved and one without any variation."""
    import pandas as pd

    revenue = [float(at % 7 + 3 * (at % 2)) for at in range(400)]
    frame = pd.DataFrame({"variant": ["control", "treatment"] * 200, "revenue": revenue, "flat": 1.0})
    return analyze_frame(frame, metrics=["revenue", "flat"]).model_copy(update={"table_versions": {"exposures": 3}})


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return recommender_experiment().changed(sample_size=1_000, description="Second try.")


def timeline(detail: str = "version 1") -> list[TimelineEntry]:
    return [TimelineEntry(datetime(2026, 4, 1, tzinfo=UTC), "ann", "created", detail)]


def test_tells_the_whole_story(experiment: Experiment, scorecard: Scorecard) -> None:
    """Every section, the numbers and the provenance."""
    html = scorecard_html(experiment, scorecard, timeline())
    heads = re.findall(r"<h2>(.*?)</h2>", html)
    assert heads[:5] == ["Hypothesis", "Results", "Progress", "Health", "Risks"]
    assert heads[5:] == ["Design", "Timeline", "Method", "Provenance"]
    told = (experiment.name, "Second try.", "created", "2026-04-01", __version__, "exposures 3", "of 1,000 planned")
    assert [part for part in told if part not in html] == []


def test_asks_for_nothing_else(experiment: Experiment, scorecard: Scorecard) -> None:
    """No address, no script, no font: one file."""
    html = scorecard_html(experiment, scorecard, timeline())
    assert re.findall(r"(?:https?:)?//[\w.-]+|url\(|@import|<script|<link|<img|<iframe| src=| href=", html) == []
    assert "default-src 'none'" in html


def test_user_text_is_escaped(experiment: Experiment, scorecard: Scorecard) -> None:
    """Names, hypotheses, owners, tags, params and reasons are shown, never run."""
    variants = [{"key": "control", "name": HOSTILE}, {"key": "b", "params": {HOSTILE: HOSTILE}}]
    evil = Experiment.parse(
        {"key": "x", "name": HOSTILE, "hypothesis": HOSTILE, "description": HOSTILE, "owner": HOSTILE,
         "tags": [HOSTILE], "variants": variants, "metrics": [{"key": "m", "name": HOSTILE}],
         "eligibility": {HOSTILE: HOSTILE}}
    )  # fmt: skip
    rows = tuple(row.model_copy(update={"title": HOSTILE, "unit": HOSTILE}) for row in scorecard.estimates)
    html = scorecard_html(evil, scorecard.model_copy(update={"estimates": rows, "name": HOSTILE}), timeline(HOSTILE))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 9


def test_is_well_formed(experiment: Experiment, scorecard: Scorecard) -> None:
    """Every tag that opens closes, in order."""
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in {"meta", "br"}:
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Balance().feed(scorecard_html(experiment, scorecard, timeline()))
    assert opened == []


def test_without_a_timeline(experiment: Experiment, scorecard: Scorecard) -> None:
    """An analysed frame has no history; the report says so."""
    assert "Nothing has happened yet" in scorecard_html(experiment, scorecard)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_opens_from_a_file(
    experiment: Experiment, scorecard: Scorecard, tmp_path: Path, page: Page, watch: Watch, theme: str
) -> None:
    """In a browser: no error, no request, no sideways scrolling on a phone, the reader's own theme."""
    path = tmp_path / "report.html"
    path.write_text(scorecard_html(experiment, scorecard, timeline()), encoding="utf-8")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == experiment.name
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)" if theme == "light" else "rgb(17, 17, 17)"
    )
    assert asked == [path.as_uri()]
    assert watch.errors == []
