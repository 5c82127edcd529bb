"""`expkit audit`: who did what, and whether the record can be trusted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")


def tamper(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / "expkit.db") as database:
        for statement in statements:
            database.execute(statement)


def test_an_untouched_chain_verifies(run: Run) -> None:
    """It ends with 0, names the end, and says what it cannot know."""
    done = run("audit", "verify")
    assert done.code == 0
    assert done.out.startswith("3 entries, one chain: nothing was edited, deleted or moved.\nEnd: entry 3, ")
    assert "Not known: Whether somebody who may write the database cut off the chain's end" in done.out
    assert [item["id"] for item in run("audit", "list", "--limit", "2", "--json").json["items"]] == [3, 2]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE id = 2", "entry 2 does not match its own hash: it was edited"),
        ("DELETE FROM audit WHERE id = 2", "entry 2 is missing"),
        ("DELETE FROM audit WHERE id = 3", "entry 3 is recorded as the end"),
    ],
    ids=["edited", "deleted", "cut"],
)
def test_tampering_is_named(run: Run, seeded: Path, statement: str, said: str) -> None:
    """Each entry that was touched is named, and the command ends with 1."""
    tamper(seeded, statement)
    done = run("audit", "verify")
    assert done.code == 1
    assert said in done.out
    told = run("audit", "verify", "--json")
    assert (told.code, told.json["ok"]) == (1, False)


def test_a_checkpoint_finds_a_cut(run: Run, seeded: Path) -> None:
    """Without it a chain cut at its recorded end looks whole; with it the missing entry is named."""
    assert run("audit", "checkpoint", "-o", "end.json").out == "Wrote end.json: entry 3.\n"
    assert run("audit", "checkpoint").json == json.loads(Path("end.json").read_text(encoding="utf-8"))
    assert "after entry 3" in run("audit", "verify", "--checkpoint", "end.json").out
    cut = "UPDATE audit_end SET id = 2, hash = (SELECT hash FROM audit WHERE id = 2)"
    tamper(seeded, cut, "DELETE FROM audit WHERE id = 3")
    assert run("audit", "verify").code == 0
    done = run("audit", "verify", "--checkpoint", "end.json")
    assert done.code == 1
    assert "entry 3 was seen by the checkpoint and is missing" in done.out


def test_an_export_verifies_without_the_workbench(run: Run, home: Path) -> None:
    """The file alone is enough; a change in it is named, and no database is opened or made."""
    assert run("audit", "export", "-o", "chain.jsonl").out == "Wrote chain.jsonl: 3 entries.\n"
    assert run("audit", "export").out == Path("chain.jsonl").read_text(encoding="utf-8")
    run("audit", "checkpoint", "-o", "end.json")
    alone = ("--home", "nowhere", "audit", "verify", "--file", "chain.jsonl")
    assert run(*alone, "--checkpoint", "end.json").code == 0
    assert "compare its end" in run(*alone).out
    assert not Path("nowhere").exists()
    lines = Path("chain.jsonl").read_text(encoding="utf-8").splitlines()
    Path("chain.jsonl").write_text("\n".join([lines[0], lines[2], lines[1]]) + "\n", encoding="utf-8")
    done = run(*alone)
    assert done.code == 1
    assert "entry 2 " in done.out


def spoil(change: Callable[[dict[str, Any]], Any]) -> str:
    """The export with its second line changed."""
    lines = Path("chain.jsonl").read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[1])
    changed = change(entry)
    lines[1] = changed if isinstance(changed, str) else json.dumps({**entry, **changed})
    Path("spoilt.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return "spoilt.jsonl"


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "half of a li",
        lambda _: "[]",
        lambda _: "[" * 100_000,
        lambda _: {"id": "2"},
        lambda _: {"id": True},
        lambda _: {"more": 1},
        lambda _: {"at": "yesterday"},
        lambda _: {"at": "2026-01-01T00:00:00"},
        lambda _: {"after": {"x": float("nan")}},
        lambda _: {"reason": "\ud800"},
    ],
    ids=["cut", "list", "deep", "text id", "true id", "field", "time", "zone", "nan", "surrogate"],
)
def test_lines_that_are_no_entries(run: Run, change: Callable[[dict[str, Any]], Any]) -> None:
    """A line that cannot be an entry is one clear error with its number."""
    run("audit", "export", "-o", "chain.jsonl")
    done = run("audit", "verify", "--file", spoil(change))
    assert done.code == 2
    assert "spoilt.jsonl, line 2: this is no audit entry." in done.err


def test_checkpoints_that_are_none(run: Run) -> None:
    """A file of something else is refused."""
    Path("end.json").write_text('{"id": "3"}', encoding="utf-8")
    assert "is no checkpoint" in run("audit", "verify", "--checkpoint", "end.json").err
    assert "There is no file 'nothing.json'" in run("audit", "verify", "--checkpoint", "nothing.json").err
