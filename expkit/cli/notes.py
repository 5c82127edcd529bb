"""`expkit notes`: remarks on an experiment's timeline."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.asking import confirm
from expkit.cli.completion import Key
from expkit.cli.options import Number, Reason, Yes
from expkit.cli.output import Json, moment, say, say_json, say_table
from expkit.cli.session import Session

__all__ = ["app"]

app = typer.Typer(help="Remarks on an experiment.", no_args_is_help=True, rich_markup_mode=None)
Words = Annotated[str, typer.Argument(metavar="TEXT", help="What you saw, think or decided.")]


@app.command()
def add(context: typer.Context, key: Key, text: Words, as_json: Json = False) -> None:
    """Add a note to the timeline."""
    session: Session = context.obj
    with session.open() as workbench:
        note = workbench.add_note(key, text)
    if as_json:
        say_json(note)
    else:
        say(f"Note {note.id} on {note.experiment}.")


@app.command()
def edit(context: typer.Context, number: Number, text: Words, as_json: Json = False) -> None:
    """Say it otherwise; what it said before is kept."""
    session: Session = context.obj
    with session.open() as workbench:
        note = workbench.edit_note(number, text)
    if as_json:
        say_json(note)
    else:
        say(f"Note {note.id} on {note.experiment} is changed.")


@app.command()
def delete(context: typer.Context, number: Number, reason: Reason = "", yes: Yes = False) -> None:
    """Take a note off the timeline; its history keeps what it said."""
    session: Session = context.obj
    confirm(f"Delete note {number}?", yes)
    with session.open() as workbench:
        workbench.delete_note(number, reason=reason)
    say(f"Note {number} is deleted.")


@app.command("list")
def list_(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """An experiment's notes, the oldest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.notes(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (note.id, moment(note.at), note.author, note.text + (" (edited)" if note.edited_at else "")) for note in found
    ]
    say_table(["number", "when (UTC)", "who", "note"], rows, empty="It has no notes.")


@app.command()
def history(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """What a note said before, the oldest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.note_history(number)
    if as_json:
        say_json({"items": found})
        return
    rows = [(moment(before.at), before.editor, before.text) for before in found]
    say_table(["until (UTC)", "changed by", "it said"], rows, empty="Nobody has changed it.")
