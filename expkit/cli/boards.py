"""`expkit canary`, and `expkit experiments wins` and `learnings`: who stands how, side by side."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from expkit.cli.completion import complete_keys
from expkit.cli.output import Json, moment, say, say_json, say_note, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.analysis.canary import VersionComparison

__all__ = ["add_to", "add_to_experiments"]


def add_to(app: typer.Typer) -> None:
    app.command("canary")(canary)


def add_to_experiments(app: typer.Typer) -> None:
    app.command("wins")(wins)
    app.command("learnings")(learnings)


def canary(
    context: typer.Context,
    control: Annotated[str, typer.Argument(metavar="CONTROL", help="What is deployed.")],
    treatment: Annotated[str, typer.Argument(metavar="TREATMENT", help="What is to be.")],
    by: Annotated[Literal["version", "model", "prompt"], typer.Option(help="What tells the calls apart.")] = "version",
    guardrail: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="'trace.error < 5%', 'trace.cost +20%'. Repeat for several."),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", "-e", help="Its calls alone.", autocompletion=complete_keys)
    ] = None,
    days: Annotated[float | None, typer.Option(help="Of the last so many days.")] = None,
    every: Annotated[
        float | None, typer.Option(help="Again every so many seconds, until a guardrail breaks.", min=0.1, max=3600)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare two versions by their model calls: errors, quality, cost, latency.

    Valid however often it is asked. The exit status is 2 once a guardrail is broken. To have it acted on, give an
    experiment a canary: `expkit monitor` and every server watch that.
    """
    session: Session = context.obj
    with session.open() as workbench:
        if every is not None:
            say_note("Comparing. Ctrl-C ends it.")
        while True:
            found = workbench.compare_versions(
                control, treatment, by=by, guardrails=guardrail or (), experiment=experiment, days=days
            )
            if every is None or found.broken:
                break
            time.sleep(every)
    if as_json:
        say_json(found)
    else:
        _tell(found)
    if found.broken:
        raise typer.Exit(2)


def _tell(found: VersionComparison) -> None:
    from expkit.stats import Estimate, Interval

    rows = []
    for row in found.metrics:
        one = row.estimate
        if not isinstance(one, Estimate):
            rows.append((row.title, "", "", str(one), row.verdict))
            continue
        lift = f"{one.lift:+.1%}" if isinstance(one.lift, float) else f"{one.effect:+.4g}"
        ends = f" ({one.lift_ci.lower:+.1%} to {one.lift_ci.upper:+.1%})" if isinstance(one.lift_ci, Interval) else ""
        rows.append((row.title, f"{one.control.mean:.4g}", f"{one.treatment.mean:.4g}", f"{lift}{ends}", row.verdict))
    columns = ("per call", found.control, found.treatment, "change", "verdict")
    say_table(columns, rows, empty=f"No call of {found.by} {found.control!r} and {found.treatment!r} was logged.")
    for finding in found.guardrails:
        mark = {True: "✗", False: "✓", None: "?"}[finding.breached]
        say(f"{mark} guardrail {finding.metric}: {finding.detail}")


def wins(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="owner, department, project, type; model, prompt, version.")] = "owner",
    project: Annotated[str | None, typer.Option(help="One project's experiments.")] = None,
    as_json: Json = False,
) -> None:
    """Who has won and lost how many ended experiments.

    By owner, department, project or type of the experiment, or by what its variants' params name as model, prompt or
    version. Gains are means over the experiments; shrunk ones leave out what luck adds.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.wins(by, project=project)
    if as_json:
        say_json(found)
        return
    rows = [(row.name, row.won, row.lost, row.open, _share(row.gain), _share(row.shrunk)) for row in found.rows]
    empty = "No ended experiment with a scorecard names one."
    say_table((by, "won", "lost", "open", "mean gain", "shrunk"), rows, empty=empty)


def learnings(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Words that all stand in it or its experiment.")] = "",
    outcome: Annotated[str | None, typer.Option(help="positive, negative or neutral.")] = None,
    project: Annotated[str | None, typer.Option(help="One project's.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 100,
    as_json: Json = False,
) -> None:
    """Search what was learnt; the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.learnings(text, outcome=outcome, project=project, limit=limit)
    if as_json:
        say_json(found)
        return
    rows = [(moment(one.at), one.experiment, one.outcome, _share(one.lift), one.text) for one in found]
    say_table(("at (UTC)", "experiment", "outcome", "lift", "learnt"), rows, empty="Nothing like it was learnt yet.")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}"
