"""The verbs of batches, asked of a service."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expkit.client.shapes import told
from expkit.client.transport import Transport, segment
from expkit.domain.batch import Batch
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.batch import BatchReport, Template
    from expkit.domain.batch import Limits, Scoring

__all__ = ["RemoteBatches"]

POLL_SECONDS = 0.5
PAGE = 1000


class RemoteBatches:
    """Trials run where the service runs, with its templates and on its cluster."""

    _service: Transport

    def templates(self) -> dict[str, Template]:
        """The notebooks that a batch can run."""
        from expkit.batch import Template

        items = self._service.get("/experiment/templates")["items"]
        return {item["key"]: told(Template, item) for item in items}

    def run_batch(
        self,
        *,
        template: str | Path,
        parameters: Sequence[Mapping[str, Any]],
        scoring: str | Mapping[str, Any] | Scoring | None = None,
        limits: Mapping[str, Any] | Limits | None = None,
        cluster: str | None = None,
        progress: Callable[[Batch], None] | None = None,
    ) -> Batch:
        """Launch one trial per parameter set and return at once; `wait` or `batch` tell how it goes."""
        _refuse(cluster, progress)
        asked = {"template": str(template), "parameters": [dict(given) for given in parameters]}
        bounds = {"scoring": _plain(scoring), "limits": _plain(limits)}
        given = {name: value for name, value in bounds.items() if value is not None}
        return Batch.parse(self._service.post("/experiment/batch/run", {**asked, **given}))

    def resume_batch(
        self,
        job_id: str,
        *,
        retry_failed: bool = False,
        cluster: str | None = None,
        progress: Callable[[Batch], None] | None = None,
    ) -> Batch:
        """Run what is not done, whoever left it."""
        _refuse(cluster, progress)
        body = {"retry_failed": retry_failed}
        return Batch.parse(self._service.post(f"/experiment/batch/{segment(job_id)}/resume", body))

    def batch(self, job_id: str) -> Batch:
        return Batch.parse(self._service.get(f"/experiment/batch/{segment(job_id)}"))

    def batches(self, *, limit: int = 100, offset: int = 0) -> builtins.list[Batch]:
        """The newest first."""
        items = self._service.get("/experiment/batch", limit=limit, offset=offset)["items"]
        return [Batch.parse(item) for item in items]

    def results(self, job_id: str) -> BatchReport:
        """The report so far: trials by score, outliers, errors with advice."""
        from expkit.batch import BatchReport

        found = self._page(job_id, 0)
        while page := self._page(job_id, len(found["trials"]))["trials"]:
            found["trials"] += page
        return BatchReport.parse(found)

    def wait(self, job_id: str, timeout: float | None = None) -> Batch:
        """The batch once it is done, or as it stands after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (batch := self.batch(job_id)).done and (end is None or time.monotonic() < end):
            time.sleep(POLL_SECONDS)
        return batch

    def abort(self, job_id: str, reason: str = "") -> Batch:
        """Stop a batch wherever it runs; what was recorded stays."""
        return Batch.parse(self._service.post(f"/experiment/batch/{segment(job_id)}/abort", {"reason": reason}))

    def _page(self, job_id: str, offset: int) -> Any:
        return self._service.get(f"/experiment/results/{segment(job_id)}", limit=PAGE, offset=offset)


def _refuse(cluster: str | None, progress: object) -> None:
    if cluster is not None or progress is not None:
        raise InvalidInput("A service chooses its own cluster, and calls nobody back.", hint="use wait or batch.")


def _plain(given: Any) -> Any:
    return given.to_dict() if hasattr(given, "to_dict") else given
