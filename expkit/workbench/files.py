"""The verbs of files: experiments that live in git, compared with the registry and brought into it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.diff import diff
from expkit.errors import Conflict, InvalidInput, Overtaken
from expkit.registry.experiments import lock_all
from expkit.storage import Work
from expkit.workbench.desk import Desk
from expkit.workbench.guarding import refuse_unapproved
from expkit.workbench.planned import Planned

if TYPE_CHECKING:
    from expkit.assign.dialects import Imported

__all__ = ["FileVerbs", "Planned"]


class FileVerbs(Desk):
    def plan(self, experiments: Iterable[Experiment]) -> builtins.list[Planned]:
        """What `apply` would do with each. Nothing is changed."""
        with self._read() as connection:
            return [_planned(connection, wanted) for wanted in _once(experiments)]

    def apply(
        self, experiments: Iterable[Experiment], reason: str = "", *, plan: Iterable[Planned] | None = None
    ) -> builtins.list[Planned]:
        """Create what is new and change what differs, all or nothing. Applied again, it does nothing.

        A definition says what shall be; states (started, stopped) are moved by their own verbs. With the `plan` that
        somebody has agreed to, nothing is changed when it would do anything else by now.
        """
        wanted = list(_once(experiments))
        with self._work() as work:
            lock_all(work, [each.key for each in wanted])
            planned = [_planned(work.connection, each) for each in wanted]
            if plan is not None:
                _refuse_another(planned, plan)
            for each, does in sorted(zip(wanted, planned, strict=True), key=lambda pair: pair[0].key):
                self._do(work, each, does, reason)
        return planned

    def import_experiments(self, payload: Any, source: str, *, dry_run: bool = False) -> builtins.list[Imported]:
        """Drafts from the definitions of another tool (growthbook, eppo, unleash), as parsed JSON or its text; what
        became of each, and why. Nothing that is there already is changed.
        """
        from expkit.workbench.foreign import import_into

        return import_into(self, payload, source, dry_run=dry_run)

    def _do(self, work: Work, wanted: Experiment, planned: Planned, reason: str) -> None:
        if planned.action == "create":
            registry.require(work.connection, self.actor, "experiment.create", wanted.project, work.at)
            registry.create(work, _definition_only(wanted), reason or "applied from a file")
        elif planned.action == "update":
            self._may_change(work, wanted, planned, reason)
            registry.replace(work, wanted.key, _definition_only(wanted), reason or "applied from a file")

    def _may_change(self, work: Work, wanted: Experiment, planned: Planned, reason: str) -> None:
        from expkit.workbench.experiments import also_needed

        before = registry.get(work.connection, wanted.key)
        registry.require(work.connection, self.actor, "experiment.update", before.project, work.at)
        touched = {change.path.split(".")[0].split("[")[0] for change in planned.changes}
        changes = {name: getattr(wanted, name) for name in touched}
        for permission, project in also_needed(before, changes):
            registry.require(work.connection, self.actor, permission, project, work.at)
        refuse_unapproved(work, before, changes, reason)


def _refuse_another(now: builtins.list[Planned], seen: Iterable[Planned]) -> None:
    agreed = {item.key: item for item in seen}
    others = sorted({item.key for item in now if agreed.get(item.key) != item} | (agreed.keys() - {i.key for i in now}))
    if others:
        raise Overtaken(
            f"The plan is another one by now: somebody has changed {_some(others)}. Nothing was applied.",
            hint="plan again, and read the new one.",
        )


def _some(keys: builtins.list[str], limit: int = 5) -> str:
    more = f" and {len(keys) - limit:,} more" if len(keys) > limit else ""
    return ", ".join(map(repr, keys[:limit])) + more


def _planned(connection: sa.Connection, wanted: Experiment) -> Planned:
    found = registry.find_one(connection, wanted.key)
    if found is None:
        return Planned(wanted.key, "create")
    changes = tuple(diff(found.definition(), wanted.definition()))
    return Planned(wanted.key, "update" if changes else "nothing", changes)


def _definition_only(experiment: Experiment) -> Experiment:
    """A file may carry the state it was exported with; it is the registry's, and is left out."""
    return Experiment.parse(experiment.definition())


def _once(experiments: Iterable[Experiment]) -> Iterable[Experiment]:
    seen: set[str] = set()
    for experiment in experiments:
        if not isinstance(experiment, Experiment):
            raise InvalidInput(f"This is a {type(experiment).__name__}, no experiment.", hint="parse it first.")
        if experiment.key in seen:
            raise Conflict(
                f"Two definitions have the key {experiment.key!r}.", hint="keep one, or give one another key."
            )
        seen.add(experiment.key)
        yield experiment
