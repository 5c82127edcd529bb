"""`expkit lab`: JupyterLab on this workbench, with the tour open."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from expkit.settings import Settings

__all__ = ["lab_command", "launch_lab", "tour"]

TOUR = "tour.ipynb"
DEFAULTS = Path(__file__).parent / "jupyter"
"""Settings for a Lab that we start: it asks no other machine for news. What a user has set in Lab wins."""


def launch_lab(settings: Settings, arguments: Sequence[str] = ()) -> NoReturn:
    """Become JupyterLab: it prints its address, takes the next port when its own is busy, and gets Ctrl-C itself."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(sys.executable, lab_command(settings, arguments), lab_environment(settings))  # noqa: S606


def lab_command(settings: Settings, arguments: Sequence[str] = ()) -> list[str]:
    """What to run. `arguments` are JupyterLab's own and win: `--no-browser`, `--port 9999`, another notebook."""
    words = [sys.executable, "-m", "jupyterlab", *arguments]
    if _is_root() and not any(word.startswith("--allow-root") for word in arguments):
        words.append("--allow-root")  # a container's only user; Jupyter would refuse to start
    opens = any(word.endswith(".ipynb") or "default_url" in word or "root_dir" in word for word in arguments)
    notebook = None if opens else tour(settings)
    return [*words, *_showing(notebook)] if notebook else words


def lab_environment(settings: Settings) -> dict[str, str]:
    """Kernels inherit it, so that `expkit.open()` in a notebook is the same workbench."""
    paths = os.pathsep.join(filter(None, [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(DEFAULTS)]))
    given = {
        "EXPKIT_HOME": str(settings.home.absolute()),
        "EXPKIT_DATABASE_URL": settings.database_url,
        "JUPYTER_CONFIG_PATH": paths,
    }
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def tour(settings: Settings) -> Path | None:
    """The tour to open: a checkout's own, else a copy in the workbench's folder that may be written to."""
    package = Path(__file__).parent.parent
    for folder in (package.parent / "notebooks", package / "notebooks"):
        if (folder / TOUR).is_file():
            return folder / TOUR if (package.parent / "pyproject.toml").is_file() else _copy(folder, settings)
    return None


def _copy(folder: Path, settings: Settings) -> Path:
    """What a user has changed is left alone."""
    target = settings.home.absolute() / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for source in folder.glob("*.ipynb"):
        if not (target / source.name).exists():
            shutil.copyfile(source, target / source.name)
    return target / TOUR


def _showing(notebook: Path) -> list[str]:
    root = Path.cwd() if _is_seen_from(Path.cwd(), notebook) else notebook.parent
    place = notebook.relative_to(root).as_posix()
    return [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{place}"]


def _is_seen_from(root: Path, notebook: Path) -> bool:
    """Jupyter serves nothing below a hidden folder of its root, such as ~/.local."""
    return notebook.is_relative_to(root) and not any(part.startswith(".") for part in notebook.relative_to(root).parts)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
