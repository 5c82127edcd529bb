"""Database files as older versions left them come up to date with all that was in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit import registry
from expkit.domain.filters import Filters
from expkit.storage import Store, read_audit, verify_audit

OLD = Path(__file__).parent / "old"


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of schema 0001: three experiments, a look, seven audit entries, a batch in the inbox."""
    if request.param == "sqlite":
        shutil.copy(OLD / "0001.sqlite.db", tmp_path / "expkit.db")
        return f"sqlite:///{tmp_path / 'expkit.db'}"
    server = request.getfixturevalue("postgres_server")
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS old"))
        connection.execute(sa.text("CREATE DATABASE old"))
    admin.dispose()
    url = server.replace("/postgres?", "/old?")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.connection.cursor().execute((OLD / "0001.postgres.sql").read_text())
    engine.dispose()
    return str(url)


def test_an_old_database_keeps_all_that_was_in_it(old_url: str) -> None:
    """Experiments, states, looks and audit entries are there, and found by the new search."""
    store = Store.open(old_url)
    with store.read() as connection:
        found = {experiment.key: experiment.status for experiment in registry.find(connection)}
        assert found == {"draft-one": "draft", "running-one": "active", "stopped-one": "stopped"}
        assert [experiment.key for experiment in registry.find(connection, Filters(text="DRAFT-ONE blüe"))] == [
            "draft-one"
        ]
        assert registry.latest_look(connection, "stopped-one") == {
            "look": 1, "recommendation": {"headline": "Wait", "action": "continue"},
        }  # fmt: skip
        assert [entry.actor for entry in read_audit(connection)] == ["ann", "bob", "bob", "bob", "ann", "ann", "ann"]
        assert connection.scalar(sa.text("SELECT rows FROM inbox")) == 20
    store.close()


def test_an_old_audit_becomes_a_chain_that_verifies(old_url: str) -> None:
    """What was said before the chain is sealed by the upgrade, and new entries go on from there."""
    store = Store.open(old_url)
    with store.begin(actor="zoe") as work:
        registry.move(work, "running-one", "pause")
    with store.read() as connection:
        verdict = verify_audit(connection)
    assert (verdict.ok, verdict.entries, verdict.findings) == (True, 8, ())
    store.close()


def test_what_runs_gets_its_first_phase(old_url: str) -> None:
    """The weight history begins where the experiment did, and ends where it was stopped."""
    store = Store.open(old_url)
    with store.read() as connection:
        (running,) = registry.phases(connection, "running-one")
        (stopped,) = registry.phases(connection, "stopped-one")
        assert registry.phases(connection, "draft-one") == []
    assert (running.shares, running.coverage, running.ended_at) == ({"control": 0.5, "treatment": 0.5}, 1.0, None)
    assert stopped.ended_at is not None
    store.close()
