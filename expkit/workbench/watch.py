"""The verbs of watching: what stands now, what is done about it, and who is told."""

from __future__ import annotations

import builtins
import logging
import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from expkit import registry
from expkit.domain import Alert, Experiment
from expkit.domain.baseline import Baseline
from expkit.domain.filters import Filters
from expkit.errors import InvalidInput
from expkit.workbench.acting import MONITOR, act, asks_for_action, verbs_of
from expkit.workbench.ends import EndVerbs
from expkit.workbench.guarding import RUNNING

if TYPE_CHECKING:
    import sqlalchemy as sa

    from expkit.analysis.watch import Watch

__all__ = ["HOLDER", "WatchVerbs"]

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
RETRY = 30.0
"""Seconds until an experiment that could not be watched is tried again."""
LEISURE = 2.0
"""So many times as long as a pass took, an experiment is left alone: watching takes a third of a core at most."""
HOLDER = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid4().hex[:8]}"


class _Seen(NamedTuple):
    """An experiment as it was watched last, and when it may be, and has to be, watched again."""

    state: tuple[int, str, int, str]
    """Version, status, look and policy."""
    position: tuple[int, int] | None
    """The newest event; None where the watching failed."""
    moment: datetime | None
    """From when on time alone changes something."""
    rest: float = 0.0
    """On this process's clock: not before."""


class WatchVerbs(EndVerbs):
    def watch(self, key: str) -> Watch:
        """Guardrails, split and stopping criteria of a running experiment as they stand now; what its definition says
        is done about them. It is no look: it may be repeated as often as one likes.
        """
        self._may("experiment.analyze", key=key)
        with self._read() as connection:
            experiment = registry.get(connection, key)
        if experiment.status not in RUNNING:
            raise InvalidInput(
                f"Experiment {key!r} is {experiment.status}.",
                hint="watch one that is active, paused or being rolled out.",
            )
        return self._watch(experiment)

    def monitor(self) -> builtins.list[Watch]:
        """Watch all running experiments that have something new. Of all processes on a database one does, and another
        one soon after that has died: call it every second, as servers and `expkit monitor` do.
        """
        if not self._holds():
            return []
        begun, at, position = time.monotonic(), registry.now(), self._shared.events.position()
        known, done = self._shared.watched, []
        for experiment, seen in self._running(at, position):
            last = known.get(experiment.key)
            if last is not None and not _is_due(last, seen, begun, at):
                continue
            if not self._holds():  # a pass may take longer than a lease lasts
                break
            known[experiment.key] = seen
            try:
                done.append(self._watch(experiment))
            except Exception:  # one that cannot be watched keeps nobody from watching the others
                if last is None or last.position is not None:
                    log.exception("Experiment %s could not be watched; it is tried again, silently", experiment.key)
                known[experiment.key] = seen._replace(position=None, rest=time.monotonic() + RETRY)
        rest = time.monotonic() + LEISURE * (time.monotonic() - begun)
        for found in done:
            known[found.experiment] = known[found.experiment]._replace(rest=rest)
        return done

    def _holds(self) -> bool:
        return registry.hold(self._store, "monitor", HOLDER, registry.now())

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

    def _running(self, at: datetime, position: tuple[int, int]) -> builtins.list[tuple[Experiment, _Seen]]:
        """Each with what would be remembered of it, were it watched now."""
        with self._read() as connection:
            running = [each for status in RUNNING for each in registry.every(connection, Filters(status=status))]
            policies = {
                project: registry.policy_for(connection, project).stopping
                for project in {each.project for each in running}
            }
            return [
                (each, _Seen(_state(connection, each, policies), position, _next_moment(connection, each, at)))
                for each in running
            ]

    def _watch(self, experiment: Experiment) -> Watch:
        from expkit.analysis import Scorecard
        from expkit.analysis.rollout import watch_rollout
        from expkit.analysis.watch import watch_experiment

        key = experiment.key
        with self._read() as connection:
            history = registry.phases(connection, key)
            look = registry.latest_look(connection, key)
            since = registry.promoted_at(connection, key) or registry.now()
            levels = _baselines(connection, experiment)
        last = Scorecard.parse(look) if look else None
        with self._shared.events.reader(experiment=key) as reader:
            if experiment.status == "rolling_out":
                found = watch_rollout(experiment, reader, since, last=last, baselines=levels)
            else:
                found = watch_experiment(experiment, reader, history=history, last=last)
        due = experiment.rollout.due((registry.now() - since) / HOUR) if experiment.rollout else 0.0
        if asks_for_action(experiment, found, due):
            ends = {verb: self._ends(experiment, verb, found.units) for verb in verbs_of(experiment, found)}
            with self._store.begin(actor=MONITOR, correlation_id=self._correlation_id) as work:
                act(work, experiment, found, due, ends)
        return found


def _baselines(connection: sa.Connection, experiment: Experiment) -> dict[str, Baseline]:
    """For a rollout, where its experiment's last look says nothing: what was normal before it."""
    if experiment.status != "rolling_out":
        return {}
    keys = {guardrail.metric.key for guardrail in experiment.guardrails if guardrail.max_change is not None}
    found = {key: registry.baseline(connection, experiment.project, key, but=experiment.key) for key in keys}
    return {key: one for key, one in found.items() if one is not None}


def _state(connection: sa.Connection, experiment: Experiment, policies: Mapping[str, str]) -> tuple[int, str, int, str]:
    """What, besides events and time, decides over what is found and done."""
    looks = registry.next_look(connection, experiment.key) if experiment.stopping.when_significant else 0
    return experiment.version, experiment.status, looks, policies[experiment.project]


def _next_moment(connection: sa.Connection, experiment: Experiment, at: datetime) -> datetime | None:
    """The next end, or the next step of a rollout, after `at`."""
    from expkit.analysis.watch import ends_at

    moments = [ends_at(experiment)]
    if experiment.status == "rolling_out" and experiment.rollout is not None:
        since = registry.promoted_at(connection, experiment.key) or at
        moments = [since + step.after_hours * HOUR for step in experiment.rollout.steps]
    return min((moment for moment in moments if moment is not None and moment > at), default=None)


def _is_due(last: _Seen, now: _Seen, clock: float, at: datetime) -> bool:
    if last.state != now.state:
        return True
    return clock >= last.rest and (last.position != now.position or (last.moment is not None and at >= last.moment))
