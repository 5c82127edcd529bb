"""`expkit experiments`: the registry's verbs. Each family of them has a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli import (
    boards,
    changes,
    definitions,
    evidence,
    foreign,
    guardrails,
    listing,
    moves,
    portfolio,
    readiness,
    records,
    worth,
)
from expkit.cli.completion import Key
from expkit.cli.files import read_text
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.domain import Experiment

__all__ = ["app"]

app = typer.Typer(help="Propose, change, start, stop, learn.", no_args_is_help=True, rich_markup_mode=None)
listing.add_to(app)
guardrails.add_to(app)
portfolio.add_to(app)
boards.add_to_experiments(app)


@app.command()
def create(
    context: typer.Context,
    file: Annotated[Path, typer.Option("--file", "-f", help="A YAML or JSON file; - reads standard input.")],
    as_json: Json = False,
) -> None:
    """Register a draft from a file."""
    from expkit.domain import Experiment

    text = read_text(file)
    noun = Experiment.from_json(text) if file.suffix == ".json" else Experiment.from_yaml(text)
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.create(noun), as_json)


@app.command()
def clone(
    context: typer.Context,
    key: Key,
    new_key: Annotated[str, typer.Argument(metavar="NEW_KEY", help="The key of the new draft.")],
    as_json: Json = False,
) -> None:
    """A new draft with the same definition."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.clone(key, new_key), as_json)


changes.add_to(app)
definitions.add_to(app)
foreign.add_to(app)
readiness.add_to(app)
records.add_to(app)
evidence.add_to(app)
worth.add_to(app)
moves.add_to(app)


@app.command()
def schema() -> None:
    """The JSON schema of an experiment file, for editors that check YAML."""
    from expkit.domain import schema as published

    say_json(published())


def _told(experiment: Experiment, as_json: bool) -> None:
    if as_json:
        say_json(experiment)
    else:
        say(f"{experiment.key} is {experiment.status}.")
