"""`dashboards()`: the notebooks of `voila_apps/` behind one address, by Voila or by Panel."""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from expkit.apps.host import PANEL_FILES
from expkit.apps.login import login_pages
from expkit.errors import Conflict, InvalidInput, NotFound, did_you_mean

__all__ = ["Engine", "dashboards", "notebooks"]

Engine = Literal["voila", "panel"]

PAGES = ("fleet", "experiment", "results", "srm", "calculator")
DEFAULT_PORT = 8866
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Voila offers every Lab extension of the environment to its page; these need JupyterLab's own modules and fail there
DENIED = [
    "expkit",
    "@pyviz/jupyterlab_pyviz",
    "@voila-dashboards/jupyterlab-preview",
    "@jupyter-notebook/lab-extension",
]


def dashboards(
    engine: Engine = "voila",
    port: int = DEFAULT_PORT,
    *,
    ip: str = "127.0.0.1",
    base_url: str = "/",
    home: str | os.PathLike[str] | None = None,
    token: str = "",
    say: Callable[[str], object] = print,
) -> None:
    """Serve until interrupted. Port 0 takes any free one; an address beyond this machine needs a token.

    Voila runs a kernel per visitor, Panel one process for all.
    """
    serve = {"voila": _voila, "panel": _panel}.get(engine)
    if serve is None:
        raise InvalidInput(f"There is no engine {engine!r}.", hint=did_you_mean(str(engine), ["voila", "panel"]))
    if ip not in LOOPBACK and not token:
        raise InvalidInput(
            f"{ip} can be reached by others, and there is no token.", hint="give a token, or keep to 127.0.0.1."
        )
    if home is not None:
        os.environ["EXPKIT_HOME"] = str(Path(home).expanduser().resolve())
    base = "/" + "".join(f"{part}/" for part in base_url.split("/") if part)
    serve(notebooks(), _free(ip, port), ip, base, token, say)


def notebooks() -> Path:
    """The folder of the dashboards' notebooks: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "voila_apps", package.parent / "voila_apps"):
        if (folder / "fleet.ipynb").is_file():
            return folder
    raise NotFound("The dashboards' notebooks are missing.", hint="install expkit again.")


def _voila(folder: Path, port: int, ip: str, base: str, token: str, say: Callable[[str], object]) -> None:
    own = Path(__file__).resolve().parent / "jupyter"  # our page template, which fetches nothing from afar
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(own), os.environ.get("JUPYTER_PATH", "")]))
    os.environ[PANEL_FILES] = f"{base}expkit-panel/"  # told to the kernels: where Panel's own files are served
    from traitlets.config import Config

    config = Config()
    config.VoilaConfiguration.template = "expkit"
    config.VoilaConfiguration.extension_denylist = DENIED
    config.VoilaConfiguration.classic_tree = True
    config.VoilaConfiguration.file_allowlist = []
    config.MappingKernelManager.cull_idle_timeout = 600
    config.MappingKernelManager.cull_interval = 60
    say(f"Dashboards (Voila): {_address(ip, port, base)}{f'?token={token}' if token else ''}")
    argv = [str(folder), f"--port={port}", f"--Voila.ip={ip}", f"--Voila.base_url={base}", "--no-browser"]
    _voila_with_panel_files().launch_instance(argv, config=config, token=token or None)


def _voila_with_panel_files() -> Any:
    """Voila, which also serves the files that Panel would fetch from its CDN."""
    from importlib.util import find_spec

    from tornado.web import StaticFileHandler
    from voila.app import Voila

    found = find_spec("panel")  # only found: the server itself has no use for Panel
    files = Path(found.origin).parent / "dist" if found and found.origin else Path()
    route = rf"{re.escape(os.environ[PANEL_FILES])}(.*)"

    class Dashboards(Voila):  # type: ignore[misc]  # Voila ships no types
        def init_handlers(self) -> list[Any]:
            return [(route, StaticFileHandler, {"path": str(files)}), *super().init_handlers()]

    return Dashboards


def _panel(folder: Path, port: int, ip: str, base: str, token: str, say: Callable[[str], object]) -> None:
    if token:  # by environment: a command line can be read by every user of the machine
        os.environ["PANEL_BASIC_AUTH"] = token
        os.environ.setdefault("PANEL_COOKIE_SECRET", secrets.token_hex(32))
    os.environ.pop("BOKEH_RESOURCES", None)
    from panel.command import main

    files = [str(folder / f"{page}.ipynb") for page in PAGES]
    origin = [f"--allow-websocket-origin={name}:{port}" for name in {ip, "localhost"}]
    prefix = [f"--prefix={base}"] if base != "/" else []
    say(f"Dashboards (Panel): {_address(ip, port, base)}")
    serve: Any = main
    with tempfile.TemporaryDirectory(prefix="expkit-panel-") as pages:
        options = [*origin, *prefix, *(login_pages(Path(pages)) if token else [])]
        # Panel's own entry reads the command line, whatever it is given
        sys.argv = ["panel", "serve", *files, f"--port={port}", f"--address={ip}", "--index=fleet", *options]
        serve()


def _free(ip: str, port: int) -> int:
    """The port, found free; a server's own message would be a traceback."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except (OSError, OverflowError) as error:
            raise Conflict(
                f"Port {port} on {ip} cannot be had: {getattr(error, 'strerror', None) or error}.",
                hint="choose another one, or 0 for any that is free.",
            ) from None
        return int(probe.getsockname()[1])


def _address(ip: str, port: int, base: str) -> str:
    return f"http://{f'[{ip}]' if ':' in ip else ip}:{port}{base}"
