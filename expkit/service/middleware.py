"""What surrounds every request: a correlation id, a limit on bodies, HEAD, and an answer whatever happens.

Pure ASGI, because server-sent events must pass through unbuffered.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expkit.errors import ExpkitError, TooLarge
from expkit.service.problems import MEDIA_TYPE, Problem, problem, unexpected

__all__ = ["BodyLimit", "Correlation", "Guard", "Head", "Timing", "send_problem"]

logger = logging.getLogger("expkit.service")

_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")


class Correlation:
    """Takes the caller's `X-Correlation-ID` when it is sane, else makes one; hands it on and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-correlation-id"), b"")
        known = given if _SANE_ID.fullmatch(given) else uuid4().hex.encode()
        scope.setdefault("state", {})["correlation_id"] = known.decode()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"x-correlation-id", known)]}
            await send(message)

        await self.app(scope, receive, answer)


class Guard:
    """Turns what nobody caught into a problem document: ours by its kind, anything else into a 500 without details."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await send_problem(_answer(error, scope), send)


class BodyLimit:
    """Counts what arrives rather than believing Content-Length."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _announced(scope) > self.limit:
            raise self._refusal()
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise self._refusal()
            return message

        await self.app(scope, counted, send)

    def _refusal(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self.limit:,} bytes.", hint="send it in several requests.")


class Head:
    """HEAD is GET without a body, also where GET would stream for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        done = False

        async def headers_only(message: Message) -> None:
            nonlocal done
            if done:
                raise OSError("a HEAD request has been answered")
            done = message["type"] == "http.response.body"
            await send({"type": message["type"], "body": b""} if done else message)

        try:
            await self.app({**scope, "method": "GET"}, receive, headers_only)
        except Exception:
            if not done:
                raise


class Timing:
    """Tells `observe(route, method, status, seconds)` about every request."""

    def __init__(self, app: ASGIApp, observe: Callable[[str, str, int, float], None]) -> None:
        self.app = app
        self.observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self.observe(_route(scope), scope["method"], status, time.perf_counter() - start)


async def send_problem(body: Problem, send: Send) -> None:
    content = body.model_dump_json(exclude_none=True).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(content)).encode())]
    if body.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": body.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _answer(error: Exception, scope: Scope) -> Problem:
    known = scope.get("state", {}).get("correlation_id", "")
    if isinstance(error, ExpkitError):
        return problem(error, known)
    logger.error("%s %s failed (%s)", scope["method"], scope["path"], known, exc_info=error)
    return unexpected(500, known, detail="Something went wrong on our side.")


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def _route(scope: MutableMapping[str, Any]) -> str:
    """The route's pattern, so that keys in paths do not become metric labels."""
    return getattr(scope.get("route"), "path", "") or "unmatched"
