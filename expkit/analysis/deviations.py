"""What was done otherwise than promised: the plan as signed (else as it was at the start) against plan, data and looks.

Nothing is forbidden here. A reader has to know what was changed, and when; only what was promised beforehand counts
as a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from expkit.analysis.looks import Horizon
from expkit.analysis.scorecard import Deviation, Scorecard
from expkit.domain import STATE_FIELDS, Experiment
from expkit.domain.diff import diff

if TYPE_CHECKING:
    from expkit.registry import Phase

__all__ = ["Course", "Promise", "deviations"]

_OFF = 0.05
"""A look further than this share of the plan from where it was planned is told."""
_SHORT = 0.99

_SAMPLE = frozenset({"plan.power", "plan.minimum_effect", "plan.days", "plan.looks", "sample_size"})
_RULES = frozenset({"exposure_rule", "hypothesis", "eligibility", "seed"})


class Promise(NamedTuple):
    """The definition that counts. `digest` is empty where nobody signed; `intact`: it still has that digest."""

    experiment: Experiment
    digest: str = ""
    signed_by: str = ""
    at: datetime | None = None
    intact: bool = True

    def __str__(self) -> str:
        if not self.digest:
            return "the plan as it was at the start (nobody has signed one)"
        return f"the plan {self.digest[:12]} that {self.signed_by} signed" + (
            f" on {self.at:%Y-%m-%d}" if self.at else ""
        )


class Course(NamedTuple):
    """How it went: units in the smallest arm, days, the phases of traffic, and the earlier looks."""

    units: int
    days: float | None
    look: int
    history: Sequence[Phase]
    past: Sequence[Scorecard]


def deviations(promise: Promise, experiment: Experiment, course: Course) -> tuple[Deviation, ...]:
    """Every difference, those of the definition first."""
    found = [*_unsigned(promise), *_changed(promise.experiment, experiment), *_traffic(promise.experiment, course)]
    found += [*_sample(promise.experiment, experiment, course), *_looks(promise.experiment, course)]
    return tuple(dict.fromkeys(found))


def _unsigned(promise: Promise) -> Iterator[Deviation]:
    if not promise.intact:
        detail = (
            f"the definition kept for version {promise.experiment.version} is not what was signed: its digest differs"
        )
        yield Deviation(kind="signature", detail=detail)


def _changed(promised: Experiment, experiment: Experiment) -> Iterator[Deviation]:
    for change in diff(_whole(promised), _whole(experiment)):
        kind = _kind(change.path)
        if kind is not None:
            yield Deviation(kind=kind, detail=_words(change.path, change.before, change.after))


def _whole(experiment: Experiment) -> dict[str, Any]:
    """With its defaults: leaving one out is no change."""
    return experiment.model_dump(mode="json", exclude=set(STATE_FIELDS))


def _kind(path: str) -> Literal["metrics", "guardrails", "variants", "method", "sample", "rules"] | None:
    head = path.split("[", maxsplit=1)[0].split(".", maxsplit=1)[0]
    if head in {"metrics", "guardrails"}:
        return "metrics" if head == "metrics" else "guardrails"
    if head == "variants":  # weights are traffic, told by the phases
        return None if path.endswith((".weight", ".name", ".description")) else "variants"
    if path in _SAMPLE or head == "stopping":
        return "sample"
    if head == "plan":
        return "method"
    return "rules" if head in _RULES else None


def _words(path: str, before: Any, after: Any) -> str:
    name = path.partition("[")[2].rstrip("]")
    if before is None and isinstance(after, Mapping) and name:
        return f"{path.partition('[')[0]}: {name!r} was added"
    if after is None and isinstance(before, Mapping) and name:
        return f"{path.partition('[')[0]}: {name!r} was removed"
    if path == "metrics.order":
        return f"metrics: their order changed from {', '.join(before)} to {', '.join(after)}; the first one is primary"
    if path == "guardrails":
        return f"guardrails changed from {_keys(before)} to {_keys(after)}"
    told = ["nothing" if value in (None, "", [], {}) else str(value) for value in (before, after)]
    return f"{path} changed from {told[0]} to {told[1]}"[:2000]


def _keys(guardrails: Sequence[Mapping[str, Any]] | None) -> str:
    return ", ".join(str(one["metric"]["key"]) for one in guardrails or ()) or "none"


def _traffic(promised: Experiment, course: Course) -> Iterator[Deviation]:
    shares, coverage = promised.shares, promised.coverage
    for phase in course.history:
        when = f"{phase.started_at:%Y-%m-%d %H:%M}"
        if phase.coverage != coverage:
            yield Deviation(
                kind="traffic", detail=f"coverage changed from {coverage:.4g} to {phase.coverage:.4g} on {when}"
            )
        if {name: round(one, 9) for name, one in phase.shares.items()} != {k: round(v, 9) for k, v in shares.items()}:
            yield Deviation(
                kind="traffic", detail=f"shares changed from {_told(shares)} to {_told(phase.shares)} on {when}"
            )
        shares, coverage = phase.shares, phase.coverage


def _told(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.4g}" for name, share in shares.items())


def _sample(promised: Experiment, experiment: Experiment, course: Course) -> Iterator[Deviation]:
    horizon = Horizon.of(promised)
    if experiment.stopped_at is None:
        return
    if horizon.units is not None and course.units < _SHORT * horizon.units:
        detail = f"stopped early: {course.units:,} of {horizon.units:,} planned units in the smallest arm"
        yield Deviation(kind="sample", detail=detail)
    elif horizon.units is None and horizon.days is not None and round(course.days or 0, 1) < horizon.days:
        detail = f"stopped early: {course.days or 0:.1f} of {horizon.days:g} planned days"
        yield Deviation(kind="sample", detail=detail)


def _looks(promised: Experiment, course: Course) -> Iterator[Deviation]:
    planned, horizon = promised.plan.looks, Horizon.of(promised)
    if promised.plan.method in {"always_valid", "bayesian"}:
        return
    units = [min((arm.n for arm in card.arms if arm.share > 0), default=0) for card in course.past]
    days = [card.days for card in course.past]
    taken = _different([*units, course.units])
    if len(taken) > planned:
        yield Deviation(kind="looks", detail=f"{len(taken)} looks at new units, {planned} planned")
    if promised.plan.method != "group_sequential":
        return
    every = [
        horizon.information(n, d, i)
        for i, (n, d) in enumerate(zip([*units, course.units], [*days, course.days], strict=True), 1)
    ]
    off = [(i, every[at]) for i, at in enumerate(taken, 1) if i <= planned and abs(every[at] - i / planned) > _OFF]
    if off and (horizon.units is not None or horizon.days is not None):
        told = ", ".join(f"look {i} at {share:.0%} instead of {i / planned:.0%}" for i, share in off[:10])
        yield Deviation(kind="looks", detail=f"looks at other times than planned: {told} of the information")


def _different(units: Sequence[int]) -> list[int]:
    """The places of the looks that had units more than the one before."""
    found: list[int] = []
    for at, n in enumerate(units):
        if n > 0 and (not found or n > units[found[-1]]):
            found.append(at)
    return found
