"""Segments in the terminal and on a page."""

from __future__ import annotations

from expkit.analysis import Breakdown
from expkit.stats import NotEstimable, compare_means, compare_proportions
from expkit.view.grid import width_of
from expkit.view.segments import segments_table, segments_text


def breakdown(**more: object) -> Breakdown:
    found = compare_proportions(100, 1000, 150, 1000)
    effect = {"metric": "buy", "variant": "treatment"}
    return Breakdown.parse({
        "attribute": "country", "note": "Exploratory <only>.", "within": {"device": "phone", "plan": None},
        "segments": [
            {"value": "<DE>", "units": {"control": 1000, "treatment": 1000},
             "effects": [{**effect, "estimate": found, "adjusted_p_value": 0.002, "shrunken": 0.04}]},
            {"value": "missing", "what": "missing", "units": {"control": 9, "treatment": 9},
             "effects": [{**effect, "estimate": NotEstimable("Not enough units: 9.", "wait.")}]},
        ],
        "differences": [{**effect, "title": "Buy", "kind": "conversion", "p_value": 0.2, "adjusted_p_value": 0.4}],
        **more,
    })  # fmt: skip


def test_tells_lift_interval_and_what_to_expect_again() -> None:
    """The shrunken effect is relative to control as the lift is; a reason stands where there is no estimate."""
    text = segments_text([breakdown(), breakdown()])
    assert "Buy of treatment by country, where device is phone, plan is missing" in text
    assert [part for part in ("+50.0%", "0.0020", "+40.0%", "2,000") if part not in text] == []
    assert "(missing): not estimable: Not enough units: 9. Hint: wait." in text
    assert "Does the effect differ between them? p 0.200, adjusted 0.400" in text
    assert text.count("Exploratory <only>.") == 1
    assert max(map(width_of, text.splitlines())) <= 100


def test_the_page_escapes_and_draws() -> None:
    """Every name is escaped; the drawing is for the eye alone, the table tells it all."""
    html = segments_table([breakdown()])
    assert "&lt;DE&gt;" in html
    assert "<DE>" not in html
    assert html.count("<svg") == html.count('aria-hidden="true"') - 1 == 1
    assert html.count('scope="row"') == 2
    assert segments_table(()) == ""


def test_without_a_lift_the_effect_is_told() -> None:
    """A control around zero has no lift; what is missing in the test of differences is said."""
    found = compare_means([-1.0, 1.0, 0.5, -0.5] * 50, [-1.0, 1.2, 0.5, -0.5] * 50)
    one = {"metric": "m", "variant": "b", "estimate": found, "adjusted_p_value": 1.0}
    text = segments_text([
        breakdown(
            segments=[{"value": "x", "units": {"a": 1}, "effects": [one]}],
            differences=[{"metric": "m", "variant": "b", "title": "M", "kind": "sum", "unit": "EUR", "note": "One."}],
        )
    ])  # fmt: skip
    assert "+€0.05" in text
    assert "cannot be told: One." in text
