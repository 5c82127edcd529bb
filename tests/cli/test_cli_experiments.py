"""`expkit experiments`, `assign`, `open`, `audit`: the registry's verbs from a shell."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

Run = Any
DEFINITION = {
    "key": "banner",
    "name": "Banner [bold]",
    "hypothesis": "A banner sells.",
    "variants": [{"key": "control", "params": {"color": "grey"}}, {"key": "blue", "params": {"color": "blue"}}],
    "metrics": ["click"],
}


@pytest.fixture
def banner(run: Run) -> str:
    """The key of a draft."""
    Path("banner.json").write_text(json.dumps(DEFINITION), encoding="utf-8")
    assert run("experiments", "create", "-f", "banner.json").out == "banner is draft.\n"
    return "banner"


def test_an_empty_workbench_says_what_to_do(run: Run) -> None:
    """A newcomer's first list names the next command; its JSON is an empty page."""
    assert "expkit demo" in run("experiments", "list").out
    assert run("experiments", "list", "--json").json == {"items": [], "total": 0}
    assert run("experiments", "list", "--status", "active").out == "No experiment matches.\n"


def test_life_of_an_experiment(run: Run, banner: str) -> None:
    """Start, pause, resume and stop tell the new status; the timeline keeps them all, in order."""
    for verb, status in (("start", "active"), ("pause", "paused"), ("resume", "active")):
        assert run("experiments", verb, banner).out == f"banner is {status}.\n"
    stopped = run("experiments", "stop", banner, "--reason", "done", "--json")
    assert stopped.json["status"] == "stopped"
    entries = run("experiments", "timeline", banner, "--json").json["items"]
    assert [entry["what"].split(" → ")[-1] for entry in entries] == ["created", "active", "paused", "active", "stopped"]
    assert "paused" in run("experiments", "timeline", banner).out


def test_from_stopped_to_archived(run: Run, banner: str) -> None:
    """Each further move tells the new status; a rollback needs its reason."""
    run("experiments", "start", banner)
    run("experiments", "stop", banner, "-r", "done")
    moves = {"conclude": "analysis", "promote": "rolling_out", "finish": "rolled_out", "complete": "completed"}
    for verb, status in {**moves, "archive": "archived"}.items():
        assert run("experiments", verb, banner).out == f"banner is {status}.\n"
    run("experiments", "clone", banner, "again")
    run("experiments", "start", "again")
    assert "needs a reason" in run("experiments", "rollback", "again").err
    assert run("experiments", "rollback", "again", "-r", "errors").out == "again is rolled_back.\n"


def test_list_shows_what_matches(run: Run, banner: str) -> None:
    """Status and text narrow the list; a name is shown as it is, not read as markup."""
    assert "Banner [bold]" in run("experiments", "list", "--status", "draft").out
    assert run("experiments", "list", "--text", "nothing", "--json").json["total"] == 0


def test_list_says_when_there_is_more(run: Run, banner: str) -> None:
    """A page that is not the last one names the next."""
    assert run("experiments", "clone", banner, "other").code == 0
    assert "1 of 2; more with --offset 1." in run("experiments", "list", "--limit", "1").out


def test_show_prints_a_file_that_create_takes(run: Run, banner: str) -> None:
    """What `show` prints below the heading is the definition as YAML."""
    shown = run("experiments", "show", banner).out.split("\n\n", 1)[1]
    definition = {**yaml.safe_load(shown), "key": "again"}
    Path("again.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    assert run("experiments", "create", "-f", "again.yaml", "--json").json["variants"][1]["params"] == {"color": "blue"}


def test_create_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-f -` is a pipe."""
    stream = io.TextIOWrapper(io.BytesIO(yaml.safe_dump(DEFINITION).encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert run("experiments", "create", "-f", "-").out == "banner is draft.\n"


def test_schema_accepts_what_create_does(run: Run) -> None:
    """The published schema is valid, takes a good definition and refuses an unknown field."""
    schema = run("experiments", "schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(DEFINITION, schema)
    with pytest.raises(jsonschema.ValidationError, match="variantes"):
        jsonschema.validate({**DEFINITION, "variantes": []}, schema)


def test_assign_is_the_same_every_time(run: Run, checkout: str) -> None:
    """A unit keeps its variant; without an active experiment the reason is told."""
    words = ("assign", "--user", "u1", "-e", checkout)
    first = run(*words, "--json").json
    assert first["variant"] in {"control", "treatment"}
    assert run(*words).out == f"checkout: {first['variant']}\n"
    run("experiments", "stop", checkout, "-r", "done")
    assert run(*words).out.startswith("no variant: ")


def test_assign_reads_attributes_as_json_where_it_can(run: Run) -> None:
    """`age=30` is a number for a condition, `country=DE` a text."""
    eligible = {"eligibility": {"age": {"$gte": 18}, "country": {"$in": ["DE"]}}}
    Path("a.json").write_text(json.dumps({**DEFINITION, **eligible}), encoding="utf-8")
    assert run("experiments", "create", "-f", "a.json").code == run("experiments", "start", "banner").code == 0
    words = ("assign", "--session", "s1", "-e", "banner", "-a", "country=DE")
    assert run(*words, "-a", "age=30").out.startswith("banner: ")
    assert run(*words, "-a", "age=7").out.startswith("no variant: ")


def test_open_says_where_and_what(run: Run, home: Path, checkout: str) -> None:
    """The place and the number of experiments by status."""
    told = run("open", "--json").json
    assert told["home"] == str(home)
    assert told["experiments"] == {"total": 1, "active": 1}
    assert "holds     1 experiments (1 active)" in run("open").out


def test_home_wins_over_the_environment(run: Run, tmp_path: Path, checkout: str) -> None:
    """`--home` names another workbench."""
    assert run("--home", tmp_path / "other", "experiments", "list", "--json").json["total"] == 0


def test_audit_names_who_did_what(run: Run, checkout: str) -> None:
    """The newest first; `--subject` keeps to one experiment."""
    items = run("audit", "--json").json["items"]
    assert [(item["actor"], item["action"]) for item in items] == [
        ("ann", "experiment.start"),
        ("ann", "experiment.create"),
    ]
    assert "experiment.start" in run("audit", "--subject", checkout).out
    assert "Nothing was done yet." in run("audit", "--subject", "other").out
