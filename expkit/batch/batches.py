"""The verbs of batches: run, watch, wait, read, abort, resume. What the workbench and the service call."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from expkit.batch import ledger
from expkit.batch.clusters import check_cluster
from expkit.batch.execution import Execution, Launch
from expkit.batch.report import BatchReport
from expkit.batch.runner import abort_here
from expkit.batch.templates import Template, find_template, list_templates
from expkit.domain.batch import Batch, Limits, Scoring
from expkit.errors import Conflict, InvalidInput, TooLarge
from expkit.storage import Store

__all__ = ["BatchReport", "Batches"]

MAX_TRIALS = 10_000
POLL_SECONDS = 0.1
ABORT_SECONDS = 2.0


class Batches:
    """Every batch of one workbench. Executed notebooks lie in `<home>/batches/<job_id>/`, templates of one's own
    in `<home>/templates/`, all else in SQL.

    Thread safety: every method may be called from any thread. `close()` interrupts what this object runs; its trials
    are queued again, and `resume` goes on, here or in another process.
    """

    def __init__(self, store: Store, home: Path, *, cluster: str = "local") -> None:
        self._store = store
        self._home = home
        self._cluster = cluster
        self._running: dict[str, Execution] = {}
        self._close = weakref.finalize(self, _interrupt, self._running)

    def templates(self) -> dict[str, Template]:
        return list_templates(self._home / "templates")

    def run(
        self,
        *,
        template: str | Path,
        parameters: Sequence[Mapping[str, Any]],
        scoring: str | Mapping[str, Any] | Scoring | None = None,
        limits: Mapping[str, Any] | Limits | None = None,
        actor: str,
        cluster: str | None = None,
        progress: Callable[[Batch], None] | None = None,
        correlation_id: str = "",
    ) -> Batch:
        """Launch one trial for each parameter set and return at once; a mistake is told before anything is stored.

        `progress` is called from the batch's own thread with the batch as it stands.
        """
        _check_count(parameters)
        found = find_template(template, self._home / "templates")
        accepted = found.accept_all(parameters)
        judged, bounds = _scoring(scoring), limits if isinstance(limits, Limits) else Limits.parse(limits or {})
        check_cluster(cluster or self._cluster)
        job_id = uuid4().hex
        with self._store.begin(actor=actor, correlation_id=correlation_id) as work:
            ledger.insert_batch(work, job_id, found, accepted, judged, bounds)
            ledger.claim(work, job_id)
        self._start(job_id, actor=actor, cluster=cluster, progress=progress, correlation_id=correlation_id)
        return self.batch(job_id)

    def resume(
        self,
        job_id: str,
        *,
        actor: str,
        retry_failed: bool = False,
        cluster: str | None = None,
        progress: Callable[[Batch], None] | None = None,
        correlation_id: str = "",
    ) -> Batch:
        """Run only the trials that are not done, whoever left them; with `retry_failed` those that failed, too."""
        check_cluster(cluster or self._cluster)
        with self._store.begin(actor=actor, correlation_id=correlation_id) as work:
            before = ledger.read_batch(work.connection, job_id)
            ledger.claim(work, job_id, retry_failed=retry_failed)
            work.audit("batch.resume", job_id, before={"status": before.status, **before.counts.model_dump()})
        self._start(job_id, actor=actor, cluster=cluster, progress=progress, correlation_id=correlation_id)
        return self.batch(job_id)

    def batch(self, job_id: str) -> Batch:
        with self._store.read() as connection:
            return ledger.read_batch(connection, job_id)

    def batches(self, *, limit: int = 100, offset: int = 0) -> list[Batch]:
        """The newest first."""
        with self._store.read() as connection:
            return ledger.read_batches(connection, limit=limit, offset=offset)

    def results(self, job_id: str) -> BatchReport:
        """The report so far; it may be read while the batch runs."""
        with self._store.read() as connection:
            return BatchReport.of(ledger.read_batch(connection, job_id), ledger.read_trials(connection, job_id))

    def wait(self, job_id: str, timeout: float | None = None) -> Batch:
        """The batch once it is done, or as it stands after `timeout` seconds."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            owned = self._owned(job_id)  # asked first: an owner that has just let go has stored the end by now
            batch = self.batch(job_id)
            if batch.done or time.monotonic() >= deadline:
                return batch
            if not owned:
                raise Conflict(f"Batch {job_id!r} is {batch.status}, and no process runs it.", hint="resume it.")
            time.sleep(POLL_SECONDS)

    def _owned(self, job_id: str) -> bool:
        with self._store.read() as connection:
            return ledger.is_owned(connection, job_id)

    def abort(self, job_id: str, *, actor: str, reason: str = "", correlation_id: str = "") -> Batch:
        """Stop the batch wherever it runs, kernels and all; what was recorded stays. A second abort changes nothing."""
        with self._store.begin(actor=actor, correlation_id=correlation_id) as work:
            if ledger.read_batch(work.connection, job_id).done:
                return ledger.read_batch(work.connection, job_id)
            ledger.request_abort(work, job_id, reason)
        if execution := self._running.get(job_id):
            execution.end("aborted")
        else:
            self._abort_elsewhere(job_id, actor, correlation_id)
        return self.batch(job_id)

    def close(self) -> None:
        self._close()

    def _start(
        self,
        job_id: str,
        *,
        actor: str,
        cluster: str | None,
        progress: Callable[[Batch], None] | None,
        correlation_id: str,
    ) -> None:
        with self._store.read() as connection:
            source, scoring, limits = ledger.read_launch(connection, job_id)
        folder = self._home / "batches" / job_id
        where = cluster or self._cluster
        launch = Launch(job_id, source, scoring, limits, folder, where, actor, correlation_id)
        for done in [key for key, execution in self._running.items() if not execution.running]:
            del self._running[done]
        self._running[job_id] = Execution(self._store, launch, progress)
        self._running[job_id].start()

    def _abort_elsewhere(self, job_id: str, actor: str, correlation_id: str) -> None:
        """The owner sees the flag within half a second; its trials on this machine are killed here at once."""
        abort_here(job_id)
        deadline = time.monotonic() + ABORT_SECONDS
        while time.monotonic() < deadline and self._owned(job_id):
            time.sleep(POLL_SECONDS)
        abort_here(job_id)
        with self._store.begin(actor=actor, correlation_id=correlation_id) as work:
            if not ledger.read_batch(work.connection, job_id).done:
                ledger.release_trials(work, job_id, "aborted")
                ledger.finish_batch(work, job_id)


def _check_count(parameters: object) -> None:
    if isinstance(parameters, str) or not isinstance(parameters, Sequence) or not parameters:
        raise InvalidInput("There are no trials to run.", hint='parameters=[{"name": value}, ...]: one set a trial.')
    if len(parameters) > MAX_TRIALS:
        raise TooLarge(f"{len(parameters):,} trials are more than {MAX_TRIALS:,}.", hint="launch several batches.")


def _scoring(scoring: str | Mapping[str, Any] | Scoring | None) -> Scoring | None:
    if scoring is None or isinstance(scoring, Scoring):
        return scoring
    return Scoring(field=scoring) if isinstance(scoring, str) else Scoring.parse(scoring)


def _interrupt(running: dict[str, Execution]) -> None:
    for execution in list(running.values()):
        execution.end("interrupted")
    running.clear()
