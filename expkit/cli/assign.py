"""`expkit assign`: which variant a unit gets."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from expkit.cli.completion import complete_keys
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session
from expkit.errors import InvalidInput, shorten

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("assign")(assign)


def assign(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="The user's id.")] = None,
    session_id: Annotated[
        str | None, typer.Option("--session", help="The session's id; what is hashed for units without a user.")
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option("--attribute", "-a", metavar="NAME=VALUE", help="Repeat for several.")
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", "-e", help="Its key; else all that match.", autocompletion=complete_keys),
    ] = None,
    page_type: Annotated[str | None, typer.Option(help="Where the unit is: pdp, search, cart, ...")] = None,
    placement: Annotated[str | None, typer.Option(help="The slot on the page.")] = None,
    as_json: Json = False,
) -> None:
    """Which variant a unit gets.

    Nothing is recorded: log an exposure when the unit has seen it.
    """
    if not user and not session_id:
        raise InvalidInput("Assign whom?", hint="give --user or --session.")
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.assign(
            user_id=user,
            session_id=session_id,
            attributes=dict(named_value(item) for item in attribute or ()),
            experiment=experiment,
            page_type=page_type,
            placement=placement,
        )
    if as_json:
        say_json(found)
    elif found.variant is None:
        say(f"no variant: {found.reason}")
    else:
        say(f"{found.experiment}: {found.variant}" + (f"  {json.dumps(found.params)}" if found.params else ""))


def named_value(text: str) -> tuple[str, Any]:
    """`age=30` is a number, `country=DE` a text: a value is JSON where it can be."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInput(f"{shorten(text)} is not NAME=VALUE.", hint="for example: country=DE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
