"""The verbs of retention: what is older than the rules allow, and its removal. Summaries and records survive."""

from __future__ import annotations

import builtins
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from expkit import registry
from expkit.domain import Experiment
from expkit.domain.permissions import EVERYWHERE
from expkit.domain.policy import Retention
from expkit.storage.scrub import scrub
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from expkit.batch import Batches
    from expkit.domain.batch import Batch
    from expkit.events import Reader

__all__ = ["Expired", "RetentionVerbs"]

EVENT_TABLES = ("inbox", "quarantine")
"""In which deleted rows would leave their bytes."""
ENDED = ("stopped", "analysis", "rolled_out", "rolled_back", "completed", "archived")


class Expired(NamedTuple):
    """One thing that the rules no longer keep."""

    kind: str
    """exposures, outcomes, traces, draft or batch."""
    subject: str
    """The experiment or batch; `*` for events that belong to no single one."""
    before: datetime
    items: int
    """So many events; 1 for a draft or a batch."""


class RetentionVerbs(Desk):
    def retention_plan(self) -> builtins.list[Expired]:
        """What would go now, by the rules of each project and of the organisation. Nothing is changed."""
        at = registry.now()
        with self._read() as connection:
            everything = sorted(registry.every(connection), key=_created, reverse=True)
            rules = {project: registry.policy_for(connection, project).retention for project in _projects(everything)}
            general = registry.policy_for(connection, EVERYWHERE).retention
        found = list(_drafts(everything, rules, at))
        if any(rule.events_days or rule.traces_days for rule in (*rules.values(), general)):
            with self._shared.events.reader() as reader:
                found += _events(reader, everything, rules, general, at)
        return found + list(self._batches(general, at))

    def apply_retention(self, reason: str = "") -> builtins.list[Expired]:
        """Remove what the plan names, each with an audit entry; returns what went."""
        self._may("retention.apply")
        gone = [expired for expired in self.retention_plan() if self._remove(expired, reason)]
        scrub(self._store, EVENT_TABLES)  # also when nothing went: the last time may have been cut short
        return gone

    def _batches(self, rules: Retention, at: datetime) -> Iterator[Expired]:
        if rules.batches_days is None:
            return
        before = at - timedelta(days=rules.batches_days)
        for batch in _batches(self._shared.batches):
            folder = self.settings.home / "batches" / batch.job_id
            if batch.finished_at is not None and batch.finished_at < before and folder.is_dir():
                yield Expired("batch", batch.job_id, before, 1)

    def _remove(self, expired: Expired, reason: str) -> int:
        """Audited first, so that a removal that dies half way has left its word; done again it finishes."""
        if expired.kind == "draft":
            return self._remove_draft(expired, reason)
        with self._begin("retention.apply") as work:
            after = {"kind": expired.kind, "before": expired.before.isoformat(), "items": expired.items}
            work.audit("retention.apply", expired.subject, after=after, reason=reason)
        if expired.kind == "batch":
            shutil.rmtree(self.settings.home / "batches" / expired.subject, ignore_errors=True)
            return 1
        return self._forget(expired)

    def _remove_draft(self, expired: Expired, reason: str) -> int:
        """Unless somebody has taken it up again since the plan was made."""
        with self._begin("retention.apply") as work:
            found = registry.find_one(work.connection, expired.subject)
            if found is None:
                return 0
            found = registry.locked(work, expired.subject)
            if found.status != "draft" or found.updated_at is None or found.updated_at >= expired.before:
                return 0
            registry.delete_draft(work, expired.subject, reason or "retention")
        return 1

    def _forget(self, expired: Expired) -> int:
        from expkit.events import KINDS, forget

        kind = next(kind for kind in KINDS if kind == expired.kind)
        subject = None if expired.subject == EVERYWHERE else expired.subject
        return forget(self._shared.events, self._store, kind, expired.before, subject)


def _drafts(everything: list[Experiment], rules: dict[str, Retention], at: datetime) -> Iterator[Expired]:
    for experiment in everything:
        days = rules[experiment.project].drafts_days
        if experiment.status == "draft" and days is not None and experiment.updated_at is not None:
            before = at - timedelta(days=days)
            if experiment.updated_at < before:
                yield Expired("draft", experiment.key, before, 1)


def _events(
    reader: Reader, everything: list[Experiment], rules: dict[str, Retention], general: Retention, at: datetime
) -> Iterator[Expired]:
    from expkit.events import count_before, first_exposure

    needed: list[datetime] = []  # since when outcomes are needed by what is still kept
    for experiment in everything:
        days, ended = rules[experiment.project].events_days, experiment.stopped_at
        if experiment.status in ENDED and days is not None and ended is not None and ended < at - timedelta(days=days):
            # all of its exposures, not only the older ones: half an experiment cannot be analysed
            if count := count_before(reader, "exposures", at, experiment.key):
                yield Expired("exposures", experiment.key, at, count)
        elif first := first_exposure(reader, experiment.key):
            needed.append(first)
    if general.events_days is not None:
        before = min([at - timedelta(days=general.events_days), *needed])
        if count := count_before(reader, "outcomes", before):
            yield Expired("outcomes", EVERYWHERE, before, count)
    if general.traces_days is not None:
        before = at - timedelta(days=general.traces_days)
        if count := count_before(reader, "traces", before):
            yield Expired("traces", EVERYWHERE, before, count)


def _batches(batches: Batches) -> Iterator[Batch]:
    offset = 0
    while page := batches.batches(limit=1000, offset=offset):
        yield from page
        offset += len(page)


def _created(experiment: Experiment) -> tuple[datetime, str]:
    return experiment.created_at or datetime.min.replace(tzinfo=UTC), experiment.key


def _projects(everything: list[Experiment]) -> set[str]:
    return {experiment.project for experiment in everything}
