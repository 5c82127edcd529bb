"""What is delivered, kept ready in one server: looked up once for all who ask at the same time."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import NamedTuple

import anyio
from starlette.concurrency import run_in_threadpool

from expkit.assign.dialects import features_payload
from expkit.workbench import Workbench
from expkit.workbench.delivery import Bundle

__all__ = ["Feed", "Payload", "same", "stream"]

POLL_SECONDS = 1.0
SILENT_POLLS = 15  # proxies close streams that say nothing for a minute


class Payload(NamedTuple):
    body: bytes
    etag: str


class Feed:
    """The newest config, and GrowthBook's payload of it. Safe to share between threads."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._lock = threading.Lock()
        self._bundle: Bundle | None = None
        self._looked = 0.0
        self._features: tuple[str, float, Payload] | None = None
        self.ending = threading.Event()
        """Set when the server goes: streams end by themselves then, instead of being cut off."""

    def bundle(self, max_age: float = 0.0) -> Bundle:
        """As the database has it; at most `max_age` seconds old."""
        asked = time.monotonic()
        with self._lock:
            if self._bundle is None or self._looked < asked - max_age:
                looked = time.monotonic()
                self._bundle, self._looked = self._workbench.config(self._bundle), looked
            return self._bundle

    def features(self, max_age: float = 0.0) -> Payload:
        """Ramps and schedules go on without any change, so that it is worked out anew every second."""
        bundle = self.bundle(max_age)
        known = self._features
        if known is not None and known[0] == bundle.etag and time.monotonic() - known[1] < POLL_SECONDS:
            return known[2]
        made = time.monotonic()
        body = json.dumps(features_payload(bundle.config, datetime.now(UTC)), ensure_ascii=False).encode()
        payload = Payload(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        self._features = bundle.etag, made, payload
        return payload


def same(given: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names what would be answered (RFC 9110, 13.1.2)."""
    if not given:
        return False
    return given.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in given.split(",")]


async def stream(
    look: Callable[[float], tuple[str, str]],
    event: str,
    last: str = "",
    *,
    ending: threading.Event,
    poll: float = POLL_SECONDS,
) -> AsyncIterator[str]:
    """Server-sent events: one with the newest data unless `last` is its id already, one whenever it changes.

    `look(max_age)` gives id and data; it is asked in a thread.
    """
    silent = 0
    yield f"retry: {round(poll * 3000)}\n\n"
    while not ending.is_set():
        etag, data = await run_in_threadpool(look, poll / 2)
        silent = 0 if etag != last else silent + 1
        if etag != last:
            last = etag
            yield f"id: {etag}\nevent: {event}\ndata: {data}\n\n"
        elif silent % SILENT_POLLS == 0:
            yield ": still here\n\n"
        await anyio.sleep(poll)
