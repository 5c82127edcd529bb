from __future__ import annotations

from itertools import combinations

import pytest

from expkit.errors import InvalidInput
from expkit.view.palette import BADGES, SERIES, THEMES, contrast, theme_of

WORDS = ("ink", "muted", "accent", "better", "worse", "inconclusive", "unknown")


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("word", WORDS)
def test_text_is_legible(name: str, word: str) -> None:
    """Every colour of text has 4.5:1 on the page and on the raised panels."""
    theme = theme_of(name)
    colour = getattr(theme, word)
    assert min(contrast(colour, theme.page), contrast(colour, theme.panel)) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_marks_are_visible(name: str) -> None:
    """Lines, series and rules have 3:1 on the page."""
    theme = theme_of(name)
    assert min(contrast(colour, theme.page) for colour in (theme.rule, *SERIES[theme.name])) >= 3


def test_badges_carry_their_own_contrast() -> None:
    """A badge is legible by itself, so it fits light and dark hosts."""
    assert min(contrast(ink, background) for background, ink in BADGES.values()) >= 4.5


def _seen_by_deuteranope(colour: str) -> tuple[float, float, float]:
    """Viénot, Brettel & Mollon (1999), linear RGB."""
    r, g, b = ((int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5))
    return 0.292 * r + 0.708 * g, 0.292 * r + 0.708 * g, -0.022 * r + 0.022 * g + b


@pytest.mark.parametrize("name", ["light", "dark"])
def test_verdicts_stay_apart_without_green(name: str) -> None:
    """The two colours that matter most differ for a reader who cannot tell red from green."""
    theme = theme_of(name)
    pairs = combinations([_seen_by_deuteranope(colour) for colour in (theme.better, theme.worse)], 2)
    assert all(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.2 for one, other in pairs)


def test_an_unknown_theme_names_the_known_ones() -> None:
    """A typing mistake is told with the nearest name."""
    with pytest.raises(InvalidInput, match="did you mean 'dark'"):
        theme_of("darck")
    assert set(THEMES) == {"light", "dark"}


def test_contrast_of_black_on_white() -> None:
    """The scale's two ends."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
