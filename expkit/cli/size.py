"""`expkit size`: how many units an experiment needs."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Any

import typer

from expkit.cli.completion import Key
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session
from expkit.errors import InvalidInput

__all__ = ["app"]

app = typer.Typer(help="How many units an experiment needs.", no_args_is_help=True, rich_markup_mode=None)


class Alternative(StrEnum):
    two_sided = "two-sided"
    greater = "greater"
    less = "less"


Lift = Annotated[
    float | None, typer.Option(help="The smallest relative change worth finding: 0.05 is five per cent more.")
]
Effect = Annotated[float | None, typer.Option(help="The same as an absolute change, instead of --lift.")]
Alpha = Annotated[float, typer.Option(help="The chance of a false alarm.")]
Power = Annotated[float, typer.Option(help="The chance to find the change when it is there.")]
Arms = Annotated[int, typer.Option(help="Variants, control included, with equal shares.", min=2, max=100)]
Tail = Annotated[Alternative, typer.Option(help="Which changes count.")]
Daily = Annotated[float | None, typer.Option(help="Units a day over all variants, to say how long it takes.")]


@app.command()
def proportion(
    baseline: Annotated[float, typer.Option(help="Control's rate: 0.05 is five per cent.")],
    lift: Lift = None,
    effect: Effect = None,
    alpha: Alpha = 0.05,
    power: Power = 0.8,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    daily_units: Daily = None,
    as_json: Json = False,
) -> None:
    """For a share of units: conversion, click."""
    from expkit.stats import size_proportions

    found = size_proportions(
        baseline,
        _change(lift, effect),
        relative=lift is not None,
        alpha=alpha,
        power=power,
        alternative=alternative.value,
        shares=[1.0] * arms,
    )
    _told(found, daily_units, as_json)


@app.command()
def mean(
    sd: Annotated[float, typer.Option(help="The standard deviation between units.")],
    baseline: Annotated[float, typer.Option(help="Control's mean; needed for --lift.")] = 0.0,
    lift: Lift = None,
    effect: Effect = None,
    alpha: Alpha = 0.05,
    power: Power = 0.8,
    alternative: Tail = Alternative.two_sided,
    arms: Arms = 2,
    daily_units: Daily = None,
    as_json: Json = False,
) -> None:
    """For a mean per unit: revenue, time."""
    from expkit.stats import size_means

    found = size_means(
        baseline,
        sd,
        _change(lift, effect),
        relative=lift is not None,
        alpha=alpha,
        power=power,
        alternative=alternative.value,
        shares=[1.0] * arms,
    )
    _told(found, daily_units, as_json)


@app.command()
def experiment(
    context: typer.Context,
    key: Key,
    baseline: Annotated[float, typer.Option(help="The primary metric's present value per unit.")],
    sd: Annotated[float | None, typer.Option(help="Its standard deviation; a conversion needs none.")] = None,
    daily_units: Daily = None,
    as_json: Json = False,
) -> None:
    """For a registered experiment, by its plan."""
    from dataclasses import asdict

    from expkit.design import size_experiment

    session: Session = context.obj
    with session.open() as workbench:
        design = size_experiment(workbench.get(key), baseline=baseline, sd=sd, daily_units=daily_units)
    if as_json:
        say_json(asdict(design))
        return
    say(f"{', '.join(f'{arm} {units:,}' for arm, units in design.arms.items())}: {design.total:,} units in all")
    say(_promise(design.effect, design.power, design.alpha, design.alternative))
    if design.days is not None:
        say(f"about {design.days:,} days at {daily_units:,.0f} units a day")


def _change(lift: float | None, effect: float | None) -> float:
    given = [change for change in (lift, effect) if change is not None]
    if len(given) != 1:
        raise InvalidInput(
            "Which change is worth finding?", hint="give --lift (relative) or --effect (absolute), and not both."
        )
    return given[0]


def _told(found: Any, daily_units: float | None, as_json: bool) -> None:
    """Units per variant, in all, and days where the traffic is known."""
    if daily_units is not None and not (math.isfinite(daily_units) and daily_units > 0):
        raise InvalidInput(f"--daily-units is {daily_units:g}.", hint="give the units that arrive in a day.")
    days = None if daily_units is None else math.ceil(found.total / daily_units)
    if as_json:
        from dataclasses import asdict

        say_json({**asdict(found), "days": days})
        return
    say(f"{found.per_arm[0]:,} units per variant, {found.total:,} in all")
    say(_promise(found.effect, found.power, found.alpha, found.alternative))
    if days is not None:
        say(f"about {days} days at {daily_units:,.0f} units a day")


def _promise(effect: float, power: float, alpha: float, alternative: str) -> str:
    return f"to find a change of {effect:.4g} with power {power:.0%} at alpha {alpha:g} ({alternative})"
