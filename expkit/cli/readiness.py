"""Before the start and while it runs: checklist, signed plan, risks; and what was learnt at the end."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from expkit.cli.completion import Key
from expkit.cli.output import Json, printable, say, say_json, say_table
from expkit.cli.session import Session

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("checklist")(checklist)
    app.command("sign")(sign)
    app.command("risks")(risks)
    app.command("at-risk")(at_risk)
    app.command("learn")(learn)


def checklist(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """What should be in order before a start.

    Ends with 1 when an item blocks the start: the project's policy says which do.
    """
    session: Session = context.obj
    with session.open() as workbench:
        items = workbench.checklist(key)
    blocked = any(item.blocks for item in items)
    if as_json:
        say_json({"ready": not blocked, "items": items})
    else:
        rows = [("✓" if item.ok else "✗" if item.blocks else "!", item.name, item.title, item.detail) for item in items]
        say_table(["", "item", "what", "found"], rows, empty="The policy asks for nothing.")
        say("\nIt cannot start yet." if blocked else "\nNothing stands in the way of a start.")
    if blocked:
        raise typer.Exit(1)


def sign(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Sign the analysis plan as it stands, before the start."""
    session: Session = context.obj
    with session.open() as workbench:
        signed = workbench.sign_plan(key)
    if as_json:
        say_json(signed)
    else:
        say(f"The plan of {key} (version {signed.version}) is signed by {printable(signed.signed_by)}: {signed.digest}")


def risks(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Why a running experiment may not give its answer."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.risks(key)
    if as_json:
        say_json({"items": found})
        return
    say_table(["risk", "why"], [(risk.kind, risk.detail) for risk in found], empty=f"{key} is not at risk.")


def at_risk(context: typer.Context, as_json: Json = False) -> None:
    """The active experiments that may not give their answer, and why."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.at_risk()
    if as_json:
        say_json({"items": [{"experiment": key, "risks": items} for key, items in found.items()]})
        return
    rows = [(key, risk.kind, risk.detail) for key, items in found.items() for risk in items]
    say_table(["experiment", "risk", "why"], rows, empty="No active experiment is at risk.")


def learn(
    context: typer.Context,
    key: Key,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What you know now that you did not know before.")],
    outcome: Annotated[
        Literal["positive", "negative", "neutral"] | None,
        typer.Option(help="The newest look's, unless you say otherwise."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep what was learnt, with the evidence of the newest look."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.learn(key, text, outcome=outcome)
    if as_json:
        say_json(found)
        return
    evidence = f"with the evidence of look {found.look}" if found.look else "without a look to support it"
    say(f"Learnt from {key}: {found.outcome}, {evidence}.")
