"""`expkit tokens`: with which a service knows who somebody is."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.asking import confirm
from expkit.cli.options import Number, Reason, Yes
from expkit.cli.output import Json, moment, printable, say, say_json, say_note, say_table
from expkit.cli.session import Session

__all__ = ["app"]

app = typer.Typer(help="API tokens of people.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def create(
    context: typer.Context,
    actor: Annotated[str, typer.Argument(metavar="[PERSON]", help="Whose; your own when left out.")] = "",
    days: Annotated[float, typer.Option(help="For how long.")] = 90.0,
    as_json: Json = False,
) -> None:
    """A token for a service. Its secret is printed now, and never again."""
    session: Session = context.obj
    with session.open() as workbench:
        made = workbench.create_token(actor, days=days)
    if as_json:
        say_json(made)
        return
    say_note(f"Token {made.token.id} of {printable(made.token.actor)}, until {moment(made.token.expires_at)} UTC.")
    say(made.secret)


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Your own tokens, or everybody's for an admin; the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.tokens()
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (
            item.id,
            item.actor,
            item.created_by,
            moment(item.created_at),
            moment(item.expires_at),
            moment(item.revoked_at),
        )
        for item in found
    ]
    columns = ["number", "person", "made by", "made (UTC)", "until (UTC)", "revoked (UTC)"]
    say_table(columns, rows, empty="There is no token.")


@app.command()
def revoke(
    context: typer.Context, number: Number, reason: Reason = "", yes: Yes = False, as_json: Json = False
) -> None:
    """It opens nothing from now on."""
    session: Session = context.obj
    confirm(f"Revoke token {number} for good?", yes)
    with session.open() as workbench:
        found = workbench.revoke_token(number, reason=reason)
    if as_json:
        say_json(found)
    else:
        say(f"Token {found.id} of {printable(found.actor)} is revoked.")
