"""Does the effect differ between segments, and where? Never by reading raw cells.

Interaction by Cochran's Q (1954, Biometrics 10, 101-129) over independent segments; each segment against the rest;
effects shrunken towards each other; Benjamini and Hochberg's p-values over all segments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from expkit.errors import InvalidInput, UnknownName
from expkit.stats.distributions import critical, p_value
from expkit.stats.estimate import Estimate, Interval, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.means import compare_means
from expkit.stats.multiplicity import adjust
from expkit.stats.shrinkage import Shrunken, shrink_effects
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Values, probability

__all__ = ["Segment", "Segments", "compare_segments"]

MIN_SEGMENTS = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its own estimate, `adjusted_p` among all segments, the effect shrunken, and how it differs."""

    estimate: Estimate | NotEstimable
    adjusted_p: float | None
    shrunken: Shrunken | NotEstimable
    against_rest: float | None
    """Its effect minus that of all other segments (weighted by precision)."""
    against_rest_ci: Interval | None
    against_rest_p: float | None
    """Adjusted over all segments."""


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments by name, and whether their effects differ at all."""

    interaction: Significance | NotEstimable
    segments: dict[str, Segment]
    kind: Literal["segments"] = "segments"


def compare_segments(
    control: Mapping[str, Summary | Values], treatment: Mapping[str, Summary | Values], *, alpha: float = ALPHA
) -> Segments:
    """Treatment minus control within segments of disjoint units; an empty segment says so and does not count.

    With few units the interaction test is liberal, as it takes the standard errors as known.
    """
    level = probability("alpha", alpha)
    if not control or not treatment:
        raise InvalidInput("There are no segments.", hint="give values or summaries by segment, for both arms.")
    for name in treatment:
        if name not in control:
            raise UnknownName.among("segment", str(name), map(str, control), "the control's segments")
    empty = Summary(0, 0.0, 0.0)
    found = {name: compare_means(control[name], treatment.get(name, empty), alpha=level) for name in control}
    there = {name: one for name, one in found.items() if isinstance(one, Estimate)}
    shrunken = _shrunken(there, level)
    adjusted = dict(zip(there, adjust([one.p_value for one in there.values()], "bh").tolist(), strict=True))
    rest = _against_rest(there)
    rest_p = dict(zip(rest, adjust([one[2] for one in rest.values()], "bh").tolist(), strict=True))
    half = critical(level, None, "two-sided")
    segments = {}
    for name, one in found.items():
        away = rest.get(name)
        segments[name] = Segment(
            estimate=one,
            adjusted_p=adjusted.get(name),
            shrunken=shrunken.get(name, NotEstimable("Too few segments to learn from.", "compare four or more.")),
            against_rest=away[0] if away else None,
            against_rest_ci=Interval(away[0] - half * away[1], away[0] + half * away[1]) if away else None,
            against_rest_p=rest_p.get(name),
        )
    return Segments(_interaction(there, level), segments)


def _interaction(there: Mapping[str, Estimate], alpha: float) -> Significance | NotEstimable:
    from scipy.special import chdtrc

    if len(there) < MIN_SEGMENTS:
        return NotEstimable(f"{len(there)} segments have an estimate.", "an interaction needs two or more.")
    mean, _ = _pooled(there.values())
    q = math.fsum(((one.effect - mean) / one.se) ** 2 for one in there.values())
    df = len(there) - 1.0
    return Significance(float(chdtrc(df, q)), q, (df,), alpha, "two-sided", "cochran's q")


def _against_rest(there: Mapping[str, Estimate]) -> dict[str, tuple[float, float, float]]:
    """By segment: difference from the rest, its standard error and its p-value."""
    answers = {}
    for name, one in there.items():
        others = [other for key, other in there.items() if key != name]
        if others:
            mean, se = _pooled(others)
            away, spread = one.effect - mean, math.hypot(one.se, se)
            answers[name] = away, spread, p_value(away / spread, None, "two-sided")
    return answers


def _pooled(estimates: Any) -> tuple[float, float]:
    weights = [(1 / one.se**2, one.effect) for one in estimates]
    whole = math.fsum(w for w, _ in weights)
    return math.fsum(w * e for w, e in weights) / whole, math.sqrt(1 / whole)


def _shrunken(there: Mapping[str, Estimate], alpha: float) -> dict[str, Shrunken]:
    if not there:
        return {}
    found = shrink_effects([one.effect for one in there.values()], [one.se for one in there.values()], alpha=alpha)
    return {} if isinstance(found, NotEstimable) else dict(zip(there, found, strict=True))
