"""Definitions from other tools, brought into a workbench, embedded or remote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from expkit.assign.dialects import DIALECTS, Imported
from expkit.domain import Experiment
from expkit.errors import InvalidInput, UnknownName
from expkit.workbench.planned import Planned

__all__ = ["import_into"]


class Registry(Protocol):
    """What both workbenches can do."""

    def plan(self, experiments: Iterable[Experiment]) -> list[Planned]: ...

    def apply(
        self, experiments: Iterable[Experiment], reason: str = "", *, plan: Iterable[Planned] | None = None
    ) -> list[Planned]: ...


def import_into(workbench: Registry, payload: Any, source: str, *, dry_run: bool) -> list[Imported]:
    """Drafts of all that can be carried; nothing that is there already is changed."""
    if source not in DIALECTS:
        raise UnknownName.among("dialect", source, DIALECTS)
    found = DIALECTS[source](_parsed(payload))
    wanted = [one.experiment for one in found if one.experiment is not None]
    plan = workbench.plan(wanted)
    there = {item.key for item in plan if item.action != "create"}
    new = [one for one in wanted if one.key not in there]
    if new and not dry_run:
        agreed = [item for item in plan if item.key not in there]
        workbench.apply(new, reason=f"imported from {source}", plan=agreed)
    return [_left_out(one) if one.experiment is not None and one.experiment.key in there else one for one in found]


def _left_out(one: Imported) -> Imported:
    key = one.experiment.key if one.experiment else one.source
    return Imported(one.source, "skipped", None, (f"there is an experiment {key!r} already",))


def _parsed(payload: Any) -> Any:
    if not isinstance(payload, str | bytes):
        return payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The payload is not JSON: {error}.", hint="check the text at that place.") from None
