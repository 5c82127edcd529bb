"""A tornado request as an ASGI one, in this process. Jupyter's own login, XSRF and authorization come first."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from expkit.errors import ExpkitError, TooLarge

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from starlette.types import ASGIApp, Message, Receive, Scope

    from expkit.service import Problem
    from expkit.settings import Settings

__all__ = ["AsgiHandler"]

# whoever is behind the request is known by now; its credentials go no further
PRIVATE = frozenset({b"authorization", b"cookie"})


class Host(Protocol):
    """Where the app and its limits come from."""

    def read_settings(self) -> Settings: ...

    def actor(self, user: User) -> str: ...

    async def hosted(self) -> ASGIApp: ...

    def await_me(self) -> None: ...


@web.stream_request_body
class AsgiHandler(APIHandler):
    """Every path below `<base_url>/expkit`. Bodies are gathered up to the limit, answers are passed on as they come."""

    auth_resource = "expkit"

    def initialize(self, host: Host) -> None:
        self._host = host
        self._body = bytearray()
        self._too_large = False
        self._refusal: web.HTTPError | None = None
        self._gone = asyncio.Event()
        self._limit = self._host.read_settings().max_body_bytes

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler does
        """Who asks, and whether they may; a refusal waits until the body is through, or it would look like a reset."""
        try:
            await super().prepare()
            self._check_known()
        except web.HTTPError as refusal:
            if not self._body_follows():
                raise
            self._refusal = refusal

    def data_received(self, chunk: bytes) -> None:
        """What is too much, or from a stranger, is read and dropped."""
        if self._refusal:
            return
        if self._too_large or len(self._body) + len(chunk) > self._limit:
            self._too_large = True
            self._body.clear()
        else:
            self._body += chunk

    def on_connection_close(self) -> None:
        self._gone.set()

    # one by one, because `authorized` remembers the first verb it meets

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._answer()

    @web.authenticated
    @authorized
    async def head(self) -> None:
        await self._answer()

    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self._answer()

    @web.authenticated
    @authorized
    async def put(self) -> None:
        await self._answer()

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        await self._answer()

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        await self._answer()

    def compute_etag(self) -> None:
        """The app's business."""

    def write_error(self, status_code: int, **about: Any) -> None:
        """What Jupyter itself refuses, told as the app would tell it."""
        from expkit.service import unexpected

        error = about.get("exc_info", (None, None))[1]
        said = error.log_message if isinstance(error, web.HTTPError) and status_code < 500 else None
        known = status_code if status_code in _STATUSES else 500
        hint = "log in to Jupyter; a POST by cookie also needs the X-XSRFToken header." if status_code == 403 else ""
        self._write_problem(unexpected(known, detail=said or "", hint=hint))

    async def _answer(self) -> None:
        if self._refusal:
            raise self._refusal
        try:
            if self._too_large:
                raise TooLarge(f"The body is larger than {self._limit:,} bytes.", hint="send it in several requests.")
            app = await self._host.hosted()
        except ExpkitError as error:
            from expkit.service import problem

            self._write_problem(problem(error))
            return
        self._host.await_me()
        try:
            await app(self._scope(), self._receive_once(), self._send)
        except OSError as error:
            if not (self._gone.is_set() or isinstance(error, StreamClosedError)):
                raise  # else nobody is there to be told, and nothing has failed

    def _check_known(self) -> None:
        """Before the app is opened for them."""
        if self.request.method != "OPTIONS" and not self.current_user:
            raise web.HTTPError(403)

    def _body_follows(self) -> bool:
        headers = self.request.headers
        return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"

    def _scope(self) -> Scope:
        from expkit.service import Principal

        request = self.request
        path = request.path
        root = url_path_join(self.base_url, "expkit")
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.get_all()
        ]
        return {
            "type": "http",
            # 2.3: the app is to listen for the client's leaving, as a silent stream would not notice it by sending
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": request.version.removeprefix("HTTP/"),
            "method": request.method,
            "scheme": request.protocol,
            "path": unquote(path) if path != root else f"{root}/",
            "raw_path": path.encode("latin-1"),
            "query_string": request.query.encode("latin-1"),
            "root_path": root,
            "headers": [header for header in headers if header[0] not in PRIVATE],
            "client": (request.remote_ip or "", 0),
            "server": (request.host_name, None),
            "state": {"principal": Principal(self._host.actor(self.current_user))},
        }

    def _receive_once(self) -> Receive:
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                await self._gone.wait()
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": bytes(self._body), "more_body": False}

        return receive

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            if message.get("more_body", False):
                raise OSError("the client has gone")  # or it would stream for ever
            return
        if message["type"] == "http.response.start":
            self._begin(message)
            return
        if body := message.get("body", b""):
            self.write(bytes(body))
        if message.get("more_body", False):
            await self.flush()
        else:
            self.finish(set_content_type=self._content_type)

    def _begin(self, message: Message) -> None:
        self.set_status(message["status"])
        self.clear_header("Content-Type")
        seen = set()
        for raw_name, raw_value in message.get("headers", ()):
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            (self.add_header if name in seen else self.set_header)(name, value)
            seen.add(name)

    @property
    def _content_type(self) -> str:
        kind: str = self._headers.get("Content-Type", "application/octet-stream")
        return kind

    def _write_problem(self, body: Problem) -> None:
        from expkit.service.problems import MEDIA_TYPE

        self.set_status(body.status)
        self.finish(body.model_dump_json(exclude_none=True), set_content_type=MEDIA_TYPE)


_STATUSES = frozenset(HTTPStatus)
