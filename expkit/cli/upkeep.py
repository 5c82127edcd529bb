"""`expkit events`: quarantine, compaction, old versions, and the erasure of one user."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.asking import busy, confirm
from expkit.cli.options import Number, Reason, Yes
from expkit.cli.output import Json, moment, printable, say, say_json, say_note, say_table
from expkit.cli.session import Session

__all__ = ["add_to"]

quarantine = typer.Typer(help="Batches that could not go to the lake.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.add_typer(quarantine, name="quarantine")
    app.command()(compact)
    app.command()(vacuum)
    app.command()(erase)


@quarantine.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """The oldest first, each with its reason."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.quarantined_events()
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (one.id, one.kind, f"{one.rows:,}", moment(one.received_at), one.actor, moment(one.quarantined_at), one.reason)
        for one in found
    ]
    columns = ("number", "kind", "rows", "received (UTC)", "from", "set aside (UTC)", "reason")
    say_table(columns, rows, empty="No batch is in quarantine.")


@quarantine.command()
def retry(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Put a batch back, once its cause is mended. The next move takes it, or sets it aside again."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.retry_events(number)
    if as_json:
        say_json(found)
    else:
        say(f"Batch {found.id} is back in the inbox: {found.rows:,} {found.kind}.")


@quarantine.command()
def drop(context: typer.Context, number: Number, yes: Yes = False, reason: Reason = "", as_json: Json = False) -> None:
    """Delete a batch for good."""
    session: Session = context.obj
    with session.open() as workbench:
        confirm(f"Delete batch {number} for good?", yes)
        found = workbench.drop_events(number, reason)
    if as_json:
        say_json(found)
    else:
        say(f"Batch {found.id} is gone: {found.rows:,} {found.kind}.")


def compact(context: typer.Context, as_json: Json = False) -> None:
    """Join the lake's small files now. Servers do it by themselves when there are many."""
    session: Session = context.obj
    with session.open() as workbench, busy("Joining files"):
        files = workbench.compact_events()
    if as_json:
        say_json({"files": files})
    else:
        say(f"{files:,} files fewer.")


def vacuum(
    context: typer.Context,
    days: Annotated[float, typer.Option(help="What versions of the last so many days need stays.", min=0)] = 30.0,
    as_json: Json = False,
) -> None:
    """Delete files of the lake that only old versions need.

    Looks of those versions keep their scorecards and can no longer be computed again.
    """
    session: Session = context.obj
    with session.open() as workbench, busy("Deleting old files"):
        files = workbench.vacuum_events(days)
    if as_json:
        say_json({"files": files})
    else:
        say(f"{files:,} files deleted.")


def erase(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="The user_id that the events carry.")],
    yes: Yes = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Remove everything of one user for good, with the sessions seen with them.

    Events, what waits, what is in quarantine, old versions of the tables, remembered and forced variants.
    Scorecards of past looks stay, and can no longer be computed again.
    """
    session: Session = context.obj
    with session.open() as workbench:
        confirm(f"Erase everything of {printable(user)} for good?", yes)
        with busy("Erasing"):
            gone = workbench.erase_user(user, reason)
    if as_json:
        say_json({"removed": gone})
        return
    unreadable = gone.get("unreadable", 0)
    told = ", ".join(f"{count:,} {kind}" for kind, count in gone.items() if count and kind != "unreadable")
    say(f"Erased: {told or 'nothing was there'}.")
    if unreadable:
        say_note(f"{unreadable:,} damaged batches in quarantine may hold more: drop them, as nobody can read them.")
