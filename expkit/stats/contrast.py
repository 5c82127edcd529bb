"""From two means and their variances to an estimate: every comparison of means ends here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from expkit.stats.distributions import critical, interval, p_value
from expkit.stats.estimate import Arm, Estimate, Interval, NotEstimable
from expkit.stats.terms import Alternative, word

__all__ = ["NO_LIFT", "Contrast", "LiftMethod", "combine", "welch_df"]

LiftMethod = Literal["fieller", "delta", "log-ratio"]

_ROUNDING = 2.0**-52

NO_LIFT = NotEstimable("No lift was asked for.", "pass relative=True.")


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimated difference and the control mean it is measured against, with their variances.

    `covariance` is that of the difference with the control mean; `df` None is normal theory.
    """

    control: float
    effect: float
    var_control: float
    var_effect: float
    covariance: float
    df: float | None = None

    @classmethod
    def of_means(cls, control: float, treatment: float, var_control: float, var_treatment: float) -> Contrast:
        """Two independent means under normal theory."""
        return cls(control, treatment - control, var_control, var_control + var_treatment, -var_control)

    @property
    def se(self) -> float:
        return math.sqrt(self.var_effect)

    def estimate(
        self,
        arms: tuple[Arm, Arm],
        *,
        alpha: float,
        alternative: Alternative,
        method: str,
        relative: bool,
        lift_method: LiftMethod,
    ) -> Estimate:
        statistic = self.effect / self.se
        margin = critical(alpha, self.df, alternative) * self.se
        lift, lift_ci = self.lift(alpha, alternative, lift_method) if relative else (NO_LIFT, NO_LIFT)
        return Estimate(
            effect=self.effect,
            ci=interval(self.effect - margin, self.effect + margin, alternative),
            lift=lift,
            lift_ci=lift_ci,
            p_value=p_value(statistic, self.df, alternative),
            statistic=statistic,
            se=self.se,
            df=self.df,
            alpha=alpha,
            alternative=alternative,
            method=method,
            control=arms[0],
            treatment=arms[1],
        )

    def lift(
        self, alpha: float, alternative: Alternative, method: LiftMethod
    ) -> tuple[float | NotEstimable, Interval | NotEstimable]:
        """The effect relative to the size of the control mean, and its interval.

        No lift is told for a control mean nearer to zero than its own standard error: not even its
        sign is known then.
        """
        word("lift method", method, get_args(LiftMethod))
        size = abs(self.control)
        if size <= max(math.sqrt(self.var_control), _ROUNDING * abs(self.effect), _ROUNDING * self.se):
            near_zero = NotEstimable(
                "The control mean is zero, or nearer to zero than its standard error.",
                "read the absolute effect, or collect more units.",
            )
            return near_zero, near_zero
        # everything in units of the control mean, so that no square overflows
        lift, spread, base = self.effect / size, (self.se / size) ** 2, self.var_control / size / size
        shared = math.copysign(1.0, self.control) * self.covariance / size / size
        q = critical(alpha, self.df, alternative)
        if method == "log-ratio":
            sign = math.copysign(1.0, self.control)
            ends = _log_ratio(lift, spread, base, sign * shared, q, sign)
            return lift, interval(*ends, alternative) if isinstance(ends, Interval) else ends
        bounds = _fieller if method == "fieller" else _delta
        return lift, bounds(lift, spread, base, shared, q, alternative)

    def against(self, margin: float, relative: bool) -> Contrast:
        """The distance of the effect from a margin, which may be a share of the size of the control mean."""
        if not relative:
            return replace(self, effect=self.effect - margin)
        step = math.copysign(margin, margin * self.control) if self.control else margin
        return replace(
            self,
            effect=self.effect - step * self.control,
            var_effect=max(self.var_effect - 2 * step * self.covariance + step**2 * self.var_control, 0.0),
            covariance=self.covariance - step * self.var_control,
        )


def combine(parts: Sequence[tuple[float, Contrast]]) -> Contrast:
    """The sum of independent contrasts, each times its weight (Satterthwaite 1946 for the df)."""
    variances = [weight**2 * part.var_effect for weight, part in parts]
    total = math.fsum(variances)
    loss = math.fsum(v * v / part.df for v, (_, part) in zip(variances, parts, strict=True) if part.df)
    return Contrast(
        control=math.fsum(weight * part.control for weight, part in parts),
        effect=math.fsum(weight * part.effect for weight, part in parts),
        var_control=math.fsum(weight**2 * part.var_control for weight, part in parts),
        var_effect=total,
        covariance=math.fsum(weight**2 * part.covariance for weight, part in parts),
        df=total**2 / loss if loss else None,
    )


def welch_df(var_control: float, n_control: float, var_treatment: float, n_treatment: float) -> float:
    """Degrees of freedom of a difference of two means with these variances (Welch 1947)."""
    share = var_control / (var_control + var_treatment)
    return 1 / (share**2 / (n_control - 1) + (1 - share) ** 2 / (n_treatment - 1))


def _fieller(
    lift: float, spread: float, base: float, shared: float, q: float, alternative: Alternative
) -> Interval | NotEstimable:
    """All l for which (lift - l)^2 <= q^2 Var(effect - l size), in units of size = |control mean|.

    Fieller (1954), JRSS B 16, 175-185. At l = 0 this is the absolute test, so both always agree. The
    set is an interval only while the control mean itself differs from zero at the same level.
    """
    a = 1 - q**2 * base
    if a <= 0:
        return NotEstimable(
            "The control mean is not clearly different from zero, so the lift has no bounds.",
            "read the absolute effect, or collect more units.",
        )
    b, c = lift - q**2 * shared, lift**2 - q**2 * spread
    far = b + math.copysign(math.sqrt(max(b * b - a * c, 0.0)), b)
    # the root nearer to zero as a quotient: as a difference it would lose its digits and its sign
    ends = sorted((far / a, c / far)) if far else [0.0, 0.0]
    ends = [min(ends[0], lift), max(ends[1], lift)]  # rounding, where hardly anything varies
    lower, upper = ends if q >= 0 else reversed(ends)
    return interval(lower, upper, alternative)


def _delta(lift: float, spread: float, base: float, shared: float, q: float, alternative: Alternative) -> Interval:
    """First-order variance of the ratio; its exclusion of zero may differ from the absolute test's."""
    margin = q * math.sqrt(max(spread - 2 * lift * shared + lift**2 * base, 0.0))
    return interval(lift - margin, lift + margin, alternative)


def _log_ratio(lift: float, spread: float, base: float, cov: float, q: float, sign: float) -> Interval | NotEstimable:
    """First-order variance of the log of the ratio (Katz et al. 1978, Biometrics 34, 469-474), for any mean.

    All in units of the control mean's size. A control below zero mirrors both arms, and the ends with them.
    """
    ratio = 1 + sign * lift
    if ratio <= 0:
        return NotEstimable("The means have different signs, so their ratio has no logarithm.", "use the default lift.")
    by_effect, by_control = 1 / ratio, 1 / ratio - 1  # the gradient of log((control + effect) / control)
    variance = by_effect**2 * spread + 2 * by_effect * by_control * cov + by_control**2 * base
    margin = abs(q) * math.sqrt(max(variance, 0.0))
    ends = sign * (ratio * math.exp(-margin) - 1), sign * (ratio * math.exp(margin) - 1)
    lower, upper = sorted(ends) if q >= 0 else sorted(ends, reverse=True)
    return Interval(lower, upper)
