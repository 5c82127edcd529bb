"""API tokens: made with a secret that is told once, kept as its digest, good until they expire or are revoked.

A secret has 256 random bits, so its plain SHA-256 says nothing about it; the lookup by digest and a comparison in
constant time leave nothing to measure either.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from expkit.domain.tokens import MAX_DAYS, NewToken, Token
from expkit.errors import InvalidInput, NotFound
from expkit.registry.access import MAX_NAME
from expkit.registry.people_tables import api_tokens as table
from expkit.storage import Work

__all__ = ["create_token", "holder", "revoke_token", "token", "tokens"]

PREFIX = "expkit_"
_TOLD = [column for column in table.c if column.name != "digest"]


def create_token(work: Work, actor: str, days: float) -> NewToken:
    """A new token for somebody. The secret is in the answer and nowhere else."""
    if not 0 < days <= MAX_DAYS or math.isnan(days):
        raise InvalidInput(f"A token cannot hold for {days:g} days.", hint=f"up to {MAX_DAYS}, and more than none.")
    if not actor or actor != actor.strip() or len(actor) > MAX_NAME or "\x00" in actor:
        raise InvalidInput(
            "Whose token?", hint=f"name the person as the audit does: up to {MAX_NAME} characters, no blanks around."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        "actor": actor, "digest": _digest(secret), "created_by": work.actor,
        "created_at": work.at, "expires_at": work.at + timedelta(days=days),
    }  # fmt: skip
    number = int(work.connection.scalar(sa.insert(table).values(values).returning(table.c.id)) or 0)
    made = token(work.connection, number)
    work.audit("token.create", f"token-{number}", after={"actor": actor, "expires_at": made.expires_at.isoformat()})
    return NewToken(token=made, secret=secret)


def tokens(connection: sa.Connection, actor: str | None = None) -> list[Token]:
    """The newest first; one person's, or everybody's."""
    query = sa.select(*_TOLD).order_by(table.c.id.desc())
    if actor is not None:
        query = query.where(table.c.actor == actor)
    return [Token.parse(dict(row._mapping)) for row in connection.execute(query)]


def token(connection: sa.Connection, number: int) -> Token:
    row = connection.execute(sa.select(*_TOLD).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no token {number}.", hint="the list of tokens has their numbers.")
    return Token.parse(dict(row._mapping))


def revoke_token(work: Work, number: int, reason: str = "") -> Token:
    """It opens nothing from now on. Revoked again, nothing changes."""
    work.connection.execute(sa.select(table.c.id).where(table.c.id == number).with_for_update())
    before = token(work.connection, number)
    if before.revoked_at is not None:
        return before
    work.connection.execute(sa.update(table).where(table.c.id == number).values(revoked_at=work.at))
    work.audit("token.revoke", f"token-{number}", before={"actor": before.actor}, reason=reason)
    return token(work.connection, number)


def holder(connection: sa.Connection, secret: str, at: datetime) -> Token | None:
    """The token that a secret belongs to while it holds; None for any other secret."""
    digest = _digest(secret)
    row = connection.execute(sa.select(table).where(table.c.digest == digest)).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    if row.revoked_at is not None or row.expires_at <= at:
        return None
    return Token.parse({name: value for name, value in row._mapping.items() if name != "digest"})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
