"""`/docs`: the OpenAPI document as one readable page, without scripts and without a request to anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

__all__ = ["POLICY", "docs_page"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def docs_page(document: dict[str, Any], root: str) -> str:
    """One section for each operation, one for each schema; `$ref`s are links."""
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    links = "".join(f'<li><a href="#{name}">{label}</a></li>' for name, label in _contents(document))
    body = "".join([*_operations(document, root), "<h2>Schemas</h2>", *_schemas(document)])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f'<nav aria-label="Operations"><ul>{links}</ul></nav><main><h1>{title}</h1><p>{escape(info["description"])}</p>'
        f'<p><a href="{escape(root)}/openapi.json">openapi.json</a></p>{body}</main></body></html>'
    )


def _prose(text: str) -> str:
    """A docstring's `names` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _each(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, verb, operation in _each(document):
        yield escape(operation["operationId"]), f"<b>{verb.upper()}</b> {escape(path)}"


def _operations(document: dict[str, Any], root: str) -> Iterator[str]:
    for path, verb, operation in _each(document):
        about = _prose(operation.get("description", operation["summary"]))
        yield (
            f'<section id="{escape(operation["operationId"])}"><h2><b>{verb.upper()}</b> '
            f"<code>{escape(root + path)}</code></h2><p>{about}</p>"
            f"{_parameters(operation)}{_request(operation)}{_responses(operation)}</section>"
        )


def _parameters(operation: dict[str, Any]) -> str:
    rows = [(item["name"], item["in"], _shape(item["schema"])) for item in operation.get("parameters", ())]
    return _table("Parameters", ("name", "in", "type"), [(escape(name), place, shape) for name, place, shape in rows])


def _request(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return _table(
        "Body", ("media type", "shape"), [(escape(kind), _shape(body["schema"])) for kind, body in content.items()]
    )


def _responses(operation: dict[str, Any]) -> str:
    rows = [
        (escape(status), escape(kind), _shape(body.get("schema", {})))
        for status, answer in operation["responses"].items()
        for kind, body in answer.get("content", {"-": {}}).items()
    ]
    return _table("Answers", ("status", "media type", "shape"), rows)


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = set(schema.get("required", ()))
        rows = [
            (f"{escape(field)}{' *' if field in required else ''}", _shape(shape), _prose(shape.get("description", "")))
            for field, shape in schema.get("properties", {}).items()
        ]
        about = _prose(schema.get("description", ""))
        fields = _table("", ("field", "type", "meaning"), rows)
        yield f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3><p>{about}</p>{fields}</section>'


def _shape(schema: dict[str, Any]) -> str:
    """A schema in one line: `list of Experiment`, `string or null`."""
    if ref := schema.get("$ref"):
        name = escape(ref.rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_shape(part) for part in schema[union]))
    if "const" in schema or "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = schema.get("items")
        return f"list of {_shape(inner)}" if inner else "list"
    if schema.get("type") == "object" and isinstance(inside := schema.get("additionalProperties"), dict):
        return f"object of {_shape(inside)}"
    return escape(str(schema.get("type", "any")))


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d0d4da, #444a52); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
body { display: grid; grid-template-columns: minmax(16rem, 22rem) 1fr; }
nav { height: 100vh; overflow: auto; position: sticky; top: 0; border-right: 1px solid var(--line); font-size: 13px; }
nav ul { list-style: none; padding: 1rem; margin: 0; } main { padding: 1rem 2rem; max-width: 60rem; min-width: 0; }
h2 { font-size: 1.1rem; margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
caption { text-align: left; font-weight: 600; } a { color: light-dark(#0b57d0, #8ab4f8); }
@media (max-width: 50rem) { body { display: block; } nav { height: auto; position: static; } }
"""
