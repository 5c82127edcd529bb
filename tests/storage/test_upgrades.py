"""Database files as older versions left them come up to date with all that was in them."""

from __future__ import annotations

import pkgutil
import shutil
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from expkit import batch, events, registry
from expkit.domain.filters import Filters
from expkit.events.quarantine import quarantined
from expkit.registry import notices as outbox
from expkit.registry import tokens
from expkit.storage import Checkpoint, Store, metadata, migrations, read_audit, verify_audit

OLD = Path(__file__).parent / "old"
for room in (batch, events, registry):  # what they declare is what a database has to have
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        if module.name.endswith("tables"):
            import_module(module.name)


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database; its server is looked for only where it is one."""
    return str(request.param)


@pytest.fixture
def old_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Schema 0001: three experiments, a look, seven audit entries, a batch in the inbox."""
    return opened("0001", kind, request, tmp_path)


@pytest.fixture
def deep_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Schema 0002, with something in each part of the registry; before there were tokens."""
    return opened("0002", kind, request, tmp_path)


@pytest.fixture
def late_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Schema 0007: the same with tokens, with what decides over assignments, a batch in quarantine, alerts, notices."""
    return opened("0007", kind, request, tmp_path)


def opened(schema: str, kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "sqlite":
        shutil.copy(OLD / f"{schema}.sqlite.db", folder / "expkit.db")
        return f"sqlite:///{folder / 'expkit.db'}"
    server = request.getfixturevalue("postgres_server")
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS old{schema} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE old{schema}"))
    admin.dispose()
    url = server.replace("/postgres?", f"/old{schema}?")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.connection.cursor().execute((OLD / f"{schema}.postgres.sql").read_text(encoding="utf-8"))
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


def test_what_people_said_and_planned_is_kept(deep_url: str) -> None:
    """Versions, phases, notes with their history, reviews, schedules, learnings, signed plans."""
    store = Store.open(deep_url)
    with store.read() as connection:
        assert [entry.reason for entry in registry.versions(connection, "draft-one")] == ["careful", "created"]
        assert [phase.shares["control"] for phase in registry.phases(connection, "running-one")] == [0.5, 0.9]
        (note,) = registry.notes(connection, "draft-one")
        assert (note.text, registry.note_history(connection, note.id)[0].text) == ("Second words.", "First words.")
        (review,) = registry.reviews(connection, "draft-one")
        assert (review.state, review.author, review.answers[0].comment) == ("approved", "bob", "Sound.")
        (planned,) = registry.scheduled(connection)
        assert (planned.experiment, planned.verb, planned.at.year) == ("running-one", "stop", 2101)
        (tracked,) = [item for item in registry.hypotheses(connection).items if item.learning]
        assert (tracked.experiment, tracked.came_true) == ("stopped-one", True)
        assert len(registry.signed_plans(connection, "stopped-one")) == 1
        assert [entry.what for entry in registry.timeline(connection, "stopped-one")][-1] == "learning"
    store.close()


def test_who_may_what_is_kept(deep_url: str) -> None:
    """Roles, elevations, policies and the catalogue; what is new since can be used at once."""
    store = Store.open(deep_url)
    with store.read() as connection:
        assert {(each.actor, each.role) for each in registry.grants(connection)} == {
            ("ann", "admin"), ("bob", "experimenter"),
        }  # fmt: skip
        assert [each.state for each in registry.elevations(connection)] == ["pending", "approved"]
        assert (registry.policy_for(connection, "shop").review, registry.policy_for(connection, "x").review) == (
            "block", "warn",
        )  # fmt: skip
        assert [each.version for each in registry.metric_versions(connection, "conversion")] == [2, 1]
        found = registry.find(connection, Filters(significance="significant", outcome="positive"))
        assert [each.key for each in found] == ["stopped-one"]
    with store.begin(actor="ann") as work:
        assert tokens.create_token(work, "bob", 1.0).token.actor == "bob"
    store.close()


def test_the_chain_goes_on_where_it_was(deep_url: str) -> None:
    """A checkpoint that was kept before the upgrade still holds after it."""
    seen = Checkpoint(26, _end(deep_url))
    store = Store.open(deep_url)
    with store.begin(actor="zoe") as work:
        registry.move(work, "running-one", "pause")
    with store.read() as connection:
        verdict = verify_audit(connection, checkpoint=seen)
    assert (verdict.ok, verdict.entries, verdict.findings) == (True, 27, ())
    store.close()


@pytest.mark.parametrize("schema", ["0001", "0002", "0003", "0004", "0005", "0006", "0007"])
def test_every_old_database_comes_up_to_date_whole(
    schema: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The tables are those of a new one, the chain goes on, and it is written and read as any other."""
    store = Store.open(opened(schema, kind, request, tmp_path))
    with store.begin(actor="zoe", correlation_id="after") as work:
        registry.add_note(work, "running-one", "The upgrade is done.")
        context = MigrationContext.configure(work.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    with store.read() as connection:
        verdict = verify_audit(connection)
        assert (verdict.ok, verdict.findings) == (True, ())
        assert read_audit(connection, limit=1)[0].correlation_id == "after"
        assert registry.count(connection) == 3
    store.close()


def test_tokens_and_what_decides_over_assignments_are_kept(late_url: str) -> None:
    """Tokens open what they opened; overrides, holdouts, groups with their past, remembered units, quarantine."""
    store = Store.open(late_url)
    then = datetime(2026, 12, 1, tzinfo=UTC)
    with store.read() as connection:
        found = tokens.holder(connection, "expkit_not-a-secret", then)
        assert found is not None
        assert (found.actor, tokens.holder(connection, "expkit_not-a-secret-either", then)) == ("bob", None)
        (held,) = registry.overrides(connection, at=then)
        assert (held.experiment, held.variant, held.user_id) == ("running-one", "treatment", "qa-1")
        assert [(one.key, one.share) for one in registry.holdouts(connection)] == [("quiet", 0.05)]
        assert [one.values for one in registry.groups(connection)] == [("u1", "u2")]
        assert registry.memory_of(connection, ["user_id||u1"]) == {"user_id||u1": {"running-one__0": "treatment"}}
        assert [(one.rows, one.reason) for one in quarantined(connection)] == [(3, "the batch is torn")]
    store.close()


def test_alerts_are_kept(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With their evidence and who has seen them; a lease of a process that is gone can be taken."""
    store = Store.open(opened("0006", kind, request, tmp_path))
    with store.read() as connection:
        seen, open_now = sorted(registry.alerts(connection), key=lambda alert: alert.id)
    assert (seen.acknowledged_by, seen.comment, seen.evidence) == ("bob", "known", {"p_value": 0.001})
    assert (open_now.subject, open_now.is_open) == ("cost of treatment", True)
    assert registry.hold(store, "monitor", "another", datetime(2026, 12, 1, tzinfo=UTC))
    store.close()


def test_notices_are_kept_and_baselines_begin(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """What was told, what waits to be, and how far the audit was read; a promotion records its baseline."""
    store = Store.open(opened("0007", kind, request, tmp_path))
    with store.read() as connection:
        waits, sent = outbox.notices(connection)
        assert (sent.title, sent.state) == ("running-one is paused", "sent")
        assert (waits.title, waits.state, waits.detail) == (
            "running-one goes on", "pending", "the channel did not take it",
        )  # fmt: skip
        assert not outbox.is_behind(connection)
        assert registry.baselines(connection) == []
    with store.begin(actor="ann") as work:
        registry.choose_winner(work, "stopped-one", None, None, "it won")
        registry.move(work, "stopped-one", "promote", "it won")
    with store.read() as connection:
        (one,) = registry.baselines(connection)
        assert (one.experiment, one.variant, one.level) == ("stopped-one", "treatment", None)
    store.close()


def test_a_full_database_goes_down_step_by_step_and_up_again(late_url: str) -> None:
    """What the older schema has a place for is still there afterwards: experiments, versions, what the audit says."""
    from alembic import command

    store = Store.open(late_url)
    with store.read() as connection:
        said = [entry[1:9] for entry in read_audit(connection, limit=1000)]
    for revision in reversed(migrations.KNOWN[:-1]):
        with store.begin(actor="zoe") as work:
            command.downgrade(migrations._config(work.connection), revision)
    with store.begin(actor="zoe") as work:
        migrations.upgrade(work.connection, "head")
    with store.read() as connection:
        verdict = verify_audit(connection)
        assert (verdict.ok, [entry[1:9] for entry in read_audit(connection, limit=1000)]) == (True, said)
        assert [entry.reason for entry in registry.versions(connection, "draft-one")] == ["careful", "created"]
        assert registry.get(connection, "running-one").status == "active"
    store.close()


def _end(url: str) -> str:
    """The newest hash, read without opening the store, which would upgrade it."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT hash FROM audit ORDER BY id DESC LIMIT 1"))
    engine.dispose()
    return str(found)
