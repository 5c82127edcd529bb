from __future__ import annotations

from html.parser import HTMLParser

from expkit.analysis import Scorecard
from expkit.analysis.scorecard import LookDecision
from expkit.view import forest_svg, scorecard_table
from expkit.view.table import checks_list

HOSTILE = "<script>alert(1)</script>\"'&"


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile(scorecard: Scorecard) -> Scorecard:
    arms = tuple(arm.model_copy(update={"name": HOSTILE}) for arm in scorecard.arms)
    rows = tuple(row.model_copy(update={"title": HOSTILE, "unit": HOSTILE}) for row in scorecard.estimates)
    return scorecard.model_copy(update={"name": HOSTILE, "control": HOSTILE, "arms": arms, "estimates": rows})


def test_is_an_accessible_table(scorecard: Scorecard) -> None:
    """A caption, scoped heads for columns and rows, and a scroll region that the keyboard reaches."""
    tags = Tags(scorecard_table(scorecard))
    names = [name for name, _ in tags.found]
    scopes = [attributes.get("scope") for name, attributes in tags.found if name == "th"]
    assert "caption" in names
    assert (scopes.count("col"), scopes.count("row")) == (8, 4)
    region = next(attributes for name, attributes in tags.found if attributes.get("role") == "region")
    assert region["tabindex"] == "0"
    assert "One-page checkout" in (region["aria-label"] or "")
    assert tags.open == []


def test_verdicts_are_words(scorecard: Scorecard) -> None:
    """Nothing is told by colour alone."""
    html = scorecard_table(scorecard)
    assert all(f"</span> {word}</span>" in html for word in ("better", "worse", "inconclusive", "unknown"))
    assert "Not estimable: no revenue yet" in html
    assert "lower is better" in html


def test_user_text_is_escaped(scorecard: Scorecard) -> None:
    """A hostile name is shown, never run, in the table, the picture and the checks."""
    evil = hostile(scorecard)
    for html in (scorecard_table(evil), forest_svg(evil), checks_list(evil)):
        assert "<script" not in html
        tags = Tags(html)
        assert tags.open == []
        assert not [attribute for _, attributes in tags.found for attribute in attributes if attribute.startswith("on")]


def test_style_is_brought_once(scorecard: Scorecard) -> None:
    """A page that has the rules does not get them again."""
    assert "<style>" in scorecard_table(scorecard)
    assert "<style>" not in scorecard_table(scorecard, css=False)


def test_no_metrics(scorecard: Scorecard) -> None:
    """An empty scorecard says so."""
    empty = scorecard.model_copy(update={"estimates": (), "checks": (), "guardrails": ()})
    assert "No metric was analysed" in scorecard_table(empty)
    assert "No metric was analysed" in forest_svg(empty)
    assert "No checks" in checks_list(empty)


def test_notes_have_a_line_of_their_own_and_looks_their_p_value(scorecard: Scorecard) -> None:
    """What was done to a metric stands below its row, over its width; what holds at any look, beside the p-value."""
    told = LookDecision(
        method="always_valid", look=2, units=9, z=2.0, effect=1.0, se=0.5, decision="continue", p_value=0.4
    )
    first = scorecard.estimates[0].model_copy(update={"decision": told, "note": "looked at again"})
    page = scorecard_table(scorecard.model_copy(update={"estimates": (first, *scorecard.estimates[1:])}))
    assert '<tr class="expkit-notes"><td colspan="8" class="expkit-words"><small>looked at again</small>' in page
    assert "<small>at any look 0.400</small>" in page
