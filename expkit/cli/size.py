"""`expkit size`: how many units an experiment needs, or what so many find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from expkit.cli.completion import Key
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session
from expkit.cli.size_options import (
    Alpha,
    Alternative,
    Arms,
    Better,
    Clusters,
    Comparisons,
    Coverage,
    Daily,
    Direction,
    Effect,
    Icc,
    Lift,
    Looks,
    Margin,
    Method,
    Power,
    Rho,
    Shares,
    Start,
    Tail,
    Units,
    daily_of,
    day_of,
    question_of,
)

__all__ = ["app"]

app = typer.Typer(
    help="How many units an experiment needs, or what so many find.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def proportion(
    baseline: Annotated[float, typer.Option(help="Control's rate: 0.05 is five per cent.")],
    lift: Lift = None,
    effect: Effect = None,
    margin: Margin = None,
    better: Better = Direction.increase,
    units: Units = None,
    alpha: Alpha = 0.05,
    power: Power = None,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    shares: Shares = None,
    rho: Rho = 0.0,
    icc: Icc = 0.0,
    cluster_size: Clusters = 1.0,
    comparisons: Comparisons = 1,
    looks: Looks = 1,
    method: Method = None,
    daily_units: Daily = None,
    coverage: Coverage = 1.0,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """For a share of units: conversion, click."""
    given = locals()
    _told(question_of(given, kind="conversion", baseline=baseline), as_json, daily_units)


@app.command()
def mean(
    sd: Annotated[float, typer.Option(help="The standard deviation between units.")],
    baseline: Annotated[float, typer.Option(help="Control's mean; needed for --lift and --margin.")] = 0.0,
    lift: Lift = None,
    effect: Effect = None,
    margin: Margin = None,
    better: Better = Direction.increase,
    units: Units = None,
    alpha: Alpha = 0.05,
    power: Power = None,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    shares: Shares = None,
    rho: Rho = 0.0,
    icc: Icc = 0.0,
    cluster_size: Clusters = 1.0,
    comparisons: Comparisons = 1,
    looks: Looks = 1,
    method: Method = None,
    daily_units: Daily = None,
    coverage: Coverage = 1.0,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """For a mean per unit: revenue, time."""
    given = locals()
    _told(question_of(given, kind="mean", baseline=baseline, sd=sd), as_json, daily_units)


@app.command()
def ratio(
    sd: Annotated[float, typer.Option(help="Per unit, of the number with the same error; `size data` finds it.")],
    baseline: Annotated[float, typer.Option(help="Control's value; needed for --lift and --margin.")] = 0.0,
    lift: Lift = None,
    effect: Effect = None,
    margin: Margin = None,
    better: Better = Direction.increase,
    units: Units = None,
    alpha: Alpha = 0.05,
    power: Power = None,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    shares: Shares = None,
    rho: Rho = 0.0,
    icc: Icc = 0.0,
    cluster_size: Clusters = 1.0,
    comparisons: Comparisons = 1,
    looks: Looks = 1,
    method: Method = None,
    daily_units: Daily = None,
    coverage: Coverage = 1.0,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """For a ratio of totals: clicks per view."""
    given = locals()
    _told(question_of(given, kind="ratio", baseline=baseline, sd=sd), as_json, daily_units)


@app.command()
def quantile(
    sd: Annotated[float, typer.Option(help="Per unit, of the number with the same error; `size data` finds it.")],
    baseline: Annotated[float, typer.Option(help="Control's value; needed for --lift and --margin.")] = 0.0,
    lift: Lift = None,
    effect: Effect = None,
    margin: Margin = None,
    better: Better = Direction.increase,
    units: Units = None,
    alpha: Alpha = 0.05,
    power: Power = None,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    shares: Shares = None,
    rho: Rho = 0.0,
    icc: Icc = 0.0,
    cluster_size: Clusters = 1.0,
    comparisons: Comparisons = 1,
    looks: Looks = 1,
    method: Method = None,
    daily_units: Daily = None,
    coverage: Coverage = 1.0,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """For a quantile: the median, the slowest 5%."""
    given = locals()
    _told(question_of(given, kind="quantile", baseline=baseline, sd=sd), as_json, daily_units)


@app.command()
def data(
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
    lift: Lift = None,
    effect: Effect = None,
    margin: Margin = None,
    better: Better = Direction.increase,
    units: Units = None,
    alpha: Alpha = 0.05,
    power: Power = None,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    shares: Shares = None,
    rho: Rho = 0.0,
    icc: Icc = 0.0,
    cluster_size: Clusters = 1.0,
    comparisons: Comparisons = 1,
    looks: Looks = 1,
    method: Method = None,
    daily_units: Daily = None,
    coverage: Coverage = 1.0,
    start: Start = None,
    as_json: Json = False,
) -> None:
    """From past data: baseline, spread and covariates are theirs."""
    from expkit.cli.size_history import history_of, simulated

    given = locals()
    past = history_of(file, metric, quantile, covariate or [], cluster)
    asked = question_of({**given, "rho": past.rho or rho}, kind=past.kind, baseline=past.baseline, sd=past.sd)
    _told(asked, as_json, daily_units, lambda found: simulated(past, found, simulate))


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
    from dataclasses import asdict

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
    if as_json:
        say_json(asdict(design))
        return
    say(f"{', '.join(f'{arm} {units:,}' for arm, units in design.arms.items())}: {design.total:,} units in all")
    say(_promise(design.effect, design.power, design.alpha, design.alternative))
    if design.days is not None:
        say(_duration(design.days, design.weeks, design.end, daily_units))


def _told(question: Any, as_json: bool, daily_units: str | None, check: Any = None) -> None:
    """What was found: units, the change or the power; days and dates where the traffic is known."""
    from dataclasses import asdict

    from expkit.design import solve

    found = solve(question)
    checked = check(found) if check else None
    whole = abs(question.baseline) if question.relative else 1.0
    if as_json:
        told = {**asdict(found), "relative": question.relative, "effect_absolute": found.effect * whole}
        say_json({**told, **({"simulated": checked._asdict()} if checked else {})})
        return
    equal = len(set(found.per_arm)) == 1
    per_arm = (
        f"{found.per_arm[0]:,} units per variant" if equal else f"{' + '.join(f'{n:,}' for n in found.per_arm)} units"
    )
    say(f"{per_arm}, {found.total:,} in all")
    harm = question.goal == "no-harm"
    side = "one-sided" if harm else question.alternative
    say(
        _promise(
            found.effect * whole,
            found.power,
            question.alpha,
            side,
            "to rule out a harm" if harm else "to find a change",
        )
    )
    if question.method != "fixed":
        say(f"looked at {question.looks:,} times ({question.method.replace('_', ' ')}); these are the most it takes")
    if found.days is not None:
        say(_duration(found.days, found.weeks, found.end, daily_units))
    if checked:
        ends = f"{checked.ci.lower:.1%} to {checked.ci.upper:.1%}"
        say(f"drawn {checked.experiments:,} times from the data: power {checked.power:.1%} ({ends})")


def _duration(days: int, weeks: int | None, end: Any, daily_units: str | None) -> str:
    given = daily_of(daily_units)
    traffic = (
        ", ".join(f"{one:,.12g}" for one in given) + " units from Monday to Sunday"
        if isinstance(given, tuple)
        else f"{given:,.12g} units a day"
    )
    last = f", in whole weeks {weeks}, up to {end:%A, %Y-%m-%d}" if end else ""
    return f"about {days:,} days at {traffic}{last}"


def _promise(effect: float, power: float, alpha: float, alternative: str, what: str = "to find a change") -> str:
    return f"{what} of {effect:.4g} with power {power:.0%} at alpha {alpha:g} ({alternative})"
