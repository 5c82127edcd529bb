"""The rules of each project; where a project has none, the organisation's; where that has none, the defaults."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.domain.permissions import EVERYWHERE
from expkit.domain.policy import Policy
from expkit.registry.people_tables import policies as table
from expkit.storage import Work

__all__ = ["policies", "policy_for", "set_policy"]


def policy_for(connection: sa.Connection, project: str) -> Policy:
    """The rules that hold in a project."""
    rows = connection.execute(
        sa.select(table.c.project, table.c.policy).where(table.c.project.in_((project, EVERYWHERE)))
    )
    found = {row.project: row.policy for row in rows}
    return Policy.parse({**found.get(project, found.get(EVERYWHERE, {})), "project": project})


def policies(connection: sa.Connection) -> list[Policy]:
    """What has been set."""
    return [Policy.parse(policy) for policy in connection.scalars(sa.select(table.c.policy).order_by(table.c.project))]


def set_policy(work: Work, policy: Policy, reason: str = "") -> Policy:
    """In place of the project's rules so far."""
    query = sa.select(table).where(table.c.project == policy.project).with_for_update()
    before = work.connection.execute(query).one_or_none()
    rules = policy.model_dump(mode="json")
    values = {"policy": rules, "set_by": work.actor, "at": work.at}
    if before is None:
        work.connection.execute(sa.insert(table).values(project=policy.project, version=1, **values))
    else:
        newer = sa.update(table).where(table.c.project == policy.project)
        work.connection.execute(newer.values(version=before.version + 1, **values))
    work.audit(
        "policy.set", policy.project, before=before.policy if before else None, after=rules, reason=reason
    )  # fmt: skip
    return policy
