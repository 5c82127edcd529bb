"""Changing a definition from a shell: update, traffic, versions, restore, delete."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli.asking import confirm
from expkit.cli.assign import named_value
from expkit.cli.completion import Key
from expkit.cli.options import Reason, SetFields, Yes
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session
from expkit.errors import InvalidInput, shorten

if TYPE_CHECKING:
    from expkit.domain import Experiment
    from expkit.domain.diff import Change

__all__ = ["add_to", "told_change"]

WIDTH = 160
"""As much of a value as a line of a diff shows."""


def add_to(app: typer.Typer) -> None:
    app.command("update")(update)
    app.command("traffic")(traffic)
    app.command("phases")(phases)
    app.command("versions")(versions)
    app.command("restore")(restore)
    app.command("delete")(delete)


def update(
    context: typer.Context,
    key: Key,
    setting: SetFields = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="A YAML or JSON file with the fields to change.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="The version that you saw: refused when somebody was faster.")
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Change some fields, as a new version."""
    from expkit.cli.patches import patched, read_patch
    from expkit.domain import Experiment

    changes = read_patch(file)
    session: Session = context.obj
    with session.open() as workbench:
        before = workbench.get(key)
        wanted = patched(Experiment, before.definition(), changes, setting)
        after = workbench.update(key, wanted, version=before.version if version is None else version, reason=reason)
    _told(before, after, as_json)


def traffic(
    context: typer.Context,
    key: Key,
    coverage: Annotated[float | None, typer.Option(help="The share of eligible units that are let in.")] = None,
    share: Annotated[
        list[str] | None,
        typer.Option("--share", metavar="VARIANT=SHARE", help="A variant's weight; together they make 1."),
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Change coverage and weights.

    On a running experiment that opens a phase, so that the check of the sample ratio knows what was planned when.
    """
    if coverage is None and not share:
        raise InvalidInput("Change what?", hint="give --coverage, or --share VARIANT=SHARE for each variant.")
    session: Session = context.obj
    with session.open() as workbench:
        before = workbench.get(key)
        shares = dict(map(_share, share)) if share else None
        after = workbench.traffic(key, coverage=coverage, shares=shares, reason=reason)
    _told(before, after, as_json)


def phases(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Which allocation held when, the oldest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.phases(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (phase.phase, phase.version, moment(phase.started_at), moment(phase.ended_at), f"{phase.coverage:.4g}",
         ", ".join(f"{name} {share:.4g}" for name, share in phase.shares.items()))
        for phase in found
    ]  # fmt: skip
    columns = ["phase", "version", "from (UTC)", "to (UTC)", "coverage", "shares"]
    say_table(columns, rows, empty="It has not started yet.")


def versions(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Every version of the definition, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.versions(key)
    if as_json:
        say_json({"items": found})
        return
    rows = [(item.version, moment(item.at), item.author, item.reason, "\n".join(item.changes)) for item in found]
    say_table(["version", "when (UTC)", "who", "reason", "changes"], rows, empty="It has no version.")


def restore(
    context: typer.Context,
    key: Key,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="See `expkit experiments versions`.")],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """A new version that equals an old one."""
    session: Session = context.obj
    with session.open() as workbench:
        before = workbench.get(key)
        after = workbench.restore(key, version, reason=reason)
    _told(before, after, as_json)


def delete(context: typer.Context, key: Key, reason: Reason = "", yes: Yes = False) -> None:
    """Delete a draft; the audit keeps what was in it."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.get(key)
        confirm(f"Delete {found.key} ({printable(found.name)}, {found.status})?", yes)
        workbench.delete(key, reason=reason)
    say(f"{key} is deleted.")


def told_change(change: Change) -> str:
    """`coverage: 0.1 → 0.5`, on one line that a terminal can show; a default stands where nothing was said."""
    from expkit.domain import Experiment
    from expkit.domain.diff import with_default

    told = with_default(change, Experiment)
    if len(str(told)) <= 2 * WIDTH:
        return printable(str(told))
    return printable(f"{told.path}: {shorten(told.before, WIDTH)} → {shorten(told.after, WIDTH)}")


def _share(text: str) -> tuple[str, float]:
    name, value = named_value(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{shorten(text)} is no share.", hint="for example: treatment=0.8.")
    return name, float(value)


def _told(before: Experiment, after: Experiment, as_json: bool) -> None:
    from expkit.domain.diff import diff

    if as_json:
        say_json(after)
        return
    changes = diff(before.definition(), after.definition())
    if not changes:
        say(f"Nothing to change: {after.key} stays at version {after.version}.")
        return
    say(f"{after.key} is at version {after.version}:")
    for change in changes:
        say(f"  {told_change(change)}")
