"""Watching a batch: a bar in the terminal or the notebook with trials done, failures and the time that is left."""

from __future__ import annotations

import time
import warnings
from typing import Any, Protocol

from expkit.domain.batch import Batch

__all__ = ["follow"]

POLL_SECONDS = 0.2


class _Watchable(Protocol):
    def batch(self, job_id: str) -> Batch: ...

    def wait(self, job_id: str, timeout: float | None = None) -> Batch: ...


def follow(workbench: _Watchable, job_id: str, *, show: bool = True) -> Batch:
    """Show a bar until the batch is done, then give the batch. Takes a workbench, local or remote, or `Batches`."""
    batch = workbench.batch(job_id)
    with _bar(batch, show) as bar:
        _update(bar, batch)
        while not batch.done:
            seen, batch = batch, workbench.wait(job_id, timeout=POLL_SECONDS)
            if batch != seen:
                _update(bar, batch)
    return batch


def describe(batch: Batch) -> str:
    """`3 failed, about 12 s left`"""
    parts = [f"{batch.counts.failed} failed"] if batch.counts.failed else []
    if batch.done:
        parts.append(batch.status)
    elif batch.eta_seconds is not None:
        parts.append(f"about {_span(batch.eta_seconds)} left")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return time.strftime("%H:%M:%S" if seconds >= 3600 else "%M:%S", time.gmtime(seconds))


def _bar(batch: Batch, show: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm asks for ipywidgets where they are not installed; its text bar will do
        from tqdm.auto import tqdm  # type: ignore[import-untyped]

        layout = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} trials{postfix}"
        return tqdm(total=batch.counts.total, desc=batch.template, bar_format=layout, disable=not show)


def _update(bar: Any, batch: Batch) -> None:
    bar.n = batch.counts.done
    bar.set_postfix_str(describe(batch))
