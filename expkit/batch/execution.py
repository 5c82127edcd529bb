"""One batch on its way: a thread that submits the trials, records each as it ends, and obeys an abort from anywhere.

All state is in SQL and is written from this thread alone, so that another process can watch, abort, or, when this
one has died, resume. The abort's order matters: the flag is stored first, so that no worker starts the next
trial between the cancelling (which stops nothing that runs) and the killing (which does).
"""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Literal, NamedTuple

from expkit.batch import ledger
from expkit.batch.advice import trial_error
from expkit.batch.clusters import connect
from expkit.batch.owner import HEARTBEAT_SECONDS, end_owning
from expkit.batch.runner import abort_here, allow_here, run_trial
from expkit.domain.batch import Batch, Limits, Scoring, Trial
from expkit.storage import Store

__all__ = ["Execution", "Launch"]

POLL_SECONDS = 0.1
ABORT_POLL_SECONDS = 0.4

log = logging.getLogger(__name__)
Ending = Literal["aborted", "interrupted"]


class Launch(NamedTuple):
    """What one batch needs to run, wherever it was started or resumed."""

    job_id: str
    source: str
    scoring: Scoring | None
    limits: Limits
    folder: Path
    cluster: str
    actor: str
    correlation_id: str = ""


class Execution:
    """`start()` returns at once; `end()` stops it early and waits until no process of it is left."""

    def __init__(self, store: Store, launch: Launch, progress: Callable[[Batch], None] | None = None) -> None:
        self._store = store
        self._launch = launch
        self._progress = progress
        self._news: SimpleQueue[Any] = SimpleQueue()
        self._ending: Ending | None = None
        self._woken = Event()
        self._thread = Thread(target=self._run, name=f"expkit-batch-{launch.job_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self, ending: Ending, timeout: float = 10.0) -> None:
        """Abort (its trials become aborted), or interrupt (they are queued for whoever resumes)."""
        self._ending = self._ending or ending
        abort_here(self._launch.job_id)
        self._news.put(None)
        self._thread.join(timeout)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        job_id = self._launch.job_id
        try:
            self._execute()
        except Exception as error:
            log.exception("Batch %s cannot go on", job_id)
            self._give_up(error)
        finally:
            end_owning(job_id)

    def _execute(self) -> None:
        with self._store.read() as connection:
            todo = ledger.unfinished(connection, self._launch.job_id)
        if todo and not self._ending:
            wanted = self._launch.limits.workers
            workers = min(wanted or os.cpu_count() or 1, len(todo)) if self._launch.cluster == "local" else wanted
            with connect(self._launch.cluster, workers) as client:
                self._work_off(client, todo)
        self._finish()

    def _work_off(self, client: Any, todo: list[tuple[int, dict[str, Any]]]) -> None:
        client.run(allow_here, self._launch.job_id)
        topic = f"expkit-{self._launch.job_id}"
        client.subscribe_topic(topic, lambda event: self._news.put(event[1]))
        futures = {number: self._submit(client, number, parameters) for number, parameters in todo}
        for number, future in futures.items():
            future.add_done_callback(lambda done, number=number: self._news.put((number, done)))
        try:
            self._listen(futures)
        finally:
            if futures:  # ended early
                client.cancel(list(futures.values()), force=True)
                client.run(abort_here, self._launch.job_id, on_error="ignore")
            client.unsubscribe_topic(topic)

    def _submit(self, client: Any, number: int, parameters: dict[str, Any]) -> Any:
        launch = self._launch
        return client.submit(
            run_trial,
            launch.job_id,
            number,
            launch.source,
            parameters,
            launch.limits.model_dump(),
            key=f"expkit-{launch.job_id}-{number}-{time.monotonic_ns()}",
            retries=launch.limits.retries,
            pure=False,
            priority=-number,
        )

    def _listen(self, futures: dict[int, Any]) -> None:
        """Record what comes in until every trial is done or the end is wanted; `futures` keeps those that are not."""
        asked = beaten = time.monotonic()
        while futures and not self._ending:
            try:
                news = self._news.get(timeout=POLL_SECONDS)
            except Empty:
                news = None
            if isinstance(news, int):
                self._begun(news)
            elif news is not None and news[0] in futures:
                self._ended(news[0], futures.pop(news[0]))
            now = time.monotonic()
            if now - asked > ABORT_POLL_SECONDS:
                asked = now
                self._look_for_abort()
            if now - beaten > HEARTBEAT_SECONDS:
                beaten = now
                self._beat()

    def _look_for_abort(self) -> None:
        with self._store.read() as connection:
            if ledger.abort_requested(connection, self._launch.job_id):
                self._ending = "aborted"
                abort_here(self._launch.job_id)

    def _beat(self) -> None:
        with self._begin() as work:
            ledger.heartbeat(work, self._launch.job_id)

    def _begun(self, number: int) -> None:
        with self._begin() as work:
            ledger.start_trial(work, self._launch.job_id, number)
        self._tell()

    def _ended(self, number: int, future: Any) -> None:
        if future.status == "cancelled":  # by somebody else, say a restarted scheduler: the trial is not to blame
            return
        trial = self._judge(number, future)
        if trial is not None:
            with self._begin() as work:
                ledger.finish_trial(work, self._launch.job_id, trial)
            self._tell()

    def _judge(self, number: int, future: Any) -> Trial | None:
        if future.status == "error":
            failure = future.exception()
            found = getattr(failure, "evidence", {"ename": type(failure).__name__, "evalue": str(failure)})
            return self._trial(
                number, {"error": found, "result": {}, "seconds": None, "notebook": found.get("notebook")}
            )
        outcome = future.result()
        return None if outcome["aborted"] else self._trial(number, outcome)

    def _trial(self, number: int, outcome: dict[str, Any]) -> Trial:
        error, score = outcome["error"], None
        if error is None and self._launch.scoring:
            score = _score(outcome["result"], self._launch.scoring.field)
            error = None if score is not None else _missing(self._launch.scoring.field, outcome["result"])
        return Trial(
            number=number,
            status="failed" if error else "succeeded",
            result=outcome["result"],
            score=score,
            error=trial_error(error) if error else None,
            seconds=outcome["seconds"],
            output=self._keep(number, outcome["notebook"]),
        )

    def _keep(self, number: int, notebook: str | None) -> str | None:
        """Written aside and renamed: whoever sees the file sees all of it."""
        if notebook is None:
            return None
        path = self._launch.folder / f"trial-{number:04}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        aside.write_text(notebook, encoding="utf-8")
        aside.replace(path)
        return str(path)

    def _finish(self) -> None:
        with self._begin() as work:
            ledger.release_trials(work, self._launch.job_id, "aborted" if self._ending == "aborted" else "queued")
            ledger.finish_batch(work, self._launch.job_id)
        self._tell()

    def _give_up(self, error: Exception) -> None:
        """No cluster, or it is gone: what was not run failed for that reason, and can be tried again."""
        found = trial_error({"ename": "ClusterUnavailable", "evalue": f"{type(error).__name__}: {error}"})
        try:
            with self._begin() as work:
                for number, _ in ledger.unfinished(work.connection, self._launch.job_id):
                    ledger.finish_trial(work, self._launch.job_id, Trial(number=number, status="failed", error=found))
                ledger.finish_batch(work, self._launch.job_id)
        except Exception:
            log.exception("Batch %s: its end cannot be stored; resume it later", self._launch.job_id)

    def _tell(self) -> None:
        if self._progress is None:
            return
        with self._store.read() as connection:
            batch = ledger.read_batch(connection, self._launch.job_id)
        try:
            self._progress(batch)
        except Exception:
            log.exception("The progress callback of batch %s failed", batch.job_id)

    def _begin(self) -> Any:
        return self._store.begin(actor=self._launch.actor, correlation_id=self._launch.correlation_id)


def _score(result: dict[str, Any], field: str) -> float | None:
    value = result.get(field)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _missing(field: str, result: dict[str, Any]) -> dict[str, Any]:
    found = (
        f"it is {json.dumps(result[field])[:200]}" if field in result else f"recorded: {', '.join(result) or 'nothing'}"
    )
    return {"ename": "MissingScore", "evalue": f"the trial recorded no number {field!r}; {found}"}
