"""The verbs of assignment: ask, force, hold out, look back, look for faults."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.assign import Assigner, Memory, code_in, lint
from expkit.domain import Assignment, Exposure, Finding, Group, Holdout, Override
from expkit.workbench.desk import compiled
from expkit.workbench.events import EventVerbs

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["AssignmentVerbs"]


class AssignmentVerbs(EventVerbs):
    def assign(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory | None = None,
        url: str | None = None,
        explain: bool = False,
    ) -> Assignment:
        """Which variant a unit gets. Nothing is recorded: log an exposure when the unit has seen it.

        `url` may carry an override's code, `sticky` what the caller remembers the unit by; with `explain` the answer
        says in `trace` what was looked at.
        """
        assigner = self._shared.assigner()
        memory = self._memory(assigner, user_id, session_id, sticky)
        return assigner.assign(
            user_id, session_id, attributes, experiment, page_type, placement, memory, code_in(url), None, explain
        )

    def assign_all(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiments: Iterable[str] | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory | None = None,
        url: str | None = None,
    ) -> dict[str, Assignment]:
        """What `assign` answers for each of these experiments; by default for all that are active or rolled out."""
        assigner = self._shared.assigner()
        memory = self._memory(assigner, user_id, session_id, sticky)
        return assigner.assign_all(
            user_id, session_id, attributes, page_type, placement, experiments=experiments, sticky=memory,
            code=code_in(url),
        )  # fmt: skip

    def assign_frame(self, frame: Any, *, experiment: str) -> Any:
        """The caller's frame (pandas, polars, pyarrow) with a column `variant`, null where there is none."""
        assigner = self._shared.assigner()
        memory: Memory = {}
        if assigner.remembers:
            with self._read() as connection:
                memory = registry.memory_in(connection, assigner.needs(experiment))
        return assigner.assign_frame(frame, experiment, sticky=memory)

    def expose(
        self,
        *,
        experiment: str,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        event: str = "",
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory | None = None,
        url: str | None = None,
    ) -> Exposure | None:
        """Assign, and log the exposure if the experiment's rule says that the unit is triggered here; else None."""
        assigner = self._shared.assigner()
        answer = self.assign(
            user_id=user_id, session_id=session_id, attributes=attributes, experiment=experiment,
            page_type=page_type, placement=placement, sticky=sticky, url=url,
        )  # fmt: skip
        found = assigner.exposure(answer, event, attributes, page_type, placement)
        if found is not None:
            self.log_exposures([found])
        else:
            self._may("events.log")
        return found

    def override(
        self,
        key: str,
        variant: str,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        hours: float = 24.0,
        reason: str = "",
    ) -> Override:
        """Force a variant for QA, for some hours: for a user, for a session, or for whoever comes with `?expkit=<code>`
        in the address. What forced units do stays out of the analysis.
        """
        with self._begin("assign.override", key=key) as work:
            return registry.set_override(
                work, key, variant, user_id=user_id, session_id=session_id, hours=hours, reason=reason
            )

    def overrides(self, key: str | None = None) -> builtins.list[Override]:
        """The newest first, with those that have ended."""
        with self._read() as connection:
            return registry.overrides(connection, key)

    def revoke_override(self, number: int, reason: str = "") -> Override:
        """It forces nobody from now on."""
        with self._work() as work:
            project = registry.project_of(work.connection, registry.override(work.connection, number).experiment)
            registry.require(work.connection, self.actor, "assign.override", project, work.at)
            return registry.revoke_override(work, number, reason)

    def set_holdout(self, holdout: Holdout | Mapping[str, Any], reason: str = "") -> Holdout:
        """Keep a share of the units out of all experiments; with `ended` it lets them in again."""
        with self._begin("holdout.set") as work:
            return registry.set_holdout(work, Holdout.parse(holdout), reason)

    def holdouts(self) -> builtins.list[Holdout]:
        """By key, with those that have ended."""
        with self._read() as connection:
            return registry.holdouts(connection)

    def save_group(self, group: Group | Mapping[str, Any], reason: str = "") -> Group:
        """A list of values for the operators `$inGroup` and `$notInGroup`, or other values for one."""
        with self._begin("group.save") as work:
            return registry.save_group(work, Group.parse(group), reason)

    def groups(self) -> builtins.list[Group]:
        """By key."""
        with self._read() as connection:
            return registry.groups(connection)

    def lint(self) -> builtins.list[Finding]:
        """What is wrong in the experiments that run: hashes, weights, layers, params, conditions; errors first."""
        with self._read() as connection:
            groups = {group.key: group.values for group in registry.groups(connection)}
            holdouts = registry.holdouts(connection)
            experiments = list(registry.every(connection))
            first = {one.key: registry.phases(connection, one.key)[:1] for one in experiments}
        planned = {key: phases[0].shares for key, phases in first.items() if phases}
        return lint(experiments, groups=groups, holdouts=holdouts, planned=planned)

    def replay(
        self,
        at: str | datetime,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        timezone: str = "UTC",
    ) -> Assignment:
        """What `assign` answered then, with its trace: from the versions, moves, holdouts, groups, overrides and the
        memory of that moment.
        """
        moment = registry.local_time(at, timezone)
        with self._read() as connection:
            then = compiled(connection, registry.as_they_were(connection, moment), at=moment)
            memory = _memory_of(connection, user_id, session_id, moment) if then.remembers else {}
        return then.assign(
            user_id, session_id, attributes, experiment, page_type, placement, memory, at=moment, explain=True
        )

    def _memory(
        self, assigner: Assigner, user_id: str | None, session_id: str | None, given: Memory | None
    ) -> Memory | None:
        """What the unit is remembered by here, and where that says nothing, by the caller."""
        if not assigner.remembers:
            return given
        with self._read() as connection:
            known = _memory_of(connection, user_id, session_id, None)
        return {unit: {**(given or {}).get(unit, {}), **known.get(unit, {})} for unit in {**(given or {}), **known}}


def _memory_of(
    connection: sa.Connection, user_id: str | None, session_id: str | None, at: datetime | None
) -> dict[str, dict[str, str]]:
    ids = {"user_id": user_id, "session_id": session_id}
    return registry.memory_of(connection, [f"{name}||{value}" for name, value in ids.items() if value], at=at)
