"""What a doctor of sample ratios finds: is there a mismatch, since when, where, how many units, and what to suspect.

All numbers are those of `check_srm`, `srm_evidence` and `blame_srm`; here they only get their words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from expkit.stats import SRM_ALPHA, Check, NotEstimable, SegmentRatio, blame_srm, check_srm, srm_evidence
from expkit.view import format as fmt

if TYPE_CHECKING:
    import numpy as np

    from expkit.analysis.arrivals import Arrivals

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["ArmRatio", "Cause", "Diagnosis", "diagnose"]

DAY = "day"


Standing: TypeAlias = Literal["likely", "possible", "unlikely"]


class ArmRatio(NamedTuple):
    """One arm: units, what the shares promised, and the units it lacks beside the arm that kept most."""

    arm: str
    units: int
    expected: float
    missing: float


class Cause(NamedTuple):
    """One thing to rule out: how likely the data make it, why, and what to look at."""

    key: str
    title: str
    standing: Standing
    why: str
    look_at: str


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Everything the doctor shows."""

    check: Check | NotEstimable
    arms: tuple[ArmRatio, ...]
    days: tuple[str, ...]
    evidence: Floats
    """The log Bayes factor against the promised shares after each day."""
    since: int
    """The day (from 1) on which a check at every look would have raised the alarm; 0 for never."""
    blame: dict[str, tuple[SegmentRatio, ...]]
    """By attribute, the segment most to blame first; the days are among them."""
    phases: tuple[tuple[str, Check | NotEstimable], ...]
    """Each phase by itself, where the shares changed."""
    causes: tuple[Cause, ...]
    threshold: float

    @property
    def mismatch(self) -> bool:
        return isinstance(self.check, Check) and not self.check.ok

    @property
    def missing(self) -> float:
        """About how many units were lost, if no arm has too many."""
        return math.fsum(arm.missing for arm in self.arms)

    @property
    def culprit(self) -> tuple[str, SegmentRatio] | None:
        """The segment without which the shares fit best, where one stands out after correcting for all attributes."""
        return _culprit(self.blame, self.check)

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if isinstance(self.check, NotEstimable):
            return f"Nothing can be said yet: {self.check.reason} {self.check.hint}"
        p = fmt.p_value(self.check.p_value)
        p = f"p {p}" if p.startswith("<") else f"p = {p}"
        if self.check.ok:
            early = (
                f" Yet on {self.days[self.since - 1]} a check at every look raised the alarm: look at that day."
                if self.since
                else ""
            )
            return f"The arms have the units that their shares promise ({p}).{early}"
        worst = max(self.arms, key=lambda arm: arm.missing)
        short = (
            f"{worst.arm} lacks about {fmt.count(worst.missing)} units"
            if worst.missing >= 1
            else "units are in an arm without a share"
        )
        return f"Sample ratio mismatch ({p}): {short}. Until that is explained, trust no result of this experiment."


def diagnose(arrivals: Arrivals, *, alpha: float = SRM_ALPHA) -> Diagnosis:
    """The whole diagnosis; every part is there or says why it is not."""
    counts = arrivals.by_phase()
    shares = [{arm: phase.shares.get(arm, 0.0) for arm in arrivals.arms} for phase in arrivals.phases]
    check = check_srm(counts, shares, alpha=alpha)
    overall = _overall(counts, shares)
    evidence, threshold = _evidence(arrivals), -math.log(alpha)
    over = (evidence >= threshold).nonzero()[0]
    blame = _blame(arrivals, overall, alpha)
    phases = tuple(
        (phase.name, check_srm(units, promised, alpha=alpha))
        for phase, units, promised in zip(arrivals.phases, counts, shares, strict=True)
    )
    arms = _arms(counts, shares)
    return Diagnosis(
        check=check,
        arms=arms,
        days=tuple(day.day for day in arrivals.days),
        evidence=evidence,
        since=int(over[0]) + 1 if over.size else 0,
        blame=blame,
        phases=phases if len(phases) > 1 else (),
        causes=tuple(_causes(check, arms, blame, overall, phases)),
        threshold=threshold,
    )


def _overall(counts: list[dict[str, int]], shares: list[dict[str, float]]) -> dict[str, float]:
    """Each arm's share of all units, had every phase kept its promise."""
    units = [sum(phase.values()) or 1 for phase in counts]
    whole = [math.fsum(phase.values()) or 1.0 for phase in shares]
    rows = list(zip(units, whole, shares, strict=True))
    return {arm: math.fsum(n * phase[arm] / total for n, total, phase in rows) / sum(units) for arm in shares[0]}


def _arms(counts: list[dict[str, int]], shares: list[dict[str, float]]) -> tuple[ArmRatio, ...]:
    """Units missing are counted within each phase, beside the arm that kept most of its share there."""
    found = {arm: [0, 0.0, 0.0] for arm in shares[0]}
    for units, promised in zip(counts, shares, strict=True):
        whole, total = math.fsum(promised.values()), sum(units.values())
        full = max((units[arm] * whole / share for arm, share in promised.items() if share > 0), default=0.0)
        for arm, share in promised.items():
            part = share / whole if whole else 0.0
            found[arm][0] += units[arm]
            found[arm][1] += total * part
            found[arm][2] += max(full * part - units[arm], 0.0)
    return tuple(ArmRatio(arm, int(n), expected, missing) for arm, (n, expected, missing) in found.items())


