"""What a command says: JSON for programs, tables for people, errors with a hint on the other channel."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from expkit.errors import ExpkitError

__all__ = ["Json", "moment", "printable", "say", "say_json", "say_note", "say_table", "show_error"]

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output, on stdout alone.")]


def say(text: str = "") -> None:
    typer.echo(text)


def say_note(text: str) -> None:
    """Progress and remarks: on stderr, so that a pipe carries the answer alone."""
    typer.echo(text, err=True)


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Nouns, named tuples, times and what contains them, as indented JSON; on one line without an indent."""
    typer.echo(json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table as wide as the terminal; `empty` says what to do when there is nothing to show."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    if not table.row_count:
        say(empty)
        return
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table)


def moment(at: datetime | str | None) -> str:
    """`2026-03-01 14:05` in UTC; a service sends times as text."""
    if not at:
        return ""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{when:%Y-%m-%d %H:%M}"


def printable(value: object) -> str:
    """Text from outside may hold control characters that a terminal would obey."""
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def show_error(error: Exception, *, as_json: bool = False) -> None:
    """`Error: ...` and `Hint: ...`; with `--json` one JSON object. On stderr either way."""
    message, hint, kind = _told(error)
    if as_json:
        told = {"error": {"kind": kind, "message": message, "hint": hint}}
        typer.echo(json.dumps(told, ensure_ascii=False), err=True)
        return
    typer.echo(f"Error: {printable(message)}", err=True)
    if hint:
        typer.echo(f"Hint: {printable(hint)}", err=True)


def _told(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, ExpkitError):
        return error.message, error.hint, error.kind
    if isinstance(error, OSError):
        reason, place = error.strerror or str(error), error.filename
        return f"{place}: {reason}" if place else reason, "check the path, its owner and the free space.", "storage"
    return (
        f"This is a fault in expkit: {type(error).__name__}: {error}",
        "please report it with what EXPKIT_DEBUG=1 shows.",
        "fault",
    )


def _plain(value: Any) -> Any:
    """JSON's own types; nouns bring their own rules."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
