"""The published JSON schema of the nouns that people write by hand."""

from __future__ import annotations

from typing import Any

from expkit.domain.experiment import Experiment

__all__ = ["schema"]

SHORT_FORMS = {
    "Guardrail": {"type": "string", "minLength": 1, "maxLength": 500},
    "Hypothesis": {"type": "string", "minLength": 1, "maxLength": 20_000},
    "Metric": {"type": "string", "minLength": 1, "maxLength": 100},
}
"""Nouns that may also be written as one text."""


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of an experiment file; editors check YAML against it."""
    found = Experiment.model_json_schema()
    for name, text in SHORT_FORMS.items():
        found["$defs"][name] = {"anyOf": [text, found["$defs"][name]]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
