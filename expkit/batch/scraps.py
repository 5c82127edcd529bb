"""How a notebook hands its findings over: one display with a MIME type of our own, read back from the saved file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from expkit.errors import InvalidInput, shorten

__all__ = ["MIME", "read_record", "record"]

MIME = "application/vnd.expkit.result+json"


def record(**values: Any) -> None:
    """Record what this trial found: numbers, text, flags, or lists and dicts of them. Later names win.

    NaN and infinity are recorded as null: a missing number cannot be mistaken for a score.
    """
    from IPython.display import display

    plain = {name: _plain(name, value) for name, value in values.items()}
    lines = "\n".join(f"{name}: {value}" for name, value in plain.items())
    display({MIME: plain, "text/plain": f"recorded\n{lines}"}, raw=True)  # type: ignore[no-untyped-call]


def read_record(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the cells of an executed notebook recorded."""
    found: dict[str, Any] = {}
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            found.update(output.get("data", {}).get(MIME, {}))
    return found


def _plain(name: str, value: Any) -> Any:
    """JSON's types only; NumPy scalars and arrays are taken apart."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_plain(name, item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(name, item) for key, item in value.items()}
    raise InvalidInput(
        f"{name} is a {type(value).__name__} ({shorten(value)}), which JSON cannot hold.",
        hint="record numbers, text, true or false, or lists and dicts of them.",
    )
