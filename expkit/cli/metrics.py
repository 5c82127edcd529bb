"""`expkit metrics`: the catalogue that all experiments share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from expkit.cli.listing import yaml_text
from expkit.cli.options import Reason, SetFields
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session
from expkit.errors import InvalidInput, NotFound

__all__ = ["app"]

app = typer.Typer(help="The metric catalogue.", no_args_is_help=True, rich_markup_mode=None)
MetricKey = Annotated[str, typer.Argument(metavar="METRIC", help="Its key.")]


@app.command()
def define(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[METRIC]", help="Its key, unless the file says it.")] = None,
    setting: SetFields = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A YAML or JSON file with the metric.")] = None,
    version: Annotated[
        int | None, typer.Option(help="The version that you saw: refused when somebody was faster.")
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Add a metric to the catalogue, or a new version of one's own.

    Fields that are not given stay as they are; a ready-made name (web.ctr) brings its own. Scorecards of the past keep
    the definition they were made with.
    """
    from expkit.cli.patches import patched, read_patch
    from expkit.domain import Metric, ready_metric

    given = {**read_patch(file), **({"key": key} if key else {})}
    if "key" not in given:
        raise InvalidInput("Define which metric?", hint="name its key, or give a file with -f.")
    session: Session = context.obj
    with session.open() as workbench:
        try:
            known = workbench.metric(str(given["key"])).to_dict()
        except NotFound:
            known = ready_metric(str(given["key"])) or {}
        wanted = Metric.parse({**known, **patched(Metric, known, given, setting)})
        metric = workbench.define_metric(wanted, version=version, reason=reason)
        number = workbench.metric_versions(metric.key)[0].version
    if as_json:
        say_json({**metric.to_dict(), "version": number})
    else:
        say(f"{metric.key} is at version {number}, owned by {printable(metric.owner)}.")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """The catalogue, by key."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.metrics()
    if as_json:
        say_json({"items": found})
        return
    rows = [(item.key, item.title, item.kind, item.numerator_event, item.direction, item.owner) for item in found]
    say_table(["key", "name", "kind", "event", "better", "owner"], rows, empty="The catalogue is empty.")


@app.command()
def show(context: typer.Context, key: MetricKey, as_json: Json = False) -> None:
    """One definition, as YAML."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.metric(key)
    if as_json:
        say_json(found)
    else:
        say(yaml_text(found.to_dict()))


@app.command()
def versions(context: typer.Context, key: MetricKey, as_json: Json = False) -> None:
    """Every version of a definition, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.metric_versions(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [(item.version, moment(item.at), item.author, item.reason, "\n".join(item.changes)) for item in found]
    say_table(["version", "when (UTC)", "who", "reason", "changes"], rows, empty="It has no version.")
