"""Comparing means where what was randomised has several rows: users with sessions, cities with users.

The error is the sandwich of the regression of the value on the treatment with clusters: CR1 as Stata and
statsmodels have it; CR2 after Bell & McCaffrey (2002), Survey Methodology 28, 169-181, less biased with few
clusters. Both are closed form in the clusters' totals, because the regression has one mean per arm.

Where a few clusters have most of the rows, an arm's variance is worth fewer of them: Bell and McCaffrey's degrees of
freedom, here 1 / sum of h^2 / (1 - h) over the clusters' shares h of the rows, which is G - 1 where all are as large.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.contrast import Contrast, LiftMethod, welch_df
from expkit.stats.estimate import Arm, Estimate, NotEstimable
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

if TYPE_CHECKING:
    from expkit.stats.columns import Floats

__all__ = ["Sandwich", "compare_clustered"]

Sandwich = Literal["cr0", "cr1", "cr2"]

MIN_CLUSTERS = 2


class Clusters(NamedTuple):
    """One arm: its rows' mean, each cluster's rows and sum of residuals, and the labels."""

    mean: float
    rows: Floats
    residuals: Floats
    labels: set[str]

    @property
    def n(self) -> int:
        return int(self.rows.sum())

    def var(self, kind: Sandwich) -> float:
        """Of the mean, before any factor for few clusters but CR2's own."""
        squares = self.residuals**2
        if kind == "cr2":
            squares = squares / (1 - self.rows / self.n)
        return float(squares.sum()) / self.n**2

    @property
    def worth(self) -> float:
        """Clusters of equal size that would tell as much about the variance."""
        share = self.rows / self.n
        return 1 + 1 / float((share**2 / (1 - share)).sum())


def compare_clustered(
    control: tuple[Values, Sequence[Hashable]],
    treatment: tuple[Values, Sequence[Hashable]],
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    method: Sandwich = "cr2",
    lift_method: LiftMethod = "fieller",
) -> Estimate | NotEstimable:
    """Treatment minus control per row; an arm is `(values, clusters)`, and a cluster lies in one arm.

    The t distribution has Welch's degrees of freedom by what the clusters are worth. An arm's `n` counts rows.

    >>> compare_clustered(([1, 2, 4, 4], list("aabb")), ([5, 6, 9, 9], list("ccdd"))).effect
    4.5
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("method", method, get_args(Sandwich))
    arms = _clusters("control", *control), _clusters("treatment", *treatment)
    for which, arm in zip(("control", "treatment"), arms, strict=True):
        if len(arm.labels) < MIN_CLUSTERS:
            return NotEstimable(f"The {which} has {len(arm.labels)} clusters; an error needs 2.", "use more clusters.")
    both = arms[0].labels & arms[1].labels
    if both:
        raise InvalidInput(
            f"{len(both)} clusters are in both arms, e.g. {min(both)!r}.",
            hint="name what was randomised; it has one arm.",
        )
    c, t = (arm.var(method) * _factor(arms, method) for arm in arms)
    if c + t == 0:
        return NotEstimable("The values do not vary between clusters.", "check how the metric is computed.")
    contrast = Contrast.of_means(arms[0].mean, arms[1].mean, c, t)
    return replace(contrast, df=welch_df(c, arms[0].worth, t, arms[1].worth)).estimate(
        (Arm(arms[0].n, arms[0].mean), Arm(arms[1].n, arms[1].mean)),
        alpha=float(alpha),
        alternative=alternative,
        method=method,
        relative=relative,
        lift_method=lift_method,
    )


def _factor(arms: tuple[Clusters, Clusters], kind: Sandwich) -> float:
    """CR1's G / (G - 1) (N - 1) / (N - 2), over both arms."""
    groups, n = sum(len(arm.labels) for arm in arms), sum(arm.n for arm in arms)
    return groups / (groups - 1) * (n - 1) / (n - 2) if kind == "cr1" else 1.0


def _clusters(which: str, values: Values, labels: Sequence[Hashable]) -> Clusters:
    import numpy as np

    found, names = column(which, values), np.asarray([str(label) for label in labels])
    if names.size != found.size:
        raise InvalidInput(f"{found.size} values but {names.size} clusters.", hint="name one for every value.")
    there = ~np.isnan(found)
    found, names = found[there], names[there]
    if not found.size:
        return Clusters(0.0, found, found, set())
    different, codes = np.unique(names, return_inverse=True)
    mean = float(found[0] + (found - found[0]).mean())
    residuals: Floats = np.bincount(codes, weights=found - mean).astype(float)
    tiny = 1e-13 * np.bincount(codes) * max(abs(mean), float(np.abs(found).max()))
    residuals[np.abs(residuals) <= tiny] = 0.0
    return Clusters(mean, np.bincount(codes).astype(float), residuals, set(different.tolist()))
