"""`expkit monitor` watches what runs and acts; `alerts` are what it has raised, `notices` what was told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli.completion import complete_keys
from expkit.cli.options import Number
from expkit.cli.output import Json, moment, say, say_json, say_note, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.client import RemoteWorkbench
    from expkit.domain import Alert
    from expkit.workbench import Workbench

__all__ = ["add_to"]

MANY = 1000

alerts = typer.Typer(help="What watching has raised.", no_args_is_help=True, rich_markup_mode=None)

notices = typer.Typer(
    help="What is told on the channels of EXPKIT_NOTIFY.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    app.command("monitor")(monitor)
    app.add_typer(alerts, name="alerts")
    app.add_typer(notices, name="notices")


def monitor(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Watch everything one time, and end.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two passes.", min=0.1, max=3600)] = 1.0,
    as_json: Json = False,
) -> None:
    """Watch all running experiments: guardrails, split, stopping criteria; pause, stop or roll back as they say.

    Until Ctrl-C. Of several on one database one acts and the others stand by. A service watches by itself: with its
    --url this shows its alerts as they come. With --once the exit status is 2 when something was raised.
    """
    session: Session = context.obj
    with session.open() as workbench:
        known = {alert.id for alert in workbench.alerts(limit=MANY)}
        if not once:
            say_note("Watching. Ctrl-C ends it.")
        with _acting(workbench) as act:
            while True:
                act()
                fresh = [alert for alert in reversed(workbench.alerts(limit=MANY)) if alert.id not in known]
                known |= {alert.id for alert in fresh}
                for alert in fresh:
                    if as_json:
                        say_json(alert, indent=None)
                    else:
                        say(_line(alert))
                if once:
                    break
                time.sleep(every)
    if fresh:
        raise typer.Exit(2)
    if not as_json:
        say("Nothing to raise.")


@contextmanager
def _acting(workbench: Workbench | RemoteWorkbench) -> Iterator[Callable[[], None]]:
    """One pass of what a server does by itself; nothing for a service, which does it."""
    from expkit.workbench import Workbench

    if not isinstance(workbench, Workbench):
        yield lambda: None
        return
    here = workbench

    def act() -> None:
        here.tick()
        here.monitor()
        here.notify()

    try:
        yield act
    finally:
        here.leave_monitor()


@alerts.command("list")
def list_(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="One experiment's.", autocompletion=complete_keys)
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that nobody has acknowledged.")] = False,
    as_json: Json = False,
) -> None:
    """The newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.alerts(key, only_open=only_open)
    if as_json:
        say_json(found)
        return
    rows = [
        (alert.id, moment(alert.at), alert.experiment, alert.subject, alert.action, alert.detail,
         alert.acknowledged_by if not alert.is_open else "-")
        for alert in found
    ]  # fmt: skip
    columns = ("number", "at", "experiment", "about", "action", "detail", "acknowledged by")
    say_table(columns, rows, empty="No alert: nothing broke, and no stopping criterion is met.")


@alerts.command()
def acknowledge(
    context: typer.Context,
    number: Number,
    comment: Annotated[str, typer.Option("--comment", "-m", help="What you make of it.")] = "",
    as_json: Json = False,
) -> None:
    """You have seen it."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.acknowledge(number, comment)
    if as_json:
        say_json(found)
    else:
        say(f"Alert {found.id} on {found.experiment} is acknowledged.")


@notices.command("list")
def list_notices(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="pending, sent or failed.")] = None,
    as_json: Json = False,
) -> None:
    """The newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.notices(state=state)
    if as_json:
        say_json(found)
        return
    rows = [(one.id, moment(one.at), one.title, one.channel, one.state, one.attempts, one.detail) for one in found]
    empty = "Nothing was told. Set EXPKIT_NOTIFY where the service runs; `expkit notices try` tries it."
    say_table(("number", "at", "what", "channel", "state", "attempts", "why not"), rows, empty=empty)


@notices.command("try")
def try_channels(context: typer.Context, as_json: Json = False) -> None:
    """Send a word on every channel now; the exit status is 1 when one did not take it."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.try_channels()
    if as_json:
        say_json(found)
    else:
        for channel, fault in found.items():
            say(f"{'✗' if fault else '✓'} {channel}{': ' if fault else ''}{fault}")
    if any(found.values()):
        raise typer.Exit(1)


def _line(alert: Alert) -> str:
    done = {"alert": "", "pause": "; paused", "stop": "; stopped", "rollback": "; rolled back"}[alert.action]
    return f"{moment(alert.at)}  {alert.experiment}: {alert.subject}: {alert.detail}{done}"
