"""Request bodies: strict JSON, parsed off the event loop, refused in the nouns' own words.

FastAPI would parse and validate on the event loop, which inside Jupyter Server is everybody's, and would
tell faults in its own words; so routes take `parsed(Noun)` and describe the body with `accepts(Noun)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic_core import from_json

from expkit.domain.noun import Noun
from expkit.errors import InvalidInput, shorten

__all__ = ["Content", "JsonBody", "accepted", "accepts", "accepts_rows", "json_value", "parsed"]

SomeNoun = TypeVar("SomeNoun", bound=Noun)

_ACCEPTED: dict[str, type[Noun]] = {}


async def _content(request: Request) -> bytes:
    return await request.body()


Content = Annotated[bytes, Depends(_content)]


def json_value(content: Content) -> Any:
    """Any JSON value that can be kept: no NaN, no lone surrogates, no NUL, no repeated names."""
    if not content.strip():
        return None
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(f"The body is not JSON: {error}.", hint="send UTF-8 encoded JSON.") from None
    if b"\\u0000" in content:
        _refuse_nul(value)
    if len(content) < 1_000_000:  # longer ones are rows, where nothing is lost but a repetition
        json.loads(content, object_pairs_hook=_each_once)
    return value


JsonBody = Annotated[Any, Depends(json_value)]


def parsed(noun: type[SomeNoun]) -> Callable[[Any], SomeNoun]:
    """The dependency that reads the body as `noun`; an empty body is an empty mapping."""

    def read(value: JsonBody) -> SomeNoun:
        return noun.parse({} if value is None else value)

    return read


def accepts(noun: type[Noun], *, required: bool = True) -> dict[str, Any]:
    """What OpenAPI says about a route with such a body (`openapi_extra`)."""
    return _described(_ref(noun), required)


def accepts_rows(noun: type[Noun]) -> dict[str, Any]:
    """A body of rows: a bare list, or a mapping with the list under `rows`."""
    rows = {"type": "array", "items": _ref(noun)}
    wrapped = {"type": "object", "properties": {"rows": rows}, "required": ["rows"], "additionalProperties": False}
    return _described({"anyOf": [rows, wrapped]}, required=True)


def accepted() -> list[type[Noun]]:
    """Every noun that some route reads, for the OpenAPI document."""
    return [_ACCEPTED[name] for name in sorted(_ACCEPTED)]


def _ref(noun: type[Noun]) -> dict[str, str]:
    _ACCEPTED[noun.__name__] = noun
    return {"$ref": f"#/components/schemas/{noun.__name__}"}


def _described(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput(f"The name {shorten(name)} stands twice in one object.", hint="keep one of them.")
        found[name] = value
    return found


def _refuse_nul(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str) and "\0" in item:
            raise InvalidInput(f"The text {shorten(item)} holds a NUL character.", hint="leave it out.")
