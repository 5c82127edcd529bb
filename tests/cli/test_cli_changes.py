"""Changing definitions from a shell: every change is a version, and nobody is overwritten silently."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")
MAIN = [sys.executable, "-c", "from expkit.cli import main; main()"]


def at_a_terminal(answer: str, *words: str) -> tuple[int, str]:
    """Run a command with a person at its standard input, who answers; its exit status and what it asked."""
    person, stdin = pty.openpty()
    os.write(person, f"{answer}\n".encode())
    done = subprocess.run([*MAIN, *words], stdin=stdin, capture_output=True, text=True, timeout=120)
    os.close(person)
    os.close(stdin)
    return done.returncode, done.stdout + done.stderr


def test_update_is_a_version_with_what_changed(run: Run) -> None:
    """Fields, inner fields and texts that look like numbers are set, and the difference is shown."""
    words = ("--set", "coverage=0.5", "--set", "name=2026", "--set", "plan.minimum_effect=0.1", "-r", "smaller")
    done = run("experiments", "update", "banner", *words)
    assert done.out.splitlines() == [
        "banner is at version 2:",
        "  coverage: 1.0 → 0.5",
        "  name: 'Banner' → '2026'",
        "  plan: nothing → {'minimum_effect': 0.1}",
    ]
    told = run("experiments", "versions", "banner").out
    assert "smaller" in told
    assert "plan: nothing" in told
    assert run("experiments", "update", "banner", "--set", "coverage=0.5").out.startswith("Nothing to change")


def test_update_keeps_what_a_dotted_name_does_not_touch(run: Run) -> None:
    """`rice.impact` changes the impact; reach, confidence and effort stay."""
    after = run("experiments", "update", "banner", "--set", "rice.impact=3", "--json").json
    assert after["rice"] == {"reach": 100, "impact": 3, "confidence": 0.5, "effort": 4}


@pytest.mark.parametrize(("name", "text"), [("p.yaml", "coverage: 0.2\n"), ("p.json", '{"coverage": 0.2}')])
def test_update_from_a_file(run: Run, name: str, text: str) -> None:
    """A file names fields; --set goes on top."""
    Path(name).write_text(text, encoding="utf-8")
    after = run("experiments", "update", "banner", "-f", name, "--set", "owner=eve", "--json").json
    assert (after["coverage"], after["owner"]) == (0.2, "eve")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Change what?"),
        (("--set", "coverage"), "is not NAME=VALUE"),
        (("--set", "covrage=1"), "did you mean 'coverage'?"),
        (("--set", "name.first=x"), "has no fields"),
        (("--set", "coverage=0.5", "--version", "7"), "version 1"),
        (("--set", "status=active"), "status"),
    ],
    ids=["nothing", "no value", "typo", "inside a text", "overtaken", "state"],
)
def test_updates_that_are_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    """The error says what is wrong, and no version is made."""
    done = run("experiments", "update", "banner", *words)
    assert done.code == 2
    assert said in done.err
    assert run("experiments", "show", "banner", "--json").json["version"] == 1


def test_traffic_of_a_running_experiment_opens_a_phase(run: Run) -> None:
    """The first phase ends where the second begins, each with its weights."""
    words = ("--coverage", "0.4", "--share", "control=0.2", "--share", "blue=0.8", "-r", "ramp up")
    assert "coverage: 1.0 → 0.4" in run("experiments", "traffic", "search", *words).out
    first, second = run("experiments", "phases", "search", "--json").json["items"]
    assert (first["ended_at"], second["ended_at"]) == (second["started_at"], None)
    assert second["shares"] == {"control": 0.2, "blue": 0.8}
    assert "control 0.2" in run("experiments", "phases", "search").out
    assert run("experiments", "phases", "banner").out == "It has not started yet.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Change what?"),
        (("--share", "control=much"), "is no share"),
        (("--share", "control=0.2"), "add up to 0.7"),
        (("--share", "contrl=0.2"), "did you mean 'control'?"),
    ],
    ids=["nothing", "word", "sum", "typo"],
)
def test_traffic_that_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    """Shares are numbers of variants that there are, and make 1."""
    done = run("experiments", "traffic", "search", *words)
    assert done.code == 2
    assert said in done.err


def test_restore_is_a_new_version_that_equals_an_old_one(run: Run) -> None:
    """`show --version` prints the definition as it was; restoring it makes version 3 equal version 1."""
    run("experiments", "update", "banner", "--set", "coverage=0.5")
    first = run("experiments", "show", "banner", "--version", "1").out
    assert "coverage: 0.5 → 1.0" in run("experiments", "restore", "banner", "1", "-r", "back").out
    assert run("experiments", "show", "banner", "--version", "3").out == first
    assert next(item["reason"] for item in run("experiments", "versions", "banner", "--json").json["items"]) == "back"
    assert "no version 9" in run("experiments", "restore", "banner", "9").err


def test_delete_asks_a_script_for_yes(run: Run) -> None:
    """Without a person there it needs --yes; only a draft goes."""
    refused = run("experiments", "delete", "banner")
    assert refused.code == 2
    assert "give --yes" in refused.err
    assert run("experiments", "delete", "banner", "--yes", "-r", "twice").out == "banner is deleted.\n"
    assert run("experiments", "list", "--json").json["total"] == 1
    assert "only a draft can be deleted" in run("experiments", "delete", "search", "--yes").err


def test_delete_asks_a_person(run: Run) -> None:
    """No keeps it and ends with 1; yes deletes it."""
    code, said = at_a_terminal("n", "experiments", "delete", "banner")
    assert code == 1
    assert "Delete banner (Banner, draft)? [y/N]" in said
    assert "Nothing was changed." in said
    assert at_a_terminal("y", "experiments", "delete", "banner")[0] == 0
    assert "no experiment 'banner'" in run("experiments", "show", "banner").err


def test_guardrails_are_lines(run: Any, home: Path) -> None:
    """Shown, added, replaced by metric, taken away; what is no line, or not there, is refused."""
    definition = {"key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"]}
    file = home / "bot.json"
    file.write_text(json.dumps({**definition, "variants": [{"key": "control"}, {"key": "treatment"}]}))
    assert run("experiments", "create", "-f", str(file)).code == 0
    assert run("experiments", "guardrails", "bot").out.startswith("None is set")
    done = run("experiments", "guardrails", "bot", "trace.error < 5% stop", "trace.cost +20%")
    assert done.out == "trace.error < 0.05 stop\ntrace.cost +20% alert\n"
    done = run("experiments", "guardrails", "bot", "trace.cost +10% pause", "--remove", "trace.error", "--json").json
    assert (len(done["items"]), done["items"][0]["max_change"], done["version"]) == (1, 0.1, 3)
    assert run("experiments", "guardrails", "bot", "trace.cost down").code == 2
    assert run("experiments", "guardrails", "bot", "--remove", "trace.error").code == 2
