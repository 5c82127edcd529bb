"""The steps of the lifecycle, with what follows from them: phases, baselines, the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from expkit.domain import Experiment, find_move
from expkit.errors import InvalidInput
from expkit.registry.baselines import end_baselines, record_baselines
from expkit.registry.experiments import get, locked
from expkit.registry.looks import latest_look
from expkit.registry.phases import close_phase, open_phase
from expkit.registry.tables import experiments, moves
from expkit.storage import Work

__all__ = ["move"]

_STARTS = {"start"}
_ENDS = {"stop", "rollback"}


def move(work: Work, key: str, verb: str, reason: str = "", *, evidence: Mapping[str, Any] | None = None) -> Experiment:
    """One step of the lifecycle, or an error that names the legal ones. `evidence` is what an end rests on: its `units`
    by variant, and whatever else was known then.
    """
    before = locked(work, key)
    step = find_move(verb, before.status, key)
    reason = reason.strip()
    if step.needs_reason and not reason:
        raise InvalidInput(f"To {verb} {key!r} needs a reason.", hint="say why, for example: reason='completed'.")
    values: dict[str, Any] = {"status": step.target, "updated_at": work.at}
    if verb in _STARTS:
        values["started_at"] = work.at
    if verb in _ENDS and before.stopped_at is None:  # a rollout that is taken back was stopped long before
        values["stopped_at"] = max(work.at, before.started_at or work.at)  # whatever this process's clock says
    work.connection.execute(sa.update(experiments).where(experiments.c.key == key).values(values))
    work.connection.execute(
        sa.insert(moves).values(
            experiment=key, verb=verb, source=step.source, target=step.target,
            actor=work.actor, reason=reason, at=work.at, evidence=dict(evidence) if evidence else None,
        )
    )  # fmt: skip
    if verb in _STARTS:
        open_phase(work, before)
    after: dict[str, Any] = {"status": step.target, "version": before.version}
    if verb in _ENDS:
        close_phase(work, key)
        after |= _reached(work.connection, key) | dict(evidence or {})
    if verb == "promote":
        record_baselines(work, before)
    if verb == "rollback":
        end_baselines(work, before)
    work.audit(f"experiment.{verb}", key, before={"status": step.source}, after=after, reason=reason)
    return get(work.connection, key)


def _reached(connection: sa.Connection, key: str) -> dict[str, Any]:
    """How many units each arm had at the newest look; nothing when nobody has looked."""
    scorecard = latest_look(connection, key) or {}
    units = {arm["key"]: arm["n"] for arm in scorecard.get("arms", ())}
    return {"look": scorecard["look"], "units": units} if units else {}
