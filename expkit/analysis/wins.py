"""Wins and losses: who or what came out better how often, and by how much once luck is taken out.

An experiment is won when its primary metric says better, lost when it says worse, and open else. By model, prompt or
version the treatment's and the control's params are what is counted: what the treatment wins, the control has lost. The
gains are those of the portfolio, shrunk towards the others on the same metric where there are enough of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

from expkit.analysis.portfolio import Contribution, portfolio
from expkit.analysis.scorecard import Scorecard
from expkit.domain import Experiment
from expkit.domain.noun import Noun, Text
from expkit.errors import UnknownName

__all__ = ["Tally", "Wins", "wins"]

OWN = ("owner", "department", "project", "type")
PARAMS = ("model", "prompt", "version")
Counted = Literal["owner", "department", "project", "type", "model", "prompt", "version"]


class Tally(Noun):
    """One owner, model, prompt or version."""

    name: Text
    won: int
    lost: int
    open: int
    gain: float | None = None
    """The mean gain on the primary metrics, relative to the other side, as seen."""
    shrunk: float | None = None
    """The same without what luck adds; None where too few experiments share a metric."""

    @property
    def experiments(self) -> int:
        return self.won + self.lost + self.open


class Wins(Noun):
    """Most won less lost first."""

    by: Counted
    rows: tuple[Tally, ...]


class _Bout(NamedTuple):
    name: str
    result: str
    gain: float | None
    shrunk: float | None


def wins(experiments: Sequence[Experiment], scorecards: Mapping[str, Scorecard], by: str = "owner") -> Wins:
    """Of ended experiments; those without a scorecard, or without the name that is asked for, do not count."""
    if by not in (*OWN, *PARAMS):
        raise UnknownName.among("grouping", by, (*OWN, *PARAMS))
    gains = {one.experiment: one for one in portfolio(experiments, scorecards).contributions}
    names: dict[str, list[_Bout]] = {}
    for experiment in experiments:
        card = scorecards.get(experiment.key)
        for bout in _bouts(experiment, card, by, gains) if card is not None else ():
            names.setdefault(bout.name, []).append(bout)
    rows = [_tally(name, bouts) for name, bouts in names.items()]
    return Wins(by=by, rows=tuple(sorted(rows, key=lambda row: (row.lost - row.won, -row.experiments, row.name))))


def _bouts(experiment: Experiment, card: Scorecard, by: str, gains: Mapping[str, Contribution]) -> Iterator[_Bout]:
    found = gains.get(experiment.key)
    gain, shrunk = (found.gain, found.shrunk) if found else (None, None)
    verdicts = {row.variant: row.verdict for row in card.primary}
    if by in OWN:
        name = str(getattr(experiment, by))
        if name and verdicts:
            result = next((word for word in ("better", "worse") if word in verdicts.values()), "open")
            yield _Bout(name, result, gain, shrunk)
        return
    mine = experiment.control.delivered.get(by)
    for variant in experiment.treatments:
        theirs, verdict = variant.delivered.get(by), verdicts.get(variant.key)
        if not isinstance(mine, str) or not isinstance(theirs, str) or mine == theirs or verdict is None:
            continue
        bout = _Bout(theirs, verdict, gain, shrunk)
        if found is None or variant.key != found.variant:  # the portfolio has the best treatment's gain alone
            bout = _Bout(theirs, verdict, None, None)
        yield bout
        yield _turned(bout, mine)


def _turned(bout: _Bout, name: str) -> _Bout:
    result = {"better": "worse", "worse": "better"}.get(bout.result, bout.result)
    gain, shrunk = (None if one is None else -one for one in (bout.gain, bout.shrunk))
    return _Bout(name, result, gain, shrunk)


def _tally(name: str, bouts: Sequence[_Bout]) -> Tally:
    results = [bout.result for bout in bouts]
    won, lost = results.count("better"), results.count("worse")
    return Tally(
        name=name,
        won=won,
        lost=lost,
        open=len(bouts) - won - lost,
        gain=_mean([bout.gain for bout in bouts]),
        shrunk=_mean([bout.shrunk for bout in bouts]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
