"""What a rollback changes: who gets what now and afterwards, and what that is expected to cost or to bring.

The change per day takes the effect of the newest look as it was seen, for as many units a day as came lately: an
estimate of what is given up, not a promise. Ratios and quantiles do not add up over units and have none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from expkit.analysis.scorecard import GuardrailFinding, Scorecard
from expkit.domain import Experiment
from expkit.domain.events import Timestamp
from expkit.domain.noun import Key, LongText, Noun, Text
from expkit.stats import Estimate

__all__ = ["GivenUp", "Impact", "assess_rollback"]

ADD_UP = ("conversion", "count", "sum")
DAY = 86_400.0
LEAST_SECONDS = 3600.0
"""A pace that was seen for less than this is none."""


class GivenUp(Noun):
    """One metric of one variant that would go: its effect at the last look, and what its units bring per day."""

    metric: Text
    variant: Text
    role: Text
    effect: float
    lower: float | None = None
    upper: float | None = None
    lift: float | None = None
    per_day: float | None = None
    """The expected change of the metric's sum over all units by a rollback."""


class Impact(Noun):
    """What a rollback would change, as it stood at a moment."""

    experiment: Key
    status: Text
    at: Timestamp
    since: Timestamp | None = None
    """Since when units get what would be taken back: the start, or the promotion."""
    now: dict[str, float]
    """The share of the eligible units that gets each variant; what is left gets none."""
    then: dict[str, float]
    """The same after it; who has no variant gets the default params, as control does."""
    units: dict[str, int]
    """Exposed since then, by variant."""
    units_per_day: float | None = None
    layer: Text = ""
    holdouts: tuple[Key, ...] = ()
    """Those whose units this concerns, too."""
    dependents: tuple[Key, ...] = ()
    """Running experiments that let in only units of this one."""
    look: int | None = None
    metrics: tuple[GivenUp, ...] = ()
    guardrails: tuple[GuardrailFinding, ...] = ()
    summary: LongText = ""


def assess_rollback(
    experiment: Experiment,
    units: Mapping[str, int],
    at: datetime,
    *,
    since: datetime | None = None,
    last: Scorecard | None = None,
    holdouts: Sequence[str] = (),
    dependents: Sequence[str] = (),
) -> Impact:
    """`units` are those exposed since `since`; `last` is the newest look."""
    now = _now(experiment)
    pace = _pace(sum(units.values()), since, at)
    gone = {variant: share for variant, share in now.items() if variant != experiment.control.key and share > 0}
    found = Impact(
        experiment=experiment.key,
        status=experiment.status,
        at=at,
        since=since,
        now=now,
        then=dict.fromkeys(now, 0.0),
        units=dict(units),
        units_per_day=pace,
        layer=experiment.layer.name if experiment.layer else "",
        holdouts=tuple(holdouts),
        dependents=tuple(dependents),
        look=last.look if last else None,
        metrics=tuple(_given_up(last, gone, units, pace)) if last else (),
        guardrails=last.guardrails if last else (),
    )
    return found.model_copy(update={"summary": _told(found, gone)})


def _now(experiment: Experiment) -> dict[str, float]:
    if experiment.status in {"rolling_out", "rolled_out"} and experiment.winner is not None:
        whole = experiment.status == "rolled_out" or experiment.rollout is None
        share = 1.0 if whole or experiment.rollout is None else experiment.rollout.share
        return {key: share * (key == experiment.winner.key) for key in experiment.shares}
    let_in = experiment.coverage * (experiment.layer.share if experiment.layer else 1.0)
    return {key: let_in * share for key, share in experiment.shares.items()}


def _pace(units: int, since: datetime | None, at: datetime) -> float | None:
    seconds = (at - since).total_seconds() if since else 0.0
    return units / seconds * DAY if seconds >= LEAST_SECONDS else None


def _given_up(
    card: Scorecard, gone: Mapping[str, float], units: Mapping[str, int], pace: float | None
) -> Iterator[GivenUp]:
    everybody = sum(units.values())
    for row in card.estimates:
        found = row.estimate
        if row.variant not in gone or not isinstance(found, Estimate):
            continue
        daily = pace * units.get(row.variant, 0) / everybody if pace is not None and everybody else None
        yield GivenUp(
            metric=row.metric, variant=row.variant, role=row.role, effect=found.effect,
            lower=_finite(found.ci.lower), upper=_finite(found.ci.upper),
            lift=found.lift if isinstance(found.lift, float) else None,
            per_day=None if daily is None or row.kind not in ADD_UP else -found.effect * daily,
        )  # fmt: skip


def _told(found: Impact, gone: Mapping[str, float]) -> str:
    away = ", ".join(f"{share:.4g} of the units lose {variant}" for variant, share in gone.items())
    text = f"{away or 'nobody loses a variant'}; {sum(found.units.values()):,} were exposed"
    if found.units_per_day is not None:
        text += f", {found.units_per_day:,.0f} a day"
    for row in found.metrics:
        if row.role == "primary":
            lift = "" if row.lift is None else f" ({row.lift:+.2%})"
            text += f"; {row.metric} of {row.variant} {row.effect:+.4g}{lift} at look {found.look}"
            text += "" if row.per_day is None else f", {row.per_day:+,.4g} a day without it"
    if found.look is None:
        text += "; nobody has looked at it yet"
    if found.dependents:
        text += f"; let in by it: {', '.join(found.dependents)}"
    return text


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
