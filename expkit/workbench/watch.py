"""The verbs of watching: what stands now, what is done about it, and who is told."""

from __future__ import annotations

import builtins
import logging
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from expkit import registry
from expkit.domain import Alert, Criterion, Experiment
from expkit.domain.filters import Filters
from expkit.errors import ExpkitError, InvalidInput
from expkit.storage import Work
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    import sqlalchemy as sa

    from expkit.analysis import GuardrailFinding, Scorecard
    from expkit.analysis.watch import Watch
    from expkit.stats import Check

__all__ = ["MONITOR", "WatchVerbs"]

log = logging.getLogger(__name__)

MONITOR = "expkit monitor"
"""Who acts, as the audit has it: nobody's hand, but what the experiment's own definition and the policy say."""
MAX_PAGE = 1000
HOUR = timedelta(hours=1)
WATCHED = ("active", "paused", "rolling_out")
SEVERITY = ("pause", "stop", "rollback")
LEISURE = 2.0
"""So many times as long as a pass took, an experiment is left alone: watching takes a third of a core at most."""
HOLDER = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid4().hex[:8]}"


class _Seen(NamedTuple):
    """When an experiment was watched last: with which events and definition, and when it may be watched again."""

    version: int
    position: tuple[int, int]
    again: float


class WatchVerbs(Desk):
    def watch(self, key: str) -> Watch:
        """Guardrails, split and stopping criteria of a running experiment as they stand now; what its definition says
        is done about them. It is no look: it may be repeated as often as one likes.
        """
        self._may("experiment.analyze", key=key)
        with self._read() as connection:
            experiment = registry.get(connection, key)
        if experiment.status not in WATCHED:
            raise InvalidInput(
                f"Experiment {key!r} is {experiment.status}.", hint="watch one that is active or paused."
            )
        return self._watch(experiment)

    def monitor(self) -> builtins.list[Watch]:
        """Watch all running experiments that have something new. Of all processes on a database one does, and another
        one soon after that has died: call it every second, as servers and `expkit monitor` do.
        """
        if not registry.hold(self._store, "monitor", HOLDER, registry.now()):
            return []
        begun, position = time.monotonic(), self._shared.events.position()
        done = []
        for experiment in self._running():
            if not self._is_due(experiment, position, begun):
                continue
            try:
                done.append(self._watch(experiment))
            except ExpkitError as error:  # one that cannot be watched keeps nobody from watching the others
                log.warning("Experiment %s could not be watched: %s", experiment.key, error)
            self._shared.watched[experiment.key] = _Seen(experiment.version, position, 0.0)
        again = time.monotonic() + LEISURE * (time.monotonic() - begun)
        for found in done:
            self._shared.watched[found.experiment] = self._shared.watched[found.experiment]._replace(again=again)
        return done

    def leave_monitor(self) -> None:
        """Let another process watch; for one that ends."""
        registry.let_go(self._store, "monitor", HOLDER)

    def alerts(self, key: str | None = None, *, only_open: bool = False, limit: int = 100) -> builtins.list[Alert]:
        """What watching has raised, the newest first."""
        if limit < 1:
            raise InvalidInput(f"limit is {limit}.", hint="limit starts at 1.")
        with self._read() as connection:
            if key is not None:
                registry.get(connection, key)
            return registry.alerts(connection, key, only_open=only_open, limit=min(limit, 1000))

    def acknowledge(self, number: int, comment: str = "") -> Alert:
        """Somebody has seen an alert."""
        with self._work() as work:
            project = registry.project_of(work.connection, registry.alert(work.connection, number).experiment)
            registry.require(work.connection, self.actor, "alert.acknowledge", project, work.at)
            return registry.acknowledge(work, number, comment)

    def _running(self) -> builtins.list[Experiment]:
        with self._read() as connection:
            return [experiment for status in WATCHED for experiment in _all(connection, Filters(status=status))]

    def _is_due(self, experiment: Experiment, position: tuple[int, int], at: float) -> bool:
        seen = self._shared.watched.get(experiment.key)
        if seen is None or seen.version != experiment.version:
            return True
        return at >= seen.again and (seen.position != position or _has_clock(experiment))

    def _watch(self, experiment: Experiment) -> Watch:
        from expkit.analysis import Scorecard
        from expkit.analysis.watch import watch_experiment

        key = experiment.key
        if experiment.status == "rolling_out":
            return self._watch_rollout(experiment)
        with self._read() as connection:
            history = registry.phases(connection, key)
            look = registry.latest_look(connection, key)
        last: Scorecard | None = Scorecard.parse(look) if look else None
        with self._shared.events.reader(experiment=key) as reader:
            found = watch_experiment(experiment, reader, history=history, last=last)
        met = [criterion for criterion in found.criteria if criterion.met]
        if found.broken or met or found.mismatch is not None:
            self._act(experiment, found, met)
        return found

    def _watch_rollout(self, experiment: Experiment) -> Watch:
        """Back when a level is crossed; else the next step, once its hours have passed."""
        from expkit.analysis.watch import watch_rollout

        with self._read() as connection:
            since = registry.promoted_at(connection, experiment.key) or registry.now()
        with self._shared.events.reader(experiment=experiment.key) as reader:
            found = watch_rollout(experiment, reader, since)
        due = experiment.rollout.due((registry.now() - since) / HOUR) if experiment.rollout else 0.0
        grows = experiment.rollout is not None and due > experiment.rollout.share
        if not found.broken and not grows:
            return found
        with self._store.begin(actor=MONITOR, correlation_id=self._correlation_id) as work:
            now = registry.locked(work, experiment.key)
            if now.status != "rolling_out" or now.version != experiment.version:
                return found
            for finding in found.broken:
                _alert_guardrail(work, found, finding)
            back = [finding for finding in found.broken if finding.action != "alert"]
            if back:
                _move(
                    work, now, found, {"rollback": f"guardrail {back[0].metric} of {back[0].variant}: {back[0].detail}"}
                )
            elif grows and not found.broken:
                registry.take_step(work, now, due, f"the planned step to {due:.6g} of the units")
        return found

    def _act(self, seen: Experiment, found: Watch, met: builtins.list[Criterion]) -> None:
        """Alerts and the move that follows from them commit together; nothing is done to one that has gone on since."""
        with self._store.begin(actor=MONITOR, correlation_id=self._correlation_id) as work:
            experiment = registry.locked(work, seen.key)
            if experiment.status not in WATCHED or experiment.version != seen.version:
                return
            if found.mismatch is not None:
                _alert_split(work, found, found.mismatch)
            reasons: dict[str, str] = {}
            for finding in found.broken:
                action = finding.action
                _alert_guardrail(work, found, finding)
                if action != "alert":
                    reasons.setdefault(action, f"guardrail {finding.metric} of {finding.variant}: {finding.detail}")
            ends = registry.policy_for(work.connection, experiment.project).stopping
            for criterion in met if ends != "off" else ():
                _alert_criterion(work, found, criterion, ends)
                if ends == "stop":
                    reasons.setdefault("stop", f"stopping criterion {criterion.name}: {criterion.detail}")
            _move(work, experiment, found, reasons)


