"""The verbs of files and of retention, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from expkit.client.shapes import told
from expkit.client.transport import Transport
from expkit.domain import Experiment
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.assign.dialects import Imported
    from expkit.workbench.planned import Planned
    from expkit.workbench.retention import Expired

__all__ = ["RemoteFiles"]


class RemoteFiles:
    _service: Transport

    def plan(self, experiments: Iterable[Experiment]) -> builtins.list[Planned]:
        """What `apply` would do with each. Nothing is changed."""
        return self._planned("/experiments/plan", experiments, {})

    def apply(
        self, experiments: Iterable[Experiment], reason: str = "", *, plan: Iterable[Planned] | None = None
    ) -> builtins.list[Planned]:
        """Create what is new and change what differs, all or nothing. Applied again, it does nothing.

        A definition says what shall be; states (started, stopped) are moved by their own verbs. With the `plan` that
        somebody has agreed to, nothing is changed when it would do anything else by now.
        """
        agreed = {} if plan is None else {"plan": [_plain(item) for item in plan]}
        return self._planned("/experiments/apply", experiments, {"reason": reason, **agreed})

    def import_experiments(self, payload: Any, source: str, *, dry_run: bool = False) -> builtins.list[Imported]:
        """Drafts from the definitions of another tool (growthbook, eppo, unleash), as parsed JSON or its text."""
        from expkit.workbench.foreign import import_into

        return import_into(self, payload, source, dry_run=dry_run)

    def retention_plan(self) -> builtins.list[Expired]:
        """What would go now, by the rules of each project and of the organisation. Nothing is changed."""
        from expkit.workbench.retention import Expired

        return [told(Expired, item) for item in self._service.get("/retention")["items"]]

    def apply_retention(self, reason: str = "") -> builtins.list[Expired]:
        """Remove what the plan names, each with an audit entry; returns what went."""
        from expkit.workbench.retention import Expired

        return [told(Expired, item) for item in self._service.post("/retention/apply", {"reason": reason})["items"]]

    def _planned(self, path: str, experiments: Iterable[Experiment], more: Mapping[str, Any]) -> builtins.list[Planned]:
        from expkit.workbench.planned import Planned

        body = {"experiments": [_definition(experiment) for experiment in experiments], **more}
        return [told(Planned, item) for item in self._service.post(path, body)["items"]]


def _plain(planned: Planned) -> dict[str, Any]:
    return {**planned._asdict(), "changes": [change._asdict() for change in planned.changes]}


def _definition(experiment: Experiment) -> object:
    if not isinstance(experiment, Experiment):
        raise InvalidInput(f"This is a {type(experiment).__name__}, no experiment.", hint="parse it first.")
    return experiment.definition()
