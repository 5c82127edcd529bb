"""Events on a store of each kind and a lake in a fresh folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expkit.events import Events
from expkit.storage import Store


@pytest.fixture
def events(store: Store, tmp_path: Path) -> Events:
    return Events(store, str(tmp_path / "a lake"))


@pytest.fixture
def log(store: Store, events: Events) -> Callable[..., Any]:
    """Log rows in a unit of work of their own: `log("outcomes", [...])`."""

    def log(kind: str, rows: Any) -> Any:
        with store.begin(actor="ann") as work:
            return getattr(events, f"log_{kind}")(work, rows)

    return log


@pytest.fixture
def ids(events: Events) -> Callable[[str], list[str]]:
    """The event ids that a reader sees, sorted."""

    def ids(kind: str = "outcomes", **options: Any) -> list[str]:
        with events.reader(**options) as reader:
            rows = reader.connection.execute(f"SELECT event_id FROM {kind} ORDER BY event_id").fetchall()  # noqa: S608
            return [row[0] for row in rows]

    return ids
