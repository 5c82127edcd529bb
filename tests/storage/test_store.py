"""The contract of every store, run on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit.errors import Conflict, InvalidInput, StorageUnavailable
from expkit.storage import Store, metadata, read_audit, verify_audit


def test_a_change_and_its_audit_entry_commit_together(store: Store) -> None:
    """What was audited is there with who, what, before, after and why."""
    with store.begin(actor="ann", correlation_id="c-1") as work:
        work.audit("thing.change", "checkout", before={"a": 1}, after={"a": 2}, reason="because")
    with store.read() as connection:
        (entry,) = read_audit(connection)
    assert (entry.actor, entry.action, entry.subject) == ("ann", "thing.change", "checkout")
    assert (entry.before, entry.after, entry.reason, entry.correlation_id) == ({"a": 1}, {"a": 2}, "because", "c-1")
    assert entry.at.tzinfo is not None


def test_an_error_leaves_nothing_behind(store: Store) -> None:
    """A unit of work that fails takes its audit entries with it."""

    def fail_half_way() -> None:
        with store.begin(actor="ann") as work:
            work.audit("thing.change", "checkout")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    with store.read() as connection:
        assert read_audit(connection) == []


def test_concurrent_writers_lose_nothing(store: Store) -> None:
    """Eight threads write at once; every entry arrives and no lock error reaches anybody."""
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(10):
                with store.begin(actor=name) as work:
                    work.audit("count", str(number))
        except BaseException as error:  # whatever it is, the test has to see it
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"t{index}",)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert (failures, len(read_audit(connection, limit=1000))) == ([], 80)


def test_a_reader_sees_one_moment(store: Store) -> None:
    """What is committed while it reads, it does not see; the next one does."""
    with store.read() as connection:
        assert read_audit(connection) == []
        with store.begin(actor="ann") as work:
            work.audit("thing.change", "checkout")
        assert read_audit(connection) == []
        assert verify_audit(connection).ok
    with store.read() as connection:
        assert len(read_audit(connection)) == 1


def test_a_chain_that_grows_while_it_is_verified_is_whole(store: Store) -> None:
    """No false alarm: a hundred verifications beside two writers that never rest."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with store.begin(actor="ann") as work:
                work.audit("count", "x")

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    found = []
    for _ in range(100):
        with store.read() as connection:
            found += verify_audit(connection).findings
    stop.set()
    for thread in threads:
        thread.join()
    assert found == []


def test_a_writer_waits_for_longer_than_sqlite_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its turn comes when the other one has ended; only a lock that stays is told."""
    monkeypatch.setattr("expkit.storage.store.BUSY_TIMEOUT_MS", 10)
    store = Store.open(f"sqlite:///{tmp_path / 'expkit.db'}")
    other = sqlite3.connect(tmp_path / "expkit.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, other.rollback).start()
    with store.begin(actor="ann") as work:
        work.audit("thing.change", "checkout")
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("expkit.storage.store.PATIENCE_SECONDS", 0.1)
    with pytest.raises(StorageUnavailable, match="is locked by another process"), store.begin(actor="ann"):
        pass
    other.close()
    with store.read() as connection:
        assert len(read_audit(connection)) == 1
    store.close()


def test_two_processes_may_open_a_new_database_at_once(empty_database_url: str) -> None:
    """Whoever comes first makes the tables; the others wait and find them."""
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(Store.open(empty_database_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        store.close()


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    """The schema that the migrations leave and the one that the rooms declare are one."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import expkit.batch.tables
    import expkit.events.tables
    import expkit.registry.assignment_tables
    import expkit.registry.people_tables
    import expkit.registry.tables  # noqa: F401  # declaring is what the import is for

    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_go_down_as_well_as_up(store: Store) -> None:
    """Down to nothing and up again ends where it began."""
    from alembic import command

    from expkit.storage import migrations

    with store.begin(actor="ann") as work:
        command.downgrade(migrations._config(work.connection), "base")
        assert not sa.inspect(work.connection).has_table("experiments")
        migrations.upgrade(work.connection, "head")
        assert sa.inspect(work.connection).has_table("experiments")


