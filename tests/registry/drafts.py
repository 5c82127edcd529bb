"""Experiments for the registry's tests, and short words for what is done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from expkit import registry
from expkit.domain import Experiment
from expkit.storage import Store, Work

T = TypeVar("T")


def make(key: str = "checkout", **values: object) -> Experiment:
    return Experiment.parse({
        "key": key, "name": f"Experiment {key}", "hypothesis": "If, then", "metrics": ["conversion"],
        "variants": [{"key": "control"}, {"key": "treatment"}], **values,
    })  # fmt: skip


def do(store: Store, act: Callable[[Work], T], actor: str = "ann") -> T:
    """One unit of work."""
    with store.begin(actor=actor) as work:
        return act(work)


def create(store: Store, key: str = "checkout", actor: str = "ann", **values: object) -> Experiment:
    return do(store, lambda work: registry.create(work, make(key, **values)), actor)


def update(store: Store, changes: dict[str, Any], actor: str = "ann", key: str = "checkout", **more: Any) -> Experiment:
    return do(store, lambda work: registry.update(work, key, changes, **more), actor)


def move(store: Store, *verbs: str, key: str = "checkout", actor: str = "bob") -> Experiment:
    for verb in verbs:
        do(store, lambda work, verb=verb: registry.move(work, key, verb, "because"), actor)  # type: ignore[misc]
    return read(store, key)


def read(store: Store, key: str = "checkout") -> Experiment:
    with store.read() as connection:
        return registry.get(connection, key)


def ask(store: Store, question: Callable[..., T], *args: Any, **more: Any) -> T:
    """What a reading function answers."""
    with store.read() as connection:
        return question(connection, *args, **more)


def soon(**distance: float) -> datetime:
    return datetime.now(UTC) + timedelta(**(distance or {"hours": 1}))
