"""The verbs of experiments, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from expkit import registry
from expkit.client.shapes import checked, told
from expkit.client.transport import Transport, route
from expkit.domain import Experiment, RolloutStep
from expkit.domain.collaboration import Version
from expkit.domain.policy import ChecklistItem

if TYPE_CHECKING:
    from expkit.analysis.impact import Impact

__all__ = ["RemoteExperiments"]


class RemoteExperiments:
    _service: Transport

    def create(self, experiment: Experiment | Mapping[str, Any]) -> Experiment:
        """Register a draft."""
        noun = experiment if isinstance(experiment, Experiment) else Experiment.parse(experiment)
        return Experiment.parse(self._service.post("/experiments", noun.to_dict()))

    def get(self, key: str) -> Experiment:
        return Experiment.parse(self._service.get(route("experiments", key)))

    def list(
        self, *, order: str = "newest", limit: int = 100, offset: int = 0, **filters: Any
    ) -> builtins.list[Experiment]:
        """Those that match, the newest first; the filters are those of `Workbench.list`."""
        page = self._service.get("/experiments", order=order, limit=limit, offset=offset, **checked(filters))
        return [Experiment.parse(item) for item in page["items"]]

    def count(self, **filters: Any) -> int:
        return int(self._service.get("/experiments", limit=1, **checked(filters))["total"])

    def update(
        self, key: str, changes: Mapping[str, Any], *, version: int | None = None, reason: str = ""
    ) -> Experiment:
        """Change some fields, as a new version. Give the `version` that you saw, and nobody is overwritten."""
        body = {"changes": to_jsonable_python(changes), "version": version, "reason": reason}
        return Experiment.parse(self._service.send("PATCH", route("experiments", key), json=body).json())

    def delete(self, key: str, reason: str = "") -> None:
        """Drafts only."""
        self._service.send("DELETE", route("experiments", key), params={"reason": reason})

    def clone(self, key: str, new_key: str) -> Experiment:
        """A new draft with the same definition, but for what was about one run: dates, winner, order of arms."""
        return Experiment.parse(self._service.post(route("experiments", key, "clone"), {"new_key": new_key}))

    def start(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "start", reason)

    def pause(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "pause", reason)

    def resume(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "resume", reason)

    def stop(self, key: str, reason: str = "") -> Experiment:
        """For good: a stopped experiment never restarts. A reason is required."""
        return self._move(key, "stop", reason)

    def conclude(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "conclude", reason)

    def promote(
        self, key: str, reason: str = "", *, variant: str | None = None, share: float | None = None,
        steps: Sequence[Mapping[str, float] | RolloutStep] = (),
    ) -> Experiment:  # fmt: skip
        """Roll a variant out, to a share of the units, or in steps; with one treatment it is that one, and to all."""
        planned = [RolloutStep.parse(step).to_dict() if isinstance(step, Mapping) else step.to_dict() for step in steps]
        body = {"reason": reason, "variant": variant, "share": share, "steps": planned}
        return Experiment.parse(self._service.post(route("experiments", key, "promote"), body))

    def finish(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "finish", reason)

    def rollback(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "rollback", reason)

    def rollback_impact(self, key: str) -> Impact:
        """What rolling back would change, before anybody does. Nothing is changed."""
        from expkit.analysis.impact import Impact

        return Impact.parse(self._service.get(route("experiments", key, "impact")))

    def complete(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "complete", reason)

    def archive(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "archive", reason)

    def traffic(
        self, key: str, *, coverage: float | None = None, shares: Mapping[str, float] | None = None, reason: str = ""
    ) -> Experiment:
        """Change coverage and weights. On a running experiment that opens a phase."""
        body = {"coverage": coverage, "shares": None if shares is None else dict(shares), "reason": reason}
        return Experiment.parse(self._service.post(route("experiments", key, "traffic"), body))

    def versions(self, key: str) -> builtins.list[Version]:
        """The newest first, each with author, reason and what it changed."""
        items = self._service.get(route("experiments", key, "versions"))["items"]
        return [Version.parse(item) for item in items]

    def at_version(self, key: str, version: int) -> Experiment:
        """The definition as it was."""
        return Experiment.parse(self._service.get(route("experiments", key, "versions", version)))

    def restore(self, key: str, version: int, reason: str = "") -> Experiment:
        """A new version that equals an old one."""
        path = route("experiments", key, "versions", version, "restore")
        return Experiment.parse(self._service.post(path, {"reason": reason}))

    def checklist(self, key: str) -> builtins.list[ChecklistItem]:
        """What should be in order before a start, and what the project's policy makes of it."""
        items = self._service.get(route("experiments", key, "checklist"))["items"]
        return [ChecklistItem.parse(item) for item in items]

    def phases(self, key: str) -> builtins.list[registry.Phase]:
        """Which allocation held when."""
        items = self._service.get(route("experiments", key, "phases"))["items"]
        return [told(registry.Phase, item) for item in items]

    def timeline(self, key: str) -> builtins.list[registry.TimelineEntry]:
        """What happened to one experiment, the oldest first."""
        items = self._service.get(route("experiments", key, "timeline"))["items"]
        return [told(registry.TimelineEntry, item) for item in items]

    def _move(self, key: str, verb: str, reason: str) -> Experiment:
        return Experiment.parse(self._service.post(route("experiments", key, verb), {"reason": reason}))
