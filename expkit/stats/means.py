"""Comparing two means: Welch's and Student's t, z, paired, and CUPED where summaries carry covariates."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from expkit.errors import InvalidInput
from expkit.stats.contrast import Contrast, LiftMethod, welch_df
from expkit.stats.cuped import Slopes, adjusted_contrast
from expkit.stats.estimate import Arm, Estimate, NotEstimable
from expkit.stats.paired import paired_contrast
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Alternative, Values, alternative_of, probability, word

__all__ = ["MIN_UNITS", "MeansMethod", "compare_means", "compare_summaries", "contrast_of"]

MIN_UNITS = 2

MeansMethod = Literal["welch", "student", "z", "paired"]


def compare_means(
    control: Summary | Values,
    treatment: Summary | Values,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    relative: bool = True,
    method: MeansMethod = "welch",
    lift_method: LiftMethod = "fieller",
    slopes: Slopes = "pooled",
) -> Estimate | NotEstimable:
    """Treatment minus control, from one value per unit or from summaries.

    `welch` (Welch 1947, Biometrika 34, 28-35) does not assume equal variances, `student` does, `z`
    takes the variances as known, `paired` compares value by value, in two columns of one length.
    Summaries that both carry covariates are adjusted by them (CUPED), with slopes `pooled` or `per-arm`;
    `variance_saved` says what that gained. `relative=False` leaves the lift out, for scales without a
    true zero; `lift_method` is `fieller`, which decides as the effect does, `delta` or `log-ratio`.

    >>> compare_means([1, 2, 3, 4], [3, 4, 5, 6]).effect
    2.0
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("method", method, get_args(MeansMethod))
    word("lift method", lift_method, get_args(LiftMethod))
    word("slopes", slopes, get_args(Slopes))
    if method == "paired":
        contrast, arms = paired_contrast(control, treatment)
        if isinstance(contrast, NotEstimable):
            return contrast
        return _estimate(contrast, arms, alpha, alternative, method, relative, lift_method)
    return compare_summaries(
        _summary(control), _summary(treatment), alpha, alternative, relative, method, lift_method, slopes
    )


def compare_summaries(
    control: Summary,
    treatment: Summary,
    alpha: float,
    alternative: Alternative,
    relative: bool,
    method: MeansMethod,
    lift_method: LiftMethod,
    slopes: Slopes,
    worth: tuple[float, float] | None = None,
) -> Estimate | NotEstimable:
    """The same from summaries; `worth` are the units that each arm's variance is worth, where that is fewer."""
    contrast = contrast_of(control, treatment, method, slopes)
    if isinstance(contrast, NotEstimable):
        return contrast
    if worth is not None and contrast.df is not None:
        own = welch_df(control.var / control.n, worth[0], treatment.var / treatment.n, worth[1])
        contrast = replace(contrast, df=min(contrast.df, own))
    arms = Arm(control.n, control.mean), Arm(treatment.n, treatment.mean)
    if not control.covariates:
        return _estimate(contrast, arms, alpha, alternative, method, relative, lift_method)
    found = _estimate(contrast, arms, alpha, alternative, f"{method}+cuped", relative, lift_method)
    return replace(found, variance_saved=1 - contrast.var_effect / _plain(control, treatment, method).var_effect)


def _estimate(
    contrast: Contrast,
    arms: tuple[Arm, Arm],
    alpha: float,
    alternative: Alternative,
    method: str,
    relative: bool,
    lift_method: LiftMethod,
) -> Estimate:
    return contrast.estimate(
        arms, alpha=float(alpha), alternative=alternative, method=method, relative=relative, lift_method=lift_method
    )


def _summary(values: Summary | Values) -> Summary:
    summary = values if isinstance(values, Summary) else Summary.of(values)
    return replace(summary, var=0.0) if summary.constant else summary


def contrast_of(
    control: Summary, treatment: Summary, method: MeansMethod = "welch", slopes: Slopes = "pooled"
) -> Contrast | NotEstimable:
    """The difference of two means with its variances, adjusted by covariates where both have them."""
    for which, arm in (("control", control), ("treatment", treatment)):
        if arm.n < MIN_UNITS:
            return NotEstimable(f"The {which} has {arm.n} units; an error needs 2.", "collect more units.")
    if control.var == treatment.var == 0:
        return NotEstimable("The values do not vary in either arm.", "check how the metric is computed.")
    if not (control.covariates or treatment.covariates):
        return _plain(control, treatment, method)
    if method == "student":
        raise InvalidInput("Student's t takes no covariates.", hint="use method='welch'.")
    contrast = adjusted_contrast(control, treatment, slopes)
    return replace(contrast, df=None) if method == "z" and isinstance(contrast, Contrast) else contrast


def _plain(control: Summary, treatment: Summary, method: MeansMethod) -> Contrast:
    c, t = control.var / control.n, treatment.var / treatment.n
    if method == "student":
        df = control.n + treatment.n - 2
        pooled = ((control.n - 1) * control.var + (treatment.n - 1) * treatment.var) / df
        c, t = pooled / control.n, pooled / treatment.n
        return replace(_difference(control, treatment, c, t), df=float(df))
    contrast = _difference(control, treatment, c, t)
    return contrast if method == "z" else replace(contrast, df=welch_df(c, control.n, t, treatment.n))


def _difference(control: Summary, treatment: Summary, c: float, t: float) -> Contrast:
    return replace(Contrast.of_means(control.mean, treatment.mean, c, t), effect=treatment.minus(control))
