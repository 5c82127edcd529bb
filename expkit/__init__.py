"""expkit: a notebook-first experimentation workbench."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from expkit.client import RemoteWorkbench
    from expkit.workbench import Workbench

__version__ = "0.1.0"

__all__ = ["__version__", "connect", "open"]


def open(path: str | os.PathLike[str] | None = None, url: str | None = None) -> Workbench:  # noqa: A001  # the contract's name
    """The embedded workbench: `path`, else `$EXPKIT_HOME`, else Jupyter's data folder; `url` names a database."""
    from expkit.workbench import open_workbench

    _show_in_notebooks()
    return open_workbench(path, url)


def connect(url: str, token: str = "", *, local: bool = False, **options: Any) -> RemoteWorkbench:
    """The same verbs over HTTP, on a service that somebody else runs; with `local` it assigns by itself, from the
    service's signed config, also while the service is away. Options of `LocalAssigner` (`updates`, `every`, `cache`,
    `public_key`) say how.
    """
    from expkit.client import LocalWorkbench, RemoteWorkbench

    _show_in_notebooks()
    if options and not local:
        from expkit.errors import InvalidInput

        raise InvalidInput(f"{', '.join(options)}: only who assigns by itself has that.", hint="add local=True.")
    return LocalWorkbench(url, token=token, **options) if local else RemoteWorkbench(url, token=token)


def _show_in_notebooks() -> None:
    """In IPython, experiments and scorecards show themselves; elsewhere nothing is loaded for it."""
    if "IPython" in sys.modules:
        from expkit.view import register_formatters

        register_formatters()


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the prebuilt Lab extension lies; JupyterLab asks for this by name."""
    return [{"src": "labextension", "dest": "expkit"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """The server side of the Lab extension; Jupyter Server asks for this by name."""
    from expkit.lab import ExpkitApp

    return [{"module": "expkit.lab", "app": ExpkitApp}]
