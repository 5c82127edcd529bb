"""What one arm says about one metric, as sufficient statistics, and the comparison of two arms by them.

Data access ends here: DuckDB gives counts and sums, everything above is closed form.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from expkit.analysis.scorecard import MetricKind
from expkit.domain import Metric
from expkit.stats import (
    Alternative,
    Covariates,
    Estimate,
    NotEstimable,
    Summary,
    Values,
    compare_means,
    compare_proportions,
    compare_ratios,
    non_inferiority,
    non_inferiority_proportions,
)
from expkit.stats.contrast import Contrast
from expkit.stats.equivalence import Better
from expkit.stats.estimate import Arm
from expkit.stats.findings import Equivalence
from expkit.stats.means import compare_summaries
from expkit.stats.ratios import linearize
from expkit.stats.stratified import compare_stratified

__all__ = ["EMPTY", "ArmStatistic", "compare", "compare_by_stratum", "earlier", "no_worse", "told_cap"]

_TOO_LARGE = NotEstimable("The values are too large for their squares to be added up.", "cap them, or change the unit.")
_LOST = NotEstimable(
    "The values of an arm lie so far from the others that their variance lost its digits.",
    "give a frame or a file: what streams is read once, and its first rows were unlike the rest.",
)
_TIED = NotEstimable(
    "Around it all values are the same in both arms.", "compare the share of events above that value, with where."
)
_NO_VALUES = NotEstimable("No unit has a value.", "check how the metric is computed, and which column holds it.")


class ArmStatistic(NamedTuple):
    """One metric in one arm. `summary` is None where the values are too large.

    A ratio carries its denominator as the first covariate. With `clusters` the summary is that of the clusters: its
    variance over their number is the sandwich variance of the mean of `n` units.
    """

    n: int
    summary: Summary | None
    successes: int | None = None
    ratio: bool = False
    capped: int = 0
    clusters: int | None = None
    worth: float = math.nan
    """Clusters of equal size that would tell as much about the error."""
    lost: bool = False
    """There is no summary because its digits were lost, not because it would be too large."""
    why: NotEstimable | None = None
    """Why there is no value, where it is of a kind that says so itself."""
    cap: float | None = None
    """What values above count as; `capped` counts them."""

    @property
    def mean(self) -> float:
        """Per unit; for a ratio, the ratio of the totals."""
        if self.summary is None or not self.n:
            return math.nan
        if not self.ratio or self.clusters is not None or self.summary.covariates is None:
            return self.summary.mean
        bottom = self.summary.covariates.mean[0]
        return self.summary.mean / bottom if bottom else math.nan

    @property
    def se(self) -> float:
        """The standard error of `mean`; for a ratio by the delta method (Deng, Knoblich & Lu 2018)."""
        if self.summary is None or not self.n:
            return math.nan
        below = self.summary.covariates
        if not self.ratio or self.clusters is not None or below is None:
            return math.sqrt(self.summary.var / self.summary.n)
        bottom, var, cov = below.mean[0], below.var[0][0], below.cov[0]
        if not bottom:
            return math.nan
        spread = self.summary.var - 2 * self.mean * cov + self.mean**2 * var
        return math.sqrt(max(spread, 0.0) / self.n) / abs(bottom)


EMPTY_SUMMARY = Summary(0, 0.0, 0.0)
EMPTY = ArmStatistic(0, EMPTY_SUMMARY, 0)


def compare(
    kind: MetricKind, control: ArmStatistic, treatment: ArmStatistic, *, alpha: float, alternative: Alternative
) -> Estimate | NotEstimable:
    """Treatment against control.

    Proportions by the score test, ratios by the delta method, means by Welch's test; covariates adjust all three
    (CUPED), and clusters have the sandwich's error (CR2).
    """
    if control.n == treatment.n == 0:
        return _NO_VALUES
    if control.summary is None or treatment.summary is None:
        return _absent(control, treatment)
    if kind in ("quantile", "evenness"):
        return _by_error(kind, control, treatment, alpha, alternative)
    if control.clusters is not None or treatment.clusters is not None:
        return _clustered(control, treatment, alpha, alternative)
    adjusted = control.summary.covariates and treatment.summary.covariates
    if kind == "conversion" and not adjusted:
        return compare_proportions(
            control.successes or 0,
            control.n,
            treatment.successes or 0,
            treatment.n,
            alpha=alpha,
            alternative=alternative,
        )
    if (few := _too_few(control, treatment, "units")) is not None:
        return few
    if kind == "ratio":
        return compare_ratios(control.summary, treatment.summary, alpha=alpha, alternative=alternative)
    return compare_means(control.summary, treatment.summary, alpha=alpha, alternative=alternative)


def no_worse(
    kind: MetricKind,
    control: ArmStatistic,
    treatment: ArmStatistic,
    margin: float,
    *,
    better: Better,
    alpha: float,
) -> Equivalence | NotEstimable:
    """Whether the treatment is worse by less than this share of the control (non-inferiority)."""
    if control.summary is None or treatment.summary is None:
        return _absent(control, treatment)
    adjusted, clustered = control.summary.covariates and treatment.summary.covariates, control.clusters is not None
    if kind == "conversion" and not adjusted and not clustered:
        counts = control.successes or 0, control.n, treatment.successes or 0, treatment.n
        return non_inferiority_proportions(*counts, margin, better=better, relative=True, alpha=alpha)
    sides: list[Summary] = []
    for arm in (control, treatment):
        whole = arm.summary or EMPTY_SUMMARY
        side = linearize(whole) if kind == "ratio" and not clustered else _worth(whole, arm) if clustered else whole
        if isinstance(side, NotEstimable):
            return side
        sides.append(side)
    return non_inferiority(sides[0], sides[1], margin, better=better, relative=True, alpha=alpha)


def compare_by_stratum(
    kind: MetricKind,
    control: Mapping[str | None, ArmStatistic],
    treatment: Mapping[str | None, ArmStatistic],
    *,
    alpha: float,
    alternative: Alternative,
) -> Estimate | NotEstimable:
    """Treatment against control within each stratum, weighed by the strata's sizes (post-stratification)."""
    every = (*control.values(), *treatment.values())
    if any(arm.summary is None for arm in every):
        return _absent(*every)
    sides: list[dict[Hashable, Summary | Values]] = []
    for arms in (control, treatment):
        found = {stratum: arm.summary for stratum, arm in arms.items() if arm.n and arm.summary is not None}
        sides.append(dict((_linear(found) if kind == "ratio" else found).items()))
    if not sides[0] and not sides[1]:
        return _NO_VALUES
    return compare_stratified(*sides, alpha=alpha, alternative=alternative)


