"""Dashboards: Panel pages, and the one call that serves them by Voila or Panel. Heavy; nothing else imports this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expkit.apps.calculator import calculator_page
    from expkit.apps.experiment import experiment_page
    from expkit.apps.fleet import fleet_page
    from expkit.apps.host import query, show
    from expkit.apps.launch import dashboards
    from expkit.apps.looks import results_page, srm_page

__all__ = [
    "calculator_page",
    "dashboards",
    "experiment_page",
    "fleet_page",
    "query",
    "results_page",
    "show",
    "srm_page",
]

_HOMES = {
    "calculator_page": "calculator",
    "dashboards": "launch",
    "experiment_page": "experiment",
    "fleet_page": "fleet",
    "query": "host",
    "results_page": "looks",
    "show": "host",
    "srm_page": "looks",
}


def __getattr__(name: str) -> Any:
    # lazy, because `host` has to prepare the process before Panel is imported
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
