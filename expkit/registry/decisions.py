"""What a delivered snapshot is made of: since when it holds, and which phase each experiment is in."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.registry.experiments import _LEAVES_AS_IT_WAS as LEAVES_AS_IT_WAS
from expkit.registry.tables import phases
from expkit.storage.audit import audit_table

__all__ = ["current_phases", "last_decision"]


def last_decision(connection: sa.Connection) -> int:
    """The number of the newest change that decides over assignments; the same wherever it is asked."""
    audit = audit_table.c
    decides = sa.or_(audit.action.like("experiment.%"), audit.action.like("assign.%"))
    newest = sa.select(audit.id).where(decides, audit.action.not_in(LEAVES_AS_IT_WAS)).order_by(audit.id.desc())
    return int(connection.scalar(newest.limit(1)) or 0)


def current_phases(connection: sa.Connection) -> dict[str, int]:
    """The number of each experiment's newest phase."""
    newest = sa.select(phases.c.experiment, sa.func.max(phases.c.phase)).group_by(phases.c.experiment)
    return {key: int(phase) for key, phase in connection.execute(newest)}
