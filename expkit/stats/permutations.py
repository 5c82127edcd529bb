"""Permutation tests: had the arms' names been dealt out otherwise, how often would the arms differ as much?

Fisher (1935), Pitman (1937). All deals where they are few; else random ones, whose p-value counts the deal that was
seen (Phipson & Smyth 2010). Only sums are dealt: over different rows (multivariate hypergeometric), or over the rows
that are not zero; both are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from expkit.errors import InvalidInput
from expkit.stats.arrays import device_of, rows_there
from expkit.stats.bootstraps import LEAST, RESAMPLES, rows_of
from expkit.stats.estimate import NotEstimable
from expkit.stats.terms import ALPHA, Alternative, alternative_of, count, probability, word

if TYPE_CHECKING:
    import numpy as np

    from expkit.stats.arrays import Device

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Permutation", "permutation"]

PermutedMetric: TypeAlias = "Literal['mean', 'ratio'] | Callable[[Any, Any], float]"

DISTINCT = 500
FEW = 1000  # units for which it is asked whether all deals could be taken
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Permutation:
    """`effect` is treatment minus control as seen; `form` says how names were dealt."""

    effect: float
    p_value: float
    p_error: float
    """The Monte Carlo standard error of the p-value; 0 where all deals were taken."""
    alpha: float
    alternative: Alternative
    form: str
    resamples: int
    seed: int
    kind: Literal["permutation"] = "permutation"

    @property
    def significant(self) -> bool:
        """Whether no effect is rejected at `alpha`."""
        return self.p_value <= self.alpha


def permutation(
    control: Any,
    treatment: Any,
    *,
    metric: PermutedMetric = "mean",
    resamples: int = RESAMPLES,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    seed: int = 0,
) -> Permutation | NotEstimable:
    """Test that treatment changes nothing for anybody, by mean, ratio, or a function of (control, treatment).

    Two-sided p-values count deals that differ at least as much either way.

    >>> permutation([1, 2, 3], [4, 5, 6]).p_value
    0.1
    """
    import numpy as np

    level, number = probability("alpha", alpha), count("resamples", resamples)
    alternative_of(alternative)
    if number < LEAST:
        raise InvalidInput(f"{number} resamples.", hint=f"give {LEAST} or more; 10,000 are usual.")
    if not callable(metric):
        word("metric", metric, ("mean", "ratio"))
    if (device := device_of(control, treatment)) is not None:
        there = [rows_there(device, "control", control, metric == "ratio")]
        there += [rows_there(device, "treatment", treatment, metric == "ratio")]
        sizes = [int(one.shape[0]) for one in there]
        if not callable(metric) and sum(sizes) > FEW and min(sizes) > 0:
            return _elsewhere(device, there, metric, number, level, alternative, int(seed))
        control, treatment = ([*device.fetch(one).T] if metric == "ratio" else device.fetch(one)[:, 0] for one in there)
    arms = [rows_of(name, arm, metric == "ratio") for name, arm in (("control", control), ("treatment", treatment))]
    if min(len(arm) for arm in arms) == 0:
        return NotEstimable("An arm has no units.", "wait for outcomes.")
    rows, size = np.concatenate(arms), len(arms[1])
    if (rows == rows[0]).all():
        return NotEstimable("All values of both arms are the same.", "check how the metric is computed.")
    rng = np.random.default_rng(count("seed", seed))
    seen, dealt, form = _dealt(rows, size, metric, number, rng)
    if not (math.isfinite(seen) and np.isfinite(dealt).all()):
        return NotEstimable("The metric has no value for some deal.", "are there denominators of zero?")
    p, error = _p_value(seen, dealt, alternative, form == "all deals")
    return Permutation(seen, p, error, level, alternative, form, dealt.size, int(seed))


def _elsewhere(
    device: Device,
    arms: list[Any],
    metric: PermutedMetric,
    number: int,
    alpha: float,
    alternative: Alternative,
    seed: int,
) -> Permutation | NotEstimable:
    """As below, with the rows left where they are."""
    import numpy as np

    from expkit.stats.arrays import subsets_there

    xp, size = device.xp, int(arms[1].shape[0])
    rows = xp.concat(arms, axis=0)
    if bool(xp.all(rows == rows[:1, :])):
        return NotEstimable("All values of both arms are the same.", "check how the metric is computed.")
    away = rows - xp.mean(rows, axis=0)[None, :] if metric == "mean" else rows
    rng = np.random.default_rng(count("seed", seed))
    dealt = subsets_there(device, rows, away, size, number, rng)
    sums = np.vstack([device.fetch(xp.sum(away[-size:, :], axis=0)), dealt])
    effects = _effects(sums, device.fetch(xp.sum(away, axis=0)), int(rows.shape[0]), size, metric)
    if not np.isfinite(effects).all():
        return NotEstimable("The metric has no value for some deal.", "are there denominators of zero?")
    p, error = _p_value(float(effects[0]), effects[1:], alternative, False)
    return Permutation(float(effects[0]), p, error, alpha, alternative, "nonzero", number, seed)


def _dealt(
    rows: Floats, size: int, metric: PermutedMetric, number: int, rng: np.random.Generator
) -> tuple[float, Floats, str]:
    """The effect seen, the effects of other deals, and how they were dealt. The treatment's rows are the last."""
    import numpy as np

    n = len(rows)
    everything = n <= FEW and math.comb(n, size) <= number
    if callable(metric):
        seen = float(metric(rows[: n - size, 0], rows[n - size :, 0]))
        return seen, *_by_function(rows[:, 0], size, metric, number, rng, everything)
    shift = rows.mean(axis=0) if metric == "mean" else np.zeros(2)
    away = rows - shift
    whole = away.sum(axis=0)
    sums, form = _sums(away, size, number, rng, everything)
    effects = _effects(np.vstack([away[n - size :].sum(axis=0), sums]), whole, n, size, metric)
    return float(effects[0]), effects[1:], form


