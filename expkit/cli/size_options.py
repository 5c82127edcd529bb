"""The options of `expkit size`, each told once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from expkit.cli.output import Json
from expkit.errors import InvalidInput

__all__ = ["Daily", "Rho", "Start", "asking", "daily_of", "day_of", "question_of"]

WEEK = 7


class Alternative(StrEnum):
    two_sided = "two-sided"
    greater = "greater"
    less = "less"


class Looking(StrEnum):
    fixed = "fixed"
    group_sequential = "group_sequential"
    always_valid = "always_valid"


class Direction(StrEnum):
    increase = "increase"
    decrease = "decrease"


Lift = Annotated[
    float | None, typer.Option(help="The smallest relative change worth finding: 0.05 is five per cent more.")
]
Effect = Annotated[float | None, typer.Option(help="The same as an absolute change, instead of --lift.")]
Margin = Annotated[
    float | None, typer.Option(help="Show no harm instead: the relative harm that would still do (non-inferiority).")
]
Better = Annotated[Direction, typer.Option(help="With --margin: which way is better.")]
Units = Annotated[
    int | None,
    typer.Option("--units", help="Units in control: finds the power, or, without a change, the smallest one."),
]
Alpha = Annotated[float, typer.Option(help="The chance of a false alarm.")]
Power = Annotated[float | None, typer.Option(help="The chance to find the change when it is there; 0.8 by default.")]
Arms = Annotated[int, typer.Option(help="Variants, control included, with equal shares.", min=2, max=100)]
Shares = Annotated[str | None, typer.Option(help="Shares instead of --arms, control first: 80,10,10.")]
Tail = Annotated[Alternative, typer.Option(help="Which changes count.")]
Rho = Annotated[float, typer.Option(help="Correlation with the covariates that CUPED will use.")]
Icc = Annotated[float, typer.Option(help="How alike units of one cluster are, 0 to 1.")]
Clusters = Annotated[float, typer.Option("--cluster-size", help="Units in a cluster, where clusters are randomised.")]
Comparisons = Annotated[int, typer.Option(help="Tests that share alpha.")]
Daily = Annotated[
    str | None,
    typer.Option(help="Units a day over all variants: one number, or seven from Monday to Sunday (5,5,5,5,5,2,2)."),
]
Looks = Annotated[int, typer.Option(help="Planned looks at the result, the last one with all units.", min=1)]
Method = Annotated[
    Looking | None,
    typer.Option(help="How the looks are judged: group_sequential, unless there is one, or always_valid."),
]
Coverage = Annotated[float, typer.Option(help="The share of these units let in.")]
Start = Annotated[str | None, typer.Option(help="The first day, YYYY-MM-DD: tells the last one.")]


SHARED: dict[str, tuple[Any, Any]] = {
    "lift": (Lift, None),
    "effect": (Effect, None),
    "margin": (Margin, None),
    "better": (Better, Direction.increase),
    "units": (Units, None),
    "alpha": (Alpha, 0.05),
    "power": (Power, None),
    "alternative": (Tail, Alternative.two_sided),
    "arms": (Arms, 2),
    "shares": (Shares, None),
    "rho": (Rho, 0.0),
    "icc": (Icc, 0.0),
    "cluster_size": (Clusters, 1.0),
    "comparisons": (Comparisons, 1),
    "looks": (Looks, 1),
    "method": (Method, None),
    "daily_units": (Daily, None),
    "coverage": (Coverage, 1.0),
    "start": (Start, None),
    "as_json": (Json, False),
}
"""The options of every question, with their defaults, in the order of the help."""


def asking(told: Callable[..., None]) -> Callable[..., None]:
    """A command with its own options and behind them those of every question, which it gets in one mapping, `given`."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = [each for each in inspect.signature(told, eval_str=True).parameters.values() if each.name != "given"]
    shared = [inspect.Parameter(name, kind, default=each[1], annotation=each[0]) for name, each in SHARED.items()]

    def command(**values: Any) -> None:
        given = {name: values.pop(name) for name in SHARED}
        told(given, **values)

    command.__name__, command.__doc__, command.__annotations__ = told.__name__, told.__doc__, {}
    command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]  # what Typer reads
    return command


def question_of(given: dict[str, Any], **known: Any) -> Any:
    """The question that the options ask; `given` are those of the command line, `known` what the command adds."""
    from expkit.design import SizingQuestion

    changes = [name for name in ("lift", "effect", "margin") if given[name] is not None]
    if len(changes) > 1 or (not changes and given["units"] is None):
        raise InvalidInput(
            "Which change is worth finding?",
            hint="give --lift (relative) or --effect (absolute), or --margin; with --units none finds the smallest.",
        )
    if given["units"] is not None and changes and given["power"] is not None:
        raise InvalidInput("Nothing is unknown.", hint="leave out one of --units, --power and the change.")
    change = changes[0] if changes else "lift"
    find: Literal["units", "power", "effect"]
    find = "units" if given["units"] is None else "power" if changes else "effect"
    return SizingQuestion(
        **known,
        find=find,
        units=given["units"],
        effect=given[change] if changes else 0.05,
        relative=change != "effect",
        goal="no-harm" if change == "margin" else "difference",
        better=given["better"].value,
        alpha=given["alpha"],
        power=0.8 if given["power"] is None else given["power"],
        alternative=given["alternative"].value,
        shares=_numbers("--shares", given["shares"]) if given["shares"] else (1.0,) * given["arms"],
        rho=given["rho"],
        icc=given["icc"],
        cluster_size=given["cluster_size"],
        comparisons=given["comparisons"],
        looks=given["looks"],
        method=given["method"].value if given["method"] else "fixed" if given["looks"] == 1 else "group_sequential",
        daily_units=daily_of(given["daily_units"]),
        coverage=given["coverage"],
        start=day_of(given["start"]),
    )


def daily_of(text: str | None) -> float | tuple[float, ...] | None:
    if text is None:
        return None
    numbers = _numbers("--daily-units", text)
    if len(numbers) not in (1, WEEK):
        raise InvalidInput(f"--daily-units has {len(numbers)} numbers.", hint="one, or seven from Monday to Sunday.")
    return numbers[0] if len(numbers) == 1 else numbers


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace(":", ",").split(","))
    except ValueError:
        raise InvalidInput(f"{option} {text[:40]} is not a list of numbers.", hint="e.g. 80,10,10") from None


def day_of(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--start {text[:40] if text else ''} is not a day.", hint="e.g. 2026-11-23") from None
