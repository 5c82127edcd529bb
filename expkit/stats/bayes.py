"""What to believe about two arms or more: proportions, rates and means under conjugate priors, by quadrature.

Evan Miller (2014) and Stucchio (2015) made P(better) and the expected loss usual for experiments; the families are
textbook (Gelman et al. 2013, Bayesian Data Analysis, ch. 2 and 3). Improper priors are limits of proper ones:
refused where the posterior would be none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from expkit.errors import InvalidInput
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Values, count, finite, probability, word

if TYPE_CHECKING:
    from expkit.stats.posteriors import Posterior

__all__ = ["ArmBelief", "BayesEstimate", "NormalPrior", "bayes_arms", "bayes_means", "bayes_proportions", "bayes_rates"]

Pair: TypeAlias = tuple[float, float]
MIN_ARMS = 2


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """What past effects (or lifts) say about the next one. An infinite sd is the flat, improper prior."""

    mean: float = 0.0
    sd: float = math.inf

    def __post_init__(self) -> None:
        finite("prior mean", self.mean)
        if not self.sd > 0:
            raise InvalidInput(f"The prior's sd is {self.sd}.", hint="above 0; math.inf is the flat prior.")


@dataclass(frozen=True, slots=True)
class BayesEstimate:
    """Beliefs about treatment minus control. `effect` and `lift` are posterior means, of lift the median."""

    effect: float
    ci: Interval
    lift: float | NotEstimable
    lift_ci: Interval | NotEstimable
    probability_better: float
    loss_if_treatment: float
    """What choosing treatment loses on average, in the metric's unit."""
    loss_if_control: float
    alpha: float
    prior: str
    method: str
    kind: Literal["bayes_estimate"] = "bayes_estimate"


@dataclass(frozen=True, slots=True)
class ArmBelief:
    """Beliefs about one of several arms: its own value, whether it is best, and what choosing it would lose."""

    mean: float
    ci: Interval
    probability_best: float
    expected_loss: float


