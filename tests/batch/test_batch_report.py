"""Ranking, outliers, advice, progress: what is computed without running anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import notebook

from expkit.batch import BatchReport
from expkit.batch.advice import trial_error
from expkit.batch.clusters import connect
from expkit.batch.marks import MARK
from expkit.batch.owner import begin_owning, end_owning, is_alive
from expkit.batch.progress import describe
from expkit.batch.trial import LONGEST_IPC_FOLDER
from expkit.domain import Batch, BatchCounts, Trial
from expkit.errors import InvalidDefinition, InvalidInput

SCORES = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=20)


def batch_of(total: int, direction: str = "max", **values: object) -> Batch:
    scoring = {"field": "y", "direction": direction}
    counts = {"total": total, "succeeded": total}
    return Batch.parse({"job_id": "j", "template": "t", "counts": counts, "scoring": scoring, "actor": "a", **values})


def report_of(scores: list[float | None], direction: str = "max") -> BatchReport:
    trials = [Trial(number=n, status="succeeded", score=score) for n, score in enumerate(scores, start=1)]
    return BatchReport.of(batch_of(len(scores), direction), trials)


@given(SCORES, st.sampled_from(["max", "min"]))
def test_the_best_score_comes_first(scores: list[float | None], direction: str) -> None:
    """No trial is lost, the scored ones are in order, the others follow by number."""
    report = report_of(scores, direction)
    assert sorted(trial.number for trial in report.trials) == list(range(1, len(scores) + 1))
    scored = [trial.score for trial in report.trials if trial.score is not None]
    assert scored == sorted(scored, reverse=direction == "max")
    assert [trial.score for trial in report.trials][len(scored) :] == [None] * (len(scores) - len(scored))
    assert (report.best is None) == (not scored)


@given(SCORES)
def test_a_report_survives_json(scores: list[float | None]) -> None:
    """What the service sends is what the notebook holds."""
    report = report_of(scores)
    assert BatchReport.from_json(report.to_json()) == report


def test_a_score_far_from_the_others_is_an_outlier() -> None:
    """By median and MAD, so that the outlier cannot hide itself; few or equal scores show nothing."""
    assert report_of([1.0, 1.1, 0.9, 1.05, 0.95, 9.0]).outliers == (6,)
    assert report_of([1.0, 1.1, 9.0]).outliers == ()
    assert report_of([1.0] * 9 + [9.0]).outliers == ()


def test_counts_add_up() -> None:
    """A batch cannot have lost trials."""
    with pytest.raises(InvalidDefinition, match="do not add up to 3"):
        BatchCounts(total=3, queued=1, running=1)


@pytest.mark.parametrize(("ename", "retry"), [("Error", False), ("KilledWorker", True), ("TimeLimit", False)])
def test_every_error_has_advice(ename: str, retry: bool) -> None:
    """Whether trying again can help is said for known and unknown errors alike."""
    error = trial_error({"ename": ename, "evalue": "x" * 10_000, "cell": 3})
    assert (error.retry, bool(error.advice), len(error.evalue)) == (retry, True, 5_000)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "succeeded"),
        ({"status": "running", "eta_seconds": 0.2}, "about 1 s left"),
        ({"status": "running", "eta_seconds": 125.0}, "about 02:05 left"),
        ({"status": "running", "eta_seconds": 7325.0}, "about 02:02:05 left"),
        ({"status": "running", "counts": {"total": 2, "failed": 1, "queued": 1}}, "1 failed"),
    ],
)
def test_progress_is_told_in_words(values: dict[str, object], told: str) -> None:
    """Failures first, then the time that is left or how it ended."""
    assert describe(batch_of(2, **{"status": "succeeded", **values})) == told


def test_owners_are_known_by_process_and_heartbeat() -> None:
    """Here by process id and start time; on another machine while its heartbeat is fresh."""
    mine = begin_owning("j")
    host, pid, _ = mine.rsplit(":", 2)
    assert is_alive(mine, "j", None)
    end_owning("j")
    assert not is_alive(mine, "j", None)
    assert not is_alive("", "j", None)
    assert not is_alive(f"{host}:{os.getppid()}:1.00", "j", None)
    assert not is_alive(f"{host}:99999999:1.00", "j", None)
    now = datetime.now(UTC)
    assert is_alive(f"other:{pid}:1.00", "j", now)
    assert not is_alive(f"other:{pid}:1.00", "j", now - timedelta(minutes=5))


def test_kubernetes_is_asked_for_workers_of_the_named_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's cluster gets image and size; without an image there is nothing to ask for."""
    asked: dict[str, object] = {}

    class KubeCluster:
        def __init__(self, **options: object) -> None:
            asked.update(options)
            raise ConnectionError("no cluster here")

    for name in ("dask_kubernetes", "dask_kubernetes.operator"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(KubeCluster=KubeCluster))
    monkeypatch.delenv("EXPKIT_IMAGE", raising=False)
    with pytest.raises(InvalidInput, match="No image"), connect("kubernetes", 3):
        pass
    monkeypatch.setenv("EXPKIT_IMAGE", "example/expkit:1")
    with pytest.raises(ConnectionError, match="no cluster here"), connect("kubernetes", 3):
        pass
    assert (asked["image"], asked["n_workers"]) == ("example/expkit:1", 3)


def test_a_long_folder_falls_back_to_tcp(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A Unix socket's path is short; where the folder's is not, the kernel listens on this machine's loopback."""
    folder = tmp_path_factory.mktemp("long" * LONGEST_IPC_FOLDER)
    (folder / "work").mkdir()
    (folder / "template.ipynb").write_text(notebook("from expkit.batch import record\nrecord(y=x)"))
    (folder / "trial.json").write_text('{"parameters": {"x": 3}}')
    environment = {**os.environ, MARK: "long/1/"}
    subprocess.run([sys.executable, "-m", "expkit.batch.trial", str(folder)], check=True, env=environment)
    outcome = json.loads((folder / "outcome.json").read_text())
    assert (outcome["result"], outcome["error"]) == ({"y": 3}, None)


def test_a_kernel_that_fails_without_a_cell_may_be_tried_again() -> None:
    """The notebook is not to blame when no cell was."""
    assert trial_error({"ename": "RuntimeError", "evalue": "Kernel didn't respond in 180 seconds"}).retry
