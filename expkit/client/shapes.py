"""What goes out and what comes back, in the shapes that the embedded workbench takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from expkit import registry
from expkit.domain.filters import Filters

__all__ = ["checked", "moment", "told"]

Shape = TypeVar("Shape")

_READERS: dict[Any, TypeAdapter[Any]] = {}


def told(shape: type[Shape], body: Any) -> Shape:
    """A named tuple or a dataclass, with those inside it, from JSON with their names."""
    if shape not in _READERS:
        _READERS[shape] = TypeAdapter(shape)
    read: Shape = _READERS[shape].validate_python(body)
    return read


def moment(at: str | datetime, timezone: str) -> str:
    """A text as it is: the service reads it. A moment without an offset gets the one that it has there."""
    return at if isinstance(at, str) else registry.local_time(at, timezone).isoformat()


def checked(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """A filter that no service knows is told here: there, an unknown word in a query is nobody's business."""
    Filters.parse({name: value for name, value in filters.items() if value is not None})
    return filters
