"""A question before what cannot be undone, and a sign of life while something takes long. Both on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import typer

from expkit.cli.output import say_note
from expkit.errors import InvalidInput

__all__ = ["busy", "confirm", "tracked"]

LONG = 100
"""So many things take long enough for a bar."""

T = TypeVar("T")


def confirm(question: str, yes: bool) -> None:
    """Nothing when the answer is yes; the command ends with 1 when it is no. A script has to say --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"{question} Nobody is there to answer.", hint="give --yes when you are sure.")
    if not typer.confirm(question, err=True):
        say_note("Nothing was changed.")
        raise typer.Exit(1)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A line that moves, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def tracked(items: Sequence[T], what: str) -> Iterable[T]:
    """The same items, with a bar on a terminal when there are many."""
    if len(items) < LONG or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, what, console=Console(stderr=True), transient=True)
