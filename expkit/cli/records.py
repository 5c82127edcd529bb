"""What the registry keeps beside the definitions: its flat rows, planned moves, signed plans."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.completion import Key, complete_keys
from expkit.cli.options import Timezone, zone
from expkit.cli.output import Json, moment, say_json, say_table
from expkit.cli.session import Session

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("registry")(registry)
    app.command("scheduled")(scheduled)
    app.command("plans")(plans)


def registry(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="proposed, running or completed.")] = None,
    order: Annotated[str, typer.Option(help="newest, changed, rice or name.")] = "newest",
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    offset: Annotated[int, typer.Option(help="Skip so many.")] = 0,
    as_json: Json = False,
) -> None:
    """Every experiment as a flat row, in three words from proposal to completion."""
    session: Session = context.obj
    with session.open() as workbench:
        rows = workbench.registry_view(status=status, order=order, limit=limit, offset=offset)
    if as_json:
        say_json({"items": rows})
        return
    columns = ["id", "name", "hypothesis", "status", "primary metric", "sample size", "RICE", "owner", "start", "end"]
    table = [
        (row.id, row.name, row.hypothesis, row.status, row.primary_metric, row.sample_size or "",
         "" if row.rice_score is None else f"{row.rice_score:.4g}", row.owner, moment(row.start_date),
         moment(row.end_date))
        for row in rows
    ]  # fmt: skip
    say_table(columns, table, empty="The registry is empty." if status is None else "No experiment is there yet.")


def scheduled(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="Only this experiment's.", autocompletion=complete_keys)
    ] = None,
    timezone: Timezone = "UTC",
    as_json: Json = False,
) -> None:
    """Starts and stops to come, the next first."""
    there = zone(timezone)
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.scheduled(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [(moment(item.at.astimezone(there)), item.experiment, item.verb, item.by, item.reason) for item in found]
    say_table([f"when ({timezone})", "experiment", "what", "who", "why"], rows, empty="Nothing is planned.")


def plans(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """The plans that were signed for an experiment, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.signed_plans(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [(item.version, item.digest, item.signed_by, moment(item.at)) for item in found]
    say_table(["version", "digest", "who", "when (UTC)"], rows, empty="Nobody has signed its plan.")
