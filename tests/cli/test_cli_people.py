"""Notes, the metric catalogue, roles, tokens, retention."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")


def test_life_of_a_note(run: Run) -> None:
    """Added, changed, deleted; its history keeps what it said."""
    assert run("notes", "add", "banner", "first").out == "Note 1 on banner.\n"
    assert run("notes", "edit", "1", "second").out == "Note 1 on banner is changed.\n"
    assert "second (edited)" in run("notes", "list", "banner").out
    assert "give --yes" in run("notes", "delete", "1").err
    assert run("notes", "delete", "1", "--yes").out == "Note 1 is deleted.\n"
    assert run("notes", "list", "banner").out == "It has no notes.\n"
    assert [item["text"] for item in run("notes", "history", "1", "--json").json["items"]] == ["first", "second"]
    assert "first" in run("notes", "history", "1").out


def test_notes_as_json_and_control_characters(run: Run) -> None:
    """Programs get the words as they are; a terminal gets nothing that it would obey."""
    assert run("notes", "add", "banner", "\x1b[31mred", "--json").json["text"] == "\x1b[31mred"
    assert run("notes", "edit", "1", "\x1b[31mredder", "--json").json["author"] == "ann"
    assert "\x1b" not in run("notes", "list", "banner").out
    assert run("notes", "list", "banner", "--json").json["items"][0]["text"] == "\x1b[31mredder"
    assert "no note 7" in run("notes", "history", "7").err


def test_metrics_are_defined_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second name for one KPI is refused; only its owner changes a definition, as a new version."""
    words = ("--set", "kind=sum", "--set", "event=order", "--set", "unit=EUR")
    assert run("metrics", "define", "revenue", *words).out == "revenue is at version 1, owned by ann.\n"
    assert "already measures the same" in run("metrics", "define", "turnover", *words[:4]).err
    done = run(
        "metrics", "define", "revenue", "--set", "window_days=7", "-r", "late orders", "--version", "1", "--json"
    )
    assert (done.json["version"], done.json["event"]) == (2, "order")
    assert "you saw 1" in run("metrics", "define", "revenue", "--set", "unit=USD", "--version", "1").err
    assert "late orders" in run("metrics", "versions", "revenue").out
    assert run("metrics", "versions", "revenue", "--json").json["items"][0]["version"] == 2
    monkeypatch.setenv("EXPKIT_ACTOR", "bob")
    run("roles", "grant", "ann", "admin")
    assert run("metrics", "define", "revenue", "--set", "unit=USD").code == 2


def test_metrics_from_a_file(run: Run) -> None:
    """A file says all of it; the catalogue lists and shows it."""
    assert run("metrics", "list").out == "The catalogue is empty.\n"
    Path("m.yaml").write_text("key: ctr\nkind: ratio\nevent: click\nmeasure: count\ndenominator: view\n")
    assert run("metrics", "define", "-f", "m.yaml").code == 0
    assert "denominator: view" in run("metrics", "show", "ctr").out
    assert run("metrics", "show", "ctr", "--json").json["owner"] == "ann"
    assert [item["key"] for item in run("metrics", "list", "--json").json["items"]] == ["ctr"]
    assert "ratio" in run("metrics", "list").out
    assert "Define which metric?" in run("metrics", "define", "--set", "kind=sum").err
    assert "did you mean 'ctr'?" in run("metrics", "show", "ctrr").err


def test_ready_made_metrics_are_defined_by_their_name(run: Run) -> None:
    """What everybody means by it is filled in, and may be changed; fields that do not go together are refused."""
    assert run("metrics", "define", "web.bounce_rate", "--set", "where.placement=pdp").code == 0
    known = run("metrics", "show", "web.bounce_rate", "--json").json
    assert (known["measure"], known["per"], known["where"]) == ("bounce", "session", {"placement": "pdp"})
    assert "need each other" in run("metrics", "define", "slow", "--set", "kind=quantile").err
    assert "did you mean '$gt'" in run("metrics", "define", "n", "--set", 'where={"a": {"$gtt": 1}}').err


