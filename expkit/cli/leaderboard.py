"""`expkit leaderboard`: models, prompts or versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli.completion import complete_keys
from expkit.cli.output import Json, say, say_json, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.analysis.leaderboard import Level

__all__ = ["add_to"]

COLUMNS = ("", "name", "calls", "users", "quality", "cost", "ms", "p95 ms", "failed", "on the front")


def add_to(app: typer.Typer) -> None:
    app.command("leaderboard")(leaderboard)


def leaderboard(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="model, prompt, version, or an experiment's variant.")] = "model",
    experiment: Annotated[
        str | None, typer.Option("--experiment", "-e", help="Its calls alone.", autocompletion=complete_keys)
    ] = None,
    days: Annotated[float | None, typer.Option(help="Of the last so many days.")] = None,
    as_json: Json = False,
) -> None:
    """Models by quality, cost and latency per call, and which of them nobody beats."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.leaderboard(by, experiment=experiment, days=days)
    if as_json:
        say_json(found)
        return
    rows = [
        (
            "✓" if row.on_front else "", row.name, f"{row.calls:,}", f"{row.units:,}", _level(row.quality),
            _level(row.cost), _level(row.latency), "" if row.latency_p95 is None else f"{row.latency_p95:,.0f}",
            f"{row.error_rate.mean:.1%}", "?" if row.front_probability is None else f"{row.front_probability:.0%}",
        )
        for row in found.rows
    ]  # fmt: skip
    say_table(COLUMNS, rows, empty="No model call was logged. Log them with log_traces, or `expkit events import`.")
    if rows:
        compared = " and ".join(found.compared) or "nothing that is known of all of them"
        say(f"\n✓ nobody is at least as good in everything and better in something, by {compared}.")


def _level(level: Level | None) -> str:
    if level is None:
        return ""
    return f"{level.mean:.4g}" + ("" if level.se is None else f" ± {1.96 * level.se:.2g}")
