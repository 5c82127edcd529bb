"""`expkit roles`: who may do what, for good or for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from expkit.cli.options import EVERYWHERE, Number, Project, Reason
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.domain.permissions import Elevation

__all__ = ["app"]

app = typer.Typer(help="Who may do what.", no_args_is_help=True, rich_markup_mode=None)
Actor = Annotated[str, typer.Argument(metavar="PERSON", help="As the audit table names them.")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="viewer, experimenter, reviewer, operator or admin.")]


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Who has which role where."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.grants()
    if as_json:
        say_json({"items": found})
        return
    rows = [(grant.actor, grant.role, grant.project) for grant in found]
    say_table(["person", "role", "project"], rows, empty="Nobody has a role, and so everybody may do everything.")


@app.command("me")
def me_(context: typer.Context, as_json: Json = False) -> None:
    """Who I am here, and what I may do where."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.me()
    if as_json:
        say_json(found)
    elif found.is_open:
        say(f"{printable(found.name)}: nobody has a role, and so everybody may do everything.")
    else:
        roles = [f"{role} {_where(project)}" for project, role in sorted(found.roles.items())]
        say(f"{printable(found.name)}: {', '.join(roles) or 'no role, which is enough for reading'}.")


@app.command()
def grant(
    context: typer.Context, actor: Actor, role: Role, project: Project = EVERYWHERE, as_json: Json = False
) -> None:
    """Give somebody a role, in place of the one they had there.

    The first role of all has to be an admin's; from then on everything but reading takes a role.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.grant(actor, role, project)
    if as_json:
        say_json(found)
    else:
        say(f"{printable(found.actor)} is {found.role} {_where(found.project)}.")


@app.command()
def revoke(context: typer.Context, actor: Actor, project: Project = EVERYWHERE, reason: Reason = "") -> None:
    """Take a role away; the last admin's stays."""
    session: Session = context.obj
    with session.open() as workbench:
        workbench.revoke(actor, project, reason=reason)
    say(f"{printable(actor)} has no role of their own {_where(project)} any more.")


@app.command()
def request(
    context: typer.Context,
    role: Role,
    project: Project = EVERYWHERE,
    reason: Reason = "",
    hours: Annotated[float, typer.Option(help="For how long, from the approval on.")] = 8.0,
    as_json: Json = False,
) -> None:
    """Ask for more rights for a while. Needs --reason."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.request_elevation(role, project=project, reason=reason, hours=hours), as_json)


@app.command()
def requests(
    context: typer.Context,
    state: Annotated[Literal["pending", "approved", "denied"] | None, typer.Option(help="Only those.")] = None,
    as_json: Json = False,
) -> None:
    """Requests for more rights, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.elevations(state=state)
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (item.id, item.actor, item.role, item.project, item.hours, item.reason, item.state, item.answered_by,
         moment(item.until))
        for item in found
    ]  # fmt: skip
    columns = ["number", "person", "role", "project", "hours", "reason", "state", "answered by", "until (UTC)"]
    say_table(columns, rows, empty="There is no request.")


@app.command()
def approve(context: typer.Context, number: Number, reason: Reason = "", as_json: Json = False) -> None:
    """Grant a request: it holds for its hours from now."""
    _answer(context, number, True, reason, as_json)


@app.command()
def deny(context: typer.Context, number: Number, reason: Reason = "", as_json: Json = False) -> None:
    """Refuse a request."""
    _answer(context, number, False, reason, as_json)


def _answer(context: typer.Context, number: int, approve: bool, reason: str, as_json: bool) -> None:
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.answer_elevation(number, approve=approve, reason=reason), as_json)


def _told(found: Elevation, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    until = f" until {moment(found.until)} UTC" if found.until else ""
    who = printable(found.actor)
    say(f"Request {found.id} of {who} to be {found.role} {_where(found.project)}: {found.state}{until}.")


def _where(project: str) -> str:
    return "in all projects" if project == EVERYWHERE else f"in project {printable(project)}"
