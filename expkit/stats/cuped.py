"""CUPED: what covariates from before the experiment explain is taken out of the comparison.

Deng, Xu, Kohavi & Walker (2013), WSDM, 123-132. `pooled` slopes within the arms make the effect that of
the analysis of covariance with a common slope; slopes `per-arm` make it that of a regression with every
interaction (Lin 2013, Annals of Applied Statistics 7, 295-318), which never loses precision in large
samples. In large samples the slopes count as known, as the paper does; below `LARGE` units per covariate
in the smaller arm their own error counts, as in the analysis of covariance (Fisher 1932; Cochran 1957,
Biometrics 13, 261-281): the residuals lose a degree of freedom for each, and the arms' imbalance costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from expkit.errors import InvalidInput
from expkit.stats.contrast import Contrast, welch_df
from expkit.stats.estimate import NotEstimable
from expkit.stats.summary import Covariates, Summary

__all__ = ["Slopes", "adjusted_contrast", "explained_share"]

Slopes = Literal["pooled", "per-arm"]

LARGE = 50
"""Units per covariate in the smaller arm from which on the slopes' error is below two per cent of the variance."""

# An adjusted variance that is smaller than this share of the plain one is rounding noise.
_ROUNDING = 1e-14


class Spread(NamedTuple):
    """Variances in one arm: of the value, of what the covariates predict, and their covariance."""

    value: float
    predicted: float
    shared: float

    @property
    def adjusted(self) -> float:
        rest = self.value - 2 * self.shared + self.predicted
        return rest if rest > _ROUNDING * self.value else 0.0


def adjusted_contrast(control: Summary, treatment: Summary, how: Slopes = "pooled") -> Contrast | NotEstimable:
    """Both means moved to where the covariates of the two arms agree."""
    covariates = _covariates(control), _covariates(treatment)
    if len(covariates[0].mean) != len(covariates[1].mean):
        raise InvalidInput("The arms have different covariates.", hint="give both arms the same ones.")
    spare = min(control.n, treatment.n) if how == "per-arm" else control.n + treatment.n - 1
    if spare <= len(covariates[0].mean) + 1:
        return NotEstimable("There are no more units than covariates.", "use fewer covariates, or collect more units.")
    slopes = _slopes(control.n, covariates[0], treatment.n, covariates[1], how)
    c, t = _spread(control, slopes), _spread(treatment, slopes)
    if c.adjusted + t.adjusted == 0:
        return NotEstimable("The covariates explain the metric fully.", "use covariates from before exposure.")
    share = treatment.n / (control.n + treatment.n)
    apart = covariates[1].minus(covariates[0])
    gap = _dot(slopes, apart)
    of_control = -(c.value - (1 + share) * c.shared + share * c.predicted)
    small = _cost((control.n, treatment.n), covariates, (c, t), apart, how)
    if isinstance(small, NotEstimable):
        return small
    return Contrast(
        control=control.mean + share * gap,
        effect=treatment.minus(control) - gap,
        var_control=c.value - 2 * share * c.shared + share**2 * (c.predicted + t.predicted + small.slopes),
        var_effect=c.adjusted * small.control + t.adjusted * small.treatment + small.slopes,
        covariance=of_control + share * (t.shared - t.predicted - small.slopes),
        df=welch_df(c.adjusted, control.n - small.lost[0], t.adjusted, treatment.n - small.lost[1]),
    )


class _Cost(NamedTuple):
    """What not knowing the slopes costs: factors on the arms' variances, the slopes' own part, degrees of freedom."""

    control: float = 1.0
    treatment: float = 1.0
    slopes: float = 0.0
    lost: tuple[float, float] = (0.0, 0.0)


