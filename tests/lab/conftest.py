from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from expkit.service import listen

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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyter(tmp_path_factory.mktemp("jupyter"), "expkit") as url:
        yield url


@pytest.fixture
def token() -> Iterator[httpx.Client]:
    """Who has the token, as scripts do."""
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=180) as client:
        yield client


@pytest.fixture
def browser_session(address: str) -> Iterator[httpx.Client]:
    """Who has logged in and holds cookies only, as browsers do."""
    with httpx.Client(timeout=180) as client:
        login = address.replace("/expkit", "/login")
        client.get(login)
        client.post(login, data={"password": TOKEN, "_xsrf": client.cookies["_xsrf"]})
        yield client
