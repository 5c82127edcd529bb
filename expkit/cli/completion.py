"""Shell completion of experiment keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from expkit.cli.session import Session

__all__ = ["Key", "KeyOrAll", "complete_keys"]


def complete_keys(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Keys of the workbench that the command line names. A shell must never see an error here."""
    options = context.find_root().params
    home = options.get("home")
    session = Session(home=Path(home) if home else None, url=options.get("url") or "", token=options.get("token") or "")
    try:
        with session.open() as workbench:
            found = workbench.list(limit=1000)
    except Exception:  # a completion that fails completes nothing
        return
    for experiment in found:
        if experiment.key.startswith(incomplete):
            yield experiment.key, experiment.name


Key = Annotated[str, typer.Argument(metavar="KEY", help="The experiment's key.", autocompletion=complete_keys)]
KeyOrAll = Annotated[
    str | None, typer.Argument(metavar="KEY", help="One experiment's; else all.", autocompletion=complete_keys)
]
