"""The metric catalogue: one definition of each KPI for all experiments, versioned, with an owner.

An experiment carries its metrics' definitions itself, so that a later change here never rewrites what a past
scorecard says; the pre-launch checklist tells where the two differ.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from expkit.domain import Experiment, Metric
from expkit.domain.collaboration import Version
from expkit.domain.diff import Change, diff, with_default
from expkit.errors import Conflict, Forbidden, InvalidInput, NotFound, Overtaken, did_you_mean
from expkit.registry.access import MAX_NAME
from expkit.registry.people_tables import catalogue, catalogue_versions
from expkit.storage import Work

__all__ = ["define_metric", "deviations", "metric", "metric_versions", "metrics"]


def define_metric(
    work: Work, noun: Metric, *, version: int | None = None, reason: str = "", admin: bool = False
) -> Metric:
    """Add a metric, or a new version of one's own. Its owner is whoever defined it first, unless it names one."""
    if work.connection.dialect.name == "postgresql":  # SQLite has one writer anyway; here twins could slip in at once
        work.connection.execute(sa.text("LOCK TABLE metrics IN SHARE ROW EXCLUSIVE MODE"))
    row = work.connection.execute(sa.select(catalogue).where(catalogue.c.key == noun.key)).one_or_none()
    owned = noun if noun.owner else noun.changed(owner=row.owner if row else work.actor)
    if len(owned.owner) > MAX_NAME:
        raise InvalidInput(f"The owner's name has {len(owned.owner)} characters.", hint=f"{MAX_NAME} are kept.")
    definition = owned.to_dict()
    _refuse_a_twin(work.connection, owned)
    if row is None:
        values = {"key": noun.key, "version": 1, "owner": owned.owner, "definition": definition, "updated_at": work.at}
        work.connection.execute(sa.insert(catalogue).values(values))
        _keep(work, noun.key, 1, definition, reason)
        work.audit("metric.define", noun.key, after={"version": 1, "definition": definition}, reason=reason)
        return owned
    if row.definition == definition:
        return owned
    if work.actor != row.owner and not admin:
        raise Forbidden(
            f"Metric {noun.key!r} belongs to {row.owner!r}.", hint="ask its owner, or define one under another key."
        )
    if version is not None and version != row.version:
        raise Overtaken(
            f"Metric {noun.key!r} is at version {row.version}, and you saw {version}.", hint="look at it again."
        )
    newer = {"version": row.version + 1, "owner": owned.owner, "definition": definition, "updated_at": work.at}
    work.connection.execute(sa.update(catalogue).where(catalogue.c.key == noun.key).values(newer))
    _keep(work, noun.key, row.version + 1, definition, reason)
    told = {change.path: [change.before, change.after] for change in diff(row.definition, definition)}
    after = {"version": row.version + 1, "changes": told}
    work.audit("metric.define", noun.key, before={"version": row.version}, after=after, reason=reason)
    return owned


def metric(connection: sa.Connection, key: str) -> Metric:
    found = connection.scalar(sa.select(catalogue.c.definition).where(catalogue.c.key == key))
    if found is None:
        known = connection.scalars(sa.select(catalogue.c.key))
        raise NotFound(f"The catalogue has no metric {key!r}.", hint=did_you_mean(key, known))
    return Metric.parse(found)


def metrics(connection: sa.Connection) -> list[Metric]:
    return [
        Metric.parse(found) for found in connection.scalars(sa.select(catalogue.c.definition).order_by(catalogue.c.key))
    ]


def metric_versions(connection: sa.Connection, key: str) -> list[Version]:
    """The newest first, each with what it changed."""
    metric(connection, key)
    query = sa.select(catalogue_versions).where(catalogue_versions.c.key == key).order_by(catalogue_versions.c.version)
    found: list[Version] = []
    before: dict[str, Any] = {}
    for row in connection.execute(query):
        changes = _told(before, row.definition) if before else ()
        found.append(
            Version(
                experiment=key, version=row.version, author=row.author, reason=row.reason, at=row.at, changes=changes
            )
        )
        before = row.definition
    return found[::-1]


def _told(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(with_default(change, Metric))[:500] for change in diff(before, after))


def deviations(connection: sa.Connection, experiment: Experiment) -> dict[str, list[Change] | None]:
    """Per metric of an experiment what differs from the catalogue; None for one that the catalogue does not have."""
    named = [*experiment.metrics, *(guardrail.metric for guardrail in experiment.guardrails)]
    query = sa.select(catalogue.c.key, catalogue.c.definition).where(catalogue.c.key.in_([noun.key for noun in named]))
    known = {row.key: row.definition for row in connection.execute(query)}
    found: dict[str, list[Change] | None] = {}
    for noun in named:
        if noun.key not in known:
            found[noun.key] = None
        elif changes := diff(_meaning(Metric.parse(known[noun.key])), _meaning(noun)):
            found[noun.key] = changes
    return found


def _meaning(noun: Metric) -> dict[str, Any]:
    """What decides the number, whatever it is called: two metrics with one meaning are one KPI."""
    full = noun.model_dump(mode="json", exclude={"key", "name", "description", "owner", "unit", "denominator"})
    return {
        **full,
        "event": noun.numerator_event,
        "denominator": noun.denominator_event if noun.kind == "ratio" else "",
    }


def _refuse_a_twin(connection: sa.Connection, noun: Metric) -> None:
    for other in metrics(connection):
        if other.key != noun.key and _meaning(other) == _meaning(noun):
            raise Conflict(
                f"Metric {other.key!r} of {other.owner!r} already measures the same.",
                hint=f"use {other.key!r}, or measure something else.",
            )
        if other.key != noun.key and other.title.casefold() == noun.title.casefold():
            raise InvalidInput(
                f"Metric {other.key!r} is already called {other.title!r}.",
                hint="give yours a name that tells them apart.",
            )


def _keep(work: Work, key: str, version: int, definition: dict[str, Any], reason: str) -> None:
    values = {
        "key": key,
        "version": version,
        "definition": definition,
        "author": work.actor,
        "reason": reason,
        "at": work.at,
    }
    work.connection.execute(sa.insert(catalogue_versions).values(values))
