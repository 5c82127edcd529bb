"""Write the help texts in cli.md: `python docs/generate.py`. A test fails when they drift."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "cli.md"
HELP = re.compile(r"(?<=<!-- help: )(?P<command>[a-z -]*?)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command's words: ("experiments", "list")."""
    if group is None:
        from typer.main import get_command

        from expkit.cli import app

        group = get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


def help_text(words: tuple[str, ...]) -> str:
    """What `expkit ... --help` prints, without the options that all commands share."""
    from expkit.cli import main

    os.environ["COLUMNS"] = "100"
    os.environ["TERMINAL_WIDTH"] = "100"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(line for line in lines if not line.lstrip().startswith("-h, --help")).strip()


def written(page: str) -> str:
    """The page with the help texts of today."""
    return HELP.sub(lambda found: f"{found['command']} -->\n{_block(found['command'])}", page)


def _block(command: str) -> str:
    return f"```none\n{help_text(tuple(command.split()))}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
