"""An exported audit chain, read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from expkit.cli.files import open_text
from expkit.errors import InvalidInput
from expkit.storage import AuditEntry

__all__ = ["ChainFile", "entries_in"]

KINDS: dict[str, tuple[type, ...]] = {
    "id": (int,), "at": (str,), "actor": (str,), "action": (str,), "subject": (str,), "before": (dict, type(None)),
    "after": (dict, type(None)), "reason": (str,), "correlation_id": (str,), "previous": (str,), "hash": (str,),
}  # fmt: skip


class ChainFile:
    """The entries of one file; remembers the line that it stands at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0

    def __iter__(self) -> Iterator[AuditEntry]:
        for text in open_text(self._path):
            self._line += 1
            if text.strip():
                yield self._entry(text)

    def refused(self) -> InvalidInput:
        return InvalidInput(
            f"{self._path}, line {self._line}: this is no audit entry.",
            hint="each line is an entry as `expkit audit export` writes it; this one was changed or cut.",
        )

    def _entry(self, text: str) -> AuditEntry:
        try:
            data: Any = json.loads(text)
            if data.keys() != KINDS.keys() or not all(isinstance(data[name], kinds) for name, kinds in KINDS.items()):
                raise self.refused()
            entry = AuditEntry.from_dict(data)
        except (AttributeError, RecursionError, ValueError):
            raise self.refused() from None
        if entry.at.tzinfo is None or isinstance(entry.id, bool):
            raise self.refused()
        return entry


def entries_in(path: Path) -> ChainFile:
    """The chain in a file, the first entry first."""
    return ChainFile(path)
