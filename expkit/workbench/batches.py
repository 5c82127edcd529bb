"""The verbs of batches."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from expkit.batch import BatchReport, Template
    from expkit.domain.batch import Batch, Limits, Scoring

__all__ = ["BatchVerbs"]


class BatchVerbs(Desk):
    def templates(self) -> dict[str, Template]:
        """The notebooks that a batch can run."""
        return self._shared.batches.templates()

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
        self._may("batch.run")
        return self._shared.batches.run(
            template=template,
            parameters=parameters,
            scoring=scoring,
            limits=limits,
            actor=self.actor,
            cluster=cluster,
            progress=progress,
            correlation_id=self._correlation_id,
        )

    def resume_batch(
        self,
        job_id: str,
        *,
        retry_failed: bool = False,
        cluster: str | None = None,
        progress: Callable[[Batch], None] | None = None,
    ) -> Batch:
        """Run what is not done, whoever left it."""
        self._may("batch.run")
        return self._shared.batches.resume(
            job_id,
            actor=self.actor,
            retry_failed=retry_failed,
            cluster=cluster,
            progress=progress,
            correlation_id=self._correlation_id,
        )

    def batch(self, job_id: str) -> Batch:
        return self._shared.batches.batch(job_id)

    def batches(self, *, limit: int = 100, offset: int = 0) -> builtins.list[Batch]:
        """The newest first."""
        return self._shared.batches.batches(limit=limit, offset=offset)

    def results(self, job_id: str) -> BatchReport:
        """The report so far: trials by score, outliers, errors with advice."""
        return self._shared.batches.results(job_id)

    def wait(self, job_id: str, timeout: float | None = None) -> Batch:
        """The batch once it is done, or as it stands after `timeout` seconds."""
        return self._shared.batches.wait(job_id, timeout)

    def abort(self, job_id: str, reason: str = "") -> Batch:
        """Stop a batch wherever it runs; what was recorded stays."""
        self._may("batch.abort")
        return self._shared.batches.abort(job_id, actor=self.actor, reason=reason, correlation_id=self._correlation_id)
