"""The verb that forgets one user. Scorecards of past looks are sums over units, and stay."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.errors import InvalidInput
from expkit.registry.assignment_tables import overrides, remembered
from expkit.storage import Work
from expkit.storage.scrub import scrub
from expkit.workbench.desk import Desk

__all__ = ["ErasureVerbs"]

SCRUBBED = ("inbox", "quarantine", "remembered_units", "overrides")


class ErasureVerbs(Desk):
    def erase_user(self, user_id: str, reason: str = "") -> dict[str, int]:
        """Remove everything of a user for good, also from the tables' history; how many rows of each kind went.

        Sessions seen with the user are theirs. The audit says that it was done and what went, and not for whom.
        """
        from expkit.events.erase import Person, erase, person

        if not user_id:
            raise InvalidInput("No user is named.", hint="give the user_id that the events carry.")
        self._may("retention.apply")
        events = self._shared.events
        whom: Person = person(events, user_id)
        gone = erase(events, self._store, whom)
        with self._begin("retention.apply") as work:
            gone |= _forget_assignments(work, whom.user_id, sorted(whom.sessions))
            work.audit("events.erase", "one user", after=gone, reason=reason)
        scrub(self._store, SCRUBBED)
        return gone


def _forget_assignments(work: Work, user_id: str, sessions: list[str]) -> dict[str, int]:
    """Remembered variants and forced ones."""
    units = [f"user_id||{user_id}", *(f"session_id||{session}" for session in sessions)]
    memory = forced = 0
    for start in range(0, len(units), 500):
        some = units[start : start + 500]
        memory += work.connection.execute(sa.delete(remembered).where(remembered.c.unit.in_(some))).rowcount
    for start in range(0, len(sessions), 500):
        mine = overrides.c.session_id.in_(sessions[start : start + 500])
        forced += work.connection.execute(sa.delete(overrides).where(mine)).rowcount
    forced += work.connection.execute(sa.delete(overrides).where(overrides.c.user_id == user_id)).rowcount
    return {"remembered": memory, "overrides": forced}
