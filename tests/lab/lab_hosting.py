"""A real Jupyter server with one extension, for the suites of the Lab."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from expkit.service import listen

__all__ = ["TOKEN", "jupyter"]

TOKEN = "not-a-secret"  # noqa: S105  # it guards nothing
HERE = Path(__file__).parent


@contextmanager
def jupyter(folder: Path, extension: str, *arguments: str, **environment: str) -> Iterator[str]:
    """A real Jupyter server below `/user/a/` with one extension; gives the address of `expkit`."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    words = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--ServerApp.base_url=/user/a/", f"--ServerApp.root_dir={folder}",
        f"--ServerApp.jpserver_extensions={{'{extension}': True}}", *arguments,
    ]  # fmt: skip
    own = {
        "JUPYTER_NO_CONFIG": "1", "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTER_DATA_DIR": str(folder / "data"),
        "EXPKIT_HOME": str(folder / "home"), "EXPKIT_DATABASE_URL": "", "EXPKIT_ACTOR": "ann", "PYTHONPATH": str(HERE),
    }  # fmt: skip
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(words, env={**os.environ, **own, **environment}, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/user/a/api", server, folder / "log")
            yield f"http://127.0.0.1:{port}/user/a/expkit"
        finally:
            server.terminate()
            server.wait(30)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    while server.poll() is None:
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"Jupyter ended:\n{log.read_text()}")
