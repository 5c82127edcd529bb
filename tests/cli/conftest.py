"""The command as a user runs it: in this process for speed, or as a program of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import expkit
from expkit.cli import main

DEFINITION = """\
key: checkout
name: One-page checkout
hypothesis: If checkout is one page, then more visitors buy, because there is less to fill in.
variants:
  - {key: control, weight: 0.5}
  - {key: treatment, weight: 0.5}
metrics: [purchase]
"""


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbench folder of this test's own; the current folder is empty."""
    for name in ("EXPKIT_URL", "EXPKIT_TOKEN", "EXPKIT_DATABASE_URL", "EXPKIT_LAKE", "EXPKIT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPKIT_ACTOR", "ann")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """`run("experiments", "list")` in this process, through the real entry point."""

    def run(*words: object) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Done(int(done.value.code or 0), out, err)

    return run


@pytest.fixture
def spawn() -> Run:
    """The same as a program of its own; keyword arguments go to `subprocess.run`."""

    def spawn(*words: object, **options: Any) -> Done:
        command = [sys.executable, "-c", "from expkit.cli import main; main()", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), **options)
        return Done(done.returncode, done.stdout, done.stderr)

    return spawn


@pytest.fixture
def checkout(run: Run) -> str:
    """The key of an active experiment."""
    Path("checkout.yaml").write_text(DEFINITION, encoding="utf-8")
    assert run("experiments", "create", "-f", "checkout.yaml").code == 0
    assert run("experiments", "start", "checkout").code == 0
    return "checkout"


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbench with the draft `banner` and the active `search`, made once."""
    place = tmp_path_factory.mktemp("seed") / "home"
    both = {"variants": [{"key": "control"}, {"key": "blue"}], "metrics": ["click"], "owner": "ann"}
    said = {"if": "it is blue", "then": "more click", "prediction": {"metric": "click", "lift": 0.1, "confidence": 0.7}}
    with expkit.open(place) as workbench:
        desk = workbench.acting_as("ann")
        rice = {"reach": 100, "impact": 2, "confidence": 0.5, "effort": 4}
        desk.create({**both, "key": "banner", "name": "Banner", "hypothesis": said, "type": "prompt", "rice": rice})
        desk.create({**both, "key": "search", "name": "Search", "hypothesis": "h", "department": "Shop", "tags": ["a"]})
        desk.start("search")
    return place


@pytest.fixture
def seeded(seed: Path, home: Path) -> Path:
    """This test's own copy of it."""
    shutil.copytree(seed, home)
    return home
