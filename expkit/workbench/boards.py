"""The verbs of standing side by side: versions by their calls, and who won how often."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain import Guardrail
from expkit.domain.canary import Told
from expkit.domain.collaboration import Learning
from expkit.domain.filters import Filters
from expkit.errors import InvalidInput
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from expkit.analysis.canary import VersionComparison
    from expkit.analysis.wins import Wins

__all__ = ["BoardVerbs"]

MOST_DAYS = 36_500


class BoardVerbs(Desk):
    def compare_versions(
        self, control: str, treatment: str, *, by: Told = "version",
        guardrails: Iterable[Guardrail | Mapping[str, Any] | str] = (), experiment: str | None = None,
        days: float | None = None,
    ) -> VersionComparison:  # fmt: skip
        """Two versions (models, prompts) by their calls: errors, quality, cost and latency, with verdicts and
        guardrails that hold at any moment. It is no look and does nothing: an experiment with a `canary` is acted on.
        """
        from expkit.analysis.canary import compare_versions
        from expkit.domain.canary import Canary

        if days is not None and not 0 < days <= MOST_DAYS:
            raise InvalidInput(f"days is {days:g}.", hint=f"above 0, at most {MOST_DAYS:,}.")
        if experiment is not None:
            with self._read() as connection:
                registry.get(connection, experiment)
        canary = Canary(by=by, control=control, treatment=treatment)
        since = None if days is None else registry.now() - timedelta(days=days)
        with self._shared.events.reader() as reader:
            return compare_versions(reader, canary, guardrails, experiment=experiment, since=since)

    def wins(self, by: str = "owner", *, project: str | None = None) -> Wins:
        """How many ended experiments each owner (department, project, type; or each model, prompt or version that
        variants name in their params) has won and lost, and the mean gain without what luck adds.
        """
        from expkit.analysis import Scorecard
        from expkit.analysis.wins import wins

        with self._read() as connection:
            ended = list(registry.every(connection, Filters(stage="Completed", project=project)))
            seen = registry.latest_scorecards(connection, [each.key for each in ended])
        return wins(ended, {key: Scorecard.parse(body) for key, body in seen.items()}, by)

    def learnings(
        self, text: str = "", *, outcome: str | None = None, project: str | None = None, limit: int = 100
    ) -> builtins.list[Learning]:
        """What was learnt, the newest first: where every word of the text stands in the learning or its experiment."""
        if limit < 1:
            raise InvalidInput(f"limit is {limit}.", hint="limit starts at 1.")
        chosen = Filters.parse({"text": text, "outcome": outcome, "project": project})
        with self._read() as connection:
            return registry.learnings_of(connection, chosen, limit=min(limit, 1000))
