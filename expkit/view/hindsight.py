"""What each way of looking would have decided at every look of one path: all looks at once, by `expkit.stats`.

The numbers are those of `decisions_by_look`, `group_sequential`, `confidence_sequence` and `prior_sensitivity`;
here they only get their words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from expkit.errors import InvalidInput
from expkit.stats import NormalPrior, compare_methods, confidence_sequence, decisions_by_look, group_sequential
from expkit.stats.terms import finite, probability
from expkit.view import format as fmt

if TYPE_CHECKING:
    import numpy as np

    from expkit.view.looks import LookPath

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["TITLES", "Hindsight", "Seen", "hindsight"]

TITLES = {
    "fixed": "Fixed horizon",
    "naive": "The same test at every look",
    "obrien-fleming": "Group-sequential, O’Brien-Fleming",
    "pocock": "Group-sequential, Pocock",
    "confidence-sequence": "Confidence sequence",
    "bayes": "Bayesian probability",
}
SHORT = {
    "obrien-fleming": "O’Brien-Fleming design",
    "pocock": "Pocock design",
    "confidence-sequence": "confidence sequence",
}
GROUPS: tuple[Literal["obrien-fleming", "pocock"], ...] = ("obrien-fleming", "pocock")
THRESHOLD = 0.95
TUNED_FOR = 0.5
"""The confidence sequence is tightest half way, as in `decisions_by_look`."""
SIMULATIONS = 10_000


class Seen(NamedTuple):
    """One method at one look: what it sees, what it decides, and whether that may be acted on."""

    method: str
    title: str
    sees: str
    decision: str
    verdict: str
    final: bool
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Hindsight:
    """Arrays over all looks of a path, and at which look (from 1) each method stopped; 0 where it has not."""

    path: LookPath
    finished: bool
    """Whether the last look is the planned end."""
    bounds: dict[str, Floats]
    """Of |z|, by group-sequential design."""
    lower: Floats
    upper: Floats
    """The confidence sequence."""
    better: Floats
    """The posterior probability that treatment is the better arm."""
    stops: dict[str, int]
    usable: tuple[int, ...]
    false_alarms: float
    threshold: float

    def rows(self, look: int) -> tuple[Seen, ...]:
        """All methods at a look, counted from 1."""
        return (self._fixed(look), self._naive(look), *(self._group(name, look) for name in GROUPS),
                self._sequence(look), self._bayes(look))  # fmt: skip

    def sentence(self, look: int) -> str:
        """What peeking would have done by this look, in words."""
        stop = self.stops["naive"]
        if not 0 < stop <= look:
            told = f"By {self.label(look)} nobody would have stopped, not even with a test at every look."
            return f"{told} {self._honest(look)}"
        told = f"A fixed-horizon test that is repeated at every look would have stopped on {self.label(stop)}"
        often = (
            f"At {len(self.usable)} looks that rule errs in {self.false_alarms:.0%} of experiments without an effect."
        )
        if self.finished and stop > self.usable[-1]:
            return f"Nobody would have stopped before the planned end, {self.label(stop)}. {self._honest(look)}"
        if not self.finished:
            return f"{told}; whether rightly, nobody can know yet. {often} {self._honest(look)}"
        end = self.usable[-1]
        if self._agrees(stop, end + 1):
            return f"{told}. This time the planned end agrees. {often} {self._honest(look)}"
        p = fmt.p_value(float(self.path.p_value[end]))
        which = "finds no difference" if self.path.p_value[end] >= self.path.alpha else "says the opposite"
        told, word = told.replace("have stopped", "have stopped wrongly"), self._word(stop)
        return (
            f"{told}, calling the treatment {word}: its own planned end, "
            f"{self.label(end + 1)}, {which} (p = {p}). {self._honest(look)}"
        )

    def label(self, look: int) -> str:
        return self.path.labels[look - 1]

    def _honest(self, look: int) -> str:
        for name in (*GROUPS, "confidence-sequence"):
            if 0 < self.stops[name] <= look:
                when = self.label(self.stops[name])
                return f"The {SHORT[name]} stopped on {when}, and may: its error rate holds at every look."
        return "The methods made for looking early go on."

    def _agrees(self, stop: int, end: int) -> bool:
        p, effect = self.path.p_value, self.path.effect
        return bool(p[end - 1] < self.path.alpha and effect[end - 1] * effect[stop - 1] > 0)

    def _word(self, look: int) -> str:
        wanted = 1 if self.path.direction == "increase" else -1
        return "better" if self.path.effect[look - 1] * wanted > 0 else "worse"

    def _seen(self, method: str, sees: str, decision: str, verdict: str, final: bool, why: str) -> Seen:
        return Seen(method, TITLES[method], sees, decision, verdict, final, why)

    def _at_end(self, look: int) -> bool:
        return self.finished and bool(self.usable) and look > self.usable[-1]

    def _p(self, look: int) -> str:
        p = fmt.p_value(float(self.path.p_value[look - 1]))
        return "no estimate yet" if p == "–" else f"p {p}" if p.startswith("<") else f"p = {p}"

    def _fixed(self, look: int) -> Seen:
        if not self._at_end(look):
            when = self.label(self.usable[-1] + 1) if self.finished else "the planned end"
            why = "it may be asked once, at the end"
            return self._seen("fixed", self._p(look), f"wait for {when}", "unknown", False, why)
        found = self.stops["fixed"] > 0
        word = self._word(self.usable[-1] + 1) if found else "inconclusive"
        told = word if found else "no difference shown"
        return self._seen("fixed", self._p(look), told, word, True, "this is the planned end")

    def _naive(self, look: int) -> Seen:
        sees = f"{self._p(look)}, threshold {self.path.alpha:g}"
        why = f"at {len(self.usable)} looks it errs in {self.false_alarms:.0%} of experiments without an effect"
        return self._stopped("naive", look, sees, False, why)

    def _group(self, name: str, look: int) -> Seen:
        z, bound = abs(float(self.path.z[look - 1])), float(self.bounds[name][look - 1])
        sees = "no estimate yet" if math.isnan(z + bound) else f"|z| = {z:.2f}, bound {bound:.2f}"
        return self._stopped(name, look, sees, True, f"{self.path.alpha:.0%} is spent over all planned looks")

    def _sequence(self, look: int) -> Seen:
        ends = [fmt.amount(float(end[look - 1]), self.path.kind, self.path.unit, signed=True) for end in self._ends]
        sees = "no estimate yet" if math.isnan(self.lower[look - 1]) else fmt.interval(*ends)
        return self._stopped("confidence-sequence", look, sees, True, "its interval holds at all looks, however many")

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        return self.lower, self.upper

    def _stopped(self, method: str, look: int, sees: str, honest: bool, why: str) -> Seen:
        stop = self.stops[method]
        if 0 < stop <= look:
            word = self._word(stop)
            return self._seen(method, sees, f"stopped on {self.label(stop)}: {word}", word, honest, why)
        if method in GROUPS and self._at_end(look):
            why = "this is the last planned look"
            return self._seen(method, sees, "no difference shown", "inconclusive", True, why)
        return self._seen(method, sees, "go on", "inconclusive", False, "nothing is decided yet" if honest else why)

    def _bayes(self, look: int) -> Seen:
        chance = float(self.better[look - 1])
        if math.isnan(chance):
            return self._seen("bayes", "no estimate yet", "go on", "inconclusive", False, "nothing is decided yet")
        word = "better" if chance >= self.threshold else "worse" if chance <= 1 - self.threshold else "inconclusive"
        told = "go on" if word == "inconclusive" else f"{word}, by a threshold of {self.threshold:.0%}"
        shown = "> 99.9%" if chance > 0.999 else "< 0.1%" if chance < 0.001 else f"= {chance:.1%}"
        why = "a belief, not an error rate: it says nothing about stopping early"
        return self._seen("bayes", f"P(better) {shown}", told, word, False, why)


def hindsight(
    path: LookPath,
    *,
    planned_units: float | None = None,
    prior: NormalPrior | None = None,
    threshold: float = THRESHOLD,
) -> Hindsight:
    """Every method at every look. Without `planned_units` the last look counts as the planned end.

    Looks without an estimate, or without a unit more than the one before, decide nothing.
    """
    import numpy as np

    probability("threshold", threshold)
    usable = _usable(path)
    if not usable:
        raise InvalidInput(
            f"{path.title} of {path.variant} has no estimate at any look.", hint="wait for units in both arms."
        )
    places, units = list(usable), path.units[list(usable)]
    times, finished = _times(units, planned_units)
    seen, wide = tuple(times[: len(places)]), np.full(len(path.labels), np.nan)
    stops = decisions_by_look(
        path.z[places].tolist(), times, alpha=path.alpha, methods=["fixed", "naive", *GROUPS, "confidence-sequence"]
    )
    sequence = confidence_sequence(
        path.effect[places], path.se[places], np.array(seen), alpha=path.alpha, tuned_for=TUNED_FOR
    )

    def spread(values: Any) -> Floats:
        whole = wide.copy()
        whole[places] = values
        return whole

    return Hindsight(
        path=path,
        finished=finished,
        bounds={name: spread(_bounds(times, path.alpha, name)[: len(places)]) for name in GROUPS},
        lower=spread(sequence.lower),
        upper=spread(sequence.upper),
        better=spread(_better(path, places, prior)),
        stops={name: places[stop - 1] + 1 if stop else 0 for name, stop in stops.items()},
        usable=usable,
        false_alarms=_false_alarms(times, path.alpha),
        threshold=threshold,
    )


def _usable(path: LookPath) -> tuple[int, ...]:
    found: list[int] = []
    units = 0.0
    for place, z in enumerate(path.z):
        if math.isfinite(z) and path.units[place] > units:
            found.append(place)
            units = float(path.units[place])
    return tuple(found)


def _times(units: Floats, planned: float | None) -> tuple[tuple[float, ...], bool]:
    """Shares of the planned information, and whether its end was reached; past the plan the last look is the end."""
    if planned is not None and not finite("planned_units", planned) > 0:
        raise InvalidInput(f"planned_units is {planned:g}.", hint="the units of both arms together, above 0.")
    whole = float(units[-1]) if planned is None or planned <= units[-1] else float(planned)
    times = tuple((units / whole).tolist())
    return (times, True) if times[-1] >= 1 else ((*times, 1.0), False)


@lru_cache(maxsize=256)
def _bounds(times: tuple[float, ...], alpha: float, name: Any) -> tuple[float, ...]:
    return group_sequential(times, alpha, name).bounds


@lru_cache(maxsize=256)
def _false_alarms(times: tuple[float, ...], alpha: float) -> float:
    (found,) = compare_methods(times, methods=["naive"], alpha=alpha, simulations=SIMULATIONS)
    return found.false_positives


def _better(path: LookPath, places: list[int], prior: NormalPrior | None) -> Floats:
    """P(better) of a normal posterior for each look; the prior is flat where none is given."""
    import numpy as np

    from expkit.stats import prior_sensitivity

    sign = 1.0 if path.direction == "increase" else -1.0
    believed = [prior or NormalPrior()]
    pairs = zip(path.effect[places].tolist(), path.se[places].tolist(), strict=True)
    above = np.array([prior_sensitivity(effect, se, believed)[0].probability_better for effect, se in pairs])
    return above if sign > 0 else 1 - above
