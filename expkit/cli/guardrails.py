"""`expkit experiments guardrails`: what watches for harm, in lines."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.completion import Key
from expkit.cli.options import Reason
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session
from expkit.errors import UnknownName

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("guardrails")(guardrails)


def guardrails(
    context: typer.Context,
    key: Key,
    lines: Annotated[
        list[str] | None, typer.Argument(metavar="[GUARDRAIL]...", help="'trace.error < 5% stop', 'trace.cost +20%'.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="METRIC", help="Take this metric's away.")] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Show them, add to them, or take some away, as a new version.

    A line in quotes is METRIC < LEVEL or METRIC > LEVEL, which no arm may cross, or METRIC +SHARE% or -SHARE%, which is
    tolerated relative to control; alert, pause, stop or rollback behind it. It takes the place of its metric's. On a
    running experiment that is an operator's, and one that is to watch less takes a second person's approval.
    """
    from expkit.domain import Guardrail

    new = {Guardrail.parse(line).metric.key: line for line in lines or ()}
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.get(key)
        if lines or remove:
            kept = {one.metric.key: one.to_dict() for one in found.guardrails}
            for name in remove or ():
                if kept.pop(name, None) is None:
                    raise UnknownName.among("guardrail", name, kept, f"experiment {key!r}")
            wanted = list({**kept, **new}.values())
            found = workbench.update(key, {"guardrails": wanted}, version=found.version, reason=reason)
    if as_json:
        say_json({"items": [one.to_dict() for one in found.guardrails], "version": found.version})
    elif found.guardrails:
        for one in found.guardrails:
            say(one.line)
    else:
        say("None is set: nothing watches for harm.")
