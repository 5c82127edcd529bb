"""What cannot go to the lake is put aside with its reason, and never holds up the rest."""

from __future__ import annotations

import pyarrow as pa
import pytest
import sqlalchemy as sa

from expkit.errors import NotFound
from expkit.events import arrow_schema, quarantine
from expkit.events.inbox import pack, put
from expkit.events.tables import inbox as inbox_table


def rows(*names: str) -> list[dict[str, str]]:
    return [{"event_id": name, "event": "buy", "user_id": "u"} for name in names]


def set_aside(store):
    with store.read() as connection:
        return quarantine.quarantined(connection)


@pytest.mark.parametrize("harm", [lambda body: body[:-1], lambda body: body[:40] + b"X" + body[41:], lambda _: b""])
def test_a_torn_batch_is_put_aside_and_the_rest_moves(events, log, store, ids, harm):
    """A changed or missing byte is found by the checksum; readers leave the batch out, the mover says why."""
    log("outcomes", rows("a"))
    with store.begin(actor="ann") as work:
        body = work.connection.scalar(sa.select(inbox_table.c.body))
        work.connection.execute(sa.update(inbox_table).values(body=harm(body)))
    log("outcomes", rows("b"))
    assert ids() == ["b"]
    assert (events.move(), events.waiting(), ids()) == (1, 0, ["b"])
    [found] = set_aside(store)
    assert (found.id, found.kind, found.rows, found.actor) == (1, "outcomes", 1, "ann")
    assert "damaged" in found.reason


def exposure(name: str) -> dict[str, str]:
    return {"event_id": name, "experiment": "one", "variant": "control", "user_id": "u"}


def put_unchecked(store, kind, **columns):
    """One row that no check has seen, its other columns null."""
    schema = arrow_schema(kind)
    row = [columns.get(field.name, pa.nulls(1, field.type)) for field in schema]
    with store.begin(actor="ann") as work:
        put(work, kind, pa.table(row, schema=schema))


def test_bytes_that_are_no_text(events, log, store, ids):
    """They would spoil Delta's log; only their batch stays behind."""
    log("exposures", [exposure("a")])
    put_unchecked(store, "exposures", experiment=pa.array([b"\xff"], pa.binary()).view(pa.string()))
    log("exposures", [exposure("c")])
    assert (events.move(), events.waiting(), ids("exposures")) == (2, 0, ["a", "c"])
    assert "UTF8" in set_aside(store)[0].reason


def test_a_batch_that_the_table_refuses(events, log, store, ids):
    """A year beyond what Delta can write passes the inbox, and fails only where it is written."""
    log("outcomes", rows("a"))
    beyond = pa.array([2**63 - 1]).cast(pa.timestamp("us", "UTC"))
    put_unchecked(store, "outcomes", timestamp=beyond)
    log("outcomes", rows("c"))
    assert (events.move(), events.waiting(), ids()) == (2, 0, ["a", "c"])
    assert "the table cannot take it" in set_aside(store)[0].reason


def test_retry_after_repair(events, log, store, ids):
    """A batch that is repaired goes the way of all batches; one that is not comes back."""
    log("outcomes", rows("a"))
    with store.begin(actor="ann") as work:
        body = work.connection.scalar(sa.select(inbox_table.c.body))
        work.connection.execute(sa.update(inbox_table).values(body=body[:-1]))
    events.move()
    with store.begin(actor="ann") as work:
        quarantine.retry(work, 1)
    assert (events.move(), len(set_aside(store))) == (0, 1)
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.text("UPDATE quarantine SET body = :body").bindparams(body=body))
        quarantine.retry(work, 1)
    assert (events.move(), ids(), set_aside(store)) == (1, ["a"], [])


def test_drop_says_what_went(events, log, store):
    """What is dropped is gone, and the audit says how many rows and why."""
    from expkit.storage import read_audit

    log("outcomes", rows("a", "b"))
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.update(inbox_table).values(body=b"nothing"))
    events.move()
    with store.begin(actor="bob") as work:
        quarantine.drop(work, 1, "a test's")
    with store.read() as connection:
        [entry] = read_audit(connection)
    assert (entry.action, entry.actor, entry.reason, entry.before["rows"]) == ("events.drop", "bob", "a test's", 2)
    with pytest.raises(NotFound, match="No batch 1 is in quarantine"), store.begin(actor="bob") as work:
        quarantine.retry(work, 1)


def test_a_damaged_batch_that_had_arrived_is_forgotten(events, log, store, ids, monkeypatch):
    """A crash after the commit, then a torn row: it is in the lake already, so nothing is put aside or lost."""
    from expkit.events.lake import Lake

    log("outcomes", rows("a"))
    append = Lake.append

    def append_and_die(*args):
        append(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Lake, "append", append_and_die)
    with pytest.raises(KeyboardInterrupt):
        events.move()
    monkeypatch.undo()
    with store.begin(actor="ann") as work:
        work.connection.execute(sa.update(inbox_table).values(body=b""))
    assert (events.move(), ids(), set_aside(store)) == (1, ["a"], [])


def test_a_newer_schema_waits_for_an_update(events, store, monkeypatch):
    """An older expkit beside a newer one does not guess what new columns mean."""
    table = arrow_schema("outcomes").empty_table()
    monkeypatch.setattr("expkit.events.inbox.SCHEMA_VERSION", 2)
    body = pack(table)
    monkeypatch.undo()
    with store.begin(actor="ann") as work:
        values = {"kind": "outcomes", "rows": 0, "body": body, "received_at": "", "actor": ""}
        work.connection.execute(sa.insert(inbox_table).values(values))
    events.move()
    assert "a newer expkit wrote it (schema 2" in set_aside(store)[0].reason
