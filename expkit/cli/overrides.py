"""`expkit overrides`: QA's forced variants; and `expkit lint`."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.completion import Key, complete_keys
from expkit.cli.options import Number, Reason
from expkit.cli.output import Json, moment, say, say_json, say_table
from expkit.cli.session import Session

__all__ = ["add_to", "app"]

app = typer.Typer(help="Force a variant for QA, for some hours.", no_args_is_help=True, rich_markup_mode=None)


def add_to(root: typer.Typer) -> None:
    root.command("lint")(lint)
    root.add_typer(app, name="overrides")


@app.command()
def add(
    context: typer.Context,
    key: Key,
    variant: Annotated[str, typer.Argument(help="The variant's key.")],
    user: Annotated[str | None, typer.Option(help="For this user.")] = None,
    session_id: Annotated[str | None, typer.Option("--session", help="For this session.")] = None,
    hours: Annotated[float, typer.Option(help="For so long.")] = 24.0,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Force a variant: for a user, for a session, or for whoever comes with the code that is printed.

    What forced units do stays out of the analysis.
    """
    session: Session = context.obj
    with session.open() as workbench:
        made = workbench.override(key, variant, user_id=user, session_id=session_id, hours=hours, reason=reason)
    if as_json:
        say_json(made)
        return
    whom = f"user {made.user_id}" if made.user_id else f"session {made.session_id}" if made.session_id else ""
    whom = whom or f"whoever comes with ?expkit={made.code}"
    say(f"Override {made.id}: {made.variant} of {made.experiment} for {whom}, until {moment(made.expires_at)} UTC.")


@app.command("list")
def list_(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="One experiment's.", autocompletion=complete_keys)
    ] = None,
    as_json: Json = False,
) -> None:
    """The newest first, with those that have ended."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.overrides(key)
    if as_json:
        say_json({"items": found})
        return
    columns = ("number", "experiment", "variant", "for", "until", "revoked", "by")
    rows = [
        (one.id, one.experiment, one.variant, one.user_id or one.session_id or f"?expkit={one.code}",
         moment(one.expires_at), moment(one.revoked_at) if one.revoked_at else "", one.created_by)
        for one in found
    ]  # fmt: skip
    say_table(columns, rows, empty="No override. Make one: expkit overrides add KEY VARIANT --user ID")


@app.command()
def revoke(context: typer.Context, number: Number, reason: Reason = "", as_json: Json = False) -> None:
    """It forces nobody from now on."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.revoke_override(number, reason)
    if as_json:
        say_json(found)
    else:
        say(f"Override {found.id} of {found.experiment} is revoked.")


def lint(context: typer.Context, as_json: Json = False) -> None:
    """What is wrong in the experiments that run: hashes, weights, layers, params, conditions.

    The exit status is 2 when there is an error among the findings.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.lint()
    if as_json:
        say_json({"items": found})
    elif not found:
        say("Nothing found.")
    for finding in () if as_json else found:
        say(f"{finding.severity}: {finding.message} Hint: {finding.hint}")
    if any(finding.severity == "error" for finding in found):
        raise typer.Exit(2)
