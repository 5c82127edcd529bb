"""`expkit monitor` and `expkit alerts`: harm stops an experiment from the command line, too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import expkit
from expkit import registry
from expkit.registry.watch_tables import leases
from expkit.workbench import Workbench

DEFINITION: dict[str, Any] = {
    "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"],
    "variants": [{"key": "control"}, {"key": "treatment"}],
    "guardrails": [{"metric": "trace.error", "limit": 0.05, "action": "stop"}],
}  # fmt: skip


def log(wb: Workbench, units: int, *, failing: bool, first: int = 0) -> None:
    who = [(arm, f"{arm}{i}", i) for arm in ("control", "treatment") for i in range(first, first + units)]
    wb.log_exposures([{"experiment": "bot", "variant": arm, "user_id": user} for arm, user, _ in who])
    wb.log_traces([
        {"model": "m", "user_id": user, "error": "timeout" if failing and arm == "treatment" and i % 2 else ""}
        for arm, user, i in who
    ])  # fmt: skip


def start(home: Path, *, failing: bool) -> None:
    with expkit.open(home) as wb:
        wb.create(DEFINITION)
        wb.start("bot")
        log(wb, 300, failing=failing)


def test_one_pass_stops_what_harms(run: Any, home: Path) -> None:
    """The exit status tells a scheduler; the list keeps it until somebody acknowledges it."""
    start(home, failing=True)
    done = run("monitor", "--once")
    assert (done.code, "bot: trace.error of treatment: level 0.5" in done.out) == (2, True)
    assert done.out.rstrip().endswith("; stopped")
    assert run("experiments", "show", "bot", "--json").json["status"] == "stopped"
    (alert,) = run("alerts", "list", "bot", "--json").json
    assert (alert["subject"], alert["action"]) == ("trace.error of treatment", "stop")
    assert "acknowledged" in run("alerts", "acknowledge", str(alert["id"]), "-m", "known").out
    assert run("alerts", "list", "--open").out.startswith("No alert")
    assert run("alerts", "acknowledge", "7").code == 2


def test_one_pass_without_harm(run: Any, home: Path) -> None:
    """Nothing is done, and it says so."""
    start(home, failing=False)
    done = run("monitor", "--once")
    assert (done.code, done.out) == (0, "Nothing to raise.\n")


def test_it_watches_until_it_is_ended(home: Path) -> None:
    """One JSON line for each alert; Ctrl-C ends it, and the next one need not wait for its lease."""
    start(home, failing=False)
    words = [sys.executable, "-m", "expkit", "monitor", "--every", "0.1", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert "Ctrl-C" in watching.stderr.readline()
        with expkit.open(home) as wb:
            time.sleep(1)
            log(wb, 300, failing=True, first=300)
            alert = json.loads(watching.stdout.readline())
            assert (alert["experiment"], alert["action"]) == ("bot", "stop")
            while wb.get("bot").status != "stopped":
                time.sleep(0.05)
            watching.send_signal(signal.SIGINT)
            assert watching.wait() == 130
            wb.clone("bot", "next")
            wb.start("next")
            assert [found.experiment for found in wb.monitor()] == ["next"]


def test_a_rollout_in_steps(run: Any, home: Path) -> None:
    """HOURS=SHARE, as often as there are steps."""
    with expkit.open(home) as wb:
        wb.create(DEFINITION)
        wb.start("bot")
        wb.stop("bot", "enough")
    assert run("experiments", "promote", "bot", "--step", "soon=all").code == 2
    done = run("experiments", "promote", "bot", "--step", "0=0.05", "--step", "24=1", "--json").json
    assert (done["status"], done["rollout"]["share"], len(done["rollout"]["steps"])) == ("rolling_out", 0.05, 2)


def test_a_rollback_is_told_before_it_is_made(run: Any, home: Path) -> None:
    """Nothing is changed by asking; the baselines of what was promoted are listed."""
    start(home, failing=False)
    done = run("experiments", "rollback", "bot", "--dry-run")
    assert (done.code, "0.5 of the units lose treatment; 600 were exposed" in done.out) == (0, True)
    assert run("experiments", "rollback", "bot", "--dry-run", "--json").json["then"] == {"control": 0, "treatment": 0}
    assert run("experiments", "show", "bot", "--json").json["status"] == "active"
    assert run("analyze", "bot").code == 0
    assert run("experiments", "stop", "bot", "--reason", "enough").code == 0
    assert run("experiments", "promote", "bot").code == 0
    (one, two) = run("experiments", "baselines", "--json").json
    assert (one["metric"], two["metric"], two["level"]) == ("solved", "trace.error", None)
    assert "bot: treatment" in run("experiments", "baselines", "solved").out


def test_a_canary_and_who_won(run: Any, home: Path) -> None:
    """The exit status is 2 once a guardrail is broken; wins and learnings are listed."""
    with expkit.open(home) as wb:
        wb.log_traces([
            {"model": "m", "version": version, "user_id": f"{version}{i}", "error": "x" if version == "b" else ""}
            for version in "ab" for i in range(100)
        ])  # fmt: skip
    done = run("canary", "a", "b", "--guardrail", "trace.error < 5%", "--every", "0.1")
    assert (done.code, "✗ guardrail trace.error" in done.out) == (2, True)
    assert run("canary", "a", "b", "--json").json["units"] == {"control": 100, "treatment": 100}
    assert "No call of model 'x' and 'y'" in run("canary", "x", "y", "--by", "model").out
    assert run("canary", "a", "a").code == 2
    assert run("experiments", "wins", "--by", "model").out.startswith("No ended experiment")
    assert run("experiments", "learnings", "print").out.startswith("Nothing like it")


def test_a_dead_watcher_is_replaced(home: Path) -> None:
    """Of two processes one acts; killed without a word, and the other one does, on the same database."""
    start(home, failing=False)
    words = [sys.executable, "-m", "expkit", "monitor", "--every", "0.2"]
    watching = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        with expkit.open(home) as wb:
            first = _eventually(lambda: _holder(wb))
            by_id = {str(process.pid): process for process in watching}
            by_id[first.split(":")[1]].kill()
            log(wb, 300, failing=True, first=300)
            _eventually(lambda: wb.get("bot").status == "stopped")
            second = _holder(wb)
            assert second != first
            assert second.split(":")[1] in by_id
            stops = [entry for entry in wb.audit(subject="bot") if entry["action"] == "experiment.stop"]
            assert [entry["actor"] for entry in stops] == ["expkit monitor"]
    finally:
        for process in watching:
            process.kill()
            process.wait()


def _holder(wb: Workbench) -> str:
    """Who watches: machine, process and a mark of its own."""
    with wb._read() as connection:
        query = sa.select(leases.c.holder).where(leases.c.name == "monitor", leases.c.until > registry.now())
        return str(connection.scalar(query) or "")


def _eventually(found: Callable[[], Any]) -> Any:
    """What it gives once it is something; the suite's own timeout is the limit."""
    while not (value := found()):
        time.sleep(0.05)
    return value
