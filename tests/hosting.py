"""What the doors' tests share: the real app under a real server on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from expkit.service import listen

TOKEN = "not-a-secret"  # noqa: S105  # it guards nothing

CHECKOUT = {
    "key": "checkout",
    "name": "Checkout button",
    "hypothesis": "If the button is green, then more people buy, because green means go.",
    "variants": [
        {"key": "control", "weight": 0.5, "params": {"color": "blue"}},
        {"key": "treatment", "weight": 0.5, "params": {"color": "green"}},
    ],
    "metrics": ["conversion"],
}


@contextmanager
def running(app: Any, port: int = 0) -> Iterator[str]:
    """The app under uvicorn on a free port, or on one that it had before; gives its address."""
    with listen("127.0.0.1", port) as listener:
        config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
