"""A real Jupyter server for the browser: its own folders, a token, not at the root, seeded with the demo."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

TOKEN = "letmein"  # noqa: S105  # it guards a server that lives for a minute
STARTUP_SECONDS = 180
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


@dataclass(frozen=True)
class Lab:
    """A running server and the folder of its workbench."""

    root: str
    home: Path

    def url(self, path: str) -> str:
        return f"{self.root}{path}{'&' if '?' in path else '?'}token={TOKEN}"


@contextmanager
def serving(folder: Path, home: Path, *options: str) -> Iterator[Lab]:
    """`jupyter lab` at /user/a/ on a free port, until the block ends."""
    port = free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
             f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.base_url=/user/a/",
             f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
             "--JupyterNotebookApp.expose_app_in_browser=True", *options],
            cwd=folder, env=own_folders(folder, home), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/user/a/api", process, folder / "server.log")
            yield Lab(f"http://127.0.0.1:{port}/user/a/", home)
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def own_folders(folder: Path, home: Path) -> dict[str, str]:
    """Nothing of the user's is read or written, and Lab asks nothing of anybody."""
    config = folder / "config"
    (config / "labconfig").mkdir(parents=True, exist_ok=True)
    (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(QUIET))
    names = {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "HOME": "user", "IPYTHONDIR": "ipython"}
    folders = {name: str(folder / part) for name, part in names.items()}
    return {**os.environ, **folders, "JUPYTER_CONFIG_DIR": str(config), "EXPKIT_HOME": str(home)}


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):  # noqa: S310  # our own server
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab before a small demo workbench."""
    folder = tmp_path_factory.mktemp("lab")
    home = folder / "home"
    command = Path(sysconfig.get_path("scripts")) / "expkit"
    seeded = subprocess.run(
        [command, "--home", home, "demo", "--users", "4000"],
        capture_output=True,
        text=True,
        env=own_folders(folder, home),
    )
    assert seeded.returncode == 0, seeded.stderr
    with serving(folder, home) as lab:
        yield lab


@pytest.fixture(scope="module")
def lab_without_expkit(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The extension in the browser, and no server side to it."""
    folder = tmp_path_factory.mktemp("bare")
    with serving(folder, folder / "home", '--ServerApp.jpserver_extensions={"expkit": False}') as lab:
        yield lab


@pytest.fixture
def only_ours(watch: Any) -> Any:
    """Whatever a test does, nothing is asked of other machines, and the console shows no error of ours."""
    yield
    assert watch.outside == []
    assert [error for error in watch.errors if "expkit" in error.lower() and "status of 4" not in error] == []
