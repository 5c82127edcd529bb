"""Changing a definition: every change is a version with author, reason and what changed; none is ever lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from expkit.domain import STATE_FIELDS, Experiment, Rollout
from expkit.domain.allocation import least_moving_order
from expkit.domain.collaboration import Version
from expkit.domain.diff import diff, with_default
from expkit.errors import Conflict, InvalidInput, NotFound, Overtaken, did_you_mean
from expkit.registry.experiments import definition_columns, get, keep_version, locked, refuse_state
from expkit.registry.phases import open_phase
from expkit.registry.tables import experiments
from expkit.registry.tables import versions as table
from expkit.storage import Work

__all__ = ["at_version", "choose_winner", "delete_draft", "replace", "restore", "update", "versions"]

ALWAYS = frozenset({"name", "description", "owner", "department", "tags", "rice"})
WHILE_RUNNING = ALWAYS | {
    "coverage", "variants", "guardrails", "stopping", "schedule", "priority", "ramp", "sticky", "bucket_version",
    "min_bucket_version", "bucket_order",
}  # fmt: skip
OPEN = frozenset({"draft", "review", "scheduled"})
RUNNING = frozenset({"active", "paused"})
ROLLING = frozenset({"rolling_out"})


def update(
    work: Work, key: str, changes: Mapping[str, Any], *, version: int | None = None, reason: str = ""
) -> Experiment:
    """Change some fields. With `version`, the change is refused when somebody else was faster."""
    before = locked(work, key)
    if version is not None and version != before.version:
        raise _overtaken(work.connection, before, version)
    if "key" in changes and changes["key"] != key:
        raise InvalidInput(f"The key of {key!r} cannot be changed.", hint="clone it under the new key.")
    refuse_state(key, changes, before)
    wanted = {name: value for name, value in changes.items() if name not in STATE_FIELDS}
    after = Experiment.parse({**before.definition(), **wanted})
    return _store(work, before, after, reason)


def replace(work: Work, key: str, wanted: Experiment, reason: str = "") -> Experiment:
    """The whole definition, as a new version; fields that it leaves out go back to their defaults."""
    return _store(work, locked(work, key), wanted, reason)


def restore(work: Work, key: str, version: int, reason: str = "") -> Experiment:
    """A new version that equals an old one."""
    before = locked(work, key)
    old = Experiment.parse(at_version(work.connection, key, version))
    return _store(work, before, old, reason or f"restored version {version}")


def versions(connection: sa.Connection, key: str) -> list[Version]:
    """The newest first, each with what it changed."""
    get(connection, key)
    rows = connection.execute(sa.select(table).where(table.c.experiment == key).order_by(table.c.version)).all()
    before: dict[str, Any] = {}
    found = []
    for row in rows:
        changes = _told(before, row.definition) if before else ()
        found.append(
            Version(
                experiment=key, version=row.version, author=row.author, reason=row.reason, at=row.at, changes=changes
            )
        )
        before = row.definition
    return found[::-1]


def _told(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(with_default(change, Experiment))[:500] for change in diff(before, after))


def at_version(connection: sa.Connection, key: str, version: int) -> dict[str, Any]:
    """The definition as it was."""
    query = sa.select(table.c.definition).where(table.c.experiment == key, table.c.version == version)
    found: dict[str, Any] | None = connection.scalar(query)
    if found is None:
        known = connection.scalars(
            sa.select(table.c.version).where(table.c.experiment == key).order_by(table.c.version)
        )
        raise NotFound(
            f"Experiment {key!r} has no version {version}.", hint=did_you_mean(str(version), map(str, known))
        )
    return found


def delete_draft(work: Work, key: str, reason: str = "") -> None:
    """A draft that was never started may go; the audit keeps its last definition."""
    before = locked(work, key)
    if before.status != "draft":
        raise Conflict(
            f"Experiment {key!r} is {before.status}; only a draft can be deleted.", hint="archive it when it has ended."
        )
    work.connection.execute(sa.delete(experiments).where(experiments.c.key == key))
    work.audit(
        "experiment.delete", key, before={"version": before.version, "definition": before.definition()}, reason=reason
    )


def choose_winner(
    work: Work, key: str, variant: str | None, share: float | None, reason: str, steps: Sequence[Any] = ()
) -> Experiment:
    """Write into the definition what is to be rolled out: the variant named, else the only treatment there is; with
    `steps` first to the share of the step for no hours, or to nobody.
    """
    before = locked(work, key)
    won = before.variant(variant) if variant is not None else before.winner
    if won is None:
        treatments = ", ".join(repr(one.key) for one in before.treatments)
        raise InvalidInput(f"Experiment {key!r} has several treatments: which one won?", hint=f"name it: {treatments}.")
    if steps and share is not None:
        raise InvalidInput("Both share and steps are given.", hint="give one of them: the first step has its share.")
    share = (0.0 if steps else 1.0) if share is None else share
    planned = Rollout.parse({"variant": won.key, "share": share, "steps": list(steps)})
    rollout = planned.changed(share=planned.due(0.0)).to_dict()
    return _write(work, before, Experiment.parse({**before.definition(), "rollout": rollout}), reason)


def _store(work: Work, before: Experiment, after: Experiment, reason: str) -> Experiment:
    changes = diff(before.definition(), after.definition())
    if changes:
        _refuse_what_is_settled(before, {change.path.split(".")[0].split("[")[0] for change in changes}, after)
    return _write(work, before, _with_least_moves(before, after), reason)


def _with_least_moves(before: Experiment, after: Experiment) -> Experiment:
    """Other weights while units are in: the arms in the order in which the fewest of them get another variant."""
    if before.status not in RUNNING or before.shares == after.shares:
        return after
    begin = before.starts
    ranges = {key: (begin[key], begin[key] + before.coverage * share) for key, share in before.shares.items()}
    order = least_moving_order(ranges, after.shares, after.coverage, before.bucket_order)
    as_written = order == tuple(after.shares)
    return Experiment.parse({**after.definition(), "bucket_order": () if as_written else order})


def _write(work: Work, before: Experiment, after: Experiment, reason: str) -> Experiment:
    changes = diff(before.definition(), after.definition())
    if not changes:
        return before
    version = before.version + 1
    columns = definition_columns(after)
    work.connection.execute(
        sa.update(experiments)
        .where(experiments.c.key == before.key)
        .values(**columns, version=version, updated_at=work.at)
    )
    keep_version(work, before.key, version, columns["definition"], reason)
    told = {change.path: [change.before, change.after] for change in changes}
    after_told = {"version": version, "changes": told}
    work.audit("experiment.update", before.key, before={"version": before.version}, after=after_told, reason=reason)
    stored = get(work.connection, before.key)
    if before.status in RUNNING and (stored.shares, stored.coverage) != (before.shares, before.coverage):
        open_phase(work, stored)
    return stored


def _refuse_what_is_settled(before: Experiment, touched: set[str], after: Experiment) -> None:
    """A running experiment's question stands; a finished one's record does."""
    if before.status in OPEN:
        return
    allowed = WHILE_RUNNING if before.status in RUNNING else ALWAYS
    if before.status in ROLLING:
        allowed = ALWAYS | {"rollout"}
    settled = sorted(touched - allowed)
    if not settled and before.status in RUNNING:
        same = [variant.changed(weight=0.0) for variant in before.variants]
        if same != [variant.changed(weight=0.0) for variant in after.variants]:
            settled = ["variants (other than their weights)"]
    if settled:
        raise Conflict(
            f"Experiment {before.key!r} is {before.status}: {', '.join(settled)} cannot be changed any more.",
            hint=f"{', '.join(sorted(allowed))} can; for another question, clone it.",
        )


def _overtaken(connection: sa.Connection, now: Experiment, seen: int) -> Overtaken:
    since = [entry for entry in versions(connection, now.key) if entry.version > seen]
    who = ", ".join(dict.fromkeys(entry.author for entry in since)) or "somebody"
    what = "; ".join(change for entry in since for change in entry.changes)[:300]
    return Overtaken(
        f"Experiment {now.key!r} is at version {now.version}, and you saw version {seen}: changed by {who} ({what}).",
        hint="look at it again and repeat your change on top of theirs.",
    )