def _effects(sums: Floats, whole: Floats, n: int, size: int, metric: PermutedMetric) -> Floats:
    import numpy as np

    if metric == "mean":
        found: Floats = sums[:, 0] / size - (whole[0] - sums[:, 0]) / (n - size)
        return found
    rest = whole - sums
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Floats = sums[:, 0] / sums[:, 1] - rest[:, 0] / rest[:, 1]
    return ratios


def _sums(away: Floats, size: int, number: int, rng: np.random.Generator, everything: bool) -> tuple[Floats, str]:
    """The treatment's sums in each deal."""
    import numpy as np

    from expkit.stats.draws import batches, kinds_of

    n = len(away)
    if everything:
        return np.array([away[list(deal)].sum(axis=0) for deal in combinations(range(n), size)]), "all deals"
    codes, kinds = kinds_of(away, DISTINCT)
    if codes is not None:
        times, different = np.bincount(codes, minlength=kinds), away[np.unique(codes, return_index=True)[1]]
        parts = [
            rng.multivariate_hypergeometric(times, size, size=step, method="marginals") @ different
            for step in batches(number, kinds)
        ]
        return np.concatenate(parts), "distinct"
    values, counts = np.unique(away[:, 0], return_counts=True)
    common = away[int((away[:, 0] == values[counts.argmax()]).argmax())]
    there = (away != common).any(axis=1)
    rest = away[there] - common
    form, m = ("nonzero", len(rest)) if len(rest) < n else ("rows", n)
    taken = rng.hypergeometric(m, n - m, size, number) if m < n else np.full(number, size)
    scale = np.maximum(np.abs(rest).max(axis=0), 1e-300)
    table, order, parts, first = (rest / scale).astype(np.float32), np.arange(m, dtype=np.uint32), [], 0
    for step in batches(number, m):
        deal = rng.permuted(np.broadcast_to(order, (step, m)), axis=1)
        chosen = (deal < taken[first : first + step, None]).astype(np.float32)
        parts.append((chosen @ table).astype(float) * scale)
        first += step
    return np.concatenate(parts) + size * common, form


def _by_function(
    x: Floats,
    size: int,
    metric: Callable[[Any, Any], float],
    number: int,
    rng: np.random.Generator,
    everything: bool,
) -> tuple[Floats, str]:
    import numpy as np

    n = x.size
    if everything:
        deals = (np.isin(np.arange(n), deal) for deal in combinations(range(n), size))
        return np.array([metric(x[~deal], x[deal]) for deal in deals], dtype=float), "all deals"
    found = []
    for _ in range(number):
        order = rng.permutation(x)
        found.append(metric(order[: n - size], order[n - size :]))
    return np.array(found, dtype=float), "function"


def _p_value(seen: float, dealt: Floats, alternative: Alternative, everything: bool) -> tuple[float, float]:
    import numpy as np

    slack = _TIE * float(np.abs(dealt).max())
    if alternative == "two-sided":
        extreme = np.abs(dealt) >= abs(seen) - slack
    else:
        extreme = dealt >= seen - slack if alternative == "greater" else dealt <= seen + slack
    if everything:
        return float(extreme.mean()), 0.0
    p = (int(extreme.sum()) + 1) / (dealt.size + 1)
    return p, math.sqrt(p * (1 - p) / dealt.size)
