"""API tokens: told once, kept as a digest, good until they expire or are revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from drafts import ask, do

from expkit.domain.tokens import NewToken
from expkit.errors import InvalidInput, NotFound
from expkit.registry.people_tables import api_tokens
from expkit.registry.tokens import create_token, holder, revoke_token, tokens
from expkit.storage import Store, read_audit


def new(store: Store, actor: str = "ann", days: float = 90) -> NewToken:
    return do(store, lambda work: create_token(work, actor, days), "root")


def who(store: Store, secret: str, **later: float) -> str | None:
    found = ask(store, holder, secret, datetime.now(UTC) + timedelta(**later))
    return found.actor if found else None


def test_a_secret_opens_until_its_day(store: Store) -> None:
    """And no other does; each secret is its own."""
    made = new(store)
    assert (made.token.actor, made.token.created_by) == ("ann", "root")
    assert (who(store, made.secret), who(store, made.secret, days=89), who(store, made.secret, days=91)) == (
        "ann", "ann", None,
    )  # fmt: skip
    for wrong in ("", made.secret[:-1], made.secret + "x", made.secret.upper(), "half \ud83d", "nul \x00"):
        assert who(store, wrong) is None
    assert new(store).secret != made.secret


def test_the_secret_is_kept_nowhere(store: Store) -> None:
    """Neither in its row nor in the audit nor in what is printed."""
    made = new(store)
    rows = ask(store, lambda connection: connection.execute(sa.select(api_tokens)).all())
    assert made.secret not in f"{rows}{ask(store, read_audit)}{ask(store, tokens)}{made!r}"


def test_a_revoked_token_opens_nothing(store: Store) -> None:
    """Revoking twice is revoking once."""
    made, other = new(store), new(store, "bob")
    for _ in range(2):
        assert do(store, lambda work: revoke_token(work, made.token.id, "lost")).revoked_at is not None
    assert (who(store, made.secret), who(store, other.secret)) == (None, "bob")
    assert [entry.action for entry in ask(store, read_audit)].count("token.revoke") == 1
    assert [found.actor for found in ask(store, tokens)] == ["bob", "ann"]
    assert [found.id for found in ask(store, tokens, "ann")] == [made.token.id]
    with pytest.raises(NotFound, match="no token 99"):
        do(store, lambda work: revoke_token(work, 99))


@pytest.mark.parametrize("days", [0, -1, 367, float("nan"), float("inf")])
def test_a_token_has_an_end(store: Store, days: float) -> None:
    """Within a year or so."""
    with pytest.raises(InvalidInput, match="cannot hold for"):
        new(store, days=days)


@pytest.mark.parametrize("name", ["", " ann", "x" * 201, "nul \x00"])
def test_a_token_is_somebody_s(store: Store, name: str) -> None:
    """A name as the audit has it."""
    with pytest.raises(InvalidInput, match="Whose token"):
        new(store, name)
    assert ask(store, tokens) == []
