"""`expkit assign`: which variant a unit gets, or each unit of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from expkit.cli.completion import complete_keys
from expkit.cli.output import Json, say, say_json, say_note
from expkit.cli.session import Session
from expkit.errors import InvalidInput, shorten

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("assign")(assign)


def assign(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A Parquet or CSV file of units, to assign all at once.")
    ] = None,
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
    code: Annotated[str | None, typer.Option(help="An override's code.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what was looked at, step by step.")] = False,
    at: Annotated[
        str | None, typer.Option(help="What was answered then: 2026-12-01T09:00, in UTC without an offset.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the file with its variants goes; else CSV on stdout.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Which variant a unit gets, or every unit of a file.

    Nothing is recorded: log an exposure when the unit has seen it.
    """
    session: Session = context.obj
    if file is not None:
        _assign_file(session, file, experiment, output, as_json)
        return
    if not user and not session_id:
        raise InvalidInput("Assign whom?", hint="give --user or --session, or a file of units.")
    asked: dict[str, Any] = {
        "user_id": user, "session_id": session_id, "attributes": dict(named_value(item) for item in attribute or ()),
        "experiment": experiment, "page_type": page_type, "placement": placement,
    }  # fmt: skip
    with session.open() as workbench:
        if at is not None:
            found = workbench.replay(at, **asked)
        else:
            url = f"?{urlencode({'expkit': code})}" if code else None
            found = workbench.assign(**asked, url=url, explain=explain)
    if as_json:
        say_json(found)
        return
    if found.variant is None:
        say(f"no variant: {found.reason}")
    else:
        say(f"{found.experiment}: {found.variant}" + (f"  {json.dumps(found.params)}" if found.params else ""))
    for step in found.trace if explain else ():
        say(f"  {'+' if step.ok else '-'} {step.check}: {step.detail}")


def _assign_file(session: Session, file: Path, experiment: str | None, output: Path | None, as_json: bool) -> None:
    from expkit.cli.files import read_frame, write_frame

    if experiment is None:
        raise InvalidInput("Assign the file to what?", hint="name the experiment with --experiment.")
    with session.open() as workbench:
        frame = workbench.assign_frame(read_frame(file), experiment=experiment)
    if output is not None:
        write_frame(output, frame)
    elif not as_json:
        import pyarrow as pa
        from pyarrow import csv

        sink = pa.BufferOutputStream()
        csv.write_csv(frame, sink)
        say(sink.getvalue().to_pybytes().decode().rstrip("\n"))
    counts = {str(item["values"]): item["counts"] for item in frame["variant"].value_counts().to_pylist()}
    told = {"none" if key == "None" else key: counts[key] for key in sorted(counts)}
    if as_json:
        say_json({"rows": frame.num_rows, "variants": told, "output": str(output) if output else None})
    else:
        say_note(f"{frame.num_rows} units: {', '.join(f'{key} {count}' for key, count in told.items()) or 'none'}.")


def named_value(text: str) -> tuple[str, Any]:
    """`age=30` is a number, `country=DE` a text: a value is JSON where it can be."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInput(f"{shorten(text)} is not NAME=VALUE.", hint="for example: country=DE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
