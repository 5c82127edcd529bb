"""The verbs of people: notes, reviews, schedules, learnings."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.collaboration import Learning, Note, Review, ScheduledMove
from expkit.storage import Work
from expkit.workbench.ends import EndVerbs

__all__ = ["PeopleVerbs"]


class PeopleVerbs(EndVerbs):
    def add_note(self, key: str, text: str) -> Note:
        with self._begin("note.write", key=key) as work:
            return registry.add_note(work, key, text)

    def edit_note(self, number: int, text: str) -> Note:
        """What it said before is kept."""
        with self._work() as work:
            self._may_write(work, number)
            return registry.edit_note(work, number, text)

    def delete_note(self, number: int, reason: str = "") -> None:
        with self._work() as work:
            self._may_write(work, number)
            registry.delete_note(work, number, reason)

    def notes(self, key: str) -> builtins.list[Note]:
        """The oldest first."""
        with self._read() as connection:
            registry.get(connection, key)
            return registry.notes(connection, key)

    def note_history(self, number: int) -> builtins.list[registry.NoteEdit]:
        """What a note said before."""
        with self._read() as connection:
            registry.note_experiment(connection, number)
            return registry.note_history(connection, number)

    def request_review(
        self, key: str, reviewers: Sequence[str], *, deadline: str | datetime | None = None, timezone: str = "UTC"
    ) -> Review:
        """Ask people to look at the version as it stands."""
        with self._begin("experiment.review", key=key) as work:
            until = None if deadline is None else registry.local_time(deadline, timezone)
            return registry.request_review(work, key, reviewers, until)

    def answer_review(
        self, number: int, verdict: Literal["approve", "changes", "comment"], comment: str = ""
    ) -> Review:
        with self._work() as work:
            found = registry.review(work.connection, number)
            project = registry.project_of(work.connection, found.experiment)
            permission = "note.write" if verdict == "comment" else "review.answer"
            registry.require(work.connection, self.actor, permission, project, work.at)
            needed = registry.policy_for(work.connection, project).approvals
            return registry.answer_review(work, number, verdict, comment, needed=needed)

    def cancel_review(self, number: int, reason: str = "") -> Review:
        with self._work() as work:
            key = registry.review(work.connection, number).experiment
            project = registry.project_of(work.connection, key)
            registry.require(work.connection, self.actor, "experiment.review", project, work.at)
            return registry.cancel_review(work, number, reason)

    def reviews(
        self, key: str | None = None, *, reviewer: str | None = None, state: str | None = None
    ) -> builtins.list[Review]:
        """The newest first: one experiment's, or of all. `reviewer` was asked; `state` is open, changes, approved or
        cancelled.
        """
        with self._read() as connection:
            if key is not None:
                registry.get(connection, key)
            return registry.reviews(connection, key, reviewer=reviewer, state=state)

    def schedule(
        self,
        key: str,
        at: str | datetime,
        *,
        verb: Literal["start", "stop"] = "start",
        timezone: str = "UTC",
        reason: str = "",
    ) -> ScheduledMove:
        """Start or stop it then; whichever process is alive does it, exactly once. A second call reschedules."""
        with self._begin("experiment.schedule", key=key) as work:
            return registry.schedule_move(work, key, verb, registry.local_time(at, timezone), reason)

    def unschedule(self, key: str, verb: Literal["start", "stop"] | None = None, reason: str = "") -> int:
        """Take planned moves back; how many."""
        with self._begin("experiment.schedule", key=key) as work:
            return registry.unschedule(work, key, verb, reason)

    def scheduled(self, key: str | None = None) -> builtins.list[ScheduledMove]:
        """What is planned, the next first."""
        with self._read() as connection:
            return registry.scheduled(connection, key)

    def tick(self) -> int:
        """Make the planned moves whose time has come; how many this process made. Servers call it every second."""
        with self._read() as connection:
            waiting = registry.due(connection, registry.now())
        return sum(self._fire(planned) for planned in waiting)

    def learn(
        self, key: str, text: str, *, outcome: Literal["positive", "negative", "neutral"] | None = None
    ) -> Learning:
        """Keep what was learnt, with the evidence of the newest look; the outcome is the look's unless given."""
        from expkit.analysis import learning_of

        with self._begin("experiment.learn", key=key) as work:
            found = registry.latest_look(work.connection, key)
            experiment = registry.get(work.connection, key)
            return registry.learn(work, key, learning_of(experiment, found, text, outcome, work.actor, work.at))

    def _fire(self, planned: ScheduledMove) -> bool:
        with self._read() as connection:
            experiment = registry.find_one(connection, planned.experiment)
        evidence = self._ends(experiment, planned.verb) if experiment is not None else {}
        return registry.fire(self._store, planned, ready=_refuse_unready, evidence=evidence)

    def _may_write(self, work: Work, number: int) -> None:
        project = registry.project_of(work.connection, registry.note_experiment(work.connection, number))
        registry.require(work.connection, self.actor, "note.write", project, work.at)


def _refuse_unready(work: Work, experiment: Experiment) -> None:
    from expkit.design.checklist import refuse_unready

    refuse_unready(work.connection, experiment)
