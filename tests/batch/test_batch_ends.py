"""Batches that end early: abort, interruption, the death of the process that ran them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import current_thread, main_thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from tiny import MakeTemplate, eventually, kernel_of, processes_of

from expkit.batch import Batches, ledger
from expkit.errors import Conflict
from expkit.storage import Store, read_audit

SLEEP = "import time\ntime.sleep(600 if x else 0)"
RECORD = "from expkit.batch import record\nrecord(y=x)"
RUNNER = """
import sys, time
from pathlib import Path
from typing import Any
from expkit.batch import Batches, ledger
from expkit.storage import Store
home = Path(sys.argv[1])
batches = Batches(Store.open(f"sqlite:///{home}/expkit.db"), home)
parameters = [{"x": 0}, {"x": 1}, {"x": 1}]
print(batches.run(template="sleepy", parameters=parameters, limits={"workers": 1}, actor="ann").job_id, flush=True)
time.sleep(600)
"""


def test_abort_leaves_no_process_behind(batches: Batches, store: Store, template: MakeTemplate) -> None:
    """When abort returns, running kernels are gone, queued trials never start, and who did it why is on record."""
    key = template("sleepy", SLEEP)
    launched = batches.run(template=key, parameters=[{"x": 1}] * 20, limits={"workers": 2}, actor="ann")
    eventually(lambda: kernel_of(launched.job_id), "a kernel")
    aborted = batches.abort(launched.job_id, actor="bob", reason="too dear")
    assert processes_of(launched.job_id) == []
    assert (aborted.status, aborted.counts.aborted) == ("aborted", 20)
    with store.read() as connection:
        entries = {entry.action: entry for entry in read_audit(connection, subject=launched.job_id)}
    assert (entries["batch.abort"].actor, entries["batch.abort"].reason) == ("bob", "too dear")
    assert batches.abort(launched.job_id, actor="bob") == aborted


def test_an_aborted_batch_is_resumed_where_it_stood(batches: Batches, template: MakeTemplate, home: Path) -> None:
    """Trials that had finished are not run again; the template is the one that was launched."""
    code = f"import os, time\ntime.sleep(600 if x and not os.path.exists({str(home / 'go')!r}) else 0)"
    key = template("sleepy", code, RECORD)
    launched = batches.run(template=key, parameters=[{"x": 0}, {"x": 1}], limits={"workers": 1}, actor="ann")
    eventually(lambda: batches.batch(launched.job_id).counts.succeeded, "the first trial")
    batches.abort(launched.job_id, actor="ann")
    first = Path(str(batches.results(launched.job_id).trials[0].output)).stat().st_mtime_ns
    (home / "go").touch()
    (home / "templates" / "sleepy.ipynb").unlink()
    batches.resume(launched.job_id, actor="ann")
    assert batches.wait(launched.job_id).status == "succeeded"
    trials = batches.results(launched.job_id).trials
    assert [trial.result for trial in trials] == [{"y": 0}, {"y": 1}]
    assert Path(str(trials[0].output)).stat().st_mtime_ns == first


def test_closing_interrupts_and_another_resumes(store: Store, template: MakeTemplate, home: Path) -> None:
    """Unfinished trials are queued for whoever comes; waiting for a batch that nobody runs is told."""
    batches = Batches(store, home)
    launched = batches.run(template=template("sleepy", SLEEP), parameters=[{"x": 1}], actor="ann")
    eventually(lambda: kernel_of(launched.job_id), "a kernel")
    batches.close()
    assert processes_of(launched.job_id) == []
    assert (batches.batch(launched.job_id).status, batches.batch(launched.job_id).counts.queued) == ("queued", 1)
    with pytest.raises(Conflict, match="no process runs it"):
        batches.wait(launched.job_id)
    assert batches.abort(launched.job_id, actor="ann").status == "aborted"


def test_the_owner_lets_go_while_somebody_waits(
    batches: Batches, template: MakeTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after somebody has read that it runs, it ends: that is its end, not a lost owner."""
    launched = batches.run(template=template("quick", RECORD), parameters=[{"x": 1}], actor="ann")
    read_batch = ledger.read_batch

    def and_then_it_ends(connection: Any, job_id: str) -> Any:
        batch = read_batch(connection, job_id)
        if current_thread() is main_thread():
            for thread in (each for each in enumerate_threads() if each.name == f"expkit-batch-{job_id}"):
                thread.join(120)
        return batch

    monkeypatch.setattr(ledger, "read_batch", and_then_it_ends)
    assert batches.wait(launched.job_id).status == "succeeded"


@pytest.fixture
def elsewhere(template: MakeTemplate, store: Store, home: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201, RUF100
    """A process that runs a batch whose first trial ends and whose second does not."""
    template("sleepy", SLEEP, RECORD)
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(home)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_abort_reaches_a_batch_of_another_process(
    batches: Batches, elsewhere: tuple[subprocess.Popen[str], str]
) -> None:
    """The flag is in SQL and the kernels are found by their mark; the owner records the end."""
    _, job_id = elsewhere
    eventually(lambda: batches.batch(job_id).counts.succeeded and kernel_of(job_id), "the second trial")
    with pytest.raises(Conflict, match="is running"):
        batches.resume(job_id, actor="bob")
    aborted = batches.abort(job_id, actor="bob")
    assert processes_of(job_id) == []
    assert (aborted.status, aborted.counts.succeeded, aborted.counts.aborted) == ("aborted", 1, 2)


def test_a_batch_outlives_the_process_that_ran_it(
    batches: Batches, elsewhere: tuple[subprocess.Popen[str], str], home: Path
) -> None:
    """Its trials die with it, the finished ones stay, and the rest is run by whoever resumes."""
    process, job_id = elsewhere
    eventually(lambda: batches.batch(job_id).counts.succeeded and kernel_of(job_id), "the second trial")
    process.kill()
    process.wait()
    eventually(lambda: not processes_of(job_id), "the orphans' end")
    before = batches.results(job_id).trials[0]
    assert (before.status, batches.batch(job_id).counts.running) == ("succeeded", 1)
    resumed = batches.resume(job_id, actor="bob")
    assert resumed.counts.succeeded == 1
    eventually(lambda: kernel_of(job_id), "the second trial once more")
    assert batches.results(job_id).trials[0] == before
