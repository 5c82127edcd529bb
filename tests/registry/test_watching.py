"""Alerts are raised once and acknowledged by people; a lease has one holder, and a dead one is replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from drafts import make

from expkit import registry
from expkit.errors import Conflict, NotFound
from expkit.storage import Store, audit_end, read_audit

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _raise(store: Store, subject: str = "error of treatment"):
    with store.begin(actor="expkit") as work:
        return registry.raise_alert(work, "e", "guardrail", subject, "stop", "too many errors", {"p_value": 0.001})


def test_an_alert_is_raised_once_with_its_evidence(store):
    """The second time nothing is written, not even in the audit."""
    with store.begin(actor="ann") as work:
        registry.create(work, make("e"))
    first = _raise(store)
    with store.read() as connection:
        before = audit_end(connection)
    assert _raise(store) is None
    with store.read() as connection:
        assert registry.alerts(connection, "e") == [first]
        assert audit_end(connection) == before
        newest = read_audit(connection, subject="e", limit=1)[0]
    assert (newest.action, newest.after["evidence"], newest.reason) == ("alert.raise", {"p_value": 0.001}, first.detail)


def test_somebody_acknowledges_an_alert_once(store):
    """Who and when is kept; the list of open ones gets shorter."""
    with store.begin(actor="ann") as work:
        registry.create(work, make("e"))
    first, second = _raise(store), _raise(store, "cost of treatment")
    with store.begin(actor="bob") as work:
        done = registry.acknowledge(work, first.id, "known")
    assert (done.acknowledged_by, done.comment, done.is_open) == ("bob", "known", False)
    with store.read() as connection:
        assert [one.id for one in registry.alerts(connection, only_open=True)] == [second.id]
    with pytest.raises(Conflict, match="acknowledged by bob"), store.begin(actor="eve") as work:
        registry.acknowledge(work, first.id)
    with pytest.raises(NotFound), store.begin(actor="eve") as work:
        registry.acknowledge(work, 99)


def test_a_lease_has_one_holder_until_it_dies(store):
    """The holder puts the end off; without a sign of life another one takes over, and the old one notices."""
    assert registry.hold(store, "monitor", "a", NOON)
    assert not registry.hold(store, "monitor", "b", NOON + timedelta(seconds=4))
    assert registry.hold(store, "monitor", "a", NOON + timedelta(seconds=4))
    assert not registry.hold(store, "monitor", "b", NOON + timedelta(seconds=8))
    assert registry.hold(store, "monitor", "b", NOON + timedelta(seconds=10))
    assert not registry.hold(store, "monitor", "a", NOON + timedelta(seconds=10))


def test_a_holder_that_ends_lets_go(store):
    """Nobody has to wait; what somebody else holds stays."""
    assert registry.hold(store, "monitor", "a", NOON)
    registry.let_go(store, "monitor", "b")
    assert not registry.hold(store, "monitor", "b", NOON)
    registry.let_go(store, "monitor", "a")
    assert registry.hold(store, "monitor", "b", NOON)


def test_a_lease_is_not_written_more_often_than_needed(store, monkeypatch):
    """Asking every second costs a write every few seconds."""
    registry.hold(store, "monitor", "a", NOON)
    writes, begin = [], store.begin
    monkeypatch.setattr(store, "begin", lambda **options: (writes.append(1), begin(**options))[1])
    for second in range(10):
        assert registry.hold(store, "monitor", "a", NOON + timedelta(seconds=second))
    assert 2 <= len(writes) <= 4
