"""The real extension around a small app, whose requests the test can watch and hold."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

from anyio import to_thread

from expkit.lab import ExpkitApp, extension

extension.GRACE_SECONDS = 0.2


class SmallApp:
    def __init__(self) -> None:
        self.events: list[str] = []
        self.release = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.events.append("startup")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await getattr(self, scope["path"].rpartition("/")[2])(scope, receive, send)

    async def stream(self, _scope: Any, _receive: Any, send: Any) -> None:
        """One line at once, the other when released."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
        await self.release.wait()
        await send({"type": "http.response.body", "body": b"data: last\n\n", "more_body": False})

    async def free(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.release.set()
        await self._answer(send, self.events)

    async def hold(self, _scope: Any, receive: Any, send: Any) -> None:
        """Says something, then waits for the client to leave."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here", "more_body": True})
        await receive()
        self.events.append((await receive())["type"])
        try:
            await send({"type": "http.response.body", "body": b"too late", "more_body": True})
        except OSError:
            self.events.append("refused")

    async def late(self, _scope: Any, receive: Any, send: Any) -> None:
        """Answers when the client has left, as whatever takes a while may have to."""
        await receive()
        await receive()
        await self._answer(send, "here you are")
        self.events.append("answered")

    async def endless(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Listens to nobody, and writes until it is refused."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            await asyncio.sleep(0.01)

    async def work(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Has a worker thread, and never comes to an end."""
        await to_thread.run_sync(int)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await asyncio.Event().wait()

    async def echo(self, scope: Any, receive: Any, send: Any) -> None:
        """What arrived."""
        body = (await receive())["body"]
        headers = sorted(name.decode() for name, _ in scope["headers"])
        known = {name: scope[name] for name in ("method", "path", "root_path", "scheme", "http_version", "type")}
        query, raw = scope["query_string"].decode(), scope["raw_path"].decode()
        digest = hashlib.sha256(body).hexdigest()
        actor = scope["state"]["principal"].name
        await self._answer(
            send, {**known, "query": query, "raw": raw, "sha": digest, "headers": headers, "actor": actor}
        )

    async def cookies(self, _scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"x-twice", b"1"), (b"x-twice", b"2"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 418, "headers": headers})
        await send({"type": "http.response.body", "body": b"short and stout"})

    async def bug(self, _scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("secret")

    async def _answer(self, send: Any, value: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(value).encode()})


class Small(ExpkitApp):
    def open_app(self) -> Any:
        return SmallApp(), lambda: None


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    return [{"module": "small_extension", "app": Small}]
