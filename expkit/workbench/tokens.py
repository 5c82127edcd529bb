"""The verbs of API tokens: everybody makes and revokes their own, an admin anybody's."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime

import sqlalchemy as sa

from expkit import registry
from expkit.domain.permissions import EVERYWHERE, PERMISSIONS, allows
from expkit.domain.tokens import NewToken, Token
from expkit.registry import tokens as kept
from expkit.workbench.desk import Desk

__all__ = ["TokenVerbs"]


class TokenVerbs(Desk):
    def create_token(self, actor: str = "", *, days: float = 90.0) -> NewToken:
        """A token with which a service knows somebody; one's own when nobody is named. Its secret is told only here."""
        whose = actor or self.actor
        with self._work() as work:
            self._may_manage(work.connection, whose, work.at)
            return kept.create_token(work, whose, days)

    def tokens(self) -> builtins.list[Token]:
        """The newest first: one's own, or everybody's for an admin."""
        with self._read() as connection:
            role = registry.role_of(connection, self.actor, EVERYWHERE, datetime.now(UTC))
            everybody = allows(role, PERMISSIONS["token.manage"])
            return kept.tokens(connection, None if everybody else self.actor)

    def revoke_token(self, number: int, reason: str = "") -> Token:
        """It opens nothing from now on."""
        with self._work() as work:
            self._may_manage(work.connection, kept.token(work.connection, number).actor, work.at)
            return kept.revoke_token(work, number, reason)

    def _may_manage(self, connection: sa.Connection, whose: str, at: datetime) -> None:
        if whose != self.actor:
            registry.require(connection, self.actor, "token.manage", EVERYWHERE, at)

    def token_holder(self, secret: str) -> Token | None:
        """Who shows this secret, if anybody; for the doors."""
        with self._read() as connection:
            return kept.holder(connection, secret, datetime.now(UTC))