def test_the_newest_migration_is_the_head(tmp_path: Path) -> None:
    """`HEAD`, kept by hand so that opening needs no Alembic, is what Alembic finds."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from expkit.storage import migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrations.HEAD
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == migrations.KNOWN


def test_a_database_of_a_newer_expkit_is_left_alone(store: Store, database_url: str) -> None:
    """An older program refuses, and names the way out."""
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageUnavailable, match=r"newer expkit.*Hint: upgrade expkit"):
        Store.open(database_url)


def test_a_damaged_file_is_named_and_kept(tmp_path: Path) -> None:
    """A file that is no database raises one clear error and keeps its bytes."""
    path = tmp_path / "expkit.db"
    path.write_bytes(b"this is no database, just text" * 100)
    with pytest.raises(StorageUnavailable, match=r"damaged or no database.*Hint: restore"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is no database")


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    """EXPKIT_HOME that lies below a file gets a hint, not a traceback of sqlite3."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageUnavailable, match="EXPKIT_HOME"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'home' / 'expkit.db'}")


def test_a_read_only_database_says_so(tmp_path: Path) -> None:
    """Reading goes on, writing raises and changes nothing."""
    path = tmp_path / "expkit.db"
    Store.open(f"sqlite:///{path}").close()
    store = Store.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageUnavailable, match="read-only"), store.begin(actor="ann") as work:
        work.audit("a", "b")
    with store.read() as connection:
        assert read_audit(connection) == []
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x/y"])
def test_a_url_that_is_none_names_the_right_form(url: str) -> None:
    """The hint shows both kinds of URL."""
    with pytest.raises(InvalidInput, match=r"sqlite:///"):
        Store.open(url)


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """No server behind the socket: one clear error."""
    with pytest.raises(StorageUnavailable, match="Hint"):
        Store.open(f"postgresql://nobody@/none?host={tmp_path}&connect_timeout=2")


def test_a_store_in_memory_works_for_many_connections() -> None:
    """`sqlite://` keeps one database for all connections of the store."""
    store = Store.open("sqlite://")
    with store.begin(actor="ann") as work:
        work.audit("a", "b")
    with store.read() as connection:
        assert len(read_audit(connection)) == 1
    store.close()


def test_a_statement_that_meets_a_faster_one_is_a_conflict(store: Store) -> None:
    """Not a failure of the database: look again and repeat."""
    twice = sa.text("INSERT INTO alembic_version SELECT version_num FROM alembic_version")
    with pytest.raises(Conflict, match="Somebody else has just changed"), store.begin(actor="ann") as work:
        work.connection.execute(twice)


def test_a_statement_that_fails_otherwise_is_told_whole(store: Store) -> None:
    """What the database said, and that nothing was changed."""
    with (
        pytest.raises(StorageUnavailable, match=r"no_such_table.*Hint: nothing was changed"),
        store.read() as connection,
    ):
        connection.execute(sa.text("SELECT * FROM no_such_table"))


@pytest.mark.parametrize("text", ["half \ud83d", "x" * 20_001, "nul \x00"])
def test_a_reason_that_cannot_be_kept_is_refused(store: Store, text: str) -> None:
    """On both databases alike, and with all else that was to be done."""

    def say() -> None:
        with store.begin(actor="ann") as work:
            work.audit("a", "b")
            work.audit("a", "b", reason=text)

    with pytest.raises(InvalidInput, match="Hint"):
        say()
    with store.read() as connection:
        assert read_audit(connection) == []


def test_half_a_surrogate_pair_survives_in_json(store: Store) -> None:
    """Where it is data rather than text, it is escaped as JSON allows."""
    from expkit.storage.store import _serialized

    assert _serialized({"a": "\ud83d", "b": "ü"}) == '{"a":"\\ud83d","b":"\\u00fc"}'
    assert _serialized({"b": "ü"}) == '{"b":"ü"}'
    with pytest.raises(InvalidInput, match="surrogate"), store.begin(actor="ann") as work:
        work.audit("a", "b", after={"text": "\ud83d"})
