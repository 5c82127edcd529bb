"""Finding experiments, and the programme as a whole."""

from __future__ import annotations

from typing import Any

import pytest

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("--type", "Prompt A/B Test"), ["banner"]),
        (("--type", "prompt", "--department", "Shop"), []),
        (("--department", "Shop"), ["search"]),
        (("--status", "Active"), ["search"]),
        (("--stage", "proposed"), ["banner"]),
        (("--significance", "Statistically Significant"), []),
        (("--outcome", "In Progress"), ["search", "banner"]),
        (("--outcome", "positive"), []),
        (("--days", "7d"), ["search", "banner"]),
        (("--days", "All", "--status", "All", "--type", "all"), ["search", "banner"]),
        (("--project", "default", "--owner", "ann", "--tag", "a"), ["search"]),
        (("--text", "blue", "--order", "name"), ["banner", "search"]),
        (("--order", "rice"), ["banner", "search"]),
    ],
    ids=" ".join,
)
def test_filters(run: Run, words: tuple[str, ...], keys: list[str]) -> None:
    """The six filters with the words of people or the stored ones, text, project, owner, tag and order."""
    found = run("experiments", "list", *words, "--json").json
    assert [item["key"] for item in found["items"]] == keys
    assert found["total"] == len(keys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--type", "modle"), "did you mean 'model'?"),
        (("--order", "oldest"), "choose from"),
        (("--days", "soon"), "7d, 30d, 90d"),
        (("--limit", "0"), "limit"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_filters_that_are_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    """A mistyped value gets the nearest one."""
    done = run("experiments", "list", *words)
    assert done.code == 2
    assert said in done.err


def test_the_registry_as_rows(run: Run) -> None:
    """Proposed, running or completed; with sample size and RICE score."""
    rows = {row["id"]: row for row in run("experiments", "registry", "--json").json["items"]}
    assert (rows["banner"]["status"], rows["search"]["status"]) == ("Proposed", "Running")
    assert rows["banner"]["rice_score"] == 25
    assert [row["id"] for row in run("experiments", "registry", "--status", "running", "--json").json["items"]] == [
        "search"
    ]
    assert "Proposed" in run("experiments", "registry").out
    assert run("experiments", "registry", "--status", "completed").out == "No experiment is there yet.\n"
    assert "did you mean" in run("experiments", "registry", "--status", "complete").err


def test_departments_are_listed(run: Run) -> None:
    """What --department can be."""
    assert run("experiments", "departments", "--json").json["items"] == ["Shop"]
    assert "Shop" in run("experiments", "departments").out


def test_backlog_is_ranked(run: Run) -> None:
    """What has not started, by RICE: 100 x 2 x 0.5 / 4 is 25."""
    items = run("experiments", "backlog", "--json").json["items"]
    assert [(item["key"], item["rice_score"]) for item in items] == [("banner", 25)]
    assert " 25 " in run("experiments", "backlog").out


def test_what_was_learnt_moves_velocity_and_hypotheses(run: Run) -> None:
    """A learning carries its outcome; a prediction that came true counts for the Brier score (1 - 0.7)^2."""
    assert "has no outcome yet" in run("experiments", "learn", "banner", "blue sells").err
    done = run("experiments", "learn", "banner", "blue sells", "--outcome", "positive")
    assert done.out == "Learnt from banner: positive, without a look to support it.\n"
    assert run("experiments", "learn", "search", "x", "--outcome", "neutral", "--json").json["outcome"] == "neutral"
    run("experiments", "stop", "search", "-r", "done")
    velocity = run("experiments", "velocity", "--json").json
    assert (velocity["launched"], velocity["completed"], velocity["learnings"]) == (1, 1, 2)
    assert "median days from start to stop" in run("experiments", "velocity", "--days", "30").out
    told = run("experiments", "hypotheses")
    assert "100% of 1 predictions came true; Brier score 0.090." in told.out
    items = run("experiments", "hypotheses", "--json").json["items"]
    assert {item["experiment"]: item["came_true"] for item in items} == {"banner": True, "search": None}


def test_calendar_in_a_time_zone(run: Run) -> None:
    """Past and planned starts and ends, told in the zone's own time."""
    run("experiments", "schedule", "search", "--stop", "--at", "2100-07-01T12:00", "--timezone", "Europe/Berlin")
    assert [item["what"] for item in run("experiments", "calendar", "--json").json["items"]] == ["start"]
    words = ("--from", "2100-01-01", "--to", "2101-01-01", "--timezone", "Europe/Berlin")
    told = run("experiments", "calendar", *words).out
    assert "2100-07-01 12:00" in told
    assert "will stop" in told
    assert "did you mean 'Europe/Berlin'?" in run("experiments", "calendar", "--timezone", "Europe/Berln").err


def test_experiments_at_risk(run: Run) -> None:
    """What has run past its planned end is at risk; a draft has nothing to lose."""
    assert run("experiments", "at-risk").out == "No active experiment is at risk.\n"
    assert run("experiments", "risks", "banner").out == "banner is not at risk.\n"
    run("experiments", "update", "search", "--set", "schedule.end=2020-01-01T00:00:00Z")
    assert run("experiments", "risks", "search", "--json").json["items"][0]["kind"] == "overdue"
    assert run("experiments", "at-risk", "--json").json["items"][0]["experiment"] == "search"
    assert "overdue" in run("experiments", "at-risk").out
