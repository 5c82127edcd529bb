"""The verbs of assignment, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.client.shapes import moment
from expkit.client.transport import Transport, route
from expkit.domain import Assignment, Experiment, Exposure, Finding, Group, Holdout, Override
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.assign import Memory

__all__ = ["RemoteAssignment"]


class RemoteAssignment:
    _service: Transport

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
        """Which variant a unit gets. Nothing is recorded: log an exposure when the unit has seen it."""
        who = _who(user_id, session_id, attributes, page_type, placement)
        body = {**who, "experiment": experiment, "sticky": _plain(sticky), "url": url, "explain": explain}
        return _told(self._service.post("/experiments/assign", body))

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
        who = _who(user_id, session_id, attributes, page_type, placement)
        keys = None if experiments is None else list(experiments)
        body = {**who, "experiments": keys, "sticky": _plain(sticky), "url": url}
        found = self._service.post("/experiments/assign/all", body)["assignments"]
        return {key: _told(answer) for key, answer in found.items()}

    def assign_frame(self, frame: Any, *, experiment: str) -> Any:
        """The caller's frame with a column `variant`. The rows stay here: only what decides is fetched."""
        from expkit.assign import Assigner

        needed, waiting = dict[str, Experiment](), [experiment]
        while waiting:
            key = waiting.pop()
            if key not in needed:
                needed[key] = self._get(key)
                waiting += [required.experiment for required in needed[key].prerequisites]
        if any(one.remembers or one.status == "paused" for one in needed.values()):
            raise InvalidInput(
                f"Units of {experiment!r} keep what they are remembered by, and that stays at the service.",
                hint="assign them one by one, or where the workbench is.",
            )
        groups = {group.key: group.values for group in self.groups()}
        overrides = [one for key in needed for one in self.overrides(key)]
        found = Assigner.compile(needed.values(), groups=groups, holdouts=self.holdouts(), overrides=overrides)
        return found.assign_frame(frame, experiment)

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
        who = _who(user_id, session_id, attributes, page_type, placement)
        body = {**who, "experiment": experiment, "event": event, "sticky": _plain(sticky), "url": url}
        found = self._service.post("/experiments/assign/expose", body)["exposure"]
        return None if found is None else Exposure.parse(found)

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
        """Force a variant for QA, for some hours."""
        body = {"experiment": key, "variant": variant, "user_id": user_id, "session_id": session_id}
        return Override.parse(self._service.post("/overrides", {**body, "hours": hours, "reason": reason}))

    def overrides(self, key: str | None = None) -> builtins.list[Override]:
        """The newest first, with those that have ended."""
        return [Override.parse(item) for item in self._service.get("/overrides", key=key)["items"]]

    def revoke_override(self, number: int, reason: str = "") -> Override:
        """It forces nobody from now on."""
        return Override.parse(
            self._service.send("DELETE", route("overrides", number), params={"reason": reason}).json()
        )

    def set_holdout(self, holdout: Holdout | Mapping[str, Any], reason: str = "") -> Holdout:
        """Keep a share of the units out of all experiments; with `ended` it lets them in again."""
        noun = holdout if isinstance(holdout, Holdout) else Holdout.parse(holdout)
        return Holdout.parse(self._service.post("/holdouts", {"holdout": noun.to_dict(), "reason": reason}))

    def holdouts(self) -> builtins.list[Holdout]:
        """By key, with those that have ended."""
        return [Holdout.parse(item) for item in self._service.get("/holdouts")["items"]]

    def save_group(self, group: Group | Mapping[str, Any], reason: str = "") -> Group:
        """A list of values for the operators `$inGroup` and `$notInGroup`, or other values for one."""
        noun = group if isinstance(group, Group) else Group.parse(group)
        return Group.parse(self._service.post("/groups", {"group": noun.to_dict(), "reason": reason}))

    def groups(self) -> builtins.list[Group]:
        """By key."""
        return [Group.parse(item) for item in self._service.get("/groups")["items"]]

    def lint(self) -> builtins.list[Finding]:
        """What is wrong in the experiments that run; errors first."""
        return [Finding.parse(item) for item in self._service.get("/lint")["items"]]

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
        """What `assign` answered then, with its trace."""
        who = _who(user_id, session_id, attributes, page_type, placement)
        body = {**who, "at": moment(at, timezone), "timezone": timezone, "experiment": experiment}
        return _told(self._service.post("/experiments/assign/replay", body))

    def _get(self, key: str) -> Experiment:
        return Experiment.parse(self._service.get(route("experiments", key)))


def _who(
    user_id: str | None,
    session_id: str | None,
    attributes: Mapping[str, Any] | None,
    page_type: str | None,
    placement: str | None,
) -> dict[str, Any]:
    context = {"page_type": page_type, "placement": placement}
    return {"user_id": user_id, "session_id": session_id, "attributes": dict(attributes or {}), "context": context}


def _plain(memory: Memory | None) -> dict[str, dict[str, str]]:
    return {unit: dict(known) for unit, known in (memory or {}).items()}


def _told(answer: dict[str, Any]) -> Assignment:
    return Assignment.parse({"experiment": answer.pop("experiment_id"), **answer})
