"""What the app says of itself: the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from expkit.service.body import accepted
from expkit.service.problems import MEDIA_TYPE, Problem

__all__ = ["document"]

_REF = "#/components/schemas/"


def document(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the nouns as routes read them and problems as they are answered.

    A noun that reads differently from how it is answered (defaults may be left out) stands twice: `Experiment`
    is what comes back, `ExperimentInput` what may be sent.
    """
    if app.openapi_schema:
        return app.openapi_schema
    found: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas: dict[str, Any] = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema["required"] = list(schema["properties"])  # answers leave nothing out
    schemas["Problem"] = Problem.model_json_schema(mode="serialization", ref_template=_REF + "{model}")
    names = _add_inputs(schemas)
    for operation in _operations(found):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = _PROBLEM
        if "requestBody" in operation:
            operation["requestBody"] = _renamed(operation["requestBody"], names)
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    found["paths"]["/healthz"]["get"]["security"] = []
    app.openapi_schema = _renamed(found, _short(found["components"]["schemas"]))
    return app.openapi_schema


_PROBLEM = {
    "description": "What went wrong, and what to do about it (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}},
}


def _add_inputs(schemas: dict[str, Any]) -> dict[str, str]:
    """Adds what routes read; answers which names had to give way to those of the answers."""
    _, read = models_json_schema([(noun, "validation") for noun in accepted()], ref_template=_REF + "{model}")
    inputs: dict[str, Any] = read.get("$defs", {})
    apart = {name for name, schema in inputs.items() if schemas.get(name, schema) != schema}
    while more := {name for name, schema in inputs.items() if name in schemas and set(_refs(schema)) & apart} - apart:
        apart |= more
    names = {name: f"{name}Input" for name in apart}
    for name, schema in inputs.items():
        schemas[names.get(name, name)] = _renamed(schema, names)
    return names


def _short(schemas: dict[str, Any]) -> dict[str, str]:
    """Pydantic gives two classes of one name their modules' names too: `expkit__stats__estimate__Arm` -> `StatsArm`."""
    parts = {name: name.split("__") for name in schemas if name.count("__") > 1}
    short = {name: f"{room.title()}{tail[-1]}" for name, (_, room, *tail) in parts.items()}
    for long, name in short.items():
        schemas[name] = schemas.pop(long)
    return short


def _operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in found["paths"].values():
        yield from path.values()


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(ref := schema.get("$ref"), str):
            yield ref.removeprefix(_REF)
        for value in schema.values():
            yield from _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(value, names) for value in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {key: _renamed(value, names) for key, value in schema.items()}
    if isinstance(ref := schema.get("$ref"), str):
        name = ref.removeprefix(_REF)
        renamed["$ref"] = _REF + names.get(name, name)
    return renamed
