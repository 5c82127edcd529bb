"""`expkit size`: how many units an experiment needs, or what so many find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from expkit.cli.completion import Key
from expkit.cli.output import Json
from expkit.cli.session import Session
from expkit.cli.size_options import Daily, Rho, Start, asking, daily_of, day_of, question_of
from expkit.cli.size_words import tell_answer, tell_design

__all__ = ["app"]

app = typer.Typer(
    help="How many units an experiment needs, or what so many find.", no_args_is_help=True, rich_markup_mode=None
)

Given = dict[str, Any]
"""The options that all questions share."""
Spread = Annotated[float, typer.Option(help="Per unit, of the number with the same error; `size data` finds it.")]
Level = Annotated[float, typer.Option(help="Control's value; needed for --lift and --margin.")]


@app.command()
@asking
def proportion(
    given: Given, baseline: Annotated[float, typer.Option(help="Control's rate: 0.05 is five per cent.")]
) -> None:
    """For a share of units: conversion, click."""
    tell_answer(question_of(given, kind="conversion", baseline=baseline), given)


@app.command()
@asking
def mean(
    given: Given,
    sd: Annotated[float, typer.Option(help="The standard deviation between units.")],
    baseline: Annotated[float, typer.Option(help="Control's mean; needed for --lift and --margin.")] = 0.0,
) -> None:
    """For a mean per unit: revenue, time."""
    tell_answer(question_of(given, kind="mean", baseline=baseline, sd=sd), given)


@app.command()
@asking
def ratio(given: Given, sd: Spread, baseline: Level = 0.0) -> None:
    """For a ratio of totals: clicks per view."""
    tell_answer(question_of(given, kind="ratio", baseline=baseline, sd=sd), given)


@app.command()
@asking
def quantile(given: Given, sd: Spread, baseline: Level = 0.0) -> None:
    """For a quantile: the median, the slowest 5%."""
    tell_answer(question_of(given, kind="quantile", baseline=baseline, sd=sd), given)


@app.command()
@asking
def data(
    given: Given,
    file: Annotated[Path, typer.Argument(help="Parquet or CSV with one row per unit, from the past.", metavar="FILE")],
    metric: Annotated[str, typer.Option("--metric", "-m", help="Its column, or two, top/bottom, for a ratio.")],
    quantile: Annotated[float | None, typer.Option(help="Size this quantile of it, e.g. 0.95.")] = None,
    covariate: Annotated[
        list[str] | None, typer.Option("--covariate", help="A column that CUPED will use; finds --rho.")
    ] = None,
    cluster: Annotated[str | None, typer.Option(help="With --quantile: the column of what was randomised.")] = None,
    simulate: Annotated[
        int, typer.Option(help="Check a mean by drawing so many experiments from the data.", min=0)
    ] = 0,
) -> None:
    """From past data: baseline, spread and covariates are theirs."""
    from expkit.cli.size_history import history_of, simulated

    past = history_of(file, metric, quantile, covariate or [], cluster)
    known = {**given, "rho": past.rho or given["rho"]}
    asked = question_of(known, kind=past.kind, baseline=past.baseline, sd=past.sd)
    tell_answer(asked, given, lambda found: simulated(past, found, simulate))


@app.command()
def experiment(
    context: typer.Context,
    key: Key,
    baseline: Annotated[
        float | None,
        typer.Option(help="The primary metric's present value per unit; else what the last promotion recorded."),
    ] = None,
    sd: Annotated[float | None, typer.Option(help="Its standard deviation; a conversion needs none.")] = None,
    rho: Rho = 0.0,
    daily_units: Daily = None,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """For a registered experiment, by its plan."""
    from expkit.cli.size_history import recorded
    from expkit.design import size_experiment

    session: Session = context.obj
    with session.open() as workbench:
        planned = workbench.get(key)
        if baseline is None:
            baseline, sd = recorded(workbench.baselines(project=planned.project, metric=planned.primary_metric.key), sd)
    design = size_experiment(
        planned, baseline=baseline, sd=sd, daily_units=daily_of(daily_units), rho=rho, start=day_of(start)
    )
    tell_design(design, as_json, daily_units)
