"""`expkit serve`, `lab`, `dashboards`, `openapi`: what keeps running, and how it refuses to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openapi_spec_validator
import pytest

import expkit

Run = Any
MAIN = [sys.executable, "-c", "from expkit.cli import main; main()"]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _address(process: subprocess.Popen[str]) -> str:
    """What the server says on stderr; it must still run."""
    assert process.stderr
    for line in process.stderr:
        if "http://" in line:
            return "http://" + line.split("http://", 1)[1].split()[0]
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """The address of `expkit serve` with the token `secret`; Ctrl-C must end it quietly."""
    command = [*MAIN, "--token", "secret", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield _address(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0  # ending a server is what Ctrl-C is for
        assert "Traceback" not in err


def test_serve_answers_the_same_commands(server: str, run: Run) -> None:
    """With --url the commands talk to the service, and what they make is in its workbench."""
    Path("x.yaml").write_text("{key: far, name: F, hypothesis: h, variants: [{key: a}, {key: b}], metrics: [m]}")
    far = ("--url", server, "--token", "secret")
    assert run(*far, "experiments", "create", "-f", "x.yaml").out == "far is draft.\n"
    assert run(*far, "open", "--json").json["experiments"] == {"total": 1, "draft": 1}
    assert run("experiments", "show", "far", "--json").json["status"] == "draft"
    assert run(*far, "audit", "--json").json["items"][0]["subject"] == "far"


def test_serve_asks_for_its_token(server: str, run: Run) -> None:
    """A wrong token is refused with a hint; a request without one gets 401."""
    refused = run("--url", server, "--token", "wrong", "experiments", "list")
    assert refused.code == 2
    assert "token" in refused.err
    assert "Hint: " in refused.err
    assert httpx.get(f"{server}/experiments").status_code == 401


def test_nobody_answers(run: Run, taken: int) -> None:
    """A service that is not there is one clear line, and a failure rather than a mistake."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = run("--url", f"http://127.0.0.1:{port}", "--token", "x", "experiments", "list")
    assert gone.code == 1
    assert gone.err.startswith("Error: ")
    assert "Hint: " in gone.err


@pytest.mark.parametrize("command", ["serve", "dashboards"])
def test_a_port_in_use(run: Run, taken: int, command: str) -> None:
    """The message names the port, the hint a way out; nothing was started."""
    refused = run(command, "--port", taken)
    assert refused.code == 2
    assert refused.err.startswith(f"Error: Port {taken} on 127.0.0.1 ")
    assert "Hint: " in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize("command", ["serve", "dashboards", "lab", "demo"])
def test_local_commands_refuse_a_url(run: Run, command: str) -> None:
    """What runs on this machine's workbench says so when a service is named."""
    refused = run("--url", "http://127.0.0.1:1", command)
    assert refused.code == 2
    assert "needs a workbench on this machine" in refused.err


def test_openapi_is_valid(run: Run) -> None:
    """On stdout, or whole in a file."""
    document = run("openapi").json
    openapi_spec_validator.validate(document)
    assert document["openapi"].startswith("3.1")
    assert run("openapi", "-o", "api.json").out == "Wrote api.json.\n"
    assert json.loads(Path("api.json").read_text(encoding="utf-8")) == document


def test_lab_becomes_jupyterlab(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It seeds an empty workbench, once, and hands its folder and every other option to JupyterLab."""
    started: list[tuple[list[str], dict[str, str]]] = []

    def become(_program: str, words: list[str], environment: dict[str, str]) -> None:
        started.append((words, environment))

    monkeypatch.setattr(os, "execvpe", become)
    monkeypatch.setattr("expkit.cli.demo.SMALL", 400)
    monkeypatch.setattr("expkit.cli.demo.MARGIN", 0.02)
    assert run("lab", "--no-browser", "--port", "9999").code == 0
    assert {"--no-browser", "9999"} < set(started[0][0])
    assert started[0][1]["EXPKIT_HOME"] == str(home)
    with expkit.open() as workbench:
        assert workbench.count() > 1
    assert "Seeding" not in run("lab").err


def test_ctrl_c_is_quiet(home: Path) -> None:
    """A command that is interrupted ends with 130 and says nothing of its inside."""
    with subprocess.Popen([*MAIN, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.read(7) == "Seeding"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_ctrl_c_while_duckdb_works_is_quiet(tmp_path: Path) -> None:
    """DuckDB tells of it in its own way."""
    code = """
import importlib, duckdb
main = importlib.import_module("expkit.cli.main")
def app(**_):
    print("Begun", flush=True)
    duckdb.sql("SELECT sum(hash(range)) FROM range(3_000_000_000)").fetchall()
main.app = app
main.main(["analyze"])
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "Begun\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, "")


def test_the_registry_s_commands_through_a_service(server: str, run: Run) -> None:
    """Files, notes, reviews, schedules, catalogue, roles, tokens and the audit chain answer there as they do here."""
    Path("x.yaml").write_text("{key: far, name: F, hypothesis: h, variants: [{key: a}, {key: b}], metrics: [m]}")
    far = ("--url", server, "--token", "secret")
    for words, said in (
        ("experiments apply -f x.yaml --yes", "Applied: + 1 created."),
        ("experiments apply -f x.yaml", "Plan: = 1 as they should be."),
        ("experiments export --all -o out", "out: + 1 written."),
        ("experiments update far --set coverage=0.5", "coverage: 1.0 → 0.5"),
        ("experiments versions far", "coverage"),
        ("experiments show far --version 1", "key: far"),
        ("experiments restore far 1", "far is at version 3"),
        ("experiments checklist far", "Nothing stands in the way"),
        ("experiments sign far", "is signed by"),
        ("experiments schedule far --at 2100-01-01", "will start at 2100-01-01 00:00 UTC"),
        ("experiments calendar --from 2099-01-01 --to 2101-01-01", "will start"),
        ("experiments unschedule far", "1 planned move"),
        ("experiments start far", "far is active."),
        ("experiments traffic far --coverage 0.2", "coverage: 1.0 → 0.2"),
        ("experiments phases far", "a 0.5, b 0.5"),
        ("experiments risks far", "not at risk"),
        ("experiments at-risk", "No active experiment"),
        ("experiments learn far said --outcome neutral", "Learnt from far: neutral"),
        ("experiments hypotheses", "said"),
        ("experiments backlog", "Nothing waits"),
        ("experiments velocity", "launched"),
        ("notes add far hello", "Note 1 on far."),
        ("notes list far", "hello"),
        ("reviews list far", "Nobody has been asked"),
        ("metrics define m --set kind=count", "m is at version 1"),
        ("metrics versions m", "1"),
        ("policy set --set review=block", "review: block"),
        ("retention apply", "Nothing is older"),
        ("roles list", "Nobody has a role"),
        ("roles requests", "There is no request."),
        ("tokens create bob", ""),
        ("tokens list", "bob"),
        ("audit verify", "one chain"),
        ("audit checkpoint -o end.json", "Wrote end.json"),
        ("audit export -o chain.jsonl", "Wrote chain.jsonl"),
    ):
        done = run(*far, *words.split())
        assert (done.code, said in done.out) == (0, True), (words, done)
    assert run("audit", "verify", "--file", "chain.jsonl", "--checkpoint", "end.json").code == 0
    assert "needs a workbench on this machine" in run(*far, "experiments", "tick").err
