"""`expkit events log` and `import`: exposures, outcomes and traces from files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli import upkeep
from expkit.cli.asking import busy
from expkit.cli.files import read_rows, write_text
from expkit.cli.output import Json, say, say_json, say_note
from expkit.cli.session import Session
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.domain.logged import Logged, Refusal

__all__ = ["app"]

app = typer.Typer(help="Log what units see and do, keep the lake.", no_args_is_help=True, rich_markup_mode=None)
log = typer.Typer(
    help="Log a file of events: JSON lines (or - for standard input), CSV or Parquet. Bad rows are told and left out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(log, name="log")
upkeep.add_to(app)
Pairs = list[str] | None
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


@app.command("import")
def import_(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="exposures, outcomes or traces.")],
    file: Annotated[Path, typer.Argument(help="A .csv or .parquet file.")],
    column: Annotated[Pairs, typer.Option(metavar="OURS=THEIRS", help="user_id=uid. Repeat for several.")] = None,
    constant: Annotated[Pairs, typer.Option(metavar="OURS=VALUE", help="One value for all rows: event=click.")] = None,
    properties: Annotated[
        Pairs, typer.Option("--property", metavar="THEIRS", help="Goes into properties, or into attributes.")
    ] = None,
    time_unit: Annotated[str, typer.Option(help="s, ms or us, where times are numbers since 1970.")] = "",
    name: Annotated[str, typer.Option(help="The log's name, by which its rows are known again; else the file's.")] = "",
    refused: Annotated[Path | None, typer.Option(help="Write the refused rows' numbers and reasons to a CSV.")] = None,
    as_json: Json = False,
) -> None:
    """An existing log, its columns mapped to ours.

    Importing a file again adds nothing twice. The exit status is 2 when no row was good.
    """
    session: Session = context.obj
    columns, constants = _pairs("--column", column), _pairs("--constant", constant)
    with session.open() as workbench, busy("Importing"):
        logged = workbench.import_events(
            kind, file, columns=columns, constants=constants, properties=properties or (), time_unit=time_unit,
            name=name,
        )  # fmt: skip
    if refused is not None:
        write_text(refused, _as_csv(logged.examples))
    _say_logged(kind, logged, as_json)
    if logged.refused and not logged:
        raise typer.Exit(2)


def _pairs(option: str, given: Pairs) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given or ()]
    for ours, sign, theirs in pairs:
        if not (ours and sign and theirs):
            raise InvalidInput(f"{option} {ours}{sign} says nothing.", hint=f"write {option} OURS=THEIRS.")
    return {ours: theirs for ours, _, theirs in pairs}


def _as_csv(refused: Iterable[Refusal]) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out).writerows([("row", "reason"), *refused])
    return out.getvalue()


def _log(context: typer.Context, kind: str, file: Path, as_json: bool) -> None:
    rows = read_rows(file)
    session: Session = context.obj
    with session.open() as workbench:
        logged = getattr(workbench, f"log_{kind}")(rows)
    _say_logged(kind, logged, as_json)


def _say_logged(kind: str, logged: Logged, as_json: bool) -> None:
    if as_json:
        say_json({"kind": kind, "logged": int(logged), "refused": logged.refused, "reasons": logged.reasons})
    else:
        say(f"{logged} {kind} logged.")
        if logged.refused:
            say_note(logged.told())
