"""The verbs of people, asked of a service: notes, reviews, schedules, learnings."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from expkit import registry
from expkit.client.shapes import moment, told
from expkit.client.transport import Transport, route
from expkit.domain.collaboration import Learning, Note, Review, ScheduledMove

__all__ = ["RemotePeople"]


class RemotePeople:
    _service: Transport

    def add_note(self, key: str, text: str) -> Note:
        return Note.parse(self._service.post(route("experiments", key, "notes"), {"text": text}))

    def edit_note(self, number: int, text: str) -> Note:
        """What it said before is kept."""
        return Note.parse(self._service.patch(route("notes", number), {"text": text}))

    def delete_note(self, number: int, reason: str = "") -> None:
        self._service.delete(route("notes", number), reason=reason)

    def notes(self, key: str) -> builtins.list[Note]:
        """The oldest first."""
        return [Note.parse(item) for item in self._service.get(route("experiments", key, "notes"))["items"]]

    def note_history(self, number: int) -> builtins.list[registry.NoteEdit]:
        """What a note said before."""
        items = self._service.get(route("notes", number, "history"))["items"]
        return [told(registry.NoteEdit, item) for item in items]

    def request_review(
        self, key: str, reviewers: Sequence[str], *, deadline: str | datetime | None = None, timezone: str = "UTC"
    ) -> Review:
        """Ask people to look at the version as it stands."""
        until = None if deadline is None else moment(deadline, timezone)
        body = {"reviewers": list(reviewers), "deadline": until, "timezone": timezone}
        return Review.parse(self._service.post(route("experiments", key, "review"), body))

    def answer_review(
        self, number: int, verdict: Literal["approve", "changes", "comment"], comment: str = ""
    ) -> Review:
        body = {"verdict": verdict, "comment": comment}
        return Review.parse(self._service.post(route("reviews", number, "answer"), body))

    def cancel_review(self, number: int, reason: str = "") -> Review:
        return Review.parse(self._service.post(route("reviews", number, "cancel"), {"reason": reason}))

    def reviews(
        self, key: str | None = None, *, reviewer: str | None = None, state: str | None = None
    ) -> builtins.list[Review]:
        """The newest first: one experiment's, or of all. `reviewer` was asked; `state` is open, changes, approved or
        cancelled.
        """
        path = route("reviews") if key is None else route("experiments", key, "reviews")
        return [Review.parse(item) for item in self._service.get(path, reviewer=reviewer, state=state)["items"]]

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
        body = {"at": moment(at, timezone), "verb": verb, "timezone": timezone, "reason": reason}
        return ScheduledMove.parse(self._service.post(route("experiments", key, "schedule"), body))

    def unschedule(self, key: str, verb: Literal["start", "stop"] | None = None, reason: str = "") -> int:
        """Take planned moves back; how many."""
        body = {"verb": verb, "reason": reason}
        return int(self._service.post(route("experiments", key, "unschedule"), body)["cancelled"])

    def scheduled(self, key: str | None = None) -> builtins.list[ScheduledMove]:
        """What is planned, the next first."""
        return [ScheduledMove.parse(item) for item in self._service.get("/scheduled", key=key)["items"]]

    def learn(
        self, key: str, text: str, *, outcome: Literal["positive", "negative", "neutral"] | None = None
    ) -> Learning:
        """Keep what was learnt, with the evidence of the newest look; the outcome is the look's unless given."""
        body = {"text": text, "outcome": outcome}
        return Learning.parse(self._service.post(route("experiments", key, "learn"), body))
