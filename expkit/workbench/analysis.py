"""The verbs of analysis: look, read the newest look, show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import InvalidInput, NotFound, did_you_mean
from expkit.workbench.events import EventVerbs
from expkit.workbench.looks import LookVerbs

if TYPE_CHECKING:
    from expkit.analysis import Promise, Scorecard
    from expkit.analysis.leaderboard import Leaderboard
    from expkit.events.unit_state import StateFolder

__all__ = ["AnalysisVerbs"]

MOST_DAYS = 36_500


class AnalysisVerbs(LookVerbs, EventVerbs):
    def analyze(self, key: str | None = None, *, frame: Any = None, at: int | None = None, **options: Any) -> Scorecard:
        """One look at an experiment, kept with its scorecard; or at a frame with one row per unit, kept nowhere.

        `at` is the number of an old look, which is computed again from the events that it saw, and kept nowhere.

        >>> wb.analyze("checkout")
        >>> wb.analyze(frame=df, variant="v", metrics=["revenue"])
        """
        if (key is None) == (frame is None):
            raise InvalidInput("Analyze what?", hint="give an experiment's key, or frame=..., not both.")
        if key is None:
            from expkit.analysis import analyze_frame

            return analyze_frame(frame, **options)
        if options:
            raise InvalidInput(
                f"{', '.join(sorted(options))} cannot be given for a registered experiment: its own plan says how.",
                hint="change the experiment, or analyze a frame.",
            )
        return self._look(key) if at is None else self._look_again(key, at)

    def scorecard(self, key: str, *, look: int | None = None) -> Scorecard:
        """The scorecard of the newest look, or of the one of that number, as it was kept."""
        from expkit.analysis import Scorecard

        with self._read() as connection:
            registry.get(connection, key)
            if look is not None:
                return Scorecard.parse(registry.look_at(connection, key, look).scorecard)
            found = registry.latest_look(connection, key)
        if found is None:
            raise NotFound(f"Experiment {key!r} has not been analysed yet.", hint="analyze it first.")
        return Scorecard.parse(found)

    def leaderboard(
        self, by: str = "model", *, experiment: str | None = None, days: float | None = None
    ) -> Leaderboard:
        """Models (or prompts, versions, an experiment's variants) by quality, cost and latency per call, and which of
        them nobody beats; over the last so many days.
        """
        from expkit.analysis.leaderboard import leaderboard

        if days is not None and not 0 < days <= MOST_DAYS:
            raise InvalidInput(f"days is {days:g}.", hint=f"above 0, at most {MOST_DAYS:,}.")
        if experiment is not None:
            self.get(experiment)
        since = None if days is None else registry.now() - timedelta(days=days)
        with self._shared.events.reader() as reader:
            return leaderboard(reader, by, experiment=experiment, since=since)

    def figure(self, key: str, theme: str = "light") -> dict[str, Any]:
        """The newest scorecard's figure as BokehJS embeds it."""
        from bokeh.embed import json_item

        from expkit.view import scorecard_figure

        item: Any = json_item(scorecard_figure(self.scorecard(key), theme=theme))
        return dict(item)

    def report(self, key: str, format: str = "html") -> str:  # noqa: A002  # the contract's word
        """The newest scorecard as a document of one file."""
        from expkit.report import scorecard_html

        if format != "html":
            raise InvalidInput(f"There is no report format {format!r}.", hint=did_you_mean(format, ["html"]))
        text = scorecard_html(self.get(key), self.scorecard(key), self.timeline(key))
        with self._begin("experiment.report", key=key) as work:
            work.audit("experiment.report", key, after={"format": format})
        return text

    def _look(self, key: str) -> Scorecard:
        from expkit.analysis import Scorecard, analyze_experiment, standing

        self._may("experiment.analyze", key=key)
        experiment = self.get(key)
        self.move_events()
        with self._read() as connection:
            history = registry.phases(connection, key)
            past = [Scorecard.parse(found) for found in registry.all_looks(connection, key)]
            promise = _promise(connection, experiment, history)
        look = past[-1].look + 1 if past else 1
        events = self._shared.events
        # what is logged from here on belongs to the next look: this one can be computed again from its versions
        with events.reader(experiment=key, versions=events.lake.versions()) as reader:
            scorecard = analyze_experiment(
                experiment, reader, look=look, history=history, past=past, promise=promise, state=self._unit_state(key)
            )
        with self._begin("experiment.analyze", key=key) as work:
            scorecard = scorecard.looked(registry.next_look(work.connection, key))
            body = scorecard.model_dump(mode="json")
            registry.save_look(work, key, experiment.version, body, *standing(experiment, scorecard))
        return scorecard

    def _unit_state(self, key: str) -> StateFolder | None:
        from expkit.events.unit_state import StateFolder

        folder = self._shared.events.lake.folder
        return None if folder is None else StateFolder(folder, key)

    def _look_again(self, key: str, number: int) -> Scorecard:
        from expkit.analysis import Scorecard, analyze_experiment

        self._may("experiment.analyze", key=key)
        with self._read() as connection:
            now = registry.get(connection, key)
            kept = registry.look_at(connection, key, number)
            seen = Scorecard.parse(kept.scorecard)
            experiment = _as_it_was(now, registry.at_version(connection, key, kept.version), seen.at)
            history = [phase for phase in registry.phases(connection, key) if phase.started_at <= seen.at]
            past = [Scorecard.parse(found) for found in registry.all_looks(connection, key) if found["look"] < number]
            promise = _promise(connection, experiment, history, until=seen.at)
        try:
            opened = self._shared.events.reader(experiment=key, versions=seen.table_versions)
        except NotFound as error:
            raise NotFound(
                f"The events of look {number} at {key!r} are gone: {error.hint.rstrip('.')}.",
                hint=f"its scorecard was kept: scorecard({key!r}, look={number}), or --at {number} --latest.",
            ) from None
        with opened as reader:
            again = analyze_experiment(
                experiment, reader, look=number, history=history, past=past, promise=promise, moment=seen.at
            )
        return again.told_of(seen)


def _as_it_was(now: Experiment, definition: dict[str, Any], at: datetime) -> Experiment:
    """A version, with the state of that time as far as an analysis asks for it."""
    started = now.started_at if now.started_at and now.started_at <= at else None
    stopped = now.stopped_at if now.stopped_at and now.stopped_at <= at else None
    status = "draft" if started is None else "active" if stopped is None else "stopped"
    return Experiment.parse({**definition, "status": status, "started_at": started, "stopped_at": stopped})


def _promise(
    connection: Any, experiment: Experiment, history: Sequence[registry.Phase], until: datetime | None = None
) -> Promise | None:
    """The plan signed last, else the plan as it was at the start; nothing before the start."""
    from expkit.analysis import Promise

    every = registry.signed_plans(connection, experiment.key)
    signed = [plan for plan in every if until is None or plan.at <= until]
    if signed:
        definition = registry.at_version(connection, experiment.key, signed[0].version)
        intact = registry.definition_digest(definition) == signed[0].digest
        return Promise(Experiment.parse(definition), signed[0].digest, signed[0].signed_by, signed[0].at, intact)
    if not history:
        return None
    return Promise(Experiment.parse(registry.at_version(connection, experiment.key, history[0].version)))
