"""What servers do by themselves: planned moves every second, events from the inbox to the lake every half minute.

However many servers share a database, each planned move is made once: the registry sees to that. One thread, which
outlives whatever goes wrong in it and ends with the app.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from expkit.workbench import Workbench

__all__ = ["Ticker", "ticking"]

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
MOVE_SECONDS = 30.0
PATIENCE_SECONDS = 10.0


class Ticker:
    """Calls `tick` and `move_events` of a workbench until it is stopped."""

    def __init__(self, workbench: Workbench, *, every: float = TICK_SECONDS, moves_every: float = MOVE_SECONDS) -> None:
        self._workbench = workbench
        self._every = every
        self._moves_every = moves_every
        self._stopping = threading.Event()
        self._failing: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="expkit-ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended; one that hangs is left behind after a while."""
        self._stopping.set()
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        moved = time.monotonic()
        while not self._stopping.wait(self._every):
            self._try("tick", self._workbench.tick)
            if time.monotonic() - moved >= self._moves_every:
                self._try("move_events", self._workbench.move_events)
                moved = time.monotonic()

    def _try(self, name: str, verb: Callable[[], int]) -> None:
        """A failure is told once, and again only after it has gone away in between: a second is short."""
        try:
            verb()
        except Exception:
            if name not in self._failing:
                log.exception("%s failed; it is tried again, silently", name)
            self._failing.add(name)
        else:
            if name in self._failing:
                log.warning("%s works again", name)
            self._failing.discard(name)


def ticking(workbench: Workbench) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of an app on this workbench."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        ticker = Ticker(workbench)
        ticker.start()
        try:
            yield
        finally:
            await asyncio.to_thread(ticker.stop)

    return lifespan
