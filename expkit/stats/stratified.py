"""Comparing within strata - a platform, a country, users with and without a history - and adding up.

Post-stratification: Miratrix, Sekhon & Yu (2013), JRSS B 75, 369-396. Mantel-Haenszel weights: Greenland &
Robins (1985), Biometrics 41, 55-68.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.contrast import Contrast, LiftMethod, combine
from expkit.stats.estimate import Arm, Estimate, NotEstimable
from expkit.stats.means import contrast_of
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["StratumWeights", "compare_stratified", "summarize_strata"]

StratumWeights = Literal["size", "mantel-haenszel"]

Strata: TypeAlias = "Mapping[Hashable, Summary | Values]"


def summarize_strata(values: Values, strata: Sequence[Hashable], covariates: Any = None) -> dict[Hashable, Summary]:
    """One summary per stratum; a unit whose stratum is missing is in the stratum None.

    >>> sorted(summarize_strata([1, 2, 6], ["a", "a", "b"]))
    ['a', 'b']
    """
    import numpy as np

    found, labels = column("values", values), [_label(label) for label in strata]
    if len(labels) != found.size:
        raise InvalidInput(f"{found.size} values but {len(labels)} strata.", hint="give one stratum for every value.")
    more = None if covariates is None else np.asarray(covariates)
    rows: dict[Hashable, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    return {label: Summary.of(found[at], None if more is None else more[at]) for label, at in rows.items()}


def compare_stratified(
    control: Strata,
    treatment: Strata,
    *,
    weights: StratumWeights = "size",
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    lift_method: LiftMethod = "fieller",
) -> Estimate | NotEstimable:
    """Treatment minus control within each stratum, averaged over the strata; arms map strata to summaries.

    `size` weighs a stratum by its units in both arms: the effect on everybody (post-stratification); its
    error includes that the strata's sizes are themselves a sample. `mantel-haenszel` weighs by
    n_c n_t / n: the most precise where the effect is the same everywhere. Summaries that carry
    covariates are adjusted by them within each stratum.
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("weights", weights, get_args(StratumWeights))
    arms = _summaries(control), _summaries(treatment)
    centres = [next(iter(side.values()), Summary(0, 0.0, 0.0)) for side in arms]
    near = [_about(side, centre) for side, centre in zip(arms, centres, strict=True)]
    if isinstance(parts := _parts(near[0], near[1], weights), NotEstimable):
        return parts
    contrast = combine(parts)
    if weights == "size":
        contrast = _sampled(contrast, parts, sum(arm.n for side in arms for arm in side.values()))
    contrast = replace(
        contrast,
        control=contrast.control + centres[0].mean,
        effect=contrast.effect + centres[1].minus(centres[0]),
    )
    if contrast.var_effect == 0:
        return NotEstimable("The values do not vary within any stratum.", "check how the metric is computed.")
    whole = [sum(side.values(), Summary(0, 0.0, 0.0)) for side in arms]
    estimate = contrast.estimate(
        (Arm(whole[0].n, whole[0].mean), Arm(whole[1].n, whole[1].mean)),
        alpha=float(alpha),
        alternative=alternative,
        method="stratified" if weights == "size" else weights,
        relative=relative,
        lift_method=lift_method,
    )
    plain = math.fsum(arm.var / arm.n for arm in whole)
    return replace(estimate, variance_saved=1 - contrast.var_effect / plain)


def _about(side: Mapping[Hashable, Summary], centre: Summary) -> dict[Hashable, Summary]:
    """The strata of an arm about one of them: far from zero, what differs between strata keeps its digits."""
    return {label: replace(arm, mean=arm.minus(centre), low=0.0) for label, arm in side.items()}


def _parts(
    control: Mapping[Hashable, Summary], treatment: Mapping[Hashable, Summary], weights: StratumWeights
) -> list[tuple[float, Contrast]] | NotEstimable:
    if not control and not treatment:
        return NotEstimable("There are no strata.", "give at least one.")
    sizes, contrasts = [], []
    for label in sorted({*control, *treatment}, key=str):
        c, t = control.get(label), treatment.get(label)
        if c is None or t is None or min(c.n, t.n) < 2:  # a variance needs two
            return NotEstimable(
                f"Stratum {label!r} has fewer than 2 units in an arm.", "merge it with another stratum, in both arms."
            )
        contrasts.append(_within(c, t))
        sizes.append(float(c.n + t.n) if weights == "size" else c.n * t.n / (c.n + t.n))
    whole = math.fsum(sizes)
    return [(size / whole, part) for size, part in zip(sizes, contrasts, strict=True)]


def _within(control: Summary, treatment: Summary) -> Contrast:
    """One stratum; where nothing varies in it, its difference is known."""
    found = contrast_of(control, treatment)
    if isinstance(found, Contrast):
        return found
    return Contrast.of_means(control.mean, treatment.mean, 0.0, 0.0)


def _sampled(contrast: Contrast, parts: list[tuple[float, Contrast]], n: int) -> Contrast:
    """The variance that comes from the strata's sizes being a sample of n units from everybody."""

    def between(a: list[float], b: list[float]) -> float:
        means = [math.fsum(w * x for (w, _), x in zip(parts, xs, strict=True)) for xs in (a, b)]
        products = ((x - means[0]) * (y - means[1]) for x, y in zip(a, b, strict=True))
        return math.fsum(w * product for (w, _), product in zip(parts, products, strict=True)) / n

    control, effect = [part.control for _, part in parts], [part.effect for _, part in parts]
    return replace(
        contrast,
        var_control=contrast.var_control + between(control, control),
        var_effect=contrast.var_effect + between(effect, effect),
        covariance=contrast.covariance + between(control, effect),
    )


def _summaries(strata: Strata) -> dict[Hashable, Summary]:
    if not isinstance(strata, Mapping):
        raise InvalidInput("An arm is a mapping of strata to values.", hint="use summarize_strata(values, strata).")
    found = {label: values if isinstance(values, Summary) else Summary.of(values) for label, values in strata.items()}
    return {label: replace(arm, var=0.0) if arm.constant else arm for label, arm in found.items()}


def _label(label: Hashable) -> Hashable:
    return None if label is None or label != label or type(label).__name__ == "NAType" else label
