"""Showing that an effect is too small to matter (equivalence), or no worse than a margin (non-inferiority).

Two one-sided tests: Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15, 657-680. A margin
that is a share of the control is tested without dividing by it: Hasler, Vonk & Hothorn (2008), Statistics
in Medicine 27, 490-503. Proportions by the score test: Farrington & Manning (1990), Statistics in Medicine
9, 1447-1454.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

from expkit.errors import InvalidInput
from expkit.stats.contrast import Contrast
from expkit.stats.distributions import critical, p_value
from expkit.stats.estimate import Arm, Interval, NotEstimable
from expkit.stats.findings import Equivalence
from expkit.stats.means import contrast_of
from expkit.stats.proportions import counts_of
from expkit.stats.score import Counts, difference_interval, ratio_interval, score_of_difference, score_of_ratio
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Values, finite, probability, word

__all__ = ["Better", "equivalence", "equivalence_proportions", "non_inferiority", "non_inferiority_proportions"]

Better = Literal["increase", "decrease"]

NO_LIFT = NotEstimable("The control is zero, or nearer to zero than its standard error.", "use an absolute margin.")


class Question(NamedTuple):
    """Both arms, as what can be asked about a margin."""

    arms: tuple[Arm, Arm]
    effect: float
    lift: float | NotEstimable
    p_above: Callable[[float], float]
    """One-sided p-value against an effect at or below this margin."""
    p_below: Callable[[float], float]
    ends: Callable[[float], Interval | NotEstimable]
    """The two-sided interval at 1 - 2 alpha."""


def equivalence(
    control: Summary | Values,
    treatment: Summary | Values,
    margin: float | Sequence[float],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
) -> Equivalence | NotEstimable:
    """Whether the means differ by less than a margin: one size for both sides, or (lower, upper).

    >>> equivalence([1, 2, 3, 4], [1, 2, 3, 5], 10).shown
    True
    """
    low, high = _margin(margin)
    return _decide(_means(control, treatment, relative), low, high, relative, alpha, "tost")


def non_inferiority(
    control: Summary | Values,
    treatment: Summary | Values,
    margin: float,
    *,
    better: Better = "increase",
    relative: bool = False,
    alpha: float = ALPHA,
) -> Equivalence | NotEstimable:
    """Whether the mean got worse by less than the margin, a size above 0; for guardrails."""
    low, high = _one_sided(margin, better)
    return _decide(_means(control, treatment, relative), low, high, relative, alpha, "non-inferiority")


def equivalence_proportions(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    margin: float | Sequence[float],
    *,
    relative: bool = False,
    alpha: float = ALPHA,
) -> Equivalence | NotEstimable:
    """Whether two proportions differ by less than a margin, from counts."""
    low, high = _margin(margin)
    return _decide(
        _proportions(counts_of(successes_c, n_c, successes_t, n_t), relative), low, high, relative, alpha, "tost"
    )


def non_inferiority_proportions(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    margin: float,
    *,
    better: Better = "increase",
    relative: bool = False,
    alpha: float = ALPHA,
) -> Equivalence | NotEstimable:
    """Whether a proportion got worse by less than the margin, from counts."""
    question = _proportions(counts_of(successes_c, n_c, successes_t, n_t), relative)
    return _decide(question, *_one_sided(margin, better), relative, alpha, "non-inferiority")


def _decide(
    question: Question | NotEstimable, low: float, high: float, relative: bool, alpha: float, method: str
) -> Equivalence | NotEstimable:
    if isinstance(question, NotEstimable):
        return question
    level = probability("alpha", alpha)
    if 2 * level >= 1:
        raise InvalidInput(f"alpha is {level:g}.", hint="an interval at 1 - 2 alpha needs an alpha below 0.5.")
    if isinstance(ci := question.ends(level), NotEstimable):
        return ci
    p_lower = 0.0 if low == -math.inf else question.p_above(low)
    p_upper = 0.0 if high == math.inf else question.p_below(high)
    p = max(p_lower, p_upper)
    return Equivalence(
        shown=p < level,
        p_value=p,
        p_lower=p_lower,
        p_upper=p_upper,
        effect=question.effect,
        lift=question.lift,
        ci=ci,
        margin=Interval(low, high),
        relative=relative,
        alpha=level,
        method=method,
        control=question.arms[0],
        treatment=question.arms[1],
    )


def _means(control: Summary | Values, treatment: Summary | Values, relative: bool) -> Question | NotEstimable:
    arms = [values if isinstance(values, Summary) else Summary.of(values) for values in (control, treatment)]
    found = contrast_of(arms[0], arms[1])
    if isinstance(found, NotEstimable):
        return found
    lift, _ = found.lift(ALPHA, "two-sided", "fieller")
    if relative and isinstance(lift, NotEstimable):
        return NO_LIFT

    def p_against(margin: float, side: Literal["greater", "less"]) -> float:
        moved = found.against(margin, relative)
        return p_value(moved.effect / moved.se, moved.df, side)

    return Question(
        arms=(Arm(arms[0].n, arms[0].mean), Arm(arms[1].n, arms[1].mean)),
        effect=found.effect,
        lift=lift,
        p_above=lambda margin: p_against(margin, "greater"),
        p_below=lambda margin: p_against(margin, "less"),
        ends=lambda level: _ends_of_means(found, relative, level),
    )


def _ends_of_means(contrast: Contrast, relative: bool, level: float) -> Interval | NotEstimable:
    if relative:
        return contrast.lift(2 * level, "two-sided", "fieller")[1]
    half = critical(2 * level, contrast.df, "two-sided") * contrast.se
    return Interval(contrast.effect - half, contrast.effect + half)


def _proportions(counts: Counts, relative: bool) -> Question | NotEstimable:
    if not (counts.n_c and counts.n_t):
        return NotEstimable("An arm has no units.", "collect more units.")
    if relative and not counts.x_c:
        return NotEstimable("No unit of the control converted.", "use an absolute margin.")

    def score(margin: float) -> float:
        return score_of_ratio(counts, 1 + margin) if relative else score_of_difference(counts, margin)

    def ends(level: float) -> Interval:
        z = critical(2 * level, None, "two-sided")
        if not relative:
            return Interval(*difference_interval(counts, z))
        lower, upper = ratio_interval(counts, z)
        return Interval(lower - 1, upper - 1)

    return Question(
        arms=(Arm(counts.n_c, counts.p_c), Arm(counts.n_t, counts.p_t)),
        effect=counts.p_t - counts.p_c,
        lift=counts.p_t / counts.p_c - 1 if counts.x_c else NO_LIFT,
        p_above=lambda margin: p_value(score(margin), None, "greater"),
        p_below=lambda margin: p_value(score(margin), None, "less"),
        ends=ends,
    )


def _margin(margin: float | Sequence[float]) -> tuple[float, float]:
    pair = (margin,) if isinstance(margin, int | float) else tuple(margin)
    ends = [finite("margin", end) for end in pair]
    if len(ends) == 1:
        ends = [-abs(ends[0]), abs(ends[0])]
    if len(ends) != 2 or not ends[0] < 0 < ends[1]:  # its two ends
        raise InvalidInput(f"margin is {margin}.", hint="one size above 0, or a lower end below 0 and an upper above.")
    return ends[0], ends[1]


def _one_sided(margin: float, better: Better) -> tuple[float, float]:
    word("direction", better, get_args(Better))
    size = finite("margin", margin)
    if size <= 0:
        raise InvalidInput(f"margin is {size:g}.", hint="the size of the harm that would still do, above 0.")
    return (-size, math.inf) if better == "increase" else (-math.inf, size)
