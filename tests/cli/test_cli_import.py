"""`expkit experiments import`: a report first, drafts after a yes, nothing overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expkit.client import RemoteWorkbench
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench

RULE = {"variations": ["a", "b"], "hashVersion": 2, "hashAttribute": "user_id"}
FEATURES = {
    "features": {
        "good": {"defaultValue": "a", "rules": [RULE]},
        "anew": {"defaultValue": "a", "rules": [{**RULE, "hashVersion": 1}]},
        "flag": {"defaultValue": False},
    }
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "features.json"
    path.write_text(json.dumps(FEATURES))
    return path


def test_a_dry_run_tells_and_does_nothing(run: Any, file: Path) -> None:
    """What would become of each, and why."""
    done = run("experiments", "import", file, "--from", "growthbook", "--dry-run")
    assert done.code == 0
    assert "+ good" in done.out
    assert "~ anew" in done.out
    assert "- flag" in done.out
    assert "no rule of it is an experiment" in done.out
    assert run("experiments", "list", "--json").json["items"] == []


def test_drafts_come_out_of_it_once(run: Any, file: Path) -> None:
    """Imported again, nothing that is there is touched."""
    done = run("experiments", "import", file, "--from", "growthbook", "--yes", "--json")
    assert [item["outcome"] for item in done.json["items"]] == ["imported", "changed", "skipped"]
    assert done.json["applied"]
    assert run("experiments", "show", "good", "--json").json["status"] == "draft"
    again = run("experiments", "import", file, "--from", "growthbook", "--yes", "--json").json
    assert not again["applied"]
    assert again["items"][0]["notes"] == ["there is an experiment 'good' already"]


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [("{", "growthbook", "not JSON"), ("[]", "eppo", "no object"), ("{}", "unleash", "no features"),
     ("{}", "grothbook", "did you mean 'growthbook'")],
)  # fmt: skip
def test_what_cannot_be_read_is_told(run: Any, tmp_path: Path, text: str, source: str, message: str) -> None:
    """In one line, with a way out."""
    path = tmp_path / "bad.json"
    path.write_text(text)
    done = run("experiments", "import", path, "--from", source, "--yes")
    assert done.code != 0
    assert message in done.err


def test_the_verb_is_the_same_through_a_service(tmp_path: Path) -> None:
    """Text or parsed JSON, embedded or remote: the same report."""
    from hosting import TOKEN, running

    settings = Settings.read(tmp_path / "served").with_(token=TOKEN, actor="ann", database_url="")
    with Workbench.open(settings) as near, running(create_app(near)) as url, RemoteWorkbench(url, TOKEN) as far:
        planned = near.import_experiments(FEATURES, "growthbook", dry_run=True)
        assert far.import_experiments(json.dumps(FEATURES), "growthbook") == planned
        assert {one.key for one in near.list()} == {"good", "anew"}
