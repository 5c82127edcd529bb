"""`expkit experiments apply` and `export`: experiments that live in git."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Any
pytestmark = pytest.mark.usefixtures("seeded")
TWO = """\
# our prices
key: price
name: Price
hypothesis: h
variants: [{key: control}, {key: lower}]
metrics: [buy]
---
key: banner
name: Banner
owner: ann
type: prompt
coverage: 0.5
hypothesis: {if: it is blue, then: more click, prediction: {metric: click, lift: 0.1, confidence: 0.7}}
variants: [{key: control}, {key: blue}]
metrics: [click]
rice: {reach: 100, impact: 2, confidence: 0.5, effort: 4}
---
# nothing more
"""


@pytest.fixture
def two() -> str:
    """A file with one experiment that is new and one that differs."""
    Path("two.yaml").write_text(TWO, encoding="utf-8")
    return "two.yaml"


def test_a_plan_before_anything_happens(run: Run, two: str) -> None:
    """+ what is new, ~ what differs and how; a dry run changes nothing."""
    done = run("experiments", "apply", "-f", two, "--dry-run")
    assert done.out.splitlines() == [
        "+ price",
        "~ banner",
        "    coverage: 1.0 → 0.5",
        "Plan: + 1 to create, ~ 1 to change.",
    ]
    assert run("experiments", "list", "--json").json["total"] == 2


def test_applied_twice_it_does_nothing(run: Run, two: str) -> None:
    """A script says --yes; the reason stands with the version; the second time nothing is left to do."""
    assert "give --yes" in run("experiments", "apply", "-f", two).err
    done = run("experiments", "apply", "-f", two, "--yes", "-r", "from git")
    assert done.out.splitlines()[-1] == "Applied: + 1 created, ~ 1 changed."
    assert run("experiments", "versions", "banner", "--json").json["items"][0]["reason"] == "from git"
    assert run("experiments", "apply", "-f", two).out == "Plan: = 2 as they should be.\n"


def test_apply_as_json(run: Run, two: str) -> None:
    """Programs get each key, what was done and the changes."""
    done = run("experiments", "apply", "-f", two, "--yes", "--json").json
    assert done["applied"] is True
    assert [(item["key"], item["action"]) for item in done["items"]] == [("price", "create"), ("banner", "update")]
    assert done["items"][1]["changes"] == [{"path": "coverage", "before": None, "after": 0.5}]


def test_all_or_nothing(run: Run) -> None:
    """One change that is refused, and the others do not happen either."""
    run("experiments", "export", "search", "-o", "out")
    text = Path("out/search.yaml").read_text(encoding="utf-8")
    Path("out/search.yaml").write_text(text.replace("metrics:", "metrics:\n- buy"), encoding="utf-8")
    Path("out/a.yaml").write_text(TWO.split("---", maxsplit=1)[0], encoding="utf-8")
    done = run("experiments", "apply", "-f", "out", "--yes")
    assert done.code == 2
    assert "metrics cannot be changed any more" in done.err
    assert "no experiment 'price'" in run("experiments", "show", "price").err


def test_export_and_apply_are_inverse(run: Run) -> None:
    """What was exported is what there is; what is applied elsewhere is the same there."""
    assert run("experiments", "export", "--all", "-o", "repo").out == "repo: + 2 written.\n"
    assert run("experiments", "apply", "-f", "repo").out == "Plan: = 2 as they should be.\n"
    assert run("--home", "other", "experiments", "apply", "-f", "repo", "--yes").code == 0
    run("--home", "other", "experiments", "export", "--all", "-o", "again")
    for path in Path("repo").iterdir():
        assert (Path("again") / path.name).read_bytes() == path.read_bytes()


def test_export_keeps_comments_and_asks_before_it_overwrites(run: Run) -> None:
    """A file that says the same is left alone; another is overwritten only when somebody agrees."""
    run("experiments", "export", "banner", "-o", "repo")
    path = Path("repo/banner.yaml")
    mine = "# mine\n" + path.read_text(encoding="utf-8")
    path.write_text(mine, encoding="utf-8")
    assert run("experiments", "export", "banner", "-o", "repo").out == "repo: = 1 the same already.\n"
    path.write_text("key: [", encoding="utf-8")
    refused = run("experiments", "export", "banner", "-o", "repo")
    assert "Overwrite banner.yaml in repo?" in refused.err
    assert path.read_text(encoding="utf-8") == "key: ["
    done = run("experiments", "export", "banner", "-o", "repo", "--yes", "--json").json
    assert done == {"items": [{"key": "banner", "action": "update"}]}


def test_export_finds_a_team_s_own_folder(run: Run) -> None:
    """A file that was moved further down is renewed there, and not written a second time."""
    run("experiments", "export", "--all", "-o", "repo")
    Path("repo/team").mkdir()
    Path("repo/banner.yaml").rename("repo/team/banner.yml")
    run("experiments", "update", "banner", "--set", "owner=eve")
    assert run("experiments", "export", "--all", "-o", "repo", "--yes").out == (
        "repo: ~ 1 overwritten, = 1 the same already.\n"
    )
    assert run("experiments", "apply", "-f", "repo").out == "Plan: = 2 as they should be.\n"


def test_export_names_files_without_an_experiment(run: Run) -> None:
    """An experiment that is gone would come back with the next apply."""
    run("experiments", "export", "--all", "-o", "repo")
    run("experiments", "delete", "banner", "--yes")
    assert "banner.yaml in 'repo' belong to no experiment" in run("experiments", "export", "--all", "-o", "repo").err


def test_a_folder_with_all_kinds_of_files(run: Run) -> None:
    """YAML and JSON, also below; lists in JSON; what begins with a dot and other files are left out."""
    one = yaml.safe_load(TWO.split("---", maxsplit=1)[0])
    for name in ("team/a", ".git"):
        Path("repo", name).mkdir(parents=True)
    Path("repo/team/a/x.yml").write_text(yaml.safe_dump({**one, "key": "x"}), encoding="utf-8")
    Path("repo/list.json").write_text(json.dumps([{**one, "key": "y"}, {**one, "key": "z"}]), encoding="utf-8")
    Path("repo/one.json").write_text(json.dumps(one), encoding="utf-8")
    for name in ("README.md", ".git/config.yaml", ".hidden.yaml"):
        Path("repo", name).write_text("no definition: [", encoding="utf-8")
    found = run("experiments", "apply", "-f", "repo", "--dry-run", "--json").json["items"]
    assert [item["key"] for item in found] == ["y", "z", "price", "x"]


def test_apply_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-f -` is a pipe."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TWO.encode())))
    assert "+ price" in run("experiments", "apply", "-f", "-", "--dry-run").out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.yaml": "# one\n---\n" + TWO.replace("key: price", "key: [price")}, ["a.yaml", "at line 5"]),
        (
            {"a.yaml": "key: x\n", "b.json": "[1]", "c.json": "[", "d.yaml": "\xff"},
            ["4 of 4 files", "a.yaml", "b.json"],
        ),
        ({"a.yaml": TWO, "b.yaml": TWO.split("---", maxsplit=1)[0]}, ["b.yaml", "'price' stands in", "a.yaml already"]),
        ({"a.yaml": "key: price\nkey: price\n"}, ["the key 'key' stands twice"]),
        ({"a.yaml": "\n# nothing\n"}, ["this is nothing"]),
        ({"a.txt": "x"}, ["No definition is in"]),
    ],
    ids=["line", "several", "twins", "repeated key", "empty", "no file"],
)
def test_files_that_are_refused(run: Run, files: dict[str, str], said: list[str]) -> None:
    """Every wrong file is named, with the line in the file; nothing is changed."""
    Path("repo").mkdir()
    for name, text in files.items():
        Path("repo", name).write_bytes(text.encode("latin-1"))
    done = run("experiments", "apply", "-f", "repo", "--yes")
    assert done.code == 2
    assert [word for word in said if word not in done.err] == []
    assert run("experiments", "list", "--json").json["total"] == 2


@pytest.mark.parametrize("words", [("-o", "x"), ("banner", "--all", "-o", "x"), ("banner", "-o", "file")])
def test_exports_that_are_refused(run: Run, words: tuple[str, ...]) -> None:
    """One or all, into a folder."""
    Path("file").touch()
    assert run("experiments", "export", *words).code == 2


def test_comments_that_look_like_markers(run: Run) -> None:
    """A thousand comment signs are read in no time, and three dashes inside a text are no document."""
    text = "# " * 2000 + "\n" + TWO.split("---", maxsplit=1)[0] + "description: |\n  ---\n  text\n---\n" + "# " * 2000
    Path("odd.yaml").write_text(text, encoding="utf-8")
    assert run("experiments", "apply", "-f", "odd.yaml", "--yes").code == 0
    assert run("experiments", "show", "price", "--json").json["description"] == "---\ntext"


def test_a_person_who_answers_too_late(run: Run, two: str) -> None:
    """The answer is to the plan that was shown; when something was changed meanwhile, nothing is applied."""
    person, stdin = pty.openpty()
    words = [sys.executable, "-c", "from expkit.cli import main; main()", "experiments", "apply", "-f", two]
    with subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        asked = "".join(iter(lambda: process.stderr.read(1), "?"))
        assert asked.endswith("Apply this")
        run("experiments", "update", "banner", "--set", "owner=eve")
        os.write(person, b"y\n")
        assert "somebody has changed 'banner'. Nothing was applied" in process.communicate(timeout=120)[1]
    assert process.returncode == 2
    assert run("experiments", "show", "banner", "--json").json["owner"] == "eve"