def _move(work: Work, experiment: Experiment, found: Watch, reasons: dict[str, str]) -> None:
    verb = max(reasons, key=SEVERITY.index, default=None)
    if verb is None or (verb == "pause" and experiment.status == "paused"):
        return
    units = ", ".join(f"{variant} {n:,}" for variant, n in found.units.items())
    registry.move(work, experiment.key, verb, f"{reasons[verb]}; units: {units}")


def _alert_guardrail(work: Work, found: Watch, finding: GuardrailFinding) -> None:
    subject = f"{finding.metric} of {finding.variant}"
    registry.raise_alert(
        work, found.experiment, "guardrail", subject, finding.action, finding.detail,
        {**finding.model_dump(mode="json"), "units": found.units, "at": found.at.isoformat()},
    )  # fmt: skip


def _alert_criterion(work: Work, found: Watch, criterion: Criterion, action: str) -> None:
    evidence = {**criterion.to_dict(), "units": found.units, "at": found.at.isoformat()}
    registry.raise_alert(work, found.experiment, "stopping", criterion.name, action, criterion.detail, evidence)


def _alert_split(work: Work, found: Watch, split: Check) -> None:
    evidence = {"p_value": split.p_value, "units": found.units, "at": found.at.isoformat()}
    registry.raise_alert(work, found.experiment, "ratio", "srm", "alert", split.detail, evidence)


def _all(connection: sa.Connection, filters: Filters) -> Iterator[Experiment]:
    for offset in count(0, MAX_PAGE):
        page = registry.find(connection, filters, order="name", limit=MAX_PAGE, offset=offset)
        yield from page
        if len(page) < MAX_PAGE:
            return


def _has_clock(experiment: Experiment) -> bool:
    """Whether time alone can change something."""
    end: datetime | None = experiment.schedule.end
    steps = experiment.status == "rolling_out" and experiment.rollout is not None and bool(experiment.rollout.steps)
    return steps or end is not None or experiment.stopping.max_days is not None
