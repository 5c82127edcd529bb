"""The lifecycle's moves from a shell, now or at a planned time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from expkit.cli.completion import Key
from expkit.cli.options import Reason, Timezone, zone
from expkit.cli.output import Json, moment, say, say_json, say_table
from expkit.cli.session import Session
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.analysis.impact import Impact

__all__ = ["add_to"]

MOVES = {
    "start": "Let units in, when its checklist allows.",
    "pause": "Let no new units in for a while.",
    "resume": "Go on after a pause.",
    "stop": "End it for good; a stopped experiment never restarts. Needs --reason.",
    "conclude": "Begin the analysis of a stopped one.",
    "promote": "Roll the winner out.",
    "finish": "The rollout has reached everybody.",
    "rollback": "Back to control. Needs --reason; --dry-run tells before what it would change.",
    "complete": "Close an analysed or rolled-out one.",
    "archive": "Put it away.",
}


def add_to(app: typer.Typer) -> None:
    own: dict[str, Callable[..., None]] = {"promote": promote, "rollback": rollback}
    for verb, told in MOVES.items():
        app.command(verb, help=told)(own.get(verb) or _mover(verb))
    app.command("schedule")(schedule)
    app.command("unschedule")(unschedule)
    app.command("tick")(tick)


def _mover(verb: str) -> Callable[..., None]:
    def move(context: typer.Context, key: Key, reason: Reason = "", as_json: Json = False) -> None:
        session: Session = context.obj
        with session.open() as workbench:
            experiment = getattr(workbench, verb)(key, reason=reason)
        if as_json:
            say_json(experiment)
        else:
            say(f"{experiment.key} is {experiment.status}.")

    return move


def promote(
    context: typer.Context,
    key: Key,
    variant: Annotated[str | None, typer.Option(help="Which one won; needed with several treatments.")] = None,
    share: Annotated[float | None, typer.Option(help="The share of the units that gets it; all by default.")] = None,
    step: Annotated[
        list[str] | None,
        typer.Option(
            "--step", metavar="HOURS=SHARE", help="In steps instead: 0=0.05, 24=0.25, 72=1. Repeat for several."
        ),
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    session: Session = context.obj
    steps = [_step(text) for text in step or ()]
    with session.open() as workbench:
        experiment = workbench.promote(key, reason, variant=variant, share=share, steps=steps)
    if as_json:
        say_json(experiment)
    else:
        say(f"{experiment.key} is {experiment.status}.")


def rollback(
    context: typer.Context,
    key: Key,
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what it would change, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    session: Session = context.obj
    with session.open() as workbench:
        if dry_run:
            _tell_impact(workbench.rollback_impact(key), as_json)
            return
        experiment = workbench.rollback(key, reason=reason)
    if as_json:
        say_json(experiment)
    else:
        say(f"{experiment.key} is {experiment.status}.")


def _tell_impact(found: Impact, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    since = f" since {moment(found.since)} UTC" if found.since else ""
    rows = [(variant, f"{share:.4g}", f"{found.units.get(variant, 0):,}") for variant, share in found.now.items()]
    say_table(("variant", "share now", f"units{since}"), rows, empty="")
    say("Then every unit gets the default params, as control does.")
    touched = {
        "layer": [found.layer] if found.layer else [],
        "holdouts": found.holdouts,
        "let in by it": found.dependents,
    }
    for what, names in touched.items():
        if names:
            say(f"{what}: {', '.join(names)}")
    for finding in found.guardrails:
        broken = {True: "broken", False: "not broken", None: "open"}[finding.breached]
        say(f"guardrail {finding.metric} of {finding.variant} at look {found.look}: {broken}; {finding.detail}")
    say(f"\n{found.summary}.")


def _step(text: str) -> dict[str, float]:
    hours, _, share = text.partition("=")
    try:
        return {"after_hours": float(hours), "share": float(share)}
    except ValueError:
        raise InvalidInput(f"--step {text[:40]} is no HOURS=SHARE.", hint="e.g. --step 0=0.05 --step 24=1") from None


def schedule(
    context: typer.Context,
    key: Key,
    at: Annotated[str, typer.Option(help="2026-12-01T09:00, with an offset, or in --timezone.")],
    timezone: Timezone = "UTC",
    stop: Annotated[bool, typer.Option("--stop", help="Plan its end instead of its start.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Start or stop it at a time to come.

    Whichever server is alive then does it, exactly once; so does `expkit experiments tick`. A second call reschedules.
    """
    there = zone(timezone)
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.schedule(key, at, verb="stop" if stop else "start", timezone=timezone, reason=reason)
    if as_json:
        say_json(found)
        return
    local = f" ({moment(found.at.astimezone(there))} in {timezone})" if timezone != "UTC" else ""
    say(f"{found.experiment} will {found.verb} at {moment(found.at)} UTC{local}.")


def unschedule(
    context: typer.Context,
    key: Key,
    only: Annotated[
        Literal["start", "stop"] | None, typer.Option(help="Only the planned start, or only the planned stop.")
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take planned moves back."""
    session: Session = context.obj
    with session.open() as workbench:
        number = workbench.unschedule(key, only, reason=reason)
    if as_json:
        say_json({"unscheduled": number})
    else:
        say(f"{number} planned move{'' if number == 1 else 's'} of {key} taken back.")


def tick(context: typer.Context, as_json: Json = False) -> None:
    """Make the planned moves whose time has come, as the servers do.

    For cron, where no server runs. A move that has become impossible is marked as failed; the timeline says why.
    """
    session: Session = context.obj
    with session.embedded("experiments tick") as workbench:
        number = workbench.tick()
    if as_json:
        say_json({"made": number})
    else:
        say(f"{number} planned move{'' if number == 1 else 's'} made.")