def test_roles_and_more_rights_for_a_while(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a role does not allow is refused with the way out; an approved request opens it until a time."""
    assert "Nobody has a role" in run("roles", "list").out
    assert run("roles", "me").out == "ann: nobody has a role, and so everybody may do everything.\n"
    assert run("roles", "grant", "ann", "admin").out == "ann is admin in all projects.\n"
    assert run("roles", "grant", "bob", "viewer", "--project", "default", "--json").json["role"] == "viewer"
    monkeypatch.setenv("EXPKIT_ACTOR", "bob")
    refused = run("notes", "add", "banner", "hello")
    assert "expkit roles request experimenter" in refused.err
    asked = run("roles", "request", "experimenter", "--project", "default", "-r", "on call", "--hours", "2")
    assert asked.out == "Request 1 of bob to be experimenter in project default: pending.\n"
    assert run("roles", "request", "admin", "--project", "default", "-r", "why not", "--json").json["id"] == 2
    assert run("roles", "approve", "1").code == 2
    monkeypatch.setenv("EXPKIT_ACTOR", "ann")
    assert ": approved until " in run("roles", "approve", "1").out
    assert run("roles", "deny", "2", "-r", "no", "--json").json["state"] == "denied"
    assert "on call" in run("roles", "requests").out
    assert [item["id"] for item in run("roles", "requests", "--state", "denied", "--json").json["items"]] == [2]
    monkeypatch.setenv("EXPKIT_ACTOR", "bob")
    assert run("notes", "add", "banner", "hello").code == 0
    assert run("roles", "me").out == "bob: experimenter in project default.\n"
    assert run("roles", "me", "--json").json["roles"] == {"default": "experimenter"}
    monkeypatch.setenv("EXPKIT_ACTOR", "eve")
    assert run("roles", "me").out == "eve: no role, which is enough for reading.\n"


def test_the_last_admin_stays(run: Run) -> None:
    """A role can be taken away, and somebody can always hand them out."""
    run("roles", "grant", "ann", "admin")
    run("roles", "grant", "bob", "operator")
    assert run("roles", "revoke", "bob").out == "bob has no role of their own in all projects any more.\n"
    assert run("roles", "list", "--json").json["items"] == [
        {"actor": "ann", "role": "admin", "project": "*", "until": None}
    ]
    assert "nobody who may hand out roles" in run("roles", "revoke", "ann").err
    assert "did you mean 'viewer'?" in run("roles", "grant", "eve", "viewr").err


def test_life_of_a_token(run: Run) -> None:
    """Its secret is told once, alone on stdout; the list never has it."""
    made = run("tokens", "create", "--days", "1")
    assert made.err.startswith("Token 1 of ann, until ")
    assert len(made.out.split()) == 1
    assert run("tokens", "create", "bob", "--json").json["token"]["actor"] == "bob"
    assert made.out.strip() not in run("tokens", "list").out
    assert "give --yes" in run("tokens", "revoke", "1").err
    assert run("tokens", "revoke", "1", "--yes").out == "Token 1 of ann is revoked.\n"
    assert run("tokens", "revoke", "2", "-y", "--json").json["revoked_at"]
    assert [item["id"] for item in run("tokens", "list", "--json").json["items"]] == [2, 1]


def test_retention_shows_before_it_removes(run: Run, seeded: Path) -> None:
    """The plan changes nothing; applying it asks, and the removal is audited."""
    assert run("retention", "plan").out == "Nothing is older than the rules allow.\n"
    assert run("retention", "apply").out == "Nothing is older than the rules allow.\n"
    with sqlite3.connect(seeded / "expkit.db") as database:
        database.execute("UPDATE experiments SET updated_at = '2020-01-01 00:00:00.000000' WHERE key = 'banner'")
    run("policy", "set", "--set", "retention.drafts_days=30")
    assert [item["subject"] for item in run("retention", "plan", "--json").json["items"]] == ["banner"]
    assert "give --yes" in run("retention", "apply").err
    assert run("experiments", "show", "banner").code == 0
    assert run("retention", "apply", "--yes", "-r", "clean up").out.endswith("Removed: 1 of 1.\n")
    assert run("experiments", "show", "banner").code == 2
    assert run("retention", "apply", "--yes", "--json").json == {"items": []}
    assert run("audit", "--subject", "banner", "--json").json["items"][0]["reason"] == "clean up"
