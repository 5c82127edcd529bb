"""`expkit analyze` and `expkit report`: from events to a scorecard, from a scorecard to a document."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.breakdown import say_breakdown, say_series
from expkit.cli.completion import Key, complete_keys
from expkit.cli.files import FRAMES, write_text
from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session
from expkit.cli.warehouse import Columns, ExposuresTable, OutcomesTable, TracesTable, Warehouse, analyze_warehouse
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["add_to", "say_scorecard"]


def add_to(app: typer.Typer) -> None:
    app.command("analyze")(analyze)
    app.command("report")(report)


def analyze(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="KEY|FILE",
            help="An experiment's key, or Parquet or CSV files (a name, a folder/ or a pattern) with one row per unit.",
            autocompletion=complete_keys,
        ),
    ],
    variant: Annotated[str | None, typer.Option(help="A file's column that names the variant.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", "-m", help="A file's column to compare, or two, top/bottom, for a ratio; repeat for several."
        ),
    ] = None,
    control: Annotated[str | None, typer.Option(help="The reference among a file's variants.")] = None,
    alpha: Annotated[float | None, typer.Option(help="A file's significance level.")] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option("--covariate", help="METRIC=COLUMN, or a COLUMN for every metric: what it explains is taken out."),
    ] = None,
    winsorize: Annotated[
        float | None, typer.Option(help="Cap a file's values at this quantile of those that are not zero, e.g. 0.999.")
    ] = None,
    cluster: Annotated[str | None, typer.Option(help="A file's column of what was randomised.")] = None,
    strata: Annotated[str | None, typer.Option(help="A file's column to compare within.")] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option("--segment", help="A file's column to look for what is to blame where the shares do not fit."),
    ] = None,
    share: Annotated[list[str] | None, typer.Option("--share", help="VARIANT=SHARE that a file should have.")] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option("--guardrail", help="METRIC=SHARE of control that it may get worse by, e.g. 0.05."),
    ] = None,
    alternative: Annotated[str | None, typer.Option(help="two-sided, greater or less, for the first metric.")] = None,
    correction: Annotated[str | None, typer.Option(help="For several metrics; holm by default, or none.")] = None,
    gatekeeping: Annotated[
        bool, typer.Option("--gatekeeping", help="Other metrics count only once the first one is significant.")
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="An experiment's effects by this attribute of the first exposure; takes no look."),
    ] = None,
    within: Annotated[
        list[str] | None, typer.Option("--within", help="With --by: only units with NAME=VALUE, or that lack NAME.")
    ] = None,
    bins: Annotated[
        list[str] | None, typer.Option("--bin", help="With --by: NAME=18,30,50 puts numbers between these edges.")
    ] = None,
    values: Annotated[
        int, typer.Option("--values", help="With --by: as many values of each attribute, the rest as one.")
    ] = 10,
    warehouse: Warehouse = None,
    exposures: ExposuresTable = "exposures",
    outcomes: OutcomesTable = "outcomes",
    traces: TracesTable = "",
    column: Columns = None,
    looks: Annotated[
        bool, typer.Option("--looks", help="Show every kept look: its own test beside what holds at any look.")
    ] = False,
    latest: Annotated[bool, typer.Option("--latest", help="Show the newest scorecard; take no new look.")] = False,
    at: Annotated[
        int | None,
        typer.Option(metavar="LOOK", help="Compute this old look again, from the events that it saw.", min=1),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the variants: a scorecard.

    One look at an experiment, kept with its scorecard; or at a file, kept nowhere. --at 3 computes look 3 again,
    --at 3 --latest shows it as it was kept. --by device compares within segments,
    --looks shows all looks side by side: neither is a look.
    --warehouse asks tables that are elsewhere; only sums by variant leave them.
    """
    session: Session = context.obj
    if looks and not is_frame(target):
        with session.open() as workbench:
            say_series(workbench, target, metric or (), as_json=as_json)
        return
    if by and not is_frame(target):
        with session.open() as workbench:
            say_breakdown(workbench, target, by, within or (), bins or (), metric or (), values, as_json=as_json)
        return
    given = {
        "variant": variant, "metric": metric, "control": control, "alpha": alpha, "covariate": covariate,
        "winsorize": winsorize, "cluster": cluster, "strata": strata, "segment": segment, "share": share,
        "guardrail": guardrail, "alternative": alternative, "correction": correction,
        "gatekeeping": gatekeeping or None,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None and value != []}
    if by or within or bins or looks:
        what = "--looks is for experiments." if looks else "--by is for experiments; --within and --bin go with it."
        raise InvalidInput(what, hint="name an experiment's key.")
    if is_frame(target):
        scorecard = _analyze_file(target, options)
    elif options:
        raise InvalidInput(
            f"--{next(iter(options))} is for files, and {target!r} is an experiment's key.",
            hint="its own plan says how it is analysed; or name a .parquet or .csv file.",
        )
    elif warehouse is not None:
        if latest or at is not None:
            raise InvalidInput("A look at a warehouse is kept nowhere.", hint="leave --latest and --at out.")
        tables = {"exposures": exposures, "outcomes": outcomes, "traces": traces}
        with session.open() as workbench:
            scorecard = analyze_warehouse(workbench, target, warehouse, tables, column or ())
    else:
        with session.open() as workbench:
            scorecard = workbench.scorecard(target, look=at) if latest else workbench.analyze(target, at=at)
    say_scorecard(scorecard, as_json)


