"""From a draft to its start: policy, checklist, signed plan, review, schedule."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")


def test_checklist_ends_with_one_when_something_blocks(run: Run) -> None:
    """What the policy only warns of stands in nobody's way; what it blocks does, and the start says so."""
    assert "Nothing stands in the way of a start." in run("experiments", "checklist", "banner").out
    assert "review: block" in run("policy", "set", "--set", "review=block", "-r", "four eyes").out
    blocked = run("experiments", "checklist", "banner", "--json")
    assert (blocked.code, blocked.json["ready"]) == (1, False)
    assert "It cannot start yet." in run("experiments", "checklist", "banner").out
    assert "Somebody else has approved" in run("experiments", "start", "banner").err


def test_a_review_by_somebody_else_opens_the_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody judges their own; an approval is what the policy waits for."""
    run("policy", "set", "--set", "review=block")
    words = ("--reviewer", "bob", "--reviewer", "eve", "--deadline", "2100-01-01T10:00")
    asked = run("reviews", "request", "banner", *words)
    assert asked.out == "Review 1 of banner, version 1, asked of bob, eve: open.\n"
    assert "cannot judge their own" in run("reviews", "answer", "1", "approve").err
    monkeypatch.setenv("EXPKIT_ACTOR", "bob")
    assert "Which changes?" in run("reviews", "answer", "1", "changes").err
    assert run("reviews", "answer", "1", "approve", "-c", "fine", "--json").json["state"] == "approved"
    assert "bob: approve (fine)" in run("reviews", "list", "banner").out
    assert run("experiments", "start", "banner").out == "banner is active.\n"


def test_a_cancelled_review_gives_the_draft_back(run: Run) -> None:
    """The experiment goes from review to draft; a verdict that does not exist is refused with those that do."""
    run("reviews", "request", "banner", "--reviewer", "bob")
    refused = run("reviews", "answer", "1", "like")
    assert refused.code == 2
    assert "'approve', 'changes', 'comment'" in refused.err
    assert run("reviews", "cancel", "1", "-r", "later").out.endswith(": cancelled.\n")
    assert run("experiments", "show", "banner", "--json").json["status"] == "draft"
    assert run("reviews", "list", "banner", "--json").json["items"][0]["state"] == "cancelled"
    assert run("reviews", "list", "search").out == "Nobody has been asked to review it.\n"


def test_sign_tells_the_digest(run: Run) -> None:
    """Signed before the start; afterwards it is too late."""
    digest = run("experiments", "sign", "banner", "--json").json["digest"]
    assert digest in run("experiments", "sign", "banner").out
    assert "has started" in run("experiments", "sign", "search").err
    assert [plan["digest"] for plan in run("experiments", "plans", "banner", "--json").json["items"]] == [digest]
    assert digest in run("experiments", "plans", "banner").out
    assert run("experiments", "plans", "search").out == "Nobody has signed its plan.\n"


def test_schedule_and_unschedule(run: Run) -> None:
    """A local time is told in UTC, too; a time that is skipped or past is refused."""
    words = ("experiments", "schedule", "banner", "--at", "2100-07-01T09:00")
    done = run(*words, "--timezone", "Europe/Berlin")
    assert done.out == "banner will start at 2100-07-01 07:00 UTC (2100-07-01 09:00 in Europe/Berlin).\n"
    assert run("experiments", "schedule", "banner", "--stop", "--at", "2100-08-01", "--json").json["verb"] == "stop"
    assert [item["verb"] for item in run("experiments", "scheduled", "--json").json["items"]] == ["start", "stop"]
    assert "2100-07-01 09:00" in run("experiments", "scheduled", "banner", "--timezone", "Europe/Berlin").out
    assert run("experiments", "scheduled", "search").out == "Nothing is planned.\n"
    skipped = run("experiments", "schedule", "banner", "--at", "2027-03-28T02:30", "--timezone", "Europe/Berlin")
    assert "does not exist in Europe/Berlin" in skipped.err
    assert "has passed" in run("experiments", "schedule", "banner", "--at", "2020-01-01").err
    assert run("experiments", "unschedule", "banner", "--only", "stop").out == "1 planned move of banner taken back.\n"
    assert run("experiments", "unschedule", "banner", "--json").json == {"unscheduled": 1}
    assert "Nothing is scheduled" in run("experiments", "unschedule", "banner").err


def test_tick_makes_what_is_due_once(run: Run) -> None:
    """Before its time nothing happens; then it starts, and a second tick finds nothing to do."""
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    assert run("experiments", "schedule", "banner", "--at", soon.isoformat()).code == 0
    time.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()))
    assert run("experiments", "tick").out == "1 planned move made.\n"
    assert run("experiments", "tick", "--json").json == {"made": 0}
    assert run("experiments", "show", "banner", "--json").json["status"] == "active"


def test_policies_of_projects(run: Run) -> None:
    """A file and --set change what they name; a project without rules of its own has the organisation's."""
    Path("p.yaml").write_text("project: shop\nplan: block\nretention: {traces_days: 30}\n", encoding="utf-8")
    after = run("policy", "set", "-f", "p.yaml", "--set", "approvals=2", "--json").json
    assert (after["project"], after["plan"], after["approvals"]) == ("shop", "block", 2)
    again = run("policy", "set", "--project", "shop", "--set", "retention.drafts_days=9", "--json").json
    assert (again["plan"], again["retention"]["traces_days"], again["retention"]["drafts_days"]) == ("block", 30, 9)
    assert run("policy", "show", "--json").json["plan"] == "warn"
    refused = run("policy", "set", "--set", "review=always")
    assert "choose from" in refused.err
    assert "Change what?" in run("policy", "set").err