def bayes_proportions(
    successes_c: int,
    n_c: int,
    successes_t: int,
    n_t: int,
    *,
    prior: Pair = (1.0, 1.0),
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> BayesEstimate | NotEstimable:
    """Two conversion rates under a Beta prior for each; (1, 1) is uniform, (0.5, 0.5) Jeffreys', (0, 0) improper.

    >>> round(bayes_proportions(100, 1000, 130, 1000).probability_better, 4)
    0.9822
    """
    arms = [_beta(successes_c, n_c, prior), _beta(successes_t, n_t, prior)]
    name = f"Beta({prior[0]:g}, {prior[1]:g})"
    return _two(arms, probability("alpha", alpha), name, "beta-binomial", lower_is_better)


def bayes_rates(
    events_c: int,
    exposure_c: float,
    events_t: int,
    exposure_t: float,
    *,
    prior: Pair = (0.5, 0.0),
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> BayesEstimate | NotEstimable:
    """Two rates of events per unit of exposure under a Gamma(shape, rate) prior; (0.5, 0) is Jeffreys'."""
    arms = [_gamma(events_c, exposure_c, prior), _gamma(events_t, exposure_t, prior)]
    name = f"Gamma({prior[0]:g}, {prior[1]:g})"
    return _two(arms, probability("alpha", alpha), name, "gamma-poisson", lower_is_better)


def bayes_means(
    control: Summary | Values,
    treatment: Summary | Values,
    *,
    prior: NormalPrior | None = None,
    on: Literal["effect", "lift"] = "effect",
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> BayesEstimate | NotEstimable:
    """Two means. Without a prior, Jeffreys' for each arm: the posterior is that of Behrens and Fisher.

    With a prior on the effect (or `on="lift"`, of which 0.05 means 5 %) the estimate counts as normal with a known
    standard error, that of the lift by the delta method.
    """
    level = probability("alpha", alpha)
    word("on", on, ("effect", "lift"))
    summaries = [arm if isinstance(arm, Summary) else Summary.of(arm) for arm in (control, treatment)]
    if prior is not None:
        return _with_prior(summaries[0], summaries[1], prior, on, level, lower_is_better)
    arms = [_student(arm) for arm in summaries]
    return _two(arms, level, "Jeffreys", "Behrens-Fisher", lower_is_better)


def bayes_arms(
    arms: Mapping[str, Any],
    *,
    family: Literal["proportions", "rates", "means"] = "proportions",
    prior: Pair | None = None,
    alpha: float = ALPHA,
    lower_is_better: bool = False,
) -> dict[str, ArmBelief] | NotEstimable:
    """Many arms at once: (successes, trials) or (events, exposure) for each, or values or a summary.

    >>> found = bayes_arms({"a": (10, 100), "b": (20, 100), "c": (21, 100)})
    >>> [round(arm.probability_best, 3) for arm in found.values()]
    [0.004, 0.429, 0.567]
    """
    from expkit.stats.posteriors import chance_above, loss

    level = probability("alpha", alpha)
    word("family", family, ("proportions", "rates", "means"))
    if len(arms) < MIN_ARMS:
        raise InvalidInput(f"There are {len(arms)} arms.", hint="give two or more.")
    found = {str(name): _posterior(family, arm, prior) for name, arm in arms.items()}
    for one in found.values():
        if isinstance(one, NotEstimable):
            return one
    beliefs: dict[str, Posterior] = {k: v for k, v in found.items() if not isinstance(v, NotEstimable)}
    answers = {}
    for name, own in beliefs.items():
        others = [arm for other, arm in beliefs.items() if other != name]
        ranked, against = (_mirror(own), [_mirror(arm) for arm in others]) if lower_is_better else (own, others)
        answers[name] = ArmBelief(
            mean=own.mean,
            ci=Interval(own.quantile(level / 2), own.quantile(1 - level / 2)),
            probability_best=chance_above(ranked, against),
            expected_loss=loss(ranked, against),
        )
    return answers


def _posterior(family: str, arm: Any, prior: Pair | None) -> Posterior | NotEstimable:
    if family == "means":
        if prior is not None:
            raise InvalidInput("Means take no pair as a prior.", hint="leave prior out, or use bayes_means.")
        return _student(arm if isinstance(arm, Summary) else Summary.of(arm))
    if not isinstance(arm, Sequence) or len(arm) != 2:
        raise InvalidInput("An arm is not a pair.", hint="give (successes, trials) or (events, exposure).")
    if family == "rates":
        return _gamma(arm[0], arm[1], prior or (0.5, 0.0))
    return _beta(arm[0], arm[1], prior or (1.0, 1.0))


def _two(
    arms: Sequence[Posterior | NotEstimable], alpha: float, prior: str, method: str, lower_is_better: bool
) -> BayesEstimate | NotEstimable:
    from expkit.stats.posteriors import chance_above, difference, loss

    control, treatment = arms
    if isinstance(control, NotEstimable):
        return control
    if isinstance(treatment, NotEstimable):
        return treatment
    better = chance_above(control, [treatment]) if lower_is_better else chance_above(treatment, [control])
    if lower_is_better:
        losses = loss(_mirror(treatment), [_mirror(control)]), loss(_mirror(control), [_mirror(treatment)])
    else:
        losses = loss(treatment, [control]), loss(control, [treatment])
    lift, lift_ci = _lift(control, treatment, alpha)
    return BayesEstimate(
        effect=treatment.mean - control.mean,
        ci=Interval(difference(treatment, control, alpha / 2), difference(treatment, control, 1 - alpha / 2)),
        lift=lift,
        lift_ci=lift_ci,
        probability_better=better,
        loss_if_treatment=losses[0],
        loss_if_control=losses[1],
        alpha=alpha,
        prior=prior,
        method=method,
    )


def _lift(
    control: Posterior, treatment: Posterior, alpha: float
) -> tuple[float | NotEstimable, Interval | NotEstimable]:
    """Median and interval of the ratio minus 1, where both arms are surely above zero."""
    from expkit.stats.posteriors import ratio

    if min(control.quantile(1e-9), treatment.quantile(1e-9)) < 0:
        none = NotEstimable("An arm may be zero or below.", "read the absolute effect.")
        return none, none
    low, middle, high = (ratio(treatment, control, p) - 1 for p in (alpha / 2, 0.5, 1 - alpha / 2))
    return middle, Interval(low, high)


def _with_prior(
    control: Summary, treatment: Summary, prior: NormalPrior, on: str, alpha: float, lower_is_better: bool
) -> BayesEstimate | NotEstimable:
    from expkit.stats.distributions import tail
    from expkit.stats.means import compare_means

    found = compare_means(control, treatment, method="z", lift_method="delta")
    if isinstance(found, NotEstimable):
        return found
    size, base = abs(found.control.mean), found.control.mean
    if on == "lift" and isinstance(found.lift, NotEstimable):
        return found.lift
    estimate, se = (found.effect, found.se) if on == "effect" else (found.effect / size, _lift_se(control, treatment))
    mean, sd = shrink(estimate, se, prior)
    scale = 1.0 if on == "effect" else size
    better = tail(mean / sd) if lower_is_better else tail(-mean / sd)
    good, bad = (_partial(mean, sd), _partial(-mean, sd))
    losses = (good, bad) if lower_is_better else (bad, good)
    half = tail_width(alpha) * sd
    none = NotEstimable("No lift near a control mean of zero.", "read the absolute effect.")
    relative = base != 0 and not isinstance(found.lift, NotEstimable)
    unit = size / scale if relative else 1.0
    return BayesEstimate(
        effect=mean * scale,
        ci=Interval((mean - half) * scale, (mean + half) * scale),
        lift=mean / unit if relative else none,
        lift_ci=Interval((mean - half) / unit, (mean + half) / unit) if relative else none,
        probability_better=better,
        loss_if_treatment=losses[0] * scale,
        loss_if_control=losses[1] * scale,
        alpha=alpha,
        prior=f"Normal({prior.mean:g}, {prior.sd:g}) on the {on}",
        method="normal",
    )


def shrink(estimate: float, se: float, prior: NormalPrior) -> tuple[float, float]:
    """Posterior mean and sd of an effect with a known standard error."""
    if math.isinf(prior.sd):
        return estimate, se
    share = prior.sd**2 / (prior.sd**2 + se**2)
    return prior.mean + share * (estimate - prior.mean), se * math.sqrt(share)


def tail_width(alpha: float) -> float:
    from expkit.stats.distributions import critical

    return critical(alpha, None, "two-sided")


def _partial(mean: float, sd: float) -> float:
    """E[max(X, 0)] of a normal X."""
    from expkit.stats.distributions import tail

    z = mean / sd
    return sd * (math.exp(-z * z / 2) / math.sqrt(2 * math.pi) + z * tail(-z)) if z > -37 else 0.0


def _lift_se(control: Summary, treatment: Summary) -> float:
    lift = treatment.mean / control.mean - 1
    c, t = control.var / control.n, treatment.var / treatment.n
    return math.sqrt(t + (1 + lift) ** 2 * c) / abs(control.mean)


def _beta(successes: int, trials: int, prior: Pair) -> Posterior | NotEstimable:
    from expkit.stats.posteriors import BetaPosterior

    s, n, (a, b) = count("successes", successes), count("trials", trials), _prior(prior)
    if s > n:
        raise InvalidInput(f"{s} successes of {n}.", hint="give successes first, then trials.")
    if a + s <= 0 or b + n - s <= 0:
        return NotEstimable("The prior is improper and the counts do not mend it.", "use prior=(1, 1), or wait.")
    return BetaPosterior(a + s, b + n - s)


def _gamma(events: int, exposure: float, prior: Pair) -> Posterior | NotEstimable:
    from expkit.stats.posteriors import GammaPosterior

    seen, time, (shape, rate) = count("events", events), finite("exposure", exposure), _prior(prior)
    if time < 0:
        raise InvalidInput(f"exposure is {time:g}.", hint="units or time observed, at least 0.")
    if shape + seen <= 0 or rate + time <= 0:
        return NotEstimable("The prior is improper and the counts do not mend it.", "use a proper prior, or wait.")
    return GammaPosterior(shape + seen, rate + time)


def _student(arm: Summary) -> Posterior | NotEstimable:
    from expkit.stats.posteriors import StudentPosterior

    if arm.n < 2 or arm.constant or arm.var == 0:
        return NotEstimable(
            "Jeffreys' prior needs two different values in every arm.", "collect more units, or give a prior."
        )
    return StudentPosterior(arm.mean, math.sqrt(arm.var / arm.n), arm.n - 1.0)


def _prior(prior: Pair) -> Pair:
    try:
        first, second = prior
    except (TypeError, ValueError):
        raise InvalidInput("The prior is not a pair.", hint="e.g. (1, 1).") from None
    a, b = finite("prior", first), finite("prior", second)
    if min(a, b) < 0:
        raise InvalidInput(f"The prior is ({a:g}, {b:g}).", hint="both numbers are at least 0.")
    return a, b


def _mirror(arm: Posterior) -> Posterior:
    from expkit.stats.mirrored import Mirrored

    return Mirrored(arm)