def report(
    context: typer.Context,
    key: Key,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write, KEY.html by default; - writes to stdout.")
    ] = None,
) -> None:
    """The newest scorecard as one HTML file.

    The file needs nothing else, and asks no server for anything.
    """
    session: Session = context.obj
    with session.open() as workbench:
        text = workbench.report(key, format="html")
    path = output or Path(f"{key}.html")
    if str(path) == "-":
        say(text)
    else:
        write_text(path, text)
        say(f"Wrote {path}.")


def say_scorecard(scorecard: Scorecard, as_json: bool = False) -> None:
    if as_json:
        say_json(scorecard.to_dict())
        return
    from expkit.view import scorecard_text

    say(scorecard_text(scorecard, color=sys.stdout.isatty()))


def is_frame(target: str) -> bool:
    """A file, a pattern or a folder of them; an experiment's key has neither a dot nor a slash."""
    return Path(target).suffix.lower() in {*FRAMES, ".tsv"} or any(sign in target for sign in "/\\*?[")


def _analyze_file(target: str, options: dict[str, Any]) -> Scorecard:
    from expkit.analysis import analyze_frame, frame_columns

    if "metric" not in options:
        columns = ", ".join(name for name in frame_columns(target) if name != options.get("variant", "variant"))
        raise InvalidInput("Compare what?", hint=f"give --metric; the columns are {columns}.")
    options["metrics"] = [_metric(text) for text in options.pop("metric")]
    if "covariate" in options:
        options["covariates"] = _covariates(options.pop("covariate"), options["metrics"])
    if "segment" in options:
        options["segments"] = options.pop("segment")
    if "share" in options:
        options["shares"] = dict(_share(text) for text in options.pop("share"))
    if "guardrail" in options:
        options["guardrails"] = dict(_share(text, "guardrail") for text in options.pop("guardrail"))
    return analyze_frame(target, name=Path(target).name, **options)


def _metric(text: str) -> str | dict[str, str]:
    """`revenue`, or `clicks/impressions` for a ratio of totals."""
    top, slash, bottom = text.partition("/")
    return {"key": text, "numerator": top, "denominator": bottom} if slash and top and bottom else text


def _covariates(texts: list[str], metrics: list[str | dict[str, str]]) -> dict[str, list[str]]:
    keys = [metric if isinstance(metric, str) else metric["key"] for metric in metrics]
    found: dict[str, list[str]] = {}
    for text in texts:
        metric, equals, column = text.rpartition("=")
        for key in [metric] if equals else keys:
            found.setdefault(key, []).append(column)
    return found


def _share(text: str, option: str = "share") -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        example = "control=0.5" if option == "share" else "latency=0.05"
        raise InvalidInput(f"--{option} {text} has no number.", hint=f"e.g. --{option} {example}") from None
