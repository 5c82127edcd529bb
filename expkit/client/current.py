"""What a local assigner answers from, and how good that is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from expkit.assign import Assigner
from expkit.assign.dialects import read_config
from expkit.client.snapshots import Snapshot

__all__ = ["Current", "Standing", "compiled"]


class Standing(NamedTuple):
    """How good what is answered from is."""

    revision: int
    etag: str
    confirmed_at: datetime
    """When the service last said that this is what holds."""
    source: Literal["service", "disk"]
    stale: bool
    """True when the service should have been heard of since."""
    fault: str
    """Why the last attempt to hear of it failed; empty when it did not."""


class Current(NamedTuple):
    """What is answered from: a config, compiled, and how it came here."""

    assigner: Assigner
    revision: int
    snapshot: Snapshot
    confirmed_at: datetime
    source: Literal["service", "disk"]
    remembering: frozenset[str]


def compiled(snapshot: Snapshot, source: Literal["service", "disk"]) -> Current:
    """A snapshot whose signature was checked, read and made ready."""
    config = read_config(snapshot.body.encode())
    assigner = config.assigner()
    remembering = frozenset(one.key for one in assigner.experiments.values() if one.remembers)
    return Current(assigner, config.revision, snapshot, snapshot.fetched_at, source, remembering)
