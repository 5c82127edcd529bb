"""Who may do what: the roles in order, and the least role for every verb. The only home of both."""

from __future__ import annotations

from typing import get_args

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.lifecycle import Role
from expkit.domain.noun import LongText, Noun, Text

__all__ = ["EVERYWHERE", "PERMISSIONS", "ROLES", "Elevation", "Grant", "Me", "allows"]

ROLES: tuple[Role, ...] = get_args(Role)
"""Each may what those before it may."""
EVERYWHERE = "*"
"""The project of a grant or a policy that holds in all projects."""

PERMISSIONS: dict[str, Role] = {
    "read": "viewer",
    "assign": "viewer",
    "experiment.create": "experimenter",
    "experiment.update": "experimenter",
    "experiment.restore": "experimenter",
    "experiment.delete": "experimenter",
    "experiment.move": "experimenter",  # at least; the lifecycle's table says for each move
    "experiment.review": "experimenter",
    "experiment.schedule": "experimenter",
    "experiment.analyze": "experimenter",
    "experiment.report": "viewer",
    "experiment.sign": "experimenter",
    "experiment.learn": "experimenter",
    "assign.override": "experimenter",
    "group.save": "experimenter",
    "holdout.set": "operator",
    "traffic.change": "operator",
    "guardrails.change": "operator",
    "alert.acknowledge": "experimenter",
    "channels.try": "admin",
    "note.write": "experimenter",
    "review.answer": "reviewer",
    "metric.define": "experimenter",
    "events.log": "experimenter",
    "events.move": "experimenter",
    "batch.run": "experimenter",
    "batch.abort": "experimenter",
    "elevation.request": "viewer",
    "elevation.answer": "admin",
    "role.grant": "admin",
    "token.manage": "admin",  # other people's; everybody may manage their own
    "policy.set": "admin",
    "retention.apply": "admin",
    "audit.read": "viewer",
}


def allows(role: Role | None, needed: Role) -> bool:
    """Whether a role reaches the needed one."""
    return role is not None and ROLES.index(role) >= ROLES.index(needed)


class Grant(Noun):
    """A role of one person in one project (`*`: in all), for good or until a time."""

    actor: Text
    role: Role
    project: Text = EVERYWHERE
    until: Timestamp | None = None


class Me(Noun):
    """Whoever asks: their name as the audit has it, and their highest role per project, elevations included."""

    name: Text
    is_open: bool = False
    """Nobody has a role yet, and so everybody may do everything."""
    roles: dict[str, Role] = {}
    """By project; what stands under `*` holds in all of them."""

    def role_in(self, project: str) -> Role | None:
        """The role that holds there; None for none."""
        found = [self.roles[name] for name in (project, EVERYWHERE) if name in self.roles]
        return max(found, key=ROLES.index, default=None)


class Elevation(Noun):
    """A request for more rights for a while: asked with a reason, answered by an admin, expired by itself."""

    id: int = Field(ge=1)
    actor: Text
    role: Role
    project: Text = EVERYWHERE
    reason: LongText
    hours: float = Field(gt=0, le=24 * 31)
    state: Text = "pending"
    """pending, approved, denied."""
    requested_at: Timestamp
    answered_by: Text = ""
    answered_at: Timestamp | None = None
    until: Timestamp | None = None
