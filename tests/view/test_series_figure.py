"""The looks side by side: a figure, a table and a sentence that agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expkit.analysis.series import LookSeries
from expkit.view import series_figure
from expkit.view.series import series_sentence, series_table, series_text


def series(*p_values: tuple[float, float]) -> LookSeries:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    return LookSeries.parse({
        "metric": "buy", "title": "<Buy>", "kind": "conversion", "variant": "treatment", "alpha": 0.05,
        "points": [
            {"look": i, "at": start + timedelta(days=i), "units": 1000 * i, "effect": 0.01, "fixed_p_value": fixed,
             "fixed_ci": (-0.01, 0.03), "any_look_p_value": sound, "any_look_ci": (-0.02, 0.04),
             "verdict": "inconclusive"}
            for i, (fixed, sound) in enumerate(p_values, 1)
        ],
    })  # fmt: skip


LUCKY = series((0.4, 1.0), (0.03, 0.6), (0.2, 0.6))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_p_values_are_drawn(theme: str) -> None:
    """By line, mark and word, on a logarithmic axis that holds them all; too small ones stand at its foot."""
    plot = series_figure(series((0.4, 1.0), (1e-12, 1e-9)), theme=theme)
    (source,) = {renderer.data_source for renderer in plot.renderers}
    assert source.data["fixed"] == [0.4, 1e-6]
    assert plot.y_range.start < 1e-6 < 1 < plot.y_range.end
    assert [item.label.value for item in plot.legend[0].items] == ["a test at this look alone", "holds at any look"]
    assert {renderer.glyph.marker for renderer in plot.renderers if hasattr(renderer.glyph, "marker")} == {
        "circle", "square",
    }  # fmt: skip


def test_the_sentence_teaches() -> None:
    """Who peeks would have stopped by luck, and how often that errs (Armitage, McPherson & Rowe 1969: 10.7% at 3)."""
    told = series_sentence(LUCKY)
    assert told.startswith("Who reads the fixed test at every look would have stopped at look 2. At 3 looks")
    assert "errs in 11% of experiments" in told or "errs in 10% of experiments" in told
    assert told.endswith("What holds at any look has not found a difference.")
    assert "Nobody would have stopped" in series_sentence(series((0.4, 1.0), (0.3, 1.0)))
    assert "found a difference at look 2, and may be acted on" in series_sentence(series((0.01, 0.2), (0.001, 0.02)))
    assert "One look so far" in series_sentence(series((0.01, 0.2)))


def test_the_table_has_the_numbers() -> None:
    """Escaped, with a head for each row; the terminal has the same."""
    html, text = series_table(LUCKY), series_text([LUCKY])
    assert html.count('scope="row"') == 3
    assert "&lt;Buy&gt;" in html
    for told in ("0.030", "0.600", "+1.00 pp", "−2.00 pp to +4.00 pp"):
        assert told in html
        assert told in text
    assert series_text([]) == "Nobody has looked yet."