def _evidence(arrivals: Arrivals) -> Floats:
    """A martingale while every phase keeps its shares: the phases' log Bayes factors add."""
    import numpy as np

    found, before = np.zeros(len(arrivals.days)), 0.0
    arms = arrivals.arms
    for number, phase in enumerate(arrivals.phases):
        places = [place for place, day in enumerate(arrivals.days) if day.phase == number]
        if not places:
            continue
        new = np.array([[arrivals.days[place].counts.get(arm, 0) for arm in arms] for place in places])
        found[places] = before + srm_evidence(new.cumsum(axis=0), [phase.shares.get(arm, 0.0) for arm in arms])
        before = float(found[places[-1]])
    return found


def _blame(arrivals: Arrivals, shares: Mapping[str, float], alpha: float) -> dict[str, tuple[SegmentRatio, ...]]:
    counts: dict[str, dict[str, dict[str, int]]] = dict(arrivals.segments)
    if len({day.day for day in arrivals.days}) > 1 and len(arrivals.phases) == 1:
        counts[DAY] = {day.day: {arm: day.counts.get(arm, 0) for arm in shares} for day in arrivals.days}
    found = {}
    for attribute, segments in counts.items():
        filled = {name: {arm: units.get(arm, 0) for arm in shares} for name, units in segments.items()}
        rows = blame_srm(filled, shares, alpha=alpha)
        if not isinstance(rows, NotEstimable):
            found[attribute] = rows
    return found


def _culprit(
    blame: Mapping[str, tuple[SegmentRatio, ...]], check: Check | NotEstimable
) -> tuple[str, SegmentRatio] | None:
    if isinstance(check, NotEstimable) or check.ok or check.p_value >= check.alpha:
        return None
    rows = [(attribute, row) for attribute, found in blame.items() for row in found if len(found) > 1]
    alarming = [(name, row) for name, row in rows if row.p_value * len(blame) < check.alpha]
    best = max(alarming, key=lambda pair: (pair[1].p_without, pair[1].statistic), default=None)
    return best if best and best[1].p_without >= check.alpha else None


def _causes(
    check: Check | NotEstimable,
    arms: tuple[ArmRatio, ...],
    blame: Mapping[str, tuple[SegmentRatio, ...]],
    shares: Mapping[str, float],
    phases: tuple[tuple[str, Check | NotEstimable], ...],
) -> Iterator[Cause]:
    """The usual causes, the likeliest first (after Fabijan et al. 2019)."""
    wrong = isinstance(check, Check) and not check.ok
    found = _culprit(blame, check)
    attribute, segment = (found[0], found[1].segment) if found else ("", "")
    stray = [arm.arm for arm in arms if not shares.get(arm.arm) and arm.units]
    bad = [name for name, one in phases if isinstance(one, Check) and not one.ok]
    worst = max(arms, key=lambda arm: arm.missing).arm
    fits = f"without {attribute} {segment!r} the shares fit"
    known = [name for name in blame if name != DAY]
    spread: Standing = "unlikely" if found or not wrong else "possible"
    alike = "a loss in all segments alike fits it" if known and spread == "possible" else "the counts alone cannot tell"
    alike = f"{attribute} {segment!r} explains it already" if found else alike
    several = len(phases) > 1
    unchanged = "one allocation all the time, as far as is known"
    changed = f"a mismatch in {', '.join(bad)}" if bad else "each phase by itself fits"
    causes = (
        Cause("segment", "One kind of client fails", _standing(bool(found) and attribute != DAY, bool(known)),
              fits if found and attribute != DAY else
              "no segment explains it by itself" if known else "no segments are given, so it may hide in one",
              "the variant on each device, country and placement: crashes, redirects, blocked scripts"),
        Cause("day", "A release or an incident", _standing(attribute == DAY, DAY in blame),
              fits if attribute == DAY else
              "no single day explains it" if DAY in blame else "no days are given, so it may hide in one",
              "what was deployed or broken when it began; other experiments that started then"),
        Cause("phases", "The shares were changed on the way", "likely" if several and wrong else "unlikely",
              changed if several else unchanged,
              "units that kept their old arm after the change; each phase is checked against its own shares"),
        Cause("stray", "Units were forced into an arm", "likely" if stray else "unlikely",
              f"units in {', '.join(stray)}, which has no share" if stray else "no arm without a share has units",
              "overrides, QA accounts, a fallback in the client"),
        Cause("logging", "Exposures of one arm get lost", spread, alike,
              f"when and where the exposure is logged in {worst}: after a slow page, a redirect, a consent dialog"),
        Cause("filter", "Units are filtered after the assignment", spread, alike,
              "bot filters, triggers and joins that depend on what the variant does"),
        Cause("identity", "A unit is not the same twice", spread, alike,
              "logins, cleared cookies and shared devices; units that saw several variants"),
    )  # fmt: skip
    yield from sorted(causes, key=lambda cause: ("likely", "possible", "unlikely").index(cause.standing))


def _standing(found: bool, looked: bool) -> Standing:
    return "likely" if found else "unlikely" if looked else "possible"
