"""`expkit events log`: exposures, outcomes and traces from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from expkit.cli.files import read_rows
from expkit.cli.output import Json, say, say_json, say_note
from expkit.cli.session import Session

__all__ = ["app"]

app = typer.Typer(help="Log what units see and do.", no_args_is_help=True, rich_markup_mode=None)
log = typer.Typer(
    help="Log a file of events: JSON lines (or - for standard input), CSV or Parquet. Bad rows are told and left out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(log, name="log")
File = Annotated[Path, typer.Argument(help="A .jsonl, .csv or .parquet file; - reads JSON lines from standard input.")]


@log.command()
def exposures(context: typer.Context, file: File, as_json: Json = False) -> None:
    """Who saw which variant: experiment, variant, user_id or session_id, timestamp."""
    _log(context, "exposures", file, as_json)


@log.command()
def outcomes(context: typer.Context, file: File, as_json: Json = False) -> None:
    """Who did what: event, value, user_id or session_id, timestamp."""
    _log(context, "outcomes", file, as_json)


@log.command()
def traces(context: typer.Context, file: File, as_json: Json = False) -> None:
    """Model calls: model, latency_ms, cost, quality, error, user_id or session_id, timestamp."""
    _log(context, "traces", file, as_json)


def _log(context: typer.Context, kind: str, file: Path, as_json: bool) -> None:
    rows = read_rows(file)
    session: Session = context.obj
    with session.open() as workbench:
        number = getattr(workbench, f"log_{kind}")(rows)
    if as_json:
        say_json({"kind": kind, "logged": int(number), "refused": number.refused, "reasons": number.reasons})
    else:
        say(f"{number} {kind} logged.")
        if number.refused:
            say_note(number.told())
