"""The verbs of accountability, asked of a service: audit, signed plans, roles, elevations, policies, tokens."""

from __future__ import annotations

import builtins
from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any

from expkit import registry
from expkit.client.shapes import told
from expkit.client.transport import Transport, route
from expkit.domain.permissions import EVERYWHERE, Elevation, Grant, Me
from expkit.domain.policy import Policy
from expkit.domain.tokens import NewToken, Token
from expkit.storage import Checkpoint, Verdict

__all__ = ["RemoteGovernance"]


class RemoteGovernance:
    _service: Transport

    def audit(self, *, subject: str | None = None, limit: int = 100, offset: int = 0) -> builtins.list[dict[str, Any]]:
        """The newest entries first."""
        items = self._service.get("/audit", subject=subject, limit=limit, offset=offset)["items"]
        return [{**item, "at": datetime.fromisoformat(item["at"])} for item in items]

    def verify_audit(self, checkpoint: Checkpoint | None = None) -> Verdict:
        """Walk the whole chain and name every entry that does not fit; says what it cannot know."""
        seen = {f"checkpoint_{name}": value for name, value in checkpoint._asdict().items()} if checkpoint else {}
        return told(Verdict, self._service.get("/audit/verify", **seen))

    def audit_checkpoint(self) -> Checkpoint:
        """The chain's end, to be kept elsewhere."""
        return told(Checkpoint, self._service.get("/audit/checkpoint"))

    def export_audit(self) -> Generator[str, None, None]:
        """One JSON line per entry; the file verifies without the database."""
        return self._service.lines("/audit/export")

    def sign_plan(self, key: str) -> registry.SignedPlan:
        """Promise, before the start, what will be judged and how."""
        return told(registry.SignedPlan, self._service.post(route("experiments", key, "sign")))

    def signed_plans(self, key: str) -> builtins.list[registry.SignedPlan]:
        items = self._service.get(route("experiments", key, "plans"))["items"]
        return [told(registry.SignedPlan, item) for item in items]

    def me(self) -> Me:
        """Who I am here, and my highest role in each project."""
        return Me.parse(self._service.get("/me"))

    def grants(self) -> builtins.list[Grant]:
        return [Grant.parse(item) for item in self._service.get("/roles")["items"]]

    def grant(self, actor: str, role: str, project: str = EVERYWHERE) -> Grant:
        """Give somebody a role. The first grant of all makes an admin."""
        return Grant.parse(self._service.post("/roles", {"actor": actor, "role": role, "project": project}))

    def revoke(self, actor: str, project: str = EVERYWHERE, reason: str = "") -> None:
        self._service.delete("/roles", actor=actor, project=project, reason=reason)

    def request_elevation(
        self, role: str, *, project: str = EVERYWHERE, reason: str = "", hours: float = 8.0
    ) -> Elevation:
        """Ask for more rights for a while."""
        body = {"role": role, "project": project, "reason": reason, "hours": hours}
        return Elevation.parse(self._service.post("/elevations", body))

    def answer_elevation(self, number: int, *, approve: bool, reason: str = "") -> Elevation:
        body = {"approve": approve, "reason": reason}
        return Elevation.parse(self._service.post(route("elevations", number, "answer"), body))

    def elevations(self, *, state: str | None = None) -> builtins.list[Elevation]:
        """The newest first."""
        return [Elevation.parse(item) for item in self._service.get("/elevations", state=state)["items"]]

    def policy(self, project: str = EVERYWHERE) -> Policy:
        """The rules that hold in a project."""
        return Policy.parse(self._service.get("/policy", project=project))

    def set_policy(self, policy: Policy | Mapping[str, Any], reason: str = "") -> Policy:
        noun = policy if isinstance(policy, Policy) else Policy.parse(policy)
        return Policy.parse(self._service.put("/policy", {"policy": noun.to_dict(), "reason": reason}))

    def create_token(self, actor: str = "", *, days: float = 90.0) -> NewToken:
        """A token with which a service knows somebody; one's own when nobody is named. Its secret is told only here."""
        return NewToken.parse(self._service.post("/tokens", {"actor": actor, "days": days}))

    def tokens(self) -> builtins.list[Token]:
        """The newest first: one's own, or everybody's for an admin."""
        return [Token.parse(item) for item in self._service.get("/tokens")["items"]]

    def revoke_token(self, number: int, reason: str = "") -> Token:
        """It opens nothing from now on."""
        return Token.parse(self._service.delete(route("tokens", number), reason=reason).json())
