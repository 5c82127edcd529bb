"""`expkit experiments worth`: what shipping a treatment would bring, and whether to wait."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.completion import Key
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("worth")(worth)


def worth(
    context: typer.Context,
    key: Key,
    value: Annotated[float, typer.Option(help="Of one more of what the metric counts, per unit.")] = 1.0,
    traffic: Annotated[
        float | None, typer.Option(help="Units over the whole horizon; as they came lately when left out.")
    ] = None,
    days: Annotated[float, typer.Option(help="The horizon.")] = 365.0,
    build: Annotated[float, typer.Option(help="What it costs once.")] = 0.0,
    running: Annotated[float, typer.Option(help="What it costs for each unit that gets it.")] = 0.0,
    wait: Annotated[float, typer.Option(help="Days that one might go on before one chooses.")] = 7.0,
    prior_sd: Annotated[
        float | None, typer.Option(help="How far lifts were thought to be from 0, e.g. 0.1; the plan's when left out.")
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", "-m", help="The primary one when left out.")] = None,
    variant: Annotated[str | None, typer.Option(help="The treatment, where there are several.")] = None,
    unit: Annotated[str, typer.Option(help="Of the money, e.g. EUR; for reading only.")] = "",
    as_json: Json = False,
) -> None:
    """What a treatment is worth by the newest look, less its costs, and whether to wait for more data."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.worth(
            key, value=value, traffic=traffic, days=days, build=build, running=running, wait=wait, prior_sd=prior_sd,
            metric=metric, variant=variant,
        )  # fmt: skip
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    from expkit.view.worth import worth_lines

    say("\n".join(worth_lines(found, unit)))
