"""Batches and trials in SQL, where they outlive every process. Each function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from expkit.batch.owner import begin_owning, is_alive
from expkit.batch.tables import batches, trials
from expkit.batch.templates import Template
from expkit.domain.batch import Batch, BatchCounts, BatchStatus, Limits, Scoring, Trial, TrialError
from expkit.errors import Conflict, NotFound, did_you_mean, shorten
from expkit.storage import Work

__all__ = [
    "abort_requested",
    "claim",
    "finish_batch",
    "finish_trial",
    "heartbeat",
    "insert_batch",
    "is_owned",
    "read_batch",
    "read_batches",
    "read_launch",
    "read_trials",
    "release_trials",
    "request_abort",
    "start_trial",
    "unfinished",
]

UNFINISHED = ("queued", "running")


def insert_batch(
    work: Work,
    job_id: str,
    template: Template,
    parameters: Sequence[Mapping[str, Any]],
    scoring: Scoring | None,
    limits: Limits,
) -> None:
    work.connection.execute(
        sa.insert(batches).values(
            job_id=job_id,
            template=template.key,
            template_hash=template.hash,
            source=template.source,
            scoring=scoring.model_dump() if scoring else None,
            limits=limits.model_dump(),
            status="queued",
            total=len(parameters),
            actor=work.actor,
            correlation_id=work.correlation_id,
            abort_requested=False,
            owner="",
            created_at=work.at,
        )
    )
    work.connection.execute(
        sa.insert(trials),
        [
            {"job_id": job_id, "number": number, "parameters": values, "status": "queued"}
            for number, values in enumerate(parameters, start=1)
        ],
    )
    after = {"template": template.key, "template_hash": template.hash, "trials": len(parameters)}
    work.audit("batch.run", job_id, after=after)


def claim(work: Work, job_id: str, *, retry_failed: bool = False) -> None:
    """Make this process the one that runs the batch; what was left behind is queued again."""
    if is_owned(work.connection, job_id):
        raise Conflict(f"Batch {job_id!r} is running.", hint="wait for it, or abort it first.")
    again = ("running", "aborted", "failed") if retry_failed else ("running", "aborted")
    work.connection.execute(
        sa.update(trials)
        .where(trials.c.job_id == job_id, trials.c.status.in_(again))
        .values(status="queued", result=None, score=None, error=None, seconds=None, finished_at=None)
    )
    work.connection.execute(
        sa.update(batches)
        .where(batches.c.job_id == job_id)
        .values(
            status="running",
            owner=begin_owning(job_id),
            abort_requested=False,
            heartbeat_at=work.at,
            started_at=sa.func.coalesce(batches.c.started_at, work.at),
            finished_at=None,
        )
    )


def unfinished(connection: sa.Connection, job_id: str) -> list[tuple[int, dict[str, Any]]]:
    """Number and parameters of every trial that still has to run."""
    query = sa.select(trials.c.number, trials.c.parameters).where(
        trials.c.job_id == job_id, trials.c.status.in_(UNFINISHED)
    )
    return [(row.number, row.parameters) for row in connection.execute(query.order_by(trials.c.number))]


def start_trial(work: Work, job_id: str, number: int) -> None:
    """A worker has begun; news that come after the trial's end change nothing."""
    work.connection.execute(
        sa.update(trials)
        .where(trials.c.job_id == job_id, trials.c.number == number, trials.c.status == "queued")
        .values(status="running", started_at=work.at)
    )


def finish_trial(work: Work, job_id: str, trial: Trial) -> None:
    work.connection.execute(
        sa.update(trials)
        .where(trials.c.job_id == job_id, trials.c.number == trial.number)
        .values(
            status=trial.status,
            result=trial.result,
            score=trial.score,
            error=trial.error.model_dump() if trial.error else None,
            seconds=trial.seconds,
            output=trial.output,
            finished_at=work.at,
        )
    )


def release_trials(work: Work, job_id: str, status: BatchStatus) -> int:
    """Give every unfinished trial this status: aborted, or queued for somebody else."""
    query = sa.update(trials).where(trials.c.job_id == job_id, trials.c.status.in_(UNFINISHED)).values(status=status)
    return int(work.connection.execute(query).rowcount)


def finish_batch(work: Work, job_id: str) -> BatchStatus:
    """The batch's status follows from its trials'; the owner lets go."""
    batch = read_batch(work.connection, job_id)
    status = _verdict(batch.counts)
    done = status not in UNFINISHED
    work.connection.execute(
        sa.update(batches)
        .where(batches.c.job_id == job_id)
        .values(status=status, owner="", finished_at=work.at if done else None)
    )
    if done:
        before, after = {"status": batch.status}, {"status": status, **batch.counts.model_dump()}
        work.audit("batch.finish", job_id, before=before, after=after)
    return status


