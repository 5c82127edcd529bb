"""Does the effect differ between segments, and where? Never by reading raw cells.

Interaction by Cochran's Q (1954, Biometrics 10, 101-129) over independent segments, with Welch's (1951, Biometrika 38,
330-336) correction for errors that are estimated; each segment against the rest, by Student's t with Satterthwaite's
degrees of freedom; effects shrunken towards each other; Benjamini and Hochberg's p-values over all segments.
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

__all__ = ["Segment", "Segments", "compare_segments", "segments_of"]

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
    """Treatment minus control within segments of disjoint units; an empty segment says so and does not count."""
    level = probability("alpha", alpha)
    if not control or not treatment:
        raise InvalidInput("There are no segments.", hint="give values or summaries by segment, for both arms.")
    for name in treatment:
        if name not in control:
            raise UnknownName.among("segment", str(name), map(str, control), "the control's segments")
    empty = Summary(0, 0.0, 0.0)
    return segments_of(
        {name: compare_means(control[name], treatment.get(name, empty), alpha=level) for name in control}, alpha=level
    )


def segments_of(found: Mapping[str, Estimate | NotEstimable], *, alpha: float = ALPHA) -> Segments:
    """The same from each segment's own estimate, however that was made; the segments share no unit."""
    level = probability("alpha", alpha)
    there = {name: one for name, one in found.items() if isinstance(one, Estimate) and one.se > 0}
    shrunken = _shrunken(there, level)
    adjusted = dict(zip(there, adjust([one.p_value for one in there.values()], "bh").tolist(), strict=True))
    rest = _against_rest(there, level)
    rest_p = dict(zip(rest, adjust([one[2] for one in rest.values()], "bh").tolist(), strict=True))
    segments = {}
    for name, one in found.items():
        away = rest.get(name)
        segments[name] = Segment(
            estimate=one,
            adjusted_p=adjusted.get(name),
            shrunken=shrunken.get(name, NotEstimable("Too few segments to learn from.", "compare four or more.")),
            against_rest=away[0] if away else None,
            against_rest_ci=Interval(away[0] - away[1], away[0] + away[1]) if away else None,
            against_rest_p=rest_p.get(name),
        )
    return Segments(_interaction(there, level), segments)


def _interaction(there: Mapping[str, Estimate], alpha: float) -> Significance | NotEstimable:
    from scipy.special import chdtrc, fdtrc

    if len(there) < MIN_SEGMENTS:
        return NotEstimable(f"{len(there)} segments have an estimate.", "an interaction needs two or more.")
    mean, _ = _pooled(there.values())
    q = math.fsum(((one.effect - mean) / one.se) ** 2 for one in there.values())
    k, whole = len(there), math.fsum(1 / one.se**2 for one in there.values())
    unknown = math.fsum((1 - 1 / one.se**2 / whole) ** 2 / (one.df or math.inf) for one in there.values())
    df = (k - 1.0, (k * k - 1) / (3 * unknown) if unknown else math.inf)
    f = q / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * unknown)
    p = float(fdtrc(*df, f)) if unknown else float(chdtrc(df[0], q))
    return Significance(p, q, df if unknown else df[:1], alpha, "two-sided", "cochran's q")


def _against_rest(there: Mapping[str, Estimate], alpha: float) -> dict[str, tuple[float, float, float]]:
    """By segment: difference from the rest, half its interval and its p-value."""
    answers = {}
    for name, one in there.items():
        others = [other for key, other in there.items() if key != name]
        if others:
            mean, se = _pooled(others)
            away, spread = one.effect - mean, math.hypot(one.se, se)
            df = _df(spread, (one.se, one.df), (se, math.fsum(other.df or math.inf for other in others)))
            answers[name] = away, critical(alpha, df, "two-sided") * spread, p_value(away / spread, df, "two-sided")
    return answers


def _df(spread: float, *parts: tuple[float, float | None]) -> float | None:
    unknown = math.fsum((se / spread) ** 4 / (df or math.inf) for se, df in parts)
    return 1 / unknown if unknown else None


def _pooled(estimates: Any) -> tuple[float, float]:
    weights = [(1 / one.se**2, one.effect) for one in estimates]
    whole = math.fsum(w for w, _ in weights)
    return math.fsum(w * e for w, e in weights) / whole, math.sqrt(1 / whole)


def _shrunken(there: Mapping[str, Estimate], alpha: float) -> dict[str, Shrunken]:
    if not there:
        return {}
    found = shrink_effects([one.effect for one in there.values()], [one.se for one in there.values()], alpha=alpha)
    return {} if isinstance(found, NotEstimable) else dict(zip(there, found, strict=True))
