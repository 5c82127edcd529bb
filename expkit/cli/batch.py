"""`expkit batch`: one template, many parameter sets."""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.assign import named_value
from expkit.cli.files import read_json
from expkit.cli.output import Json, moment, say, say_json, say_table
from expkit.cli.session import Session
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.domain import Batch

__all__ = ["app"]

app = typer.Typer(help="Run a notebook for many parameter sets.", no_args_is_help=True, rich_markup_mode=None)
JobId = Annotated[str, typer.Argument(metavar="JOB_ID", help="As `expkit batch run` printed it.")]
SHOWN = 20
"""Trials that `results` prints; `--json` has all."""


@app.command()
def run(
    context: typer.Context,
    template: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help="Its name, see `expkit batch templates`; or a notebook's path.")
    ],
    parameters: Annotated[
        Path | None, typer.Option(help="A JSON file: a list with one object per trial; - reads standard input.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter; a JSON list of values makes a trial of each."),
    ] = None,
    score: Annotated[str | None, typer.Option(help="The recorded field that ranks the trials.")] = None,
    smallest: Annotated[bool, typer.Option("--smallest", help="The smallest score is the best one.")] = False,
    workers: Annotated[int | None, typer.Option(help="Trials at a time; by default one for each core.")] = None,
    as_json: Json = False,
) -> None:
    """Run a template once for each parameter set, and wait for it."""
    session: Session = context.obj
    with session.open() as workbench:
        batch = workbench.run_batch(
            template=Path(template) if template.endswith(".ipynb") else template,
            parameters=_parameters(parameters, setting or []),
            scoring={"field": score, "direction": "min" if smallest else "max"} if score else None,
            limits={"workers": workers} if workers is not None else None,
        )
        batch = _watched(workbench, batch)
    _told(batch, as_json)
    if batch.status != "succeeded":
        raise typer.Exit(1)


@app.command()
def templates(context: typer.Context, as_json: Json = False) -> None:
    """The notebooks at hand, and their parameters."""
    from expkit.batch import list_templates

    session: Session = context.obj
    found = list_templates(session.settings().home / "templates")
    if as_json:
        items = [{"key": item.key, "title": item.title, "parameters": item.parameters} for item in found.values()]
        say_json({"items": items})
        return
    for item in found.values():
        say(f"{item.key}: {item.title}")
        rows = [(spec.name, spec.type, json.dumps(spec.default), spec.help) for spec in item.parameters]
        say_table(["parameter", "type", "default", "meaning"], rows, empty="It has no parameters.")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Batches, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = list(workbench.batches())
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (item.job_id, item.template, item.status, f"{item.counts.done}/{item.counts.total}", moment(item.created_at))
        for item in found
    ]
    say_table(["job", "template", "status", "trials", "created (UTC)"], rows, empty="There is no batch yet.")


@app.command()
def show(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """How far a batch is."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.batch(job_id), as_json)


@app.command()
def results(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """The trials, the best score first."""
    session: Session = context.obj
    with session.open() as workbench:
        report = workbench.results(job_id)
    if as_json:
        say_json(report)
        return
    rows = [
        (trial.number, trial.status, "" if trial.score is None else f"{trial.score:.6g}", _short(trial.parameters),
         f"{trial.error.ename}: {trial.error.evalue}" if trial.error else _short(trial.result))
        for trial in report.trials[:SHOWN]
    ]  # fmt: skip
    say_table(["trial", "status", "score", "parameters", "recorded"], rows, empty="It has no trials.")
    if len(report.trials) > SHOWN:
        say(f"{SHOWN} of {len(report.trials)}; all of them with --json.")


@app.command()
def resume(
    context: typer.Context,
    job_id: JobId,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Those that failed, too.")] = False,
    as_json: Json = False,
) -> None:
    """Run what is not done, whoever left it."""
    session: Session = context.obj
    with session.open() as workbench:
        batch = _watched(workbench, workbench.resume_batch(job_id, retry_failed=retry_failed))
    _told(batch, as_json)
    if batch.status != "succeeded":
        raise typer.Exit(1)


@app.command()
def abort(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """End a batch; trials that are done keep their results."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.abort(job_id), as_json)


def _parameters(file: Path | None, settings: list[str]) -> list[dict[str, Any]]:
    """The file's sets, each with the `--set` values; a list of values multiplies."""
    sets = read_json(file) if file else [{}]
    if not isinstance(sets, list) or not all(isinstance(one, dict) for one in sets):
        raise InvalidInput(f"{file} is no list of objects.", hint='for example: [{"lift": 0.01}, {"lift": 0.02}].')
    named = dict(named_value(item) for item in settings)
    choices = [value if isinstance(value, list) else [value] for value in named.values()]
    return [{**one, **dict(zip(named, values, strict=True))} for one in sets for values in product(*choices)]


def _watched(workbench: Any, batch: Batch) -> Batch:
    """A bar on a terminal until it is done. Ctrl-C aborts it: its trials run on this process's cluster."""
    from expkit.batch import follow

    try:
        return follow(workbench, batch.job_id, show=sys.stderr.isatty())
    except KeyboardInterrupt:
        workbench.abort(batch.job_id)
        raise


def _short(values: Any) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items()
    )


def _told(batch: Batch, as_json: bool) -> None:
    if as_json:
        say_json(batch)
        return
    counts = batch.counts
    done = f"{counts.succeeded} of {counts.total} trials succeeded"
    say(f"Batch {batch.job_id} ({batch.template}) {batch.status}: {done}.")
    if batch.done:
        say(f"Results: expkit batch results {batch.job_id}")
