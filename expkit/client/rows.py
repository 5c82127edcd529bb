"""Events on their way out: checked here as the service would, then cut into requests of bearable size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from expkit.domain.logged import Logged, Refusal
from expkit.events import Kind, to_table

__all__ = ["bodies", "together"]

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


def together(logged: Logged, kept: Any | None, answers: Iterable[Mapping[str, Any]]) -> Logged:
    """What was refused here and by the service, row numbers as the caller counts them."""
    refused, reasons, examples = logged.refused, dict(logged.reasons), list(logged.examples)
    count = sent = 0
    for answer in answers:
        for example in answer.get("examples", ()):
            row = sent + example["row"]
            examples.append(Refusal(row if kept is None else int(kept[row]), example["reason"]))
        for rule, number in answer.get("reasons", {}).items():
            reasons[rule] = reasons.get(rule, 0) + number
        count += answer["accepted"]
        refused += answer.get("refused", 0)
        sent += answer["accepted"] + answer.get("refused", 0)
    return Logged(count, refused, reasons, examples)


def _body(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def _text(moment: datetime) -> str:
    return moment.isoformat()
