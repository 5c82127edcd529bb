"""Roles per project, elevations for a while, and what a person who is gone leaves behind."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from drafts import ask, create, do, move, read, soon

from expkit import registry
from expkit.domain.permissions import PERMISSIONS, ROLES
from expkit.errors import Conflict, Forbidden, InvalidDefinition, InvalidInput, NotFound, UnknownName
from expkit.storage import Store, read_audit


def grant(store: Store, name: str, role: str, project: str = "*", by: str = "root") -> None:
    do(store, lambda work: registry.grant(work, name, role, project), by)


def revoke(store: Store, name: str, project: str = "*") -> None:
    do(store, lambda work: registry.revoke(work, name, project, "left"), "root")


def role(store: Store, name: str, project: str = "growth", at: datetime | None = None) -> str | None:
    return ask(store, registry.role_of, name, project, at or datetime.now(UTC))


def test_until_somebody_has_a_role_everybody_is_admin(store: Store) -> None:
    """The first grant makes an admin of all projects, nothing less."""
    assert role(store, "anybody") == "admin"
    for given, project in (("viewer", "*"), ("admin", "growth")):
        with pytest.raises(Conflict, match=r"nobody who may hand out roles.*first make somebody admin"):
            grant(store, "ann", given, project)
    grant(store, "ann", "admin")
    assert (role(store, "ann"), role(store, "anybody")) == ("admin", None)


def test_the_highest_role_here_or_everywhere_holds(store: Store) -> None:
    """A grant replaces the one before in the same project, and only there."""
    grant(store, "root", "admin")
    grant(store, "ann", "viewer")
    grant(store, "ann", "operator", "growth")
    assert (role(store, "ann"), role(store, "ann", "search")) == ("operator", "viewer")
    grant(store, "ann", "reviewer", "growth")
    assert role(store, "ann") == "reviewer"
    assert [(found.actor, found.role, found.project) for found in ask(store, registry.grants)] == [
        ("ann", "viewer", "*"), ("root", "admin", "*"), ("ann", "reviewer", "growth"),
    ]  # fmt: skip
    newest = ask(store, read_audit)[0]
    assert (newest.before, newest.after) == ({"role": "operator"}, {"role": "reviewer"})


def test_the_last_admin_stays(store: Store) -> None:
    """Neither revoked nor made less; one of two may go; an admin of one project is not enough."""
    grant(store, "root", "admin")
    grant(store, "ann", "admin", "growth")
    with pytest.raises(Conflict, match="nobody who may hand out roles"):
        revoke(store, "root")
    with pytest.raises(Conflict, match="nobody who may hand out roles"):
        grant(store, "root", "viewer")
    grant(store, "root", "viewer", "growth")
    grant(store, "ann", "admin")
    revoke(store, "root")
    assert (role(store, "root", "search"), role(store, "ann")) == (None, "admin")
    with pytest.raises(NotFound, match="'root' has no role in"):
        revoke(store, "root")


def test_roles_and_names_that_are_none(store: Store) -> None:
    """Refused with the nearest, on both databases alike."""
    with pytest.raises(UnknownName, match="did you mean 'admin'"):
        grant(store, "ann", "admn")
    for name in ("", "  ", " ann", "x" * 201):
        with pytest.raises(InvalidInput):
            grant(store, name, "admin")
    assert ask(store, registry.grants) == []


def test_a_refusal_says_which_role_it_takes(store: Store) -> None:
    """And how to get it."""
    grant(store, "root", "admin")
    grant(store, "ann", "viewer", "growth")
    now = datetime.now(UTC)
    with pytest.raises(Forbidden, match=r"'ann' may not do 'note.write' in project 'growth'.*experimenter.*is viewer"):
        ask(store, registry.require, "ann", "note.write", "growth", now)
    with pytest.raises(Forbidden, match=r"in all projects.*they have none.*ask an admin for a role"):
        ask(store, registry.require, "bob", "policy.set", "*", now)
    for permission, needed in PERMISSIONS.items():
        if ROLES.index(needed) > 0:
            with pytest.raises(Forbidden):
                ask(store, registry.require, "ann", permission, "growth", now)
        else:
            ask(store, registry.require, "ann", permission, "growth", now)


def elevate(store: Store, hours: float = 8, reason: str = "on call", wanted: str = "operator") -> int:
    asked = do(
        store,
        lambda work: registry.request_elevation(work, wanted, project="growth", reason=reason, hours=hours),
        "ann",
    )
    assert (asked.state, asked.until) == ("pending", None)
    return asked.id


def answer(store: Store, number: int, approve: bool = True, by: str = "root") -> object:
    return do(store, lambda work: registry.answer_elevation(work, number, approve=approve), by)


def test_an_elevation_holds_for_its_hours_and_expires_by_itself(store: Store) -> None:
    """In its project, from the approval on."""
    grant(store, "root", "admin")
    grant(store, "ann", "viewer", "growth")
    number = elevate(store, hours=8)
    assert role(store, "ann") == "viewer"
    answer(store, number)
    assert (role(store, "ann"), role(store, "ann", "search")) == ("operator", None)
    assert role(store, "ann", at=datetime.now(UTC) + timedelta(hours=7.9)) == "operator"
    assert role(store, "ann", at=datetime.now(UTC) + timedelta(hours=8.1)) == "viewer"
    (found,) = ask(store, registry.elevations, state="approved")
    assert (found.answered_by, found.reason) == ("root", "on call")
    assert ask(store, registry.elevations, state="pending") == []


def test_a_request_is_answered_once_and_by_somebody_else(store: Store) -> None:
    """Denied is denied; one's own is refused; unknown ones are not found."""
    grant(store, "root", "admin")
    number = elevate(store)
    with pytest.raises(Forbidden, match=r"is your own.*another admin"):
        answer(store, number, by="ann")
    answer(store, number, approve=False)
    assert role(store, "ann") is None
    with pytest.raises(Conflict, match="is denied already"):
        answer(store, number)
    with pytest.raises(NotFound, match="no request 99"):
        answer(store, 99)


