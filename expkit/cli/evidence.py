"""`expkit experiments aa` and `overlap`: would the analysis find what is not there, do experiments interfere?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from expkit.cli.completion import Key
from expkit.cli.files import read_frame
from expkit.cli.output import Json, printable, say, say_json, say_table
from expkit.cli.session import Session

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("aa")(aa)
    app.command("overlap")(overlap)


def aa(
    context: typer.Context,
    key: Key,
    log: Annotated[
        str | None, typer.Option(help="The experiment whose units and outcomes are taken; its own when left out.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Or a Parquet or CSV file with one row per unit and a column for each metric.")
    ] = None,
    unit: Annotated[str, typer.Option(help="The file's column of units.")] = "user_id",
    rehashes: Annotated[int, typer.Option(help="How often the units are dealt out anew.")] = 1000,
    seed: Annotated[str, typer.Option(help="Another text deals them out otherwise.")] = "aa",
    as_json: Json = False,
) -> None:
    """How often the experiment's analysis would find a difference where there is none.

    Ends with 1 when a method finds more than it promised.
    """
    session: Session = context.obj
    frame = None if file is None else read_frame(file)
    with session.open() as workbench:
        found = workbench.replay_aa(key, log=log, frame=frame, unit=unit, rehashes=rehashes, seed=seed)
    if as_json:
        say_json(found.to_dict())
    else:
        rows = [
            (
                "✓" if row.ok else "✗", row.metric, row.variant, row.method, f"{row.alpha:.1%}", f"{row.rate:.1%}",
                f"{row.ci.lower:.1%} to {row.ci.upper:.1%}",
            )
            for row in found.rows
        ]  # fmt: skip
        looks = "1 look" if found.looks == 1 else f"{found.looks} looks"
        say(f"{found.units:,} units of {printable(found.log)}, dealt out {found.rehashes:,} times, {looks}.\n")
        say_table(["", "metric", "variant", "method", "promised", "found", "95% interval"], rows, empty="")
    if not found.ok:
        raise typer.Exit(1)


def overlap(
    context: typer.Context,
    key: Key,
    other: Annotated[str, typer.Argument(help="The other experiment's key.")],
    as_json: Json = False,
) -> None:
    """Whether another experiment on the same units changes the effect of this one, or still acts."""
    from expkit.stats import Check

    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.check_overlap(key, other)
    if as_json:
        say_json({"items": found})
        return
    rows = [
        ("✓" if one.ok else "✗", one.name, one.detail) if isinstance(one, Check) else ("?", "not estimable", str(one))
        for one in found
    ]
    say_table(["", "check", "found"], rows, empty="There is nothing to compare.")
