"""The verbs of accountability: audit, roles, elevations, policies, signed plans."""

from __future__ import annotations

import builtins
import json
from collections.abc import Generator, Mapping
from typing import Any

from expkit import registry
from expkit.domain.permissions import EVERYWHERE, Elevation, Grant, Me
from expkit.domain.policy import Policy
from expkit.errors import InvalidInput
from expkit.registry import access
from expkit.storage import Checkpoint, Verdict, audit_end, read_audit, stream_audit, verify_audit
from expkit.workbench.desk import Desk

__all__ = ["GovernanceVerbs"]


class GovernanceVerbs(Desk):
    def audit(self, *, subject: str | None = None, limit: int = 100, offset: int = 0) -> builtins.list[dict[str, Any]]:
        """The newest entries first."""
        if limit < 1 or offset < 0:
            raise InvalidInput(f"limit is {limit} and offset {offset}.", hint="limit starts at 1, offset at 0.")
        with self._read() as connection:
            found = read_audit(connection, subject=subject, limit=min(limit, 1000), offset=offset)
        return [entry._asdict() for entry in found]

    def verify_audit(self, checkpoint: Checkpoint | None = None) -> Verdict:
        """Walk the whole chain and name every entry that does not fit; says what it cannot know."""
        with self._read() as connection:
            return verify_audit(connection, checkpoint=checkpoint, key=self.settings.audit_key)

    def audit_checkpoint(self) -> Checkpoint:
        """The chain's end, to be kept elsewhere."""
        with self._read() as connection:
            return audit_end(connection)

    def export_audit(self) -> Generator[str, None, None]:
        """One JSON line per entry; the file verifies without the database."""
        with self._read() as connection:
            for entry in stream_audit(connection):
                yield json.dumps(entry.to_dict(), ensure_ascii=False)

    def sign_plan(self, key: str) -> registry.SignedPlan:
        """Promise, before the start, what will be judged and how."""
        with self._begin("experiment.sign", key=key) as work:
            return registry.sign_plan(work, key)

    def signed_plans(self, key: str) -> builtins.list[registry.SignedPlan]:
        with self._read() as connection:
            registry.get(connection, key)
            return registry.signed_plans(connection, key)

    def me(self) -> Me:
        """Who I am here, and my highest role in each project."""
        with self._read() as connection:
            return access.me(connection, self.actor, registry.now())

    def grants(self) -> builtins.list[Grant]:
        with self._read() as connection:
            return registry.grants(connection)

    def grant(self, actor: str, role: str, project: str = EVERYWHERE) -> Grant:
        """Give somebody a role. The first grant of all makes an admin."""
        with self._begin("role.grant", project=project) as work:
            return registry.grant(work, actor, role, project)

    def revoke(self, actor: str, project: str = EVERYWHERE, reason: str = "") -> None:
        with self._begin("role.grant", project=project) as work:
            registry.revoke(work, actor, project, reason)

    def request_elevation(
        self, role: str, *, project: str = EVERYWHERE, reason: str = "", hours: float = 8.0
    ) -> Elevation:
        """Ask for more rights for a while."""
        with self._begin("elevation.request", project=project) as work:
            return registry.request_elevation(work, role, project=project, reason=reason, hours=hours)

    def answer_elevation(self, number: int, *, approve: bool, reason: str = "") -> Elevation:
        with self._work() as work:
            project = registry.elevation(work.connection, number).project
            registry.require(work.connection, self.actor, "elevation.answer", project, work.at)
            return registry.answer_elevation(work, number, approve=approve, reason=reason)

    def elevations(self, *, state: str | None = None) -> builtins.list[Elevation]:
        """The newest first."""
        with self._read() as connection:
            return registry.elevations(connection, state=state)

    def policy(self, project: str = EVERYWHERE) -> Policy:
        """The rules that hold in a project."""
        with self._read() as connection:
            return registry.policy_for(connection, project)

    def set_policy(self, policy: Policy | Mapping[str, Any], reason: str = "") -> Policy:
        noun = policy if isinstance(policy, Policy) else Policy.parse(policy)
        with self._begin("policy.set", project=noun.project) as work:
            return registry.set_policy(work, noun, reason)
