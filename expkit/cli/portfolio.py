"""`expkit experiments portfolio` and `baselines`: what the ended experiments have brought, and made the new normal."""

from __future__ import annotations

from typing import Annotated

import typer

from expkit.cli.output import Json, moment, say, say_json, say_table
from expkit.cli.session import Session

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("portfolio")(portfolio)
    app.command("baselines")(baselines)


def portfolio(
    context: typer.Context,
    project: Annotated[str | None, typer.Option(help="One project's experiments.")] = None,
    as_json: Json = False,
) -> None:
    """What the ended experiments have brought together.

    Gains are relative changes of the primary metric the way that it should go; shrunk towards the others' where four or
    more share a metric. The sum of what was shipped is corrected for having been chosen.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.portfolio(project=project)
    if as_json:
        say_json(found)
        return
    rows = [
        (
            one.experiment, one.metric, "✓" if one.shipped else "", f"{one.gain:+.2%}",
            f"{one.lower:+.2%} to {one.upper:+.2%}", "" if one.shrunk is None else f"{one.shrunk:+.2%}",
        )
        for one in found.contributions
    ]  # fmt: skip
    columns = ("experiment", "metric", "shipped", "gain", "95% interval", "shrunk")
    say_table(columns, rows, empty="No experiment has ended with a lift on its primary metric.")
    for metric in found.metrics:
        say(
            f"{metric.metric}: {metric.shipped} of {metric.experiments} shipped; {metric.seen:+.2%} as seen, "
            f"{metric.corrected:+.2%} without what choosing the winners overstates."
            + ("" if metric.baseline is None else f" It stands at {metric.baseline:.4g}.")
        )


def baselines(
    context: typer.Context,
    metric: Annotated[str | None, typer.Argument(metavar="[METRIC]", help="One metric's.")] = None,
    project: Annotated[str | None, typer.Option(help="One project's.")] = None,
    past: Annotated[bool, typer.Option("--past", help="All that were ever recorded, the newest first.")] = False,
    as_json: Json = False,
) -> None:
    """What each metric stands at since a winner was promoted; a rollback brings the one before back."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.baselines(project=project, metric=metric, past=past)
    if as_json:
        say_json(found)
        return
    rows = [
        (
            one.project, one.metric, "unknown" if one.level is None else f"{one.level:.4g}",
            "" if one.se is None else f"{one.se:.2g}", f"{one.units:,}", f"{one.experiment}: {one.variant}",
            moment(one.at), moment(one.ended_at),
        )
        for one in found
    ]  # fmt: skip
    columns = ("project", "metric", "level", "± se", "units", "winner", "since (UTC)", "rolled back")
    say_table(columns, rows, empty="No winner has been promoted yet.")
