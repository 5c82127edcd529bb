"""What servers do by themselves: planned moves, watching and telling every second, events to the lake at times.

However many servers share a database, each planned move is made once: the registry sees to that, and one of them
watches. A thread for each, so that a long pass of one holds up no other; each outlives whatever goes wrong in it, and
ends with the app.
"""

from __future__ import annotations

import asyncio
import contextlib
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
    """Calls `tick`, `monitor`, `notify` and `move_events` of a workbench until it is stopped."""

    def __init__(self, workbench: Workbench, *, every: float = TICK_SECONDS, moves_every: float = MOVE_SECONDS) -> None:
        self._workbench = workbench
        self._stopping = threading.Event()
        self._failing: set[str] = set()
        beats = {"tick": every, "monitor": every, "notify": every, "move_events": moves_every}
        self._threads = [
            threading.Thread(target=self._run, args=(name, pause), name=f"expkit-{name}", daemon=True)
            for name, pause in beats.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when the threads have ended; one that hangs is left behind after a while."""
        self._stopping.set()
        until = time.monotonic() + PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        with contextlib.suppress(Exception):  # without it another server only waits some seconds
            self._workbench.leave_monitor()

    def _run(self, name: str, pause: float) -> None:
        verb: Callable[[], Any] = getattr(self._workbench, name)
        while not self._stopping.wait(pause):
            self._try(name, verb)

    def _try(self, name: str, verb: Callable[[], Any]) -> None:
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
