"""Events on their way out: checked here as the service would, then cut into requests of bearable size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from expkit.events import Kind, to_table

__all__ = ["bodies"]

MAX_ROWS = 10_000
MAX_BYTES = 8 * 1024 * 1024  # half of what a service takes by default


def bodies(kind: Kind, rows: Any) -> Iterator[tuple[int, bytes]]:
    """Each request's number of rows and body. Ids are given here, so that sending one again changes nothing."""
    table = to_table(kind, rows)
    lines: list[bytes] = []
    size = 0
    for batch in table.to_batches(max_chunksize=MAX_ROWS):
        for row in batch.to_pylist():
            line = json.dumps({name: value for name, value in row.items() if value is not None}, default=_text).encode()
            if lines and (len(lines) == MAX_ROWS or size + len(line) > MAX_BYTES):
                yield len(lines), _body(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line) + 1
    yield len(lines), _body(lines)


def _body(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def _text(moment: datetime) -> str:
    return moment.isoformat()
