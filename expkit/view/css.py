"""The one style sheet of everything we show as HTML outside a notebook: pages, dashboards, reports."""

from __future__ import annotations

from expkit.view.palette import SERIES, THEMES, Theme
from expkit.view.svg import FOREST_CSS
from expkit.view.table import TABLE_CSS

__all__ = ["CONTENT_CSS", "NOTEBOOK_CSS", "PAGE_CSS", "ROOT_CSS", "properties"]


def properties(theme: Theme) -> str:
    """A theme as custom properties; they reach into shadow roots, where rules do not."""
    names = ("page", "panel", "ink", "muted", "grid", "rule", "accent", "better", "worse", "inconclusive", "unknown")
    colours = "".join(f"--expkit-{name}:{getattr(theme, name)};" for name in names)
    colours += "".join(f"--expkit-series-{place}:{colour};" for place, colour in enumerate(SERIES[theme.name]))
    shown = {"light": ("grid", "none"), "dark": ("none", "grid")}[theme.name]
    return f"{colours}--expkit-in-light:{shown[0]};--expkit-in-dark:{shown[1]};color-scheme:{theme.name};"


_LIGHT, _DARK = properties(THEMES["light"]), properties(THEMES["dark"])
ROOT_CSS = (
    f":root{{{_LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    f":root[data-expkit-theme=light]{{{_LIGHT}}}:root[data-expkit-theme=dark]{{{_DARK}}}"
    "body{margin:0;background:var(--expkit-page)!important;color:var(--expkit-ink)}"
)
"""Light or dark as the reader's system asks, unless `data-expkit-theme` on the root element says which."""

# Voila's page always says light, and follows the reader's system through ROOT_CSS instead
NOTEBOOK_CSS = (
    (
        f"body[data-jp-theme-light=true]:not([data-voila]){{{_LIGHT}}}"
        f"body[data-jp-theme-light=false]:not([data-voila]),body.vscode-dark{{{_DARK}}}"
    )
    .replace("color-scheme:light;", "")
    .replace("color-scheme:dark;", "")
)
"""The colours of JupyterLab's and Notebook's own theme, for what is shown in a cell."""

CONTENT_CSS = (
    ".expkit-page{max-width:72rem;margin:0 auto;padding:1rem clamp(.75rem,3vw,2rem) 3rem;color:var(--expkit-ink);"
    "overflow-wrap:anywhere;font-size:1rem;line-height:1.5;"
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}"
    ".expkit-page h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0}"
    ".expkit-page h2{font-size:1.15rem;margin:2rem 0 .5rem}"
    ".expkit-page p{margin:.4rem 0;max-width:70ch}"
    ".expkit-page a{color:var(--expkit-accent)}"
    ".expkit-page a:focus-visible{outline:2px solid var(--expkit-accent);outline-offset:2px}"
    ".expkit-page code{font-size:.9em}"
    ".expkit-muted{color:var(--expkit-muted);font-size:.9rem}"
    ".expkit-facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0;font-size:.9375rem}"
    ".expkit-facts dt{color:var(--expkit-muted)}.expkit-facts dd{margin:0}"
    ".expkit-call{border:1px solid var(--expkit-grid);border-inline-start:.3rem solid var(--expkit-accent);"
    "background:var(--expkit-panel);border-radius:.375rem;padding:.75rem 1rem;margin:1rem 0}"
    ".expkit-call.expkit-is-bad{border-inline-start-color:var(--expkit-worse)}"
    ".expkit-call strong{font-size:1.05rem}.expkit-call ul{margin:.4rem 0 0;padding-inline-start:1.2rem}"
    ".expkit-status{display:inline-block;border:1px solid var(--expkit-rule);border-radius:1rem;padding:0 .6rem;"
    "font-size:.8125rem;font-weight:600}"
    ".expkit-timeline{list-style:none;margin:0;padding:0;border-inline-start:2px solid var(--expkit-grid)}"
    ".expkit-timeline li{padding:.15rem 0 .5rem 1rem;position:relative}"
    ".expkit-timeline li::before{content:'';position:absolute;inset-inline-start:-.4rem;top:.6rem;width:.65rem;"
    "height:.65rem;border-radius:50%;background:var(--expkit-accent)}"
    "@media (max-width:30rem){.expkit-facts{grid-template-columns:1fr;gap:0}.expkit-facts dd{margin-bottom:.4rem}}"
    + TABLE_CSS
    + FOREST_CSS
)
"""What the fragments of this room need, wherever they are put."""

PAGE_CSS = ROOT_CSS + CONTENT_CSS
