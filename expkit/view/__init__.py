"""Results made visible: figures, tables, text, widgets. No I/O; what is heavy loads when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expkit.view.calculator import SampleSizeCalculator
    from expkit.view.doctor import SrmDoctor
    from expkit.view.explorer import ResultExplorer
    from expkit.view.factorial import FactorialExplorer
    from expkit.view.fleet import fleet_figure
    from expkit.view.forest import scorecard_figure
    from expkit.view.pace import progress_figure
    from expkit.view.power import power_figure
    from expkit.view.rich import register_formatters
    from expkit.view.series import series_figure
    from expkit.view.svg import forest_svg
    from expkit.view.table import scorecard_table
    from expkit.view.text import scorecard_text

__all__ = [
    "FactorialExplorer",
    "ResultExplorer",
    "SampleSizeCalculator",
    "SrmDoctor",
    "fleet_figure",
    "forest_svg",
    "power_figure",
    "progress_figure",
    "register_formatters",
    "scorecard_figure",
    "scorecard_table",
    "scorecard_text",
    "series_figure",
]

_HOMES = {
    "FactorialExplorer": "factorial",
    "ResultExplorer": "explorer",
    "SampleSizeCalculator": "calculator",
    "SrmDoctor": "doctor",
    "fleet_figure": "fleet",
    "forest_svg": "svg",
    "power_figure": "power",
    "progress_figure": "pace",
    "register_formatters": "rich",
    "scorecard_figure": "forest",
    "scorecard_table": "table",
    "scorecard_text": "text",
    "series_figure": "series",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
