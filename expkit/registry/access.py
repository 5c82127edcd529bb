"""Roles per project, held here, and elevations: more rights for a while, asked with a reason, answered by an admin.

As long as nobody has a role, everybody is admin: a workbench on one's own machine asks no questions. The first
grant makes an admin, and from then on everything but reading takes a role.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from expkit.domain.lifecycle import Role
from expkit.domain.permissions import EVERYWHERE, PERMISSIONS, ROLES, Elevation, Grant, Me, allows
from expkit.errors import Conflict, Forbidden, InvalidInput, NotFound, UnknownName
from expkit.registry.people_tables import elevations as asked
from expkit.registry.people_tables import grants as held
from expkit.storage import Work

__all__ = [
    "answer_elevation",
    "approved_elevation",
    "elevations",
    "grant",
    "grants",
    "is_open",
    "me",
    "request_elevation",
    "require",
    "require_role",
    "revoke",
    "role_of",
]


MAX_NAME = 200
"""As many characters of an actor's name as the audit keeps."""


def role_of(connection: sa.Connection, actor: str, project: str, at: datetime) -> Role | None:
    """The highest role that holds for somebody in a project at a time; None for none."""
    return me(connection, actor, at).role_in(project)


def me(connection: sa.Connection, actor: str, at: datetime) -> Me:
    """Somebody's name and the roles that hold for them at a time, by project."""
    if is_open(connection):
        return Me.model_construct(name=actor, is_open=True, roles={EVERYWHERE: "admin"})
    standing = sa.select(held.c.project, held.c.role).where(held.c.actor == actor)
    for_a_while = sa.select(asked.c.project, asked.c.role).where(
        asked.c.actor == actor, asked.c.state == "approved", asked.c.until > at
    )
    roles: dict[str, Role] = {}
    for project, role in connection.execute(standing.union_all(for_a_while)):
        roles[project] = max(roles.get(project, role), role, key=ROLES.index)
    return Me.model_construct(name=actor, roles=roles)  # as it is: a name that cannot be kept is the writer's to refuse


def is_open(connection: sa.Connection) -> bool:
    """Nobody has a role, so everybody may do everything."""
    return not connection.scalar(sa.select(sa.exists(sa.select(held.c.actor))))


