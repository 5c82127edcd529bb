"""What an end rests on: the units of each arm, counted then, and what a rollback would change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain import Experiment, legal_moves
from expkit.domain.filters import Filters
from expkit.errors import InvalidInput
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from datetime import datetime

    from expkit.analysis.impact import Impact

__all__ = ["EndVerbs"]

log = logging.getLogger(__name__)

PROMOTED = ("rolling_out", "rolled_out")


class EndVerbs(Desk):
    def rollback_impact(self, key: str) -> Impact:
        """What rolling back would change, before anybody does: who gets what now and then, since when, for how many
        units, whom it touches, and what the last look says is given up. Nothing is changed.
        """
        with self._read() as connection:
            experiment = registry.get(connection, key)
        if not _goes(experiment, "rollback"):
            raise InvalidInput(
                f"Experiment {key!r} is {experiment.status}: there is nothing to roll back.",
                hint="one that is active, paused, being rolled out or rolled out can be.",
            )
        return self._impact(experiment, self._counted(experiment))

    def _ends(self, experiment: Experiment, verb: str, units: Mapping[str, int] | None = None) -> dict[str, Any]:
        """The evidence of a stop or a rollback. What cannot be read holds no end up: it is left out."""
        if verb not in {"stop", "rollback"} or not _goes(experiment, verb):
            return {}
        try:
            counted = self._counted(experiment) if units is None else dict(units)
            if verb == "stop":
                return {"units": counted}
            return self._impact(experiment, counted).model_dump(mode="json")
        except Exception:  # whatever is wrong with the events: it has to end all the same
            log.exception("What the end of %s rests on could not be told; it ends all the same", experiment.key)
            return {}

    def _counted(self, experiment: Experiment) -> dict[str, int]:
        from expkit.analysis.canary import served
        from expkit.analysis.exposed import find_exposed

        if experiment.canary is not None:
            with self._shared.events.reader() as reader:
                return served(reader.connection, experiment, experiment.canary, since=self._since(experiment))[0]
        since = self._since(experiment) if experiment.status in PROMOTED else None
        variants = [variant.key for variant in experiment.variants]
        with self._shared.events.reader(experiment=experiment.key) as reader:
            return find_exposed(reader.connection, experiment.key, variants, None, since=since).counts

    def _impact(self, experiment: Experiment, units: Mapping[str, int]) -> Impact:
        from expkit.analysis import Scorecard
        from expkit.analysis.impact import assess_rollback

        with self._read() as connection:
            look = registry.latest_look(connection, experiment.key)
            held = [each.key for each in registry.holdouts(connection) if each.holds(experiment.project)]
            dependents = [
                each.key
                for each in registry.every(connection, Filters(stage="Running"))
                if any(one.experiment == experiment.key for one in each.prerequisites)
            ]
        return assess_rollback(
            experiment,
            units,
            registry.now(),
            since=self._since(experiment),
            last=Scorecard.parse(look) if look else None,
            holdouts=held,
            dependents=dependents,
        )

    def _since(self, experiment: Experiment) -> datetime | None:
        if experiment.status not in PROMOTED:
            return experiment.started_at
        with self._read() as connection:
            return registry.promoted_at(connection, experiment.key)


def _goes(experiment: Experiment, verb: str) -> bool:
    return any(move.verb == verb for move in legal_moves(experiment.status))
