"""Bad input and bad circumstances: one clear error with a hint, no traceback, and nothing lost."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import expkit
from expkit.cli import main

Run = Any
GOOD = {
    "key": "checkout",
    "name": "Checkout",
    "hypothesis": "One page sells more.",
    "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
    "metrics": ["purchase"],
}


def variants(*weights: float) -> list[dict[str, Any]]:
    return [{"key": f"v{number}", "weight": weight} for number, weight in enumerate(weights)]


def refused(done: Any, *said: str, code: int = 2) -> None:
    """One `Error:` line and one `Hint:` line on stderr, nothing on stdout, nothing of Python's inside."""
    assert done.code == code, done.err
    assert done.out == ""
    first, second = done.err.strip().splitlines()
    assert first.startswith("Error: ")
    assert second.startswith("Hint: ")
    assert [word for word in said if word not in done.err] == []
    assert len(done.err) < 1500


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hypotesis": "h"}, ["'hypotesis'", "did you mean 'hypothesis'?"]),
        ({"variants": variants(0.5, 0.6)}, ["add up to 1.1, not 1", "0.4545, 0.5455"]),
        ({"variants": variants(float("nan"), 0.5)}, ["variants[0].weight", "nan"]),
        ({"coverage": float("inf")}, ["coverage", "finite"]),
        ({"variants": [{"key": "a"}, {"key": "a"}]}, ["'a' stands twice"]),
        ({"key": "assign"}, ["'assign' is a route", "assign-1"]),
        ({"type": "modle"}, ["type", "did you mean 'model'?"]),
        ({"metrics": []}, ["metrics"]),
        ({"name": "x" * 100_000}, ["name", "500", "100,000 characters"]),
        ({"status": "active"}, ["status", "the registry keeps the state"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_definitions_that_are_refused(run: Run, changes: dict[str, Any], said: list[str]) -> None:
    """The error names the path, the value and what would be right; nothing is registered."""
    Path("bad.yaml").write_text(yaml.safe_dump({**GOOD, **changes}), encoding="utf-8")
    refused(run("experiments", "create", "-f", "bad.yaml"), *said)
    assert run("experiments", "list", "--json").json["total"] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key: a\nkey: b\n", ["the key 'key' stands twice", "line"]),
        ("key: [a\n", ["not YAML", "line"]),
        ("- just\n- a list\n", ["must be a mapping", "this is a list"]),
        ("", ["this is nothing"]),
        ("key: !!python/object/apply:os.system [id]\n", ["not YAML"]),
    ],
    ids=["twice", "syntax", "list", "empty", "code"],
)
def test_files_that_are_no_definition(run: Run, text: str, said: list[str]) -> None:
    """YAML that is broken, repeats a key or is something else is told by line."""
    Path("bad.yaml").write_text(text, encoding="utf-8")
    refused(run("experiments", "create", "-f", "bad.yaml"), *said)


def test_ten_megabytes_of_text(run: Run) -> None:
    """A file of megabytes is refused before it is parsed."""
    Path("big.yaml").write_text(yaml.safe_dump(GOOD) + f"description: {'x' * 10_000_000}\n", encoding="utf-8")
    refused(run("experiments", "create", "-f", "big.yaml"), "more than 2 MiB")


def test_files_that_are_not_there(run: Run) -> None:
    """A wrong name gets the nearest one; a folder is called a folder."""
    Path("checkout.yaml").touch()
    refused(run("experiments", "create", "-f", "chekout.yaml"), "did you mean 'checkout.yaml'?")
    refused(run("experiments", "create", "-f", "."), "is a folder")


def test_keys_that_are_taken_or_unknown(run: Run, checkout: str) -> None:
    """A second create is a conflict; a mistyped key gets the nearest one; neither changes anything."""
    before = run("experiments", "show", checkout, "--json").json
    refused(run("experiments", "create", "-f", "checkout.yaml"), "already an experiment 'checkout'")
    refused(run("experiments", "start", "chekout"), "did you mean 'checkout'?")
    refused(run("experiments", "start", checkout), "it is active", "legal from active: pause")
    refused(run("experiments", "stop", checkout), "needs a reason")
    refused(run("analyze", checkout + "s"), "did you mean")
    assert run("experiments", "show", checkout, "--json").json == before


def test_errors_as_json(run: Run) -> None:
    """With --json stdout stays empty, and stderr is one object with the error's stable kind."""
    done = run("experiments", "show", "nothing", "--json")
    assert (done.code, done.out) == (2, "")
    assert json.loads(done.err)["error"]["kind"] == "not-found"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (['{"event": "buy", "user_id": "u", "value": NaN}'], ["value"]),
        (['{"event": "buy", "user_id": "u"}', '{"evnt": "buy", "user_id": "u"}'], ["'evnt'", "did you mean 'event'?"]),
        (['{"event": "buy"}'], ["user_id"]),
        (['{"event": "buy", "user_id": "u"}', "{"], ["line 2", "not JSON"]),
        (["[1]"], ["line 1"]),
        (['{"event": "buy", "user_id": "u", "timestamp": "yesterday"}'], ["timestamp", "yesterday"]),
    ],
    ids=["nan", "column", "nobody", "syntax", "list", "time"],
)
def test_events_that_are_refused(run: Run, rows: list[str], said: list[str]) -> None:
    """One bad row and nothing of the file is logged."""
    Path("events.jsonl").write_text("\n".join(rows), encoding="utf-8")
    refused(run("events", "log", "outcomes", "events.jsonl"), *said)
    with expkit.open() as workbench:
        assert workbench.move_events() == 0


