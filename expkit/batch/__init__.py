"""Batches: one template, many parameter sets, each trial a notebook run of its own on Dask.

The names load on first use: a trial's kernel asks for `record` alone and must not pay for Dask and SQL.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expkit.batch.batches import Batches, BatchReport
    from expkit.batch.progress import follow
    from expkit.batch.scraps import record
    from expkit.batch.templates import Template, TemplateParameter, find_template, list_templates

_HOMES = {
    "BatchReport": "batches",
    "Batches": "batches",
    "Template": "templates",
    "TemplateParameter": "templates",
    "find_template": "templates",
    "follow": "progress",
    "record": "scraps",
    "list_templates": "templates",
}

__all__ = [
    "BatchReport",
    "Batches",
    "Template",
    "TemplateParameter",
    "find_template",
    "follow",
    "list_templates",
    "record",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
