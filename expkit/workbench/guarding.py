"""Loosening a guardrail of what runs: with the word of a second person, as far as there is one and the policy asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.loosening import loosened
from expkit.errors import Forbidden
from expkit.storage import Work

__all__ = ["RUNNING", "refuse_unapproved"]

RUNNING = ("active", "paused", "rolling_out")


def refuse_unapproved(work: Work, before: Experiment, changes: Mapping[str, Any], reason: str) -> None:
    """Nothing when no guardrail is loosened, or when it may be: then that is an entry of its own in the audit.

    Whoever does it needs rights for a while that somebody else has approved, whatever role they hold. Where nobody has
    a role there is nobody to ask.
    """
    if before.status not in RUNNING or "guardrails" not in changes:
        return
    after = Experiment.parse({**before.definition(), "guardrails": changes["guardrails"]}).guardrails
    less = loosened(before.guardrails, after)
    if not less:
        return
    strictness = registry.policy_for(work.connection, before.project).loosening
    approved = registry.approved_elevation(work.connection, work.actor, "operator", before.project, work.at)
    if approved is None and strictness == "block" and not registry.is_open(work.connection):
        raise Forbidden(
            f"A guardrail of the running {before.key!r} would watch less ({'; '.join(less)}): that takes a second "
            "person's word.",
            hint=f"ask for it, and let another admin approve: expkit roles request operator --project "
            f"{before.project!r} --reason ...; then repeat this. A policy with loosening: warn needs no approval.",
            role="operator",
            project=before.project,
        )
    told = {
        "guardrails": [guardrail.line for guardrail in after],
        "loosened": less,
        "policy": strictness,
        "approved_by": approved.answered_by if approved else "",
        "request": approved.id if approved else None,
    }
    known = {"guardrails": [guardrail.line for guardrail in before.guardrails]}
    work.audit("guardrail.loosen", before.key, before=known, after=told, reason=reason)
