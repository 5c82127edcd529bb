"""The command's root: global options, the list of commands, and the one place that turns errors into words."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from expkit import __version__
from expkit.cli import (
    analysis,
    assign,
    audit,
    batch,
    boards,
    demo,
    events,
    experiments,
    hosts,
    inspection,
    leaderboard,
    metrics,
    monitor,
    notes,
    overrides,
    reviews,
    roles,
    rules,
    size,
    tokens,
)
from expkit.cli.output import show_error
from expkit.cli.session import Session
from expkit.errors import ExpkitError, MissingDependency, StorageUnavailable, Unreachable

__all__ = ["app", "main"]

FAILURES = (StorageUnavailable, Unreachable, MissingDependency)
"""Not the user's doing: exit status 1; everything else that expkit refuses is 2."""

app = typer.Typer(
    name="expkit",
    help="A notebook-first experimentation workbench: design, size, run and analyse experiments.",
    epilog="Shell completion: expkit --install-completion",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: quick, and the same in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"expkit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The workbench's folder; else $EXPKIT_HOME, else expkit/ in Jupyter's data folder."),
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="EXPKIT_URL", help="A running service (http://...) or a database (postgresql://...).")
    ] = "",
    token: Annotated[str, typer.Option(envvar="EXPKIT_TOKEN", help="What the service asks for.")] = "",
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    context.obj = Session(home=home, url=url, token=token)


inspection.add_to(app)
demo.add_to(app)
hosts.add_to(app)
app.add_typer(experiments.app, name="experiments")
app.add_typer(reviews.app, name="reviews")
app.add_typer(notes.app, name="notes")
app.add_typer(metrics.app, name="metrics")
assign.add_to(app)
overrides.add_to(app)
app.add_typer(events.app, name="events")
analysis.add_to(app)
monitor.add_to(app)
leaderboard.add_to(app)
boards.add_to(app)
app.add_typer(size.app, name="size")
app.add_typer(batch.app, name="batch")
app.add_typer(audit.app, name="audit")
app.add_typer(roles.app, name="roles")
app.add_typer(tokens.app, name="tokens")
app.add_typer(rules.policy, name="policy")
app.add_typer(rules.retention, name="retention")


QUERY_INTERRUPTED = "Query interrupted"
"""What DuckDB raises where a Ctrl-C finds it at work."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: 0 done, 1 failed, 2 refused what was asked, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    code = _run(words)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.exit(code)
    # the reader has gone (`| head`): nothing is left to say, and the interpreter's own flush would complain
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code or 1)


def _run(words: list[str]) -> int | str | None:
    try:
        app(args=words, prog_name="expkit")
    except SystemExit as done:
        return done.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if str(error) == QUERY_INTERRUPTED:
            return 130
        if os.environ.get("EXPKIT_DEBUG"):
            raise
        show_error(error, as_json="--json" in words)
        return 2 if isinstance(error, ExpkitError) and not isinstance(error, FAILURES) else 1
    return 0
