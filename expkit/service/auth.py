"""Who is asking. Hosts differ in how they know; behind this file nobody cares."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from expkit.domain.tokens import Token
from expkit.errors import Unauthenticated

__all__ = ["Authenticate", "Authentication", "Principal", "host_auth", "token_auth"]

OPEN_PATHS = frozenset({"/healthz"})
KEYED_PATHS = ("/api/features/", "/sub/")
"""The client's key stands in the path, as GrowthBook's SDKs have it."""
DELIVERED_PATHS = ("/experiments/config", "/ofrep/v1/", *KEYED_PATHS)


class Principal(NamedTuple):
    """Somebody the host vouches for; the audit calls them by `name`."""

    name: str


Authenticate = Callable[[Scope], Principal | Awaitable[Principal]]
Holder = Callable[[str], Token | None]
"""Whose secret this is, if anybody's; asked in a thread."""


def token_auth(token: str, name: str = "", holder: Holder | None = None) -> Authenticate:
    """The server's own bearer token, and those that people have made. Without either nobody gets in."""

    def authenticate(scope: Scope) -> Principal | Awaitable[Principal]:
        scheme, _, given = _header(scope, b"authorization").partition(b" ")
        secret = given.strip() if scheme.lower() == b"bearer" else b""
        if token and secrets.compare_digest(secret, token.encode()):
            return Principal(name or "api")
        if holder is not None and secret:
            return _held(holder, secret)
        raise _stranger(given)

    return authenticate


async def _held(holder: Holder, secret: bytes) -> Principal:
    found = await run_in_threadpool(holder, secret.decode("latin-1"))
    if found is None:
        raise _stranger(secret)
    return Principal(found.actor)


def _stranger(given: bytes) -> Unauthenticated:
    """The same for a wrong, an expired and a revoked token: a stranger learns nothing about them."""
    what = "The bearer token is wrong, expired or revoked." if given else "This needs a bearer token."
    hint = "send the header 'Authorization: Bearer <token>'; `expkit serve` prints its own, and people make theirs."
    return Unauthenticated(what, hint=hint)


def host_auth(scope: Scope) -> Principal:
    """The host (Jupyter Server) has checked already, and left the principal in the scope's state."""
    principal = scope.get("state", {}).get("principal")
    if isinstance(principal, Principal) and principal.name:
        return principal
    raise Unauthenticated("The host vouches for nobody.", hint="log in to Jupyter.")


class Authentication:
    """Lets nobody past whom `authenticate` does not know; only liveness is for everybody.

    What is delivered to clients opens to client keys as well: as a bearer token, or in the path, where the route
    looks at it.
    """

    def __init__(self, app: ASGIApp, authenticate: Authenticate, client_keys: Collection[str] = ()) -> None:
        self.app = app
        self.authenticate = authenticate
        self.client_keys = [key.encode() for key in client_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (path := _path(scope)) not in OPEN_PATHS:
            known = self._client(scope, path) or self.authenticate(scope)
            scope.setdefault("state", {})["principal"] = await known if inspect.isawaitable(known) else known
        await self.app(scope, receive, send)

    def _client(self, scope: Scope, path: str) -> Principal | None:
        """A client that may read what is delivered, if this is one and nothing else is asked for."""
        scheme, _, given = _header(scope, b"authorization").partition(b" ")
        if path.startswith(KEYED_PATHS) and not given and "principal" not in scope.get("state", {}):
            return Principal("")
        if path.startswith(DELIVERED_PATHS) and scheme.lower() == b"bearer":
            matches = [secrets.compare_digest(given.strip(), key) for key in self.client_keys]
            return Principal("client") if any(matches) else None
        return None


def _header(scope: Scope, name: bytes) -> bytes:
    found = [value for key, value in scope["headers"] if key == name]
    return bytes(found[0]) if len(found) == 1 else b""


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
