"""API tokens: a secret that stands for one person until a day. Only its digest is kept."""

from __future__ import annotations

from pydantic import Field

from expkit.domain.events import Timestamp
from expkit.domain.noun import Noun, Text

__all__ = ["MAX_DAYS", "NewToken", "Token"]

MAX_DAYS = 366


class Token(Noun):
    """Whose it is, who made it, until when it opens. The secret is nowhere."""

    id: int = Field(ge=1)
    actor: Text
    created_by: Text
    created_at: Timestamp
    expires_at: Timestamp
    revoked_at: Timestamp | None = None


class NewToken(Noun):
    """A token just made: the only time that its secret is told."""

    token: Token
    secret: Text = Field(repr=False)