def _verdict(counts: BatchCounts) -> BatchStatus:
    if counts.queued or counts.running:
        return "queued"
    if counts.aborted:
        return "aborted"
    return "succeeded" if counts.succeeded else "failed"


def request_abort(work: Work, job_id: str, reason: str = "") -> None:
    before = read_batch(work.connection, job_id).status
    work.connection.execute(sa.update(batches).where(batches.c.job_id == job_id).values(abort_requested=True))
    work.audit("batch.abort", job_id, before={"status": before}, reason=reason)


def abort_requested(connection: sa.Connection, job_id: str) -> bool:
    query = sa.select(batches.c.abort_requested).where(batches.c.job_id == job_id)
    return bool(connection.execute(query).scalar())


def heartbeat(work: Work, job_id: str) -> None:
    work.connection.execute(sa.update(batches).where(batches.c.job_id == job_id).values(heartbeat_at=work.at))


def is_owned(connection: sa.Connection, job_id: str) -> bool:
    """Whether a living process runs the batch just now."""
    row = _row(connection, job_id)
    return is_alive(row.owner, job_id, row.heartbeat_at)


def read_batch(connection: sa.Connection, job_id: str) -> Batch:
    return _batch(_row(connection, job_id), _progress(connection, [job_id]))


def read_batches(connection: sa.Connection, *, limit: int = 100, offset: int = 0) -> list[Batch]:
    """The newest first."""
    query = sa.select(batches).order_by(batches.c.created_at.desc(), batches.c.job_id).limit(limit).offset(offset)
    rows = connection.execute(query).all()
    progress = _progress(connection, [row.job_id for row in rows])
    return [_batch(row, progress) for row in rows]


def read_trials(connection: sa.Connection, job_id: str) -> list[Trial]:
    _row(connection, job_id)
    query = sa.select(trials).where(trials.c.job_id == job_id).order_by(trials.c.number)
    return [_trial(row) for row in connection.execute(query)]


def read_launch(connection: sa.Connection, job_id: str) -> tuple[str, Scoring | None, Limits]:
    """What a resumed batch must run again: the template as it was, how it is scored, what it may use."""
    row = _row(connection, job_id)
    return row.source, Scoring.parse(row.scoring) if row.scoring else None, Limits.parse(row.limits)


def _row(connection: sa.Connection, job_id: str) -> Any:
    row = connection.execute(sa.select(batches).where(batches.c.job_id == job_id)).one_or_none()
    if row is None:
        known = connection.execute(
            sa.select(batches.c.job_id).order_by(batches.c.created_at.desc()).limit(50)
        ).scalars()
        raise NotFound(f"There is no batch {shorten(job_id)}.", hint=did_you_mean(str(job_id), known))
    return row


def _progress(connection: sa.Connection, job_ids: Iterable[str]) -> dict[str, dict[str, tuple[int, float | None]]]:
    """For each batch and status: how many trials, and how long they took on average."""
    query = (
        sa.select(trials.c.job_id, trials.c.status, sa.func.count(), sa.func.avg(trials.c.seconds))
        .where(trials.c.job_id.in_(list(job_ids)))
        .group_by(trials.c.job_id, trials.c.status)
    )
    found: dict[str, dict[str, tuple[int, float | None]]] = {}
    for job_id, status, count, seconds in connection.execute(query):
        found.setdefault(job_id, {})[status] = (count, seconds)
    return found


def _batch(row: Any, progress: Mapping[str, Mapping[str, tuple[int, float | None]]]) -> Batch:
    mine = progress.get(row.job_id, {})
    counts = BatchCounts(total=row.total, **{status: count for status, (count, _) in mine.items()})
    return Batch(
        job_id=row.job_id,
        template=row.template,
        status=row.status,
        counts=counts,
        scoring=row.scoring,
        limits=row.limits,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        eta_seconds=_eta(counts, mine) if row.status in UNFINISHED else None,
        actor=row.actor,
    )


def _eta(counts: BatchCounts, mine: Mapping[str, tuple[int, float | None]]) -> float | None:
    """Finished trials' mean time for each that is left, as many at a time as run now."""
    timed = [mine[status] for status in ("succeeded", "failed") if status in mine]
    total = sum(count * (seconds or 0.0) for count, seconds in timed)
    finished = sum(count for count, _ in timed)
    if not finished:
        return None
    return (counts.queued + counts.running) * (total / finished) / max(1, counts.running)


def _trial(row: Any) -> Trial:
    return Trial(
        number=row.number,
        parameters=row.parameters,
        status=row.status,
        result=row.result or {},
        score=row.score,
        error=TrialError.parse(row.error) if row.error else None,
        seconds=row.seconds,
        output=row.output,
    )
