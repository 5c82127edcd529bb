"""The audit chain: every edit, deletion and reordering is found and named; what cannot be known is said."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from expkit.storage import (
    AuditEntry,
    Checkpoint,
    Store,
    audit_end,
    read_audit,
    stream_audit,
    verify_audit,
    verify_chain,
)
from expkit.storage.chain import GENESIS, digest

KEY = "a signing key"


def fill(store: Store, count: int = 6) -> None:
    for number in range(count):
        with store.begin(actor=f"actor-{number}") as work:
            work.audit("thing.change", f"subject-{number}", before={"n": number}, after={"n": number + 0.5}, reason="ü")


def tamper(store: Store, *statements: str) -> None:
    with store.begin(actor="mallory") as work:
        for statement in statements:
            work.connection.execute(sa.text(statement))


def findings(store: Store, **known: object) -> list[tuple[int, str]]:
    with store.read() as connection:
        return [tuple(finding) for finding in verify_audit(connection, **known).findings]  # type: ignore[arg-type]


def test_an_honest_chain_verifies_and_says_what_it_cannot_know(store: Store) -> None:
    """No findings; and one sentence on cut ends and rewritten chains."""
    fill(store)
    with store.read() as connection:
        verdict = verify_audit(connection)
    assert (verdict.ok, verdict.entries, verdict.end.id) == (True, 6, 6)
    assert "EXPKIT_AUDIT_KEY" in verdict.unknown[0]


def test_an_empty_chain_verifies(store: Store) -> None:
    """A new database has nothing to hide."""
    with store.read() as connection:
        assert verify_audit(connection).ok
        assert audit_end(connection) == Checkpoint(0, GENESIS)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'mallory'", "reason = ''", "action = 'x'", "subject = 'y'", "correlation_id = 'z'",
        "after = '{\"n\": 9}'", "before = NULL", "at = '2020-01-01 00:00:00+00:00'",
    ],
)  # fmt: skip
def test_an_edited_entry_is_named(store: Store, change: str) -> None:
    """Whatever field is touched."""
    fill(store)
    tamper(store, f"UPDATE audit SET {change} WHERE id = 3")  # noqa: S608  # our own words
    assert findings(store) == [(3, "does not match its own hash: it was edited")]


def test_a_deleted_entry_is_named(store: Store) -> None:
    """The gap has a number."""
    fill(store)
    tamper(store, "DELETE FROM audit WHERE id IN (3, 4)")
    assert findings(store) == [(3, "is missing (deleted: 3 to 4)")]


def test_swapped_entries_are_named(store: Store) -> None:
    """Reordering breaks the entries' own hashes, as their numbers are part of them."""
    fill(store)
    tamper(store, "UPDATE audit SET id = 100 WHERE id = 2", "UPDATE audit SET id = 2 WHERE id = 3",
           "UPDATE audit SET id = 3 WHERE id = 100")  # fmt: skip
    assert {number for number, _ in findings(store)} >= {2, 3}


def test_an_entry_with_a_fresh_hash_breaks_the_next_link(store: Store) -> None:
    """Rehashing one entry is not enough."""
    fill(store)
    with store.begin(actor="mallory") as work:
        entry = next(entry for entry in read_audit(work.connection) if entry.id == 3)._replace(actor="mallory")
        work.connection.execute(
            sa.text("UPDATE audit SET actor = 'mallory', hash = :hash WHERE id = 3"), {"hash": digest(entry)}
        )
    assert findings(store) == [(4, "does not follow its predecessor: one of them was replaced or moved")]


def test_a_cut_end_is_found_by_the_recorded_end(store: Store) -> None:
    """A clumsy cut forgets the table that records the end."""
    fill(store)
    tamper(store, "DELETE FROM audit WHERE id > 4")
    assert findings(store)[0][0] == 6
    tamper(store, "DELETE FROM audit_end")
    assert "emptied" in findings(store)[-1][1]


def _cut_well(store: Store) -> None:
    """As somebody would who knows the tables."""
    with store.begin(actor="mallory") as work:
        kept = next(entry for entry in read_audit(work.connection) if entry.id == 4)
        work.connection.execute(sa.text("DELETE FROM audit WHERE id > 4"))
        work.connection.execute(sa.text("UPDATE audit_end SET id = 4, hash = :hash"), {"hash": kept.hash})


def _rewrite(store: Store) -> None:
    with store.begin(actor="mallory") as work:
        end = Checkpoint(0, GENESIS)
        for entry in list(stream_audit(work.connection)):
            forged = entry._replace(actor="nobody", previous=end.hash)
            values = {"actor": "nobody", "previous": end.hash, "hash": digest(forged), "id": entry.id}
            work.connection.execute(
                sa.text("UPDATE audit SET actor = :actor, previous = :previous, hash = :hash WHERE id = :id"), values
            )
            end = Checkpoint(entry.id, str(values["hash"]))
        work.connection.execute(sa.text("UPDATE audit_end SET hash = :hash"), {"hash": end.hash})


