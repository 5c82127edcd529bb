"""`expkit experiments import`: definitions from other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.asking import confirm
from expkit.cli.files import read_json
from expkit.cli.options import Yes
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.assign.dialects import Imported

__all__ = ["add_to"]

MARKS = {"imported": ("+", "green"), "changed": ("~", "yellow"), "skipped": ("-", "red")}


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file; - reads standard input.")],
    source: Annotated[str, typer.Option("--from", help="Whose: growthbook, eppo or unleash.")],
    yes: Yes = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would become of each, and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Drafts from the definitions of another tool, and what of them could not be carried.

    Nothing that is there already is changed. GrowthBook hashes as we do; with others, units get their variants anew.
    """
    payload = read_json(file)
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.import_experiments(payload, source, dry_run=True)
        coming = sum(one.experiment is not None for one in found)
        counted = "1 draft" if coming == 1 else f"{coming} drafts"
        if not as_json:
            _say(found)
        if coming and not dry_run:
            confirm(f"Create {counted}?", yes)
            found = workbench.import_experiments(payload, source)
    if as_json:
        say_json({"applied": bool(coming) and not dry_run, "items": [_plain(one) for one in found]})
    elif not dry_run:
        say(f"{counted} {'was' if coming == 1 else 'were'} created.")


def _say(found: list[Imported]) -> None:
    for one in found:
        mark, colour = MARKS[one.outcome]
        say(typer.style(f"{mark} {one.source}", fg=colour, bold=True))
        for note in one.notes:
            say(f"    {note}")
    if not found:
        say("There is nothing in it.")


def _plain(one: Imported) -> dict[str, Any]:
    key = one.experiment.key if one.experiment else None
    return {"source": one.source, "outcome": one.outcome, "key": key, "notes": list(one.notes)}
