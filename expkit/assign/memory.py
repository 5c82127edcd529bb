"""What outranks the hash: QA's overrides, and what a unit is remembered by.

A unit is remembered by the id that was hashed: `user_id||u1` -> `{"checkout__0": "treatment"}`, where 0 is the
experiment's bucket version, as GrowthBook writes it. What happens at login is the experiment's `at_login`:

    rebucket  the user's own memory counts, else the user's hash; the session's past is forgotten
    keep      where the user has no memory, the session's counts
    exclude   a session that had another variant than the user now would leaves the unit out
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.assign.allocation import Allocation
from expkit.assign.checks import Verdict

if TYPE_CHECKING:
    from expkit.assign.requests import Memory, Request
    from expkit.assign.tables import Table
    from expkit.domain import Assignment, Experiment, Override

__all__ = ["Forced", "Remembered", "memory_key", "remember"]

Until = tuple[int, datetime, int]


class Forced:
    """QA's overrides of one experiment, by user, by session, by code."""

    name = "override"

    def __init__(self, experiment: Experiment, overrides: Iterable[Override]) -> None:
        arms = {key: arm for arm, key in enumerate(experiment.shares)}
        self.by: dict[str, dict[str, Until]] = {"user_id": {}, "session_id": {}, "code": {}}
        for override in sorted(overrides, key=lambda one: one.id):  # the newest goes first
            arm = arms.get(override.variant)
            if arm is None or override.revoked_at is not None:
                continue
            for name, known in self.by.items():
                if value := getattr(override, name):
                    known[value] = arm, override.expires_at, override.id
        self.variants = list(experiment.shares)

    def __bool__(self) -> bool:
        return any(self.by.values())

    def __call__(self, request: Request) -> Verdict | None:
        for name, value in (("code", request.code), ("user_id", request.user_id), ("session_id", request.session_id)):
            found = self.by[name].get(value) if value else None
            if found is not None and request.at < found[1]:
                arm, until, number = found
                reason = f"Override {number} forces {self.variants[arm]!r} by {name} until {until:%Y-%m-%d %H:%M} UTC."
                return Verdict("override", arm, reason, hash_attribute=request.hash_attribute, forced=True)
        return None

    def passed(self, request: Request) -> str:  # noqa: ARG002
        return "no override holds for the unit"

    def passes(self, table: Table) -> Any:  # noqa: ARG002
        return True

    def alone(self, table: Table) -> set[int]:
        """Rows of a table that have to be asked one by one."""
        return table.rows_of("user_id", self.by["user_id"]) | table.rows_of("session_id", self.by["session_id"])


class Remembered:
    """The variant that the unit had before."""

    name = "sticky"

    def __init__(self, experiment: Experiment) -> None:
        self.key, self.at_login = experiment.key, experiment.at_login
        self.version = memory_key(experiment)
        self.blocked = [f"{experiment.key}__{version}" for version in range(experiment.min_bucket_version)]
        self.variants = {key: arm for arm, key in enumerate(experiment.shares)}
        self.names = list(experiment.shares)
        self.allocation = Allocation(experiment)

    def __call__(self, request: Request) -> Verdict | None:
        if not request.memory:
            return None
        own = _known(request, request.hash_attribute)
        session = _known(request, "session_id") if request.user_id and request.session_id else {}
        if any(version in known for version in self.blocked for known in (own, session)):
            return Verdict("sticky", None, f"The unit was remembered under a version of {self.key!r} that is shut out.")
        arm, before = self.variants.get(own.get(self.version, "")), self.variants.get(session.get(self.version, ""))
        if before is not None and self.at_login == "exclude":
            verdict = self._at_login(request, arm, before)
            if verdict is not None:
                return verdict
        if arm is not None:
            return self._remembered(arm, request.hash_attribute)
        if before is not None and self.at_login == "keep":
            return self._remembered(before, "session_id")
        return None

    def passed(self, request: Request) -> str:  # noqa: ARG002
        return "the unit is not remembered"

    def passes(self, table: Table) -> Any:  # noqa: ARG002
        return True

    def alone(self, table: Table) -> set[int]:
        """Rows of a table that have to be asked one by one."""
        known: dict[str, set[str]] = {"user_id": set(), "session_id": set()}
        for key in table.memory:
            name, _, value = key.partition("||")
            known.setdefault(name, set()).add(value)
        return table.rows_of("user_id", known["user_id"]) | table.rows_of("session_id", known["session_id"])

    def _remembered(self, arm: int, attribute: str) -> Verdict:
        reason = f"The unit is remembered in {self.names[arm]!r}."
        return Verdict("sticky", arm, reason, hash_attribute=attribute, sticky=True)

    def _at_login(self, request: Request, arm: int | None, before: int) -> Verdict | None:
        now = self.allocation(request).arm if arm is None else arm
        if now == before:
            return None
        had = self.names[before]
        return Verdict("login", None, f"The session had {had!r} before the login, the user would not: it is left out.")


def memory_key(experiment: Experiment) -> str:
    return f"{experiment.key}__{experiment.bucket_version}"


def remember(experiment: Experiment, answer: Assignment) -> dict[str, dict[str, str]]:
    """What to keep of an answer, and to pass as `sticky` the next time; nothing where it has no variant."""
    if answer.variant is None or answer.forced or not answer.unit:
        return {}
    note = {memory_key(experiment): answer.variant}
    ids = {"user_id": answer.user_id, "session_id": answer.session_id}
    if experiment.at_login == "rebucket":
        ids = {answer.hash_attribute: ids.get(answer.hash_attribute)}
    return {f"{name}||{value}": dict(note) for name, value in ids.items() if value}


def _known(request: Request, attribute: str) -> Any:
    memory: Memory = request.memory
    return memory.get(f"{attribute}||{getattr(request, attribute)}", {}) if attribute else {}