def approved_elevation(
    connection: sa.Connection, actor: str, needed: Role, project: str, at: datetime
) -> Elevation | None:
    """The request for at least this role there that somebody else has approved and that still holds; the newest."""
    enough = [role for role in ROLES if allows(role, needed)]
    query = sa.select(asked).where(
        asked.c.actor == actor, asked.c.state == "approved", asked.c.until > at,
        asked.c.project.in_((project, EVERYWHERE)), asked.c.role.in_(enough),
    )  # fmt: skip
    row = connection.execute(query.order_by(asked.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Elevation.parse(dict(row._mapping))


def require(connection: sa.Connection, actor: str, permission: str, project: str, at: datetime) -> None:
    """Nothing when the actor may; else an error that says which role it takes and how to get it."""
    require_role(connection, actor, PERMISSIONS[permission], project, at, what=permission)


def require_role(connection: sa.Connection, actor: str, needed: Role, project: str, at: datetime, *, what: str) -> None:
    role = role_of(connection, actor, project, at)
    if not allows(role, needed):
        where = "in all projects" if project == EVERYWHERE else f"in project {project!r}"
        theirs = f"and theirs is {role}" if role else "and they have none"
        raise Forbidden(
            f"{actor!r} may not do {what!r} {where}: that takes the role {needed}, {theirs}.",
            hint=f"ask an admin for the role, or for a while: expkit roles request {needed} --project {project!r}"
            if role
            else "ask an admin for a role: everything but reading takes one.",
            role=needed,
            project=project,
        )


def grants(connection: sa.Connection) -> list[Grant]:
    query = sa.select(held.c.actor, held.c.role, held.c.project).order_by(held.c.project, held.c.actor)
    return [Grant(actor=row.actor, role=row.role, project=row.project) for row in connection.execute(query)]


def grant(work: Work, actor: str, role: str, project: str = EVERYWHERE) -> Grant:
    """Give somebody a role, in place of the one they had there."""
    known = _role(role)
    noun = Grant(actor=actor, role=known, project=project)
    if not noun.actor or noun.actor != actor or len(actor) > MAX_NAME:
        raise InvalidInput(
            "Whose role?", hint=f"name the person as the audit does: up to {MAX_NAME} characters, no blanks around."
        )
    before = _held(work.connection, actor, project)
    if (known, project) != ("admin", EVERYWHERE):
        _keep_an_admin(work.connection, but=(actor, project))
    work.connection.execute(sa.delete(held).where(held.c.actor == actor, held.c.project == project))
    work.connection.execute(
        sa.insert(held).values(actor=actor, project=project, role=known, granted_by=work.actor, at=work.at)
    )
    work.audit("role.grant", f"{actor}@{project}", before={"role": before} if before else None, after={"role": known})
    return noun


def revoke(work: Work, actor: str, project: str = EVERYWHERE, reason: str = "") -> None:
    """Take a role away; the last admin's stays."""
    before = _held(work.connection, actor, project)
    if before is None:
        raise NotFound(f"{actor!r} has no role in {project!r}.", hint="see: expkit roles list")
    _keep_an_admin(work.connection, but=(actor, project))
    work.connection.execute(sa.delete(held).where(held.c.actor == actor, held.c.project == project))
    work.audit("role.revoke", f"{actor}@{project}", before={"role": before}, reason=reason)


def request_elevation(work: Work, role: str, *, project: str, reason: str, hours: float) -> Elevation:
    """Ask for more rights for a while."""
    noun = Elevation(
        id=1, actor=work.actor, role=_role(role), project=project, reason=reason, hours=hours, requested_at=work.at
    )
    if not noun.reason:
        raise InvalidInput("A request for more rights needs a reason.", hint="say what you need them for.")
    number = work.connection.scalar(
        sa.insert(asked)
        .values(
            actor=noun.actor, project=project, role=noun.role, reason=noun.reason, hours=hours,
            state="pending", requested_at=work.at,
        )
        .returning(asked.c.id)
    )  # fmt: skip
    work.audit(
        "elevation.request",
        f"elevation-{number}",
        after={"role": role, "project": project, "hours": hours},
        reason=reason,
    )
    return noun.changed(id=number)


def answer_elevation(work: Work, number: int, *, approve: bool, reason: str = "") -> Elevation:
    """Approve it, and it holds for its hours from now; or deny it. Nobody answers their own."""
    before = elevation(work.connection, number)
    if before.actor == work.actor:
        raise Forbidden(f"Request {number} is your own.", hint="another admin has to answer it.")
    values = {
        "state": "approved" if approve else "denied",
        "answered_by": work.actor,
        "answered_at": work.at,
        "until": work.at + timedelta(hours=before.hours) if approve else None,
    }
    answered = sa.update(asked).where(asked.c.id == number, asked.c.state == "pending").values(values)
    if work.connection.execute(answered).rowcount != 1:
        state = elevation(work.connection, number).state
        raise Conflict(f"Request {number} is {state} already.", hint="a new request can be made at any time.")
    after = {"state": values["state"], "until": values["until"] and str(values["until"])}
    work.audit("elevation.answer", f"elevation-{number}", before={"state": "pending"}, after=after, reason=reason)
    return elevation(work.connection, number)


def elevation(connection: sa.Connection, number: int) -> Elevation:
    row = connection.execute(sa.select(asked).where(asked.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no request {number}.", hint="see: expkit roles requests")
    return Elevation.parse(dict(row._mapping))


def elevations(connection: sa.Connection, *, state: str | None = None) -> list[Elevation]:
    """The newest first."""
    query = sa.select(asked).order_by(asked.c.id.desc()).limit(1000)
    if state is not None:
        query = query.where(asked.c.state == state)
    return [Elevation.parse(dict(row._mapping)) for row in connection.execute(query)]


def _held(connection: sa.Connection, actor: str, project: str) -> Role | None:
    found: Role | None = connection.scalar(
        sa.select(held.c.role).where(held.c.actor == actor, held.c.project == project)
    )
    return found


def _keep_an_admin(connection: sa.Connection, but: tuple[str, str]) -> None:
    """Somebody must be able to hand out roles: an admin everywhere, other than the one that is being changed."""
    admins = connection.execute(
        sa.select(held.c.actor).where(held.c.role == "admin", held.c.project == EVERYWHERE, held.c.actor != but[0])
    ).all()
    own = _held(connection, but[0], EVERYWHERE) == "admin" and but[1] != EVERYWHERE
    if not admins and not own:
        raise Conflict(
            "That would leave nobody who may hand out roles.",
            hint="first make somebody admin: expkit roles grant NAME admin",
        )


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise UnknownName.among("role", name, ROLES)