@pytest.mark.parametrize("forge", [_cut_well, _rewrite])
def test_a_checkpoint_kept_elsewhere_finds_a_careful_forger(store: Store, forge: object) -> None:
    """Without it the forgery passes, and the verdict says that it would."""
    fill(store)
    with store.read() as connection:
        checkpoint = audit_end(connection)
    forge(store)  # type: ignore[operator]
    with store.read() as connection:
        assert verify_audit(connection).ok
        assert verify_audit(connection).unknown
    assert findings(store, checkpoint=checkpoint)[0][0] == 6


@pytest.mark.parametrize("forge", [_cut_well, _rewrite])
def test_the_signing_key_finds_a_careful_forger(database_url: str, forge: object) -> None:
    """The seal of the end cannot be made without the key; and nothing is left unknown."""
    store = Store.open(database_url, audit_key=KEY)
    fill(store)
    with store.read() as connection:
        assert verify_audit(connection, key=KEY).ok
        assert verify_audit(connection, key=KEY).unknown == ()
    forge(store)  # type: ignore[operator]
    assert "seal" in findings(store, key=KEY)[0][1]
    store.close()


def test_a_checkpoint_that_the_key_has_sealed_proves_itself(database_url: str) -> None:
    """A forger who has also reached the checkpoint cannot make its seal; the export is held against it, too."""
    store = Store.open(database_url, audit_key=KEY)
    fill(store)
    with store.read() as connection:
        honest = audit_end(connection)
        entries = list(stream_audit(connection))
        assert verify_audit(connection, checkpoint=honest, key=KEY).ok
    assert verify_chain(entries, checkpoint=honest, key=KEY).ok
    short = entries[:-1]
    forged = honest._replace(id=short[-1].id, hash=short[-1].hash)
    assert verify_chain(short, checkpoint=forged).ok  # without the key there is nothing to see
    assert "forged" in verify_chain(short, checkpoint=forged, key=KEY).findings[0].what
    bare = verify_chain(short, checkpoint=forged._replace(seal=""), key=KEY)
    assert (bare.ok, "no seal" in bare.unknown[0]) == (True, True)
    store.close()


def test_an_end_without_a_seal_is_told_as_that(database_url: str) -> None:
    """One process has the key and another one not: nothing was cut, and nobody could tell."""
    for key in (KEY, ""):
        store = Store.open(database_url, audit_key=key)
        fill(store, 1)
        store.close()
    store = Store.open(database_url, audit_key=KEY)
    assert "without the signing key" in findings(store, key=KEY)[0][1]
    fill(store, 1)
    assert findings(store, key=KEY) == []
    store.close()


def test_the_wrong_key_does_not_fit(database_url: str) -> None:
    """A chain sealed with one key is not verified with another."""
    store = Store.open(database_url, audit_key=KEY)
    fill(store, 1)
    assert "seal" in findings(store, key="another")[0][1]
    store.close()


def test_concurrent_writers_keep_one_chain(store: Store) -> None:
    """Numbers without gaps, one predecessor each."""
    threads = [threading.Thread(target=fill, args=(store, 8)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        verdict = verify_audit(connection)
    assert (verdict.ok, verdict.entries) == (True, 48)


def test_time_never_runs_backwards_in_the_chain(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a clock that was set back, entries carry the time of the last one."""
    from expkit.storage import store as module

    fill(store, 1)

    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) - timedelta(days=400)

    monkeypatch.setattr(module, "datetime", Back)
    fill(store, 1)
    with store.read() as connection:
        newest, oldest = read_audit(connection)
        assert newest.at >= oldest.at
        assert verify_audit(connection).ok


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcü", max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=3), json_values, max_size=3), min_size=1, max_size=4)
)
def test_whatever_is_said_verifies_and_survives_the_export(said: list[dict[str, object]]) -> None:
    """Any JSON goes through the database, and through JSONL, without losing its hash."""
    store = _in_memory()
    for after in said:
        with store.begin(actor="ann") as work:
            work.audit("x", "y", after=after)
    with store.read() as connection:
        entries = list(stream_audit(connection))
    assert verify_chain(entries).ok
    assert verify_chain([AuditEntry.from_dict(entry.to_dict()) for entry in entries]).ok


@cache
def _in_memory() -> Store:
    """One store for all examples: making the tables takes longer than the rest."""
    return Store.open("sqlite://")
