"""The colours of every figure, table and page, for light and dark hosts.

Hues after Okabe & Ito (2008), "Color Universal Design": they stay apart for readers with protanopia, deuteranopia
and tritanopia. Where a hue is too pale for text it is darkened, or lightened on dark; a test holds every text
colour at 4.5:1 and every mark at 3:1 (WCAG 2.2) on white and on JupyterLab's dark background.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from expkit.errors import InvalidInput, did_you_mean

__all__ = ["BADGES", "SERIES", "THEMES", "Theme", "ThemeName", "contrast", "theme_of"]

ThemeName = Literal["light", "dark"]


class Theme(NamedTuple):
    """What a figure or page is drawn with. `page` is the background that the colours were checked on."""

    name: ThemeName
    page: str
    panel: str
    ink: str
    muted: str
    grid: str
    rule: str
    accent: str
    better: str
    worse: str
    inconclusive: str
    unknown: str

    def verdict(self, verdict: str) -> str:
        """The colour of a verdict; an unheard-of one looks like `unknown`."""
        return str(getattr(self, verdict)) if verdict in {"better", "worse", "inconclusive"} else self.unknown


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        name="light", page="#ffffff", panel="#f6f7f9", ink="#1a1c1f", muted="#555b63", grid="#e3e6ea", rule="#7a8087",
        accent="#0072b2", better="#006aa7", worse="#b34700", inconclusive="#555b63", unknown="#6b5300",
    ),
    "dark": Theme(
        name="dark", page="#111111", panel="#1c1e21", ink="#f0f1f3", muted="#b4bac2", grid="#33373c", rule="#8d939b",
        accent="#56b4e9", better="#56b4e9", worse="#ff8f57", inconclusive="#b4bac2", unknown="#e8c547",
    ),
}  # fmt: skip

SERIES: dict[ThemeName, tuple[str, ...]] = {
    "light": ("#0072b2", "#c45500", "#007e5c", "#a8497f", "#8a6d00", "#1f78a4"),
    "dark": ("#56b4e9", "#ff8f57", "#2fc89a", "#dd93be", "#e8c547", "#9fd4f2"),
}
"""Colours for lines that stand side by side, in order."""

BADGES: dict[str, tuple[str, str]] = {
    "better": ("#0069a6", "#ffffff"),
    "worse": ("#b34700", "#ffffff"),
    "inconclusive": ("#60666e", "#ffffff"),
    "unknown": ("#f0e442", "#1a1c1f"),
}
"""Background and text of a verdict's badge: legible by itself, whatever the host's theme."""


def theme_of(name: str) -> Theme:
    """The theme of that name, or an error that names both."""
    for theme in THEMES.values():
        if theme.name == name:
            return theme
    raise InvalidInput(f"There is no theme {name!r}.", hint=did_you_mean(name, THEMES))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
