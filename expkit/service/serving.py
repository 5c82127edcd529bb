"""`expkit serve`: the app under uvicorn, behind a bearer token."""

from __future__ import annotations

import errno
import secrets
import socket
import sys
from contextlib import suppress
from types import FrameType

from expkit.errors import Conflict, InvalidInput
from expkit.settings import Settings
from expkit.workbench import Workbench

__all__ = ["DEFAULT_PORT", "listen", "serve"]

DEFAULT_PORT = 8765
QUEUE = 2048
"""So many connections wait for their turn, as under uvicorn itself."""


def serve(settings: Settings, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> None:
    """Answer until interrupted. Port 0 takes a free one. A missing token is made up and printed."""
    import uvicorn

    from expkit.service.app import create_app

    class Server(uvicorn.Server):
        """Tells the streams, which would otherwise hold it up until they are cut off."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.feed.ending.set()
            super().handle_exit(sig, frame)

    with listen(host, port) as listener, Workbench.open(settings) as workbench:
        token = settings.token or secrets.token_urlsafe(24)
        app = create_app(workbench, settings=settings.with_(token=token))
        _announce(listener, token, given=bool(settings.token))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=5, server_header=False
        )
        with suppress(KeyboardInterrupt):  # uvicorn hands on the Ctrl-C that it has obeyed
            Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on, or an error that names a free port.

    Whoever comes before the app is up waits for it in the queue, and is not turned away.
    """
    if not 0 <= port <= 65535:
        raise InvalidInput(f"{port} is not a port.", hint="ports lie between 0 (any that is free) and 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(QUEUE)
    except OSError as error:
        listener.close()
        raise _refused(error, host, port) from None
    return listener


def _refused(error: OSError, host: str, port: int) -> Exception:
    if error.errno == errno.EADDRINUSE:
        with listen(host, 0) as free:
            other = free.getsockname()[1]
        return Conflict(f"Port {port} on {host} is in use.", hint=f"port {other} is free: --port {other}")
    if error.errno == errno.EACCES:
        return InvalidInput(f"Port {port} is not yours to take.", hint="take one from 1024 on.")
    return InvalidInput(f"Cannot listen on {host}: {error.strerror or error}.", hint="use 127.0.0.1 or 0.0.0.0.")


def _announce(listener: socket.socket, token: str, *, given: bool) -> None:
    host, port = listener.getsockname()[:2]
    place = f"[{host}]" if ":" in host else host
    lines = [f"expkit serves http://{place}:{port}"]
    if not given:
        lines.append(f"token: {token}   (set EXPKIT_TOKEN to choose your own)")
    print("\n".join(lines), file=sys.stderr, flush=True)
