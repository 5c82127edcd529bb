"""Whether the data can be trusted: the segment behind a sample ratio mismatch, units that saw several
variants, arms that differed before the start.

Fabijan et al. (2019), KDD, 2156-2164, on looking for the segment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from expkit.errors import InvalidInput
from expkit.stats.estimate import Check, NotEstimable
from expkit.stats.means import compare_means
from expkit.stats.srm import check_srm
from expkit.stats.summary import Summary
from expkit.stats.terms import SRM_ALPHA, count, probability

if TYPE_CHECKING:
    from expkit.stats.terms import Values

__all__ = ["MULTIPLE_SHARE", "MULTIPLE_UNITS", "SegmentRatio", "blame_srm", "check_balance", "check_multiple_exposure"]

MULTIPLE_SHARE = 0.01
MULTIPLE_UNITS = 10


@dataclass(frozen=True, slots=True)
class SegmentRatio:
    """One segment's part in a sample ratio mismatch."""

    segment: str
    units: int
    statistic: float
    p_value: float
    """Of this segment alone, times the number of segments looked at."""
    p_without: float
    """Of all the others together: near 1 when this segment explains everything."""
    ok: bool
    detail: str


def blame_srm(
    counts: Mapping[str, Sequence[int] | Mapping[str, int]],
    shares: Sequence[float] | Mapping[str, float] | None = None,
    *,
    alpha: float = SRM_ALPHA,
) -> tuple[SegmentRatio, ...] | NotEstimable:
    """The segments of one attribute by their part in a mismatch, the one most to blame first.

    `counts` maps each segment to its units per arm. A segment is not `ok` when its own mismatch passes
    Bonferroni's threshold.

    >>> blame_srm({"de": [500, 500], "fr": [700, 300]})[0].segment
    'fr'
    """
    probability("alpha", alpha)
    if not counts:
        return NotEstimable("There are no segments.", "give the units per arm of each.")
    checks = {name: check_srm(units, shares, alpha=alpha) for name, units in counts.items()}
    alone = {name: found for name, found in checks.items() if isinstance(found, Check)}
    if not alone:
        return NotEstimable("No segment has units.", "wait for exposures.")
    whole = {name: sum(_units(units)) for name, units in counts.items()}
    rows = []
    for name, found in alone.items():
        p = min(1.0, found.p_value * len(alone))
        without = _without(counts, name, shares)
        rows.append(SegmentRatio(str(name), whole[name], found.statistic, p, without, p >= alpha, found.detail))
    return tuple(sorted(rows, key=lambda row: (row.p_value, -row.statistic)))


def _units(counts: Sequence[int] | Mapping[str, int]) -> Sequence[int]:
    return list(counts.values()) if isinstance(counts, Mapping) else counts


def _without(
    counts: Mapping[str, Sequence[int] | Mapping[str, int]],
    left_out: str,
    shares: Sequence[float] | Mapping[str, float] | None,
) -> float:
    rest = [units for name, units in counts.items() if name != left_out]
    if not rest:
        return 1.0
    named = [units for units in rest if isinstance(units, Mapping)]
    if named:
        names = dict.fromkeys(arm for units in named for arm in units)
        found = check_srm({arm: sum(units.get(arm, 0) for units in named) for arm in names}, shares)
    else:
        found = check_srm([sum(column) for column in zip(*map(_units, rest), strict=True)], shares)
    return found.p_value if isinstance(found, Check) else 1.0


def check_multiple_exposure(
    units: int, multiple: int, *, share: float = MULTIPLE_SHARE, alpha: float = SRM_ALPHA
) -> Check | NotEstimable:
    """Whether more units saw several variants than a share that happens (by more than a handful).

    The p-value is that of the share or less.

    >>> check_multiple_exposure(10_000, 400).ok
    False
    """
    from scipy.special import bdtrc

    probability("share", share)
    probability("alpha", alpha)
    n, several = count("units", units), count("multiple", multiple)
    if several > n:
        raise InvalidInput(f"{several:,} of {n:,} units saw several variants.", hint="count each unit once.")
    if not n:
        return NotEstimable("No unit was exposed yet.", "wait for exposures.")
    p = float(bdtrc(several - 1, n, share)) if several else 1.0
    ok = several / n <= share or several < MULTIPLE_UNITS
    detail = f"{several:,} of {n:,} units ({several / n:.2%}) saw more than one variant"
    return Check("multiple_exposure", ok, p, several / n, float(alpha), "binomial", detail)


def check_balance(
    control: Mapping[str, Summary | Values],
    treatment: Mapping[str, Summary | Values],
    *,
    alpha: float = SRM_ALPHA,
) -> Check | NotEstimable:
    """Whether the arms were alike before the start: Welch's test of each covariate, with Bonferroni's correction.

    The detail names the covariate that differs most, in standard deviations.
    """
    probability("alpha", alpha)
    names = [name for name in control if name in treatment]
    if len(names) < max(len(control), len(treatment)) or not names:
        raise InvalidInput("The arms have different covariates.", hint="give both arms the same, by name.")
    found = {name: compare_means(control[name], treatment[name], relative=False) for name in names}
    tests = {name: one for name, one in found.items() if not isinstance(one, NotEstimable)}
    if not tests:
        return next(one for one in found.values() if isinstance(one, NotEstimable))
    worst = min(tests, key=lambda name: (tests[name].p_value, -abs(tests[name].statistic)))
    test, p = tests[worst], min(1.0, tests[worst].p_value * len(tests))
    sd = _sd(control[worst], treatment[worst])
    detail = (
        f"{worst!r} differs most, by {test.effect / sd:+.3f} standard deviations ({len(tests)} covariates looked at)"
    )
    return Check("balance", p >= alpha, p, test.statistic, float(alpha), "welch+bonferroni", detail)


def _sd(control: Summary | Values, treatment: Summary | Values) -> float:
    c, t = (one if isinstance(one, Summary) else Summary.of(one) for one in (control, treatment))
    return math.sqrt(((c.n - 1) * c.var + (t.n - 1) * t.var) / (c.n + t.n - 2))