def earlier(metric: Metric, arm: ArmStatistic) -> Summary:
    """What a metric was in the days before the exposure; of a ratio, its top. It is among the last covariates."""
    known = arm.summary.covariates if arm.summary is not None else None
    if arm.summary is None or known is None:
        return EMPTY_SUMMARY
    at = -2 if metric.kind == "ratio" and metric.per != "day" else -1
    return Summary(arm.summary.n, known.mean[at], known.var[at][at])


def told_cap(arms: Iterable[ArmStatistic]) -> str:
    """What was cut off, in words; nothing where nothing was."""
    capped = [arm for arm in arms if arm.cap is not None]
    if not capped:
        return ""
    cap = f"{capped[0].cap:.6g}"
    return f"values above {cap} count as {cap}: {sum(arm.capped for arm in capped):,} of both arms"


def _absent(*arms: ArmStatistic) -> NotEstimable:
    """Why arms cannot be compared: the first one's reason."""
    told = next((arm.why for arm in arms if arm.why is not None), None)
    if told is not None:
        return told
    return _LOST if any(arm.lost for arm in arms) else _TOO_LARGE


def _by_error(
    kind: MetricKind, control: ArmStatistic, treatment: ArmStatistic, alpha: float, alternative: Alternative
) -> Estimate | NotEstimable:
    """Two values that are no means over units, by their errors, under normal theory."""
    if not control.n or not treatment.n:
        return _NO_VALUES
    if control.se + treatment.se == 0:
        return _TIED
    found = Contrast.of_means(control.mean, treatment.mean, control.se**2, treatment.se**2)
    arms = Arm(control.n, control.mean), Arm(treatment.n, treatment.mean)
    method = "quantile" if kind == "quantile" else "entropy"
    return found.estimate(
        arms, alpha=alpha, alternative=alternative, method=method, relative=True, lift_method="fieller"
    )


def _clustered(
    control: ArmStatistic, treatment: ArmStatistic, alpha: float, alternative: Alternative
) -> Estimate | NotEstimable:
    if (few := _too_few(control, treatment, "clusters")) is not None:
        return few
    if control.summary is None or treatment.summary is None:
        return _TOO_LARGE
    found = compare_summaries(
        control.summary, treatment.summary, alpha, alternative, True, "welch", "fieller", "pooled",
        (control.worth, treatment.worth),
    )  # fmt: skip
    if isinstance(found, NotEstimable):
        return found
    return replace(
        found,
        method="cr2+cuped" if control.summary.covariates else "cr2",
        control=replace(found.control, n=control.n),
        treatment=replace(found.treatment, n=treatment.n),
    )


def _worth(summary: Summary, arm: ArmStatistic) -> Summary:
    """As many whole clusters as they are worth, with the same error of the mean."""
    n = max(int(arm.worth), 2) if arm.worth < summary.n else summary.n
    scale, rest = n / max(summary.n, 1), summary.covariates
    if rest is not None:
        var = tuple(tuple(one * scale for one in row) for row in rest.var)
        rest = replace(rest, var=var, cov=tuple(one * scale for one in rest.cov))
    return replace(summary, n=n, var=summary.var * scale, covariates=rest)


def _too_few(control: ArmStatistic, treatment: ArmStatistic, what: str) -> NotEstimable | None:
    for which, arm in (("control", control), ("treatment", treatment)):
        n = (arm.clusters or 0) if what == "clusters" else arm.n
        if n < 2:  # a variance needs two
            return NotEstimable(f"The {which} has {n} {what}; an error needs 2.", f"collect more {what}.")
    return None


def _linear(strata: Mapping[str | None, Summary]) -> dict[str | None, Summary]:
    """The ratio's strata as those of one number per unit, linearised about the whole arm's ratio."""
    whole = sum(strata.values(), Summary(0, 0.0, 0.0))
    if whole.covariates is None or not whole.covariates.mean[0]:
        return {}
    bottom = whole.covariates.mean[0]
    ratio = whole.mean / bottom
    return {stratum: _linearised(part, ratio, bottom) for stratum, part in strata.items()}


def _linearised(part: Summary, ratio: float, bottom: float) -> Summary:
    below = part.covariates
    if below is None:
        return part
    mean = ratio + (part.mean - ratio * below.mean[0]) / bottom
    var = (part.var - 2 * ratio * below.cov[0] + ratio**2 * below.var[0][0]) / bottom**2
    rest = None
    if len(below.mean) > 1:
        shared = zip(below.cov[1:], below.var[0][1:], strict=True)
        rest = Covariates(
            below.mean[1:],
            tuple(row[1:] for row in below.var[1:]),
            tuple((c - ratio * v) / bottom for c, v in shared),
            below.low[1:],
        )
    return Summary(part.n, mean, max(var, 0.0), rest)