def test_words_that_typer_refuses(run: Run) -> None:
    """An unknown command or option and a missing argument are usage errors."""
    for words in (["experimens"], ["experiments", "list", "--jsno"], ["experiments", "show"]):
        done = run(*words)
        assert done.code == 2
        assert "Error: " in done.err


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_home_is_a_file(run: Run, tmp_path: Path, place: str) -> None:
    """A home that cannot be a folder is a failure that names it, and the file stays as it was."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    refused(run("--home", tmp_path / place, "experiments", "list"), str(tmp_path / place), "EXPKIT_HOME", code=1)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_database_is_something_else(run: Run, home: Path) -> None:
    """A file that is no database is left as it is."""
    home.mkdir()
    (home / "expkit.db").write_bytes(b"not a database" * 1000)
    refused(run("experiments", "list"), "damaged or no database", code=1)
    assert (home / "expkit.db").read_bytes() == b"not a database" * 1000


def _obey_permissions() -> None:
    """Even root: without CAP_DAC_OVERRIDE the file's own bits count. Runs in the child, before it starts."""
    if os.getuid() == 0:
        drop, dac_override = 24, 1
        ctypes.CDLL(None).prctl(drop, dac_override, 0, 0, 0)


@pytest.fixture
def read_only_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workbench with one experiment whose files this test may read, and not write."""
    home = Path(tempfile.mkdtemp())
    monkeypatch.setenv("EXPKIT_HOME", str(home))
    with expkit.open() as workbench:
        workbench.create(GOOD)
    for path in (*home.rglob("*"), home):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield home
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(home)


def test_a_read_only_folder(run: Run, spawn: Run, read_only_home: Path) -> None:
    """Starting an experiment in a folder that may not be written is refused, and the experiment stays a draft."""
    done = spawn("experiments", "start", "checkout", preexec_fn=_obey_permissions)
    refused(done, f"The database at sqlite:///{read_only_home}", "EXPKIT_HOME", code=1)
    read_only_home.chmod(0o755)
    for path in read_only_home.iterdir():
        path.chmod(0o644 if path.is_file() else 0o755)
    assert run("experiments", "show", "checkout", "--json").json["status"] == "draft"


def _events(count: int) -> Path:
    path = Path("events.jsonl")
    rows = (
        json.dumps({"event_id": os.urandom(16).hex(), "event": "buy", "user_id": os.urandom(16).hex()})
        for _ in range(count)
    )
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_files_may_not_grow(spawn: Run, run: Run, home: Path, checkout: str) -> None:
    """When the system refuses to write more, the whole file of events is refused, and all that was there is there."""
    grown = (home / "expkit.db").stat().st_size + 200_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (grown, grown))

    done = spawn("events", "log", "outcomes", _events(20_000), preexec_fn=limit)
    refused(done, "The database at ", code=1)
    assert run("experiments", "show", checkout, "--json").json["status"] == "active"
    with expkit.open() as workbench:
        assert workbench.move_events() == 0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 1.5 megabytes, where this machine lets us mount one."""
    place = Path(tempfile.mkdtemp())
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()


def test_a_full_disk(run: Run, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk refuses the events that do not fit, keeps what was there, and takes more once there is room."""
    monkeypatch.setenv("EXPKIT_HOME", str(small_disk / "home"))
    Path("x.yaml").write_text(yaml.safe_dump(GOOD), encoding="utf-8")
    assert run("experiments", "create", "-f", "x.yaml").code == 0
    refused(run("events", "log", "outcomes", _events(60_000)), "the disk is full", "nothing was changed", code=1)
    assert run("experiments", "list", "--json").json["total"] == 1
    assert run("events", "log", "outcomes", _events(10)).out == "10 outcomes logged.\n"


def test_a_reader_that_leaves(checkout: str) -> None:
    """`expkit ... | head -1` ends quietly."""
    command = f"{sys.executable} -c 'from expkit.cli import main; main()' experiments schema"
    done = subprocess.run(["bash", "-c", f"{command} | head -1"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_a_fault_of_our_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug is one line; EXPKIT_DEBUG shows where it is."""
    monkeypatch.setattr("expkit.open", lambda *_: 1 / 0)
    refused(run("open"), "This is a fault in expkit: ZeroDivisionError", "EXPKIT_DEBUG=1", code=1)
    monkeypatch.setenv("EXPKIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["open"])