def _cost(
    units: tuple[int, int],
    covariates: tuple[Covariates, Covariates],
    spreads: tuple[Spread, Spread],
    apart: Sequence[float],
    how: Slopes,
) -> _Cost | NotEstimable:
    import numpy as np

    if min(units) >= LARGE * len(apart):
        return _Cost()
    within = [(n - 1) * np.array(arm.var) for n, arm in zip(units, covariates, strict=True)]
    number, free = sum(units), [n - 1.0 for n in units]
    if how == "per-arm":
        k = [_rank(one) for one in within]
        left = [free[0] - k[0], free[1] - k[1]]
        weights = [(n / number) ** 2 for n in reversed(units)]
        ways = [_dot(_solve(one.tolist(), apart), apart) for one in within]
    else:
        whole, k = within[0] + within[1], [_rank(within[0] + within[1])] * 2
        left = [free[0] - k[0] * free[0] / sum(free), free[1] - k[1] * free[1] / sum(free)]
        weights, ways = [free[0] / sum(free), free[1] / sum(free)], [_dot(_solve(whole.tolist(), apart), apart)] * 2
    if min(left) <= 0:
        return NotEstimable("There are no more units than covariates.", "use fewer covariates, or collect more units.")
    factors = [f / rest for f, rest in zip(free, left, strict=True)]
    residual = [one.adjusted * n * factor for one, n, factor in zip(spreads, units, factors, strict=True)]
    own = math.fsum(w * r * way for w, r, way in zip(weights, residual, ways, strict=True))
    return _Cost(factors[0], factors[1], max(own, 0.0), (free[0] - left[0], free[1] - left[1]))


def _rank(matrix: object) -> int:
    """Of covariates in units of their own spread; constant ones, and copies of others, are none."""
    import numpy as np

    whole = np.array(matrix)
    spread = np.sqrt(np.diag(whole))
    there = spread > 0
    if not there.any():
        return 0
    return int(np.linalg.matrix_rank(whole[np.ix_(there, there)] / np.outer(spread[there], spread[there]), tol=1e-9))


def _covariates(summary: Summary) -> Covariates:
    if summary.covariates is None:
        raise InvalidInput("Only one arm has covariates.", hint="give both arms the same covariates, or none.")
    return summary.covariates


def explained_share(summary: Summary) -> float:
    """R squared of the value on its covariates: what CUPED can save (0 where there are none)."""
    if summary.covariates is None or not summary.var:
        return 0.0
    slopes = _solve(summary.covariates.var, summary.covariates.cov)
    return min(max(_dot(slopes, summary.covariates.cov) / summary.var, 0.0), 1.0)


def _slopes(n_c: int, control: Covariates, n_t: int, treatment: Covariates, how: Slopes) -> list[float]:
    """Of the value on the covariates.

    Moving each arm by its own slopes to the common covariate mean moves the effect by the slopes of the
    one arm weighted by the units of the other, so that one set of slopes does for both.
    """
    import numpy as np

    if how == "per-arm":
        own = [np.array(_solve(arm.var, arm.cov)) for arm in (control, treatment)]
        return [float(slope) for slope in (n_t * own[0] + n_c * own[1]) / (n_c + n_t)]
    share = (n_t - 1) / (n_c + n_t - 2)
    var = (1 - share) * np.array(control.var) + share * np.array(treatment.var)
    cov = (1 - share) * np.array(control.cov) + share * np.array(treatment.cov)
    return _solve(var.tolist(), cov.tolist())


def _solve(var: Sequence[Sequence[float]], cov: Sequence[float]) -> list[float]:
    """Least squares, in units of each covariate's own spread, so that none is dropped for its scale."""
    import numpy as np

    matrix, right = np.array(var), np.array(cov)
    scale = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    solution = np.linalg.lstsq(matrix / np.outer(scale, scale), right / scale, rcond=1e-12)[0] / scale
    return [float(slope) for slope in solution]


def _spread(summary: Summary, slopes: Sequence[float]) -> Spread:
    covariates = _covariates(summary)
    predicted = _dot(slopes, [_dot(slopes, row) for row in covariates.var])
    return Spread(summary.var / summary.n, predicted / summary.n, _dot(slopes, covariates.cov) / summary.n)


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))
