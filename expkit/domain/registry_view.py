"""The registry as flat rows, one per experiment, in three words from proposal to completion."""

from __future__ import annotations

from typing import Literal, get_args

from expkit.domain.events import Timestamp
from expkit.domain.experiment import Experiment
from expkit.domain.lifecycle import Status
from expkit.domain.noun import Json, Key, Noun, Text

__all__ = ["STAGES", "STAGE_OF", "RegistryRow", "Stage", "statuses_of"]

Stage = Literal["Proposed", "Running", "Completed"]
STAGES: tuple[Stage, ...] = get_args(Stage)

STAGE_OF: dict[Status, Stage] = {
    "draft": "Proposed",
    "review": "Proposed",
    "scheduled": "Proposed",
    "active": "Running",
    "paused": "Running",
    "stopped": "Completed",
    "analysis": "Completed",
    "rolling_out": "Completed",
    "rolled_out": "Completed",
    "rolled_back": "Completed",
    "completed": "Completed",
    "archived": "Completed",
}
"""Every status of the lifecycle in the registry's words: an experiment is complete when no more units come in."""


def statuses_of(stage: Stage) -> tuple[Status, ...]:
    """The statuses that a word stands for."""
    return tuple(status for status, found in STAGE_OF.items() if found == stage)


class RegistryRow(Noun):
    """An experiment in the registry's columns. `id` is its key, which never changes."""

    id: Key
    name: Text
    hypothesis: str
    status: Stage
    primary_metric: Key
    sample_size: int | None = None
    """Required units per variant."""
    rice_score: float | None = None
    """Impact x confidence / effort, times the reach when there is one."""
    owner: Text = ""
    target_segment: dict[str, Json] = {}
    """The condition that units have to meet; everybody when empty."""
    start_date: Timestamp | None = None
    """When it started, else when it is planned to."""
    end_date: Timestamp | None = None

    @classmethod
    def of(cls, experiment: Experiment) -> RegistryRow:
        return cls(
            id=experiment.key,
            name=experiment.name,
            hypothesis=str(experiment.hypothesis),
            status=STAGE_OF[experiment.status],
            primary_metric=experiment.primary_metric.key,
            sample_size=experiment.sample_size or experiment.stopping.sample_size,
            rice_score=experiment.rice.score if experiment.rice else None,
            owner=experiment.owner,
            target_segment=experiment.eligibility,
            start_date=experiment.started_at or experiment.schedule.start,
            end_date=experiment.stopped_at or experiment.schedule.end,
        )
