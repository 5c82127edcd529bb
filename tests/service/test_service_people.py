"""Who asks is who acts: tokens of people, roles, and what is told to those who may not."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from hosting import CHECKOUT, TOKEN, running

from expkit.errors import Forbidden, InvalidInput
from expkit.registry import tokens
from expkit.registry.people_tables import api_tokens
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Ann is admin, vic views, exp experiments and op operates; in the project "other" exp is nobody."""
    settings = Settings.read(tmp_path_factory.mktemp("team")).with_(token=TOKEN, actor="ann", database_url="")
    with Workbench.open(settings) as workbench:
        workbench.grant("ann", "admin")
        for actor, role in {"vic": "viewer", "exp": "experimenter", "op": "operator"}.items():
            workbench.grant(actor, role, "default")
        workbench.create(CHECKOUT)
        workbench.start("checkout")
        yield workbench


@pytest.fixture(scope="module")
def place(team: Workbench) -> Iterator[str]:
    with running(create_app(team)) as url:
        yield url


@contextmanager
def _as(place: str, secret: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place, headers={"Authorization": f"Bearer {secret}"}, timeout=120) as client:
        yield client


@pytest.mark.parametrize("actor", ["vic", "exp", "op", "ann", "jürgen müller"])
def test_a_token_stands_for_its_person(team: Workbench, place: str, actor: str) -> None:
    """And the audit names them."""
    with _as(place, team.create_token(actor).secret) as client:
        assert client.get("/").json()["actor"] == actor
        if actor == "exp":
            client.post("/experiments/checkout/notes", json={"text": "Seen."})
            assert team.audit(limit=1)[0]["actor"] == "exp"


def test_roles_are_enforced_with_the_way_out(team: Workbench, place: str) -> None:
    """403 says which role it takes and how to ask for it."""
    with _as(place, team.create_token("exp").secret) as client:
        assert client.patch("/experiments/checkout", json={"changes": {"name": "N"}}).status_code == 200
        for path, body in {
            "/experiments/checkout/traffic": {"coverage": 0.5},
            "/experiments/checkout/guardrails": {"guardrails": [{"metric": "error", "limit": 0.1}]},
            "/roles": {"actor": "exp", "role": "admin"},
            "/tokens": {"actor": "ann"},
            "/retention/apply": {},
        }.items():
            answer = client.post(path, json=body)
            assert (answer.status_code, answer.json()["kind"]) == (403, "forbidden"), path
            assert "takes the role" in answer.json()["detail"]
            assert "ask an admin" in answer.json()["hint"]
    with _as(place, team.create_token("op").secret) as client:
        assert client.post("/experiments/checkout/traffic", json={"coverage": 0.5}).json()["coverage"] == 0.5


def test_an_elevation_opens_for_a_while(team: Workbench, place: str) -> None:
    """Asked by one, answered by another, through their tokens."""
    with _as(place, team.create_token("vic").secret) as vic, _as(place, TOKEN) as ann:
        note = {"text": "Hello."}
        assert vic.post("/experiments/checkout/notes", json=note).status_code == 403
        asked = vic.post("/elevations", json={"role": "experimenter", "project": "default", "reason": "a report"})
        number = asked.json()["id"]
        assert vic.post(f"/elevations/{number}/answer", json={"approve": True}).status_code == 403
        assert ann.post(f"/elevations/{number}/answer", json={"approve": True}).json()["state"] == "approved"
        assert vic.post("/experiments/checkout/notes", json=note).status_code == 201


def test_a_revoked_token_opens_nothing(team: Workbench, place: str) -> None:
    """From the next request on."""
    made = team.create_token("exp")
    with _as(place, made.secret) as client:
        assert client.get("/experiments").status_code == 200
        team.revoke_token(made.token.id, reason="lost")
        refused = client.get("/experiments")
    assert refused.status_code == 401
    assert refused.json()["detail"] == "The bearer token is wrong, expired or revoked."


def test_an_expired_token_opens_nothing(team: Workbench, place: str) -> None:
    """To the second."""
    made = team.create_token("exp", days=1)
    with team._read() as connection:
        assert tokens.holder(connection, made.secret, made.token.expires_at - timedelta(seconds=1)) == made.token
        assert tokens.holder(connection, made.secret, made.token.expires_at) is None
    past = sa.update(api_tokens).where(api_tokens.c.id == made.token.id).values(expires_at=datetime.now(UTC))
    with team._store.begin(actor="a test") as work:
        work.connection.execute(past)
    with _as(place, made.secret) as client:
        assert client.get("/experiments").status_code == 401


def test_a_wrong_token_is_nobody_s(team: Workbench, place: str) -> None:
    """Also one that is almost right, and one that is not even text."""
    secret = team.create_token("exp").secret
    digest = hashlib.sha256(secret.encode()).hexdigest()
    for wrong in (secret[:-1], secret + "x", secret.upper(), digest, "expkit_", "é" * 40, "x" * 10_000):
        with _as(place, "x") as client:
            headers = {"Authorization": f"Bearer {wrong}".encode()}
            assert client.get("/experiments", headers=headers).status_code == 401, wrong


def test_a_secret_is_stored_nowhere(team: Workbench, place: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the database's files, nor in the audit, nor in a log, nor in a repr."""
    caplog.set_level(logging.DEBUG)
    with _as(place, TOKEN) as client:
        answer = client.post("/tokens", json={"actor": "exp"})
    secret = answer.json()["secret"]
    assert answer.headers["Cache-Control"] == "no-store"
    with _as(place, secret) as client:
        client.get("/experiments/nope")
        assert secret not in client.get("/tokens").text + client.get("/audit").text + client.get("/metrics").text
    files = [path for path in Path(team.settings.home).rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in b"".join(path.read_bytes() for path in files)
    assert secret not in caplog.text


def test_everybody_manages_their_own_tokens(team: Workbench, place: str) -> None:
    """And sees no others; an admin sees all."""
    with _as(place, team.create_token("vic").secret) as vic:
        own = vic.post("/tokens", json={"days": 2}).json()["token"]
        assert {item["actor"] for item in vic.get("/tokens").json()["items"]} == {"vic"}
        assert vic.delete(f"/tokens/{own['id']}").json()["revoked_at"]
        others = team.create_token("op").token
        assert vic.delete(f"/tokens/{others.id}").status_code == 403
    assert {"vic", "op"} <= {token.actor for token in team.tokens()}
    with pytest.raises(Forbidden):
        team.acting_as("vic").create_token("op")


@pytest.mark.parametrize(
    ("actor", "days"), [("bo", float("nan")), ("bo", -1), ("bo", 1e9), (" bo", 1), ("b" * 201, 1), ("b\0", 1)]
)
def test_odd_tokens_are_refused(team: Workbench, actor: str, days: float) -> None:
    """With a hint, and nothing made."""
    before = team.tokens()
    with pytest.raises(InvalidInput) as refused:
        team.create_token(actor, days=days)
    assert refused.value.hint
    assert team.tokens() == before


def test_each_secret_is_new(team: Workbench) -> None:
    """256 bits of chance."""
    made = {team.create_token("exp").secret for _ in range(5)}
    assert len(made) == 5
    assert all(len(secret) > 45 for secret in made)