def test_two_admins_who_answer_at_once_give_one_answer(store: Store) -> None:
    """The audit has the one that holds."""
    grant(store, "root", "admin")
    number, told = elevate(store), []

    def reply(approve: bool) -> None:
        try:
            answer(store, number, approve)
        except Conflict:
            told.append(approve)

    threads = [threading.Thread(target=reply, args=(approve,)) for approve in (True, False, True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    answers = [entry.after for entry in ask(store, read_audit) if entry.action == "elevation.answer"]
    assert [found and found["state"] for found in answers] == [ask(store, registry.elevation, number).state]


@pytest.mark.parametrize(("hours", "reason"), [(0, "x"), (24 * 32, "x"), (float("nan"), "x"), (1, ""), (1, "  ")])
def test_a_request_has_a_reason_and_an_end(store: Store, hours: float, reason: str) -> None:
    """Not for ever, not for nothing."""
    with pytest.raises((InvalidDefinition, InvalidInput)):
        elevate(store, hours, reason)
    assert ask(store, registry.elevations) == []


def test_an_owner_who_is_gone_leaves_everything_as_it_was(store: Store) -> None:
    """Experiments, notes and metrics stay, others go on with them, and what was planned still happens."""
    grant(store, "root", "admin")
    grant(store, "ann", "experimenter")
    create(store, owner="ann")
    do(store, lambda work: registry.add_note(work, "checkout", "mine"))
    do(store, lambda work: registry.define_metric(work, read(store).metrics[0]))
    due = do(store, lambda work: registry.schedule_move(work, "checkout", "start", soon()))
    revoke(store, "ann")
    assert role(store, "ann") is None
    assert registry.fire(store, due, now=soon(hours=2))
    assert (read(store).owner, ask(store, registry.notes, "checkout")[0].author) == ("ann", "ann")
    assert move(store, "stop", actor="bob").status == "stopped"
    metric = read(store).metrics[0].changed(name="Bought", owner="bob")
    with pytest.raises(Forbidden, match="belongs to 'ann'"):
        do(store, lambda work: registry.define_metric(work, metric), "bob")
    assert do(store, lambda work: registry.define_metric(work, metric, admin=True), "root").owner == "bob"
    assert do(store, lambda work: registry.define_metric(work, metric.changed(unit="%")), "bob").unit == "%"
