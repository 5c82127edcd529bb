"""Small experiments whose events are written down row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from expkit.domain import Experiment

START = datetime(2026, 3, 1, tzinfo=UTC)


def experiment(metrics: Iterable[Any] = ("buy",), **more: Any) -> Experiment:
    more.setdefault("variants", [{"key": "control"}, {"key": "treatment"}])
    return Experiment.parse({"key": "exp", "name": "Exp", "hypothesis": "h", "metrics": list(metrics), **more})


def seen(variant: str, unit: str, *, hours: float = 0, **more: Any) -> dict[str, Any]:
    at = START + timedelta(hours=hours)
    return {"experiment": "exp", "variant": variant, "user_id": unit, "timestamp": at, **more}


def did(event: str, unit: str, *, hours: float = 1, **more: Any) -> dict[str, Any]:
    return {"event": event, "user_id": unit, "timestamp": START + timedelta(hours=hours), **more}
