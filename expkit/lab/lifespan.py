"""ASGI's lifespan protocol for a host that is not an ASGI server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

__all__ = ["Lifespan"]


class Lifespan:
    """`begin` returns when the app has started, `end` when it has shut down."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def begin(cls, app: ASGIApp) -> Self:
        lifespan = cls(app)
        await lifespan._inbox.put({"type": "lifespan.startup"})
        lifespan._task = asyncio.create_task(lifespan._run())
        await lifespan._started
        return lifespan

    async def end(self) -> None:
        await self._inbox.put({"type": "lifespan.shutdown"})
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._send)
        finally:
            if not self._started.done():  # the app knows no lifespan, which is its right
                self._started.set_result(None)

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            self._started.set_result(None)
        elif message["type"] == "lifespan.startup.failed":
            self._started.set_exception(RuntimeError(message.get("message") or "the app did not start"))
