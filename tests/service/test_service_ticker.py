"""What servers do by themselves: planned moves are made once, events go to the lake, failures end nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hosting import CHECKOUT, TOKEN, running

from expkit.service import create_app
from expkit.service.ticker import Ticker
from expkit.settings import Settings
from expkit.workbench import Workbench


def _until(true: Callable[[], bool]) -> None:
    """Waits for what another thread does; the suite's own timeout is the limit."""
    while not true():
        time.sleep(0.02)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read(tmp_path).with_(token=TOKEN, actor="ann", database_url="")


def test_a_schedule_fires_once_however_many_servers_there_are(settings: Settings) -> None:
    """Two servers on one database; the start is made by one of them, in the name of who planned it."""
    with ExitStack() as stack:
        benches = [stack.enter_context(Workbench.open(settings)) for _ in range(2)]
        addresses = [stack.enter_context(running(create_app(bench))) for bench in benches]
        client = stack.enter_context(
            httpx.Client(base_url=addresses[0], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120)
        )
        client.post("/experiments", json=CHECKOUT)
        at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        assert client.post("/experiments/checkout/schedule", json={"at": at}).json()["state"] == "pending"
        _until(lambda: client.get("/experiments/checkout").json()["status"] == "active")
        actions = [entry["action"] for entry in benches[1].audit(subject="checkout")]
        assert actions.count("experiment.start") == actions.count("schedule.fire") == 1


class _Counting:
    """A workbench's verbs that servers call, counted; `fails` says whether they do."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.calls = {"tick": 0, "monitor": 0, "notify": 0, "move_events": 0}

    def leave_monitor(self) -> None:
        self.left = True

    def monitor(self) -> int:
        return self._count("monitor")

    def notify(self) -> int:
        return self._count("notify")

    def tick(self) -> int:
        return self._count("tick")

    def move_events(self) -> int:
        return self._count("move_events")

    def _count(self, name: str) -> int:
        self.calls[name] += 1
        if self.fails:
            raise RuntimeError("no database")
        return 0


def test_a_failure_is_told_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away for an hour is one line in the log, and one when it is back."""
    caplog.set_level(logging.WARNING)
    bench = _Counting(fails=True)
    ticker = Ticker(bench, every=0.001, moves_every=0.002)  # type: ignore[arg-type]
    ticker.start()
    _until(lambda: min(bench.calls.values()) > 2)
    bench.fails = False
    _until(lambda: caplog.text.count("works again") == 4)
    ticker.stop()
    assert caplog.text.count("tick failed") == caplog.text.count("move_events failed") == 1
    assert "RuntimeError: no database" in caplog.text


def test_stopping_ends_the_threads() -> None:
    """At once, however long they would have waited; nothing is called after that, and others may watch."""
    bench = _Counting()
    ticker = Ticker(bench, every=3600)  # type: ignore[arg-type]
    ticker.start()
    ticker.stop()
    assert not any(thread.is_alive() for thread in ticker._threads)
    assert (set(bench.calls.values()), bench.left) == ({0}, True)


def test_the_inbox_drains_by_itself(settings: Settings) -> None:
    """Events reach the lake without anybody's analysis."""
    with Workbench.open(settings) as workbench:
        workbench.log_outcomes([{"event": "conversion", "user_id": "u1"}])
        ticker = Ticker(workbench, every=0.01, moves_every=0.02)
        ticker.start()
        _until(lambda: workbench._shared.events.waiting() == 0)
        ticker.stop()
        assert list((settings.home / "lake" / "outcomes").rglob("*.parquet"))


TICKERS = {"expkit-tick", "expkit-monitor", "expkit-notify", "expkit-move_events"}


def _tickers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name in TICKERS}


def test_the_ticker_lives_as_long_as_the_app(settings: Settings) -> None:
    """It starts and ends with the lifespan."""
    before = _tickers()
    with Workbench.open(settings) as workbench:
        with running(create_app(workbench)):
            own = _tickers() - before
            assert {thread.name for thread in own} == TICKERS
        _until(lambda: not any(thread.is_alive() for thread in own))
