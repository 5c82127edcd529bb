"""`expkit policy` and `expkit retention`: the rules of a project, and what is older than they allow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expkit.cli.asking import busy, confirm
from expkit.cli.listing import yaml_text
from expkit.cli.options import EVERYWHERE, Project, Reason, SetFields, Yes
from expkit.cli.output import Json, moment, say, say_json, say_note, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.domain.policy import Policy
    from expkit.workbench.retention import Expired

__all__ = ["policy", "retention"]

policy = typer.Typer(help="What has to be in order before a start.", no_args_is_help=True, rich_markup_mode=None)
retention = typer.Typer(help="What is kept how long.", no_args_is_help=True, rich_markup_mode=None)


@policy.command("show")
def show(context: typer.Context, project: Project = EVERYWHERE, as_json: Json = False) -> None:
    """The rules that hold in a project.

    Each item of the checklist is off, warn or block.
    """
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.policy(project), as_json)


@policy.command("set")
def set_(
    context: typer.Context,
    setting: SetFields = None,
    project: Project = EVERYWHERE,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A YAML or JSON file with rules.")] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Change rules: --set review=block --set retention.events_days=365.

    Rules that are not given stay as they are.
    """
    from expkit.cli.patches import patched, read_patch
    from expkit.domain.policy import Policy

    changes = read_patch(file)
    project = str(changes.pop("project", project)) if project == EVERYWHERE else project
    session: Session = context.obj
    with session.open() as workbench:
        before = workbench.policy(project).model_dump(mode="json")
        wanted = {**before, **patched(Policy, before, changes, setting), "project": project}
        _told(workbench.set_policy(Policy.parse(wanted), reason=reason), as_json)


@retention.command()
def plan(context: typer.Context, as_json: Json = False) -> None:
    """What would go now. Nothing is changed."""
    session: Session = context.obj
    with session.open() as workbench, busy("Looking for what the rules no longer keep"):
        found = workbench.retention_plan()
    if as_json:
        say_json({"items": found})
    else:
        _say_expired(found)


@retention.command()
def apply(context: typer.Context, yes: Yes = False, reason: Reason = "", as_json: Json = False) -> None:
    """Remove what the plan names, for good.

    Shows the plan and asks. Scorecards, learnings, decisions and the audit stay; each removal is audited.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.retention_plan()
        if found and not as_json:
            _say_expired(found)
        gone: Sequence[Expired] = []
        if found:
            confirm("Remove all of this for good?", yes)
            with busy("Removing"):
                gone = workbench.apply_retention(reason=reason)
    if as_json:
        say_json({"items": gone})
    elif not found:
        _say_expired(found)
    else:
        say(f"Removed: {len(gone)} of {len(found)}.")


def _say_expired(found: Sequence[Expired]) -> None:
    rows = [(item.kind, item.subject, moment(item.before), f"{item.items:,}") for item in found]
    say_table(["what", "of", "older than (UTC)", "items"], rows, empty="Nothing is older than the rules allow.")


def _told(found: Policy, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    say(yaml_text(found.model_dump(mode="json")))
    if found.project == EVERYWHERE:
        say_note("These are the organisation's rules; a project may have its own.")
