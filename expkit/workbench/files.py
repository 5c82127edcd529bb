"""The verbs of files: experiments that live in git, compared with the registry and brought into it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Literal, NamedTuple

import sqlalchemy as sa

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.diff import Change, diff
from expkit.errors import Conflict, InvalidInput
from expkit.storage import Work
from expkit.workbench.desk import Desk

__all__ = ["FileVerbs", "Planned"]


class Planned(NamedTuple):
    """What `apply` would do with one definition."""

    key: str
    action: Literal["create", "update", "nothing"]
    changes: tuple[Change, ...] = ()


class FileVerbs(Desk):
    def plan(self, experiments: Iterable[Experiment]) -> builtins.list[Planned]:
        """What `apply` would do with each. Nothing is changed."""
        with self._read() as connection:
            return [_planned(connection, wanted) for wanted in _once(experiments)]

    def apply(self, experiments: Iterable[Experiment], reason: str = "") -> builtins.list[Planned]:
        """Create what is new and change what differs, all or nothing. Applied again, it does nothing.

        A definition says what shall be; states (started, stopped) are moved by their own verbs.
        """
        wanted = list(_once(experiments))
        with self._work() as work:  # in one order for everybody, so that no two wait for each other
            done = {each.key: self._applied(work, each, reason) for each in sorted(wanted, key=lambda each: each.key)}
        return [done[each.key] for each in wanted]

    def _applied(self, work: Work, wanted: Experiment, reason: str) -> Planned:
        planned = _planned(work.connection, wanted)
        if planned.action == "create":
            registry.require(work.connection, self.actor, "experiment.create", wanted.project, work.at)
            registry.create(work, _definition_only(wanted))
        elif planned.action == "update":
            self._may_change(work, wanted, planned)
            registry.replace(work, wanted.key, _definition_only(wanted), reason or "applied from a file")
        return planned

    def _may_change(self, work: Work, wanted: Experiment, planned: Planned) -> None:
        from expkit.workbench.experiments import also_needed

        before = registry.get(work.connection, wanted.key)
        registry.require(work.connection, self.actor, "experiment.update", before.project, work.at)
        touched = {change.path.split(".")[0].split("[")[0] for change in planned.changes}
        for permission, project in also_needed(before, {name: getattr(wanted, name) for name in touched}):
            registry.require(work.connection, self.actor, permission, project, work.at)


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
