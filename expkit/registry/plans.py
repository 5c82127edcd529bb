"""Signed plans: what will be judged and how, fixed by a digest before the start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.errors import Conflict
from expkit.registry.experiments import get
from expkit.registry.tables import plans as table
from expkit.storage import Work

__all__ = ["SignedPlan", "definition_digest", "plan_digest", "sign_plan", "signed_plans"]

PLANNED = ("hypothesis", "metrics", "guardrails", "plan", "stopping", "sample_size", "exposure_rule")


class SignedPlan(NamedTuple):
    digest: str
    version: int
    signed_by: str
    at: datetime


def plan_digest(experiment: Experiment) -> str:
    """SHA-256 of what is promised: question, metrics, method, stopping, and the variants that are compared."""
    return definition_digest(experiment.definition())


def definition_digest(definition: Mapping[str, Any]) -> str:
    """The same of a definition as it is kept."""
    promised = {name: definition.get(name) for name in PLANNED}
    promised["variants"] = [variant["key"] for variant in definition["variants"]]
    text = json.dumps(promised, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sign_plan(work: Work, key: str) -> SignedPlan:
    """Sign the plan as it stands; that is done before the start or not at all."""
    experiment = get(work.connection, key)
    if experiment.started_at is not None:
        raise Conflict(f"Experiment {key!r} has started; a plan is signed before.", hint="clone it to plan a new one.")
    digest = plan_digest(experiment)
    for signed in signed_plans(work.connection, key):
        if signed.digest == digest:
            return signed
    values = {"version": experiment.version, "signed_by": work.actor, "at": work.at}
    work.connection.execute(sa.insert(table).values(experiment=key, digest=digest, **values))
    work.audit("experiment.sign", key, after={"digest": digest, "version": experiment.version})
    return SignedPlan(digest, experiment.version, work.actor, work.at)


def signed_plans(connection: sa.Connection, key: str) -> list[SignedPlan]:
    """The newest first."""
    columns = (table.c.digest, table.c.version, table.c.signed_by, table.c.at)
    query = sa.select(*columns).where(table.c.experiment == key).order_by(table.c.at.desc())
    return [SignedPlan(*row) for row in connection.execute(query)]
