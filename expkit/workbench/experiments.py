"""The verbs of experiments: create, change, move, look back."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from expkit import registry
from expkit.domain import Experiment, RolloutStep, find_move
from expkit.domain.collaboration import Version
from expkit.domain.filters import Filters
from expkit.domain.policy import ChecklistItem
from expkit.storage import Work
from expkit.workbench.ends import EndVerbs
from expkit.workbench.guarding import RUNNING, refuse_unapproved

__all__ = ["ExperimentVerbs", "also_needed"]

_DEFAULTS = {"coverage": 1.0, "guardrails": [], "project": "default"}
"""What a definition leaves out."""
_OF_ONE_RUN = {"schedule", "rollout", "bucket_order"}


class ExperimentVerbs(EndVerbs):
    def create(self, experiment: Experiment | Mapping[str, Any]) -> Experiment:
        """Register a draft."""
        noun = experiment if isinstance(experiment, Experiment) else Experiment.parse(experiment)
        with self._begin("experiment.create", project=noun.project) as work:
            return registry.create(work, noun)

    def get(self, key: str) -> Experiment:
        with self._read() as connection:
            return registry.get(connection, key)

    def list(
        self, *, order: str = "newest", limit: int = 100, offset: int = 0, **filters: Any
    ) -> builtins.list[Experiment]:
        """Those that match, the newest first. Filters: text, status, type, department, significance, outcome,
        days, project, owner, tag; with the words of the lists ("Prompt A/B Test", "30d", "All") or the stored ones.
        """
        with self._read() as connection:
            return registry.find(connection, Filters.parse(_given(filters)), order=order, limit=limit, offset=offset)

    def count(self, **filters: Any) -> int:
        with self._read() as connection:
            return registry.count(connection, Filters.parse(_given(filters)))

    def update(
        self, key: str, changes: Mapping[str, Any], *, version: int | None = None, reason: str = ""
    ) -> Experiment:
        """Change some fields, as a new version. Give the `version` that you saw, and nobody is overwritten."""
        with self._begin("experiment.update", key=key) as work:
            self._may_update(work, key, changes, reason)
            return registry.update(work, key, changes, version=version, reason=reason)

    def traffic(
        self, key: str, *, coverage: float | None = None, shares: Mapping[str, float] | None = None, reason: str = ""
    ) -> Experiment:
        """Change coverage and weights. On a running experiment that opens a phase; of a winner that is being rolled out
        the coverage is its share.
        """
        experiment = self.get(key)
        for name in shares or {}:
            experiment.variant(name)
        changes: dict[str, Any] = {} if coverage is None else {"coverage": coverage}
        if coverage is not None and experiment.status == "rolling_out" and experiment.winner is not None:
            changes = {"rollout": {"variant": experiment.winner.key, "share": coverage}}
        if shares is not None:
            given = {**experiment.shares, **shares}
            changes["variants"] = [
                {**variant.to_dict(), "weight": given[variant.key]} for variant in experiment.variants
            ]
        return self.update(key, changes, version=experiment.version, reason=reason)

    def versions(self, key: str) -> builtins.list[Version]:
        """The newest first, each with author, reason and what it changed."""
        with self._read() as connection:
            return registry.versions(connection, key)

    def at_version(self, key: str, version: int) -> Experiment:
        """The definition as it was."""
        with self._read() as connection:
            return Experiment.parse(registry.at_version(connection, key, version))

    def restore(self, key: str, version: int, reason: str = "") -> Experiment:
        """A new version that equals an old one."""
        with self._begin("experiment.restore", key=key) as work:
            self._may_update(work, key, {**_DEFAULTS, **registry.at_version(work.connection, key, version)}, reason)
            return registry.restore(work, key, version, reason)

    def delete(self, key: str, reason: str = "") -> None:
        """For drafts; the audit keeps what was in them."""
        with self._begin("experiment.delete", key=key) as work:
            registry.delete_draft(work, key, reason)

    def clone(self, key: str, new_key: str) -> Experiment:
        """A new draft with the same definition, but for what was about one run: dates, winner, order of arms."""
        source = self.get(key)
        kept = {name: value for name, value in source.definition().items() if name not in _OF_ONE_RUN}
        noun = Experiment.parse({**kept, "key": new_key, "name": f"{source.name} (clone)"[:500]})
        with self._begin("experiment.create", project=noun.project) as work:
            return registry.create(work, noun, f"cloned from {key}, version {source.version}", source=source)

    def checklist(self, key: str) -> builtins.list[ChecklistItem]:
        """What should be in order before a start, and what the project's policy makes of it."""
        from expkit.design.checklist import checklist

        with self._read() as connection:
            return checklist(connection, registry.get(connection, key))

    def start(self, key: str, reason: str = "") -> Experiment:
        """Refused when the checklist has an item that the policy makes a condition."""
        from expkit.design.checklist import refuse_unready

        with self._begin("experiment.move", key=key) as work:
            experiment = registry.locked(work, key)
            self._may_move(work, experiment, "start")
            refuse_unready(work.connection, experiment)
            return registry.move(work, key, "start", reason)

    def pause(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "pause", reason)

    def resume(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "resume", reason)

    def stop(self, key: str, reason: str = "") -> Experiment:
        """For good: a stopped experiment never restarts. A reason is required; the final units are recorded with it."""
        return self._move(key, "stop", reason)

    def conclude(self, key: str, reason: str = "") -> Experiment:
        """From stopped to analysis."""
        return self._move(key, "conclude", reason)

    def promote(
        self, key: str, reason: str = "", *, variant: str | None = None, share: float | None = None,
        steps: Sequence[Mapping[str, float] | RolloutStep] = (),
    ) -> Experiment:  # fmt: skip
        """Roll a variant out, to a share of the units; with one treatment it is that one, and to all. Or in `steps`,
        each with `after_hours` and `share`: whoever watches takes them, and rolls back when a limit is broken.
        """
        with self._begin("experiment.move", key=key) as work:
            self._may_move(work, registry.locked(work, key), "promote")
            registry.choose_winner(work, key, variant, share, reason, steps)
            return registry.move(work, key, "promote", reason)

    def finish(self, key: str, reason: str = "") -> Experiment:
        """The rollout has reached everybody."""
        return self._move(key, "finish", reason)

    def rollback(self, key: str, reason: str = "") -> Experiment:
        """Back to control. A reason is required; what `rollback_impact` says is recorded with it."""
        return self._move(key, "rollback", reason)

    def complete(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "complete", reason)

    def archive(self, key: str, reason: str = "") -> Experiment:
        return self._move(key, "archive", reason)

    def phases(self, key: str) -> builtins.list[registry.Phase]:
        """Which allocation held when."""
        with self._read() as connection:
            registry.get(connection, key)
            return registry.phases(connection, key)

    def timeline(self, key: str) -> builtins.list[registry.TimelineEntry]:
        """What happened to one experiment, the oldest first."""
        with self._read() as connection:
            registry.get(connection, key)
            return registry.timeline(connection, key)

    def _move(self, key: str, verb: str, reason: str) -> Experiment:
        evidence = self._ends(self.get(key), verb)
        with self._begin("experiment.move", key=key) as work:
            self._may_move(work, registry.locked(work, key), verb)
            return registry.move(work, key, verb, reason, evidence=evidence)

    def _may_update(self, work: Work, key: str, changes: Mapping[str, Any], reason: str) -> None:
        before = registry.locked(work, key)
        for permission, project in also_needed(before, changes):
            registry.require(work.connection, self.actor, permission, project, work.at)
        refuse_unapproved(work, before, changes, reason)

    def _may_move(self, work: Work, experiment: Experiment, verb: str) -> None:
        role = find_move(verb, experiment.status, experiment.key).role
        registry.require_role(work.connection, self.actor, role, experiment.project, work.at, what=f"experiment.{verb}")


def _given(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def also_needed(experiment: Experiment, changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who runs an experiment for users has to agree to what they get; who gets a project, to what is put there."""
    known = {**_DEFAULTS, **experiment.definition()}
    changed = {name for name, value in changes.items() if value != known.get(name)}
    if experiment.status in RUNNING:
        if {"coverage", "variants", "ramp", "rollout"} & changed:
            yield "traffic.change", experiment.project
        if "guardrails" in changed:
            yield "guardrails.change", experiment.project
    if changes.get("project", experiment.project) != experiment.project:
        yield "experiment.create", str(changes["project"])
