"""A history of finished experiments, whose true effects come from one prior."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from expkit.datasets.population import START
from expkit.datasets.simulation import Truth
from expkit.datasets.tables import utc
from expkit.domain import Decision, Experiment, Hypothesis, Metric, Plan, Prediction, Rice, Status, Variant
from expkit.errors import InvalidInput, shorten
from expkit.stats import Estimate, NotEstimable, compare_proportions

__all__ = ["PastExperiment", "history"]

MAX_COUNT = 100_000
DULL, DULL_SPREAD, BOLD_SPREAD = 0.8, 0.01, 0.06
"""The prior of the true lift: mostly next to nothing, sometimes large, either way around zero."""

AREAS = {
    "checkout": ("Payments", "fewer fields", "guest checkout", "express button", "address lookup"),
    "search": ("Discovery", "typo tolerance", "synonyms", "fresh items first", "larger tiles"),
    "home": ("Growth", "shorter hero", "personal greeting", "seasonal banner", "fewer carousels"),
    "pdp": ("Personalisation", "more photos", "size advice", "similar items", "delivery date"),
    "email": ("Lifecycle", "plain subject", "send at noon", "cart reminder", "fewer mails"),
}
OWNERS = ("ann", "ben", "chen", "dana", "eve")
METRICS = ("conversion", "add_to_cart", "signup", "click")


@dataclass(frozen=True)
class PastExperiment:
    """What was asked, what came out, what was decided, and what was true all along."""

    experiment: Experiment
    units: tuple[int, int]
    """In control and treatment."""
    successes: tuple[int, int]
    truth: Truth
    estimate: Estimate | NotEstimable
    decision: Decision


def history(count: int = 100, seed: int = 0, start: datetime = START) -> list[PastExperiment]:
    """`count` experiments that ended before `start`, the oldest first."""
    if type(count) is not int or not 0 <= count <= MAX_COUNT:
        raise InvalidInput(f"count is {shorten(count)}.", hint=f"give a whole number up to {MAX_COUNT:,}.")
    rng = np.random.default_rng(seed)
    ended = sorted(rng.uniform(1, 730, count), reverse=True)
    return [_past(rng, f"{number:04d}", utc(start) - timedelta(days=days)) for number, days in enumerate(ended, 1)]


def _past(rng: np.random.Generator, number: str, ended: datetime) -> PastExperiment:
    baseline = float(rng.uniform(0.02, 0.3))
    lift = float(rng.normal(0, DULL_SPREAD if rng.random() < DULL else BOLD_SPREAD))
    truth = Truth(baseline, min(baseline * (1 + lift), 0.95))
    total = int(rng.lognormal(10, 0.7)) + 1_000
    treated = int(rng.binomial(total, 0.5))
    units = (total - treated, treated)
    successes = (int(rng.binomial(units[0], truth.control)), int(rng.binomial(units[1], truth.treatment)))
    estimate = compare_proportions(successes[0], units[0], successes[1], units[1])
    action, status = _verdict(estimate)
    experiment = _definition(rng, number, ended, status)
    decision = Decision(
        experiment=experiment.key,
        action=action,
        variant="treatment" if action == "promote" else None,
        reason=f"{experiment.primary_metric.title}: {_told(estimate)}.",
        actor=experiment.owner,
        look=1,
        at=ended,
    )
    return PastExperiment(experiment, units, successes, truth, estimate, decision)


def _verdict(estimate: Estimate | NotEstimable) -> tuple[str, Status]:
    """What a team that trusts p < 0.05 does."""
    if not isinstance(estimate, Estimate) or not estimate.significant:
        return "abandon", "completed"
    return ("promote", "rolled_out") if estimate.effect > 0 else ("rollback", "rolled_back")


def _told(estimate: Estimate | NotEstimable) -> str:
    if not isinstance(estimate, Estimate):
        return estimate.reason.rstrip(".").lower()
    return f"{estimate.effect:+.4f} (p = {estimate.p_value:.3f})"


def _definition(rng: np.random.Generator, number: str, ended: datetime, status: Status) -> Experiment:
    area = str(rng.choice(list(AREAS)))
    department, *ideas = AREAS[area]
    idea, metric = str(rng.choice(ideas)), str(rng.choice(METRICS))
    began = ended - timedelta(days=float(rng.integers(7, 29)))
    return Experiment(
        key=f"{area}-{idea.replace(' ', '-')}-{number}",
        name=f"{area.capitalize()}: {idea}",
        hypothesis=Hypothesis(
            if_=f"{area} gets {idea}",
            then=f"{metric.replace('_', ' ')} goes up",
            prediction=Prediction(
                metric=metric, lift=round(float(rng.exponential(0.05)), 3), confidence=round(float(rng.beta(4, 2)), 2)
            ),
        ),
        owner=str(rng.choice(OWNERS)),
        department=department,
        project=area,
        tags=(area,),
        variants=(Variant(key="control", weight=0.5), Variant(key="treatment", weight=0.5, params={"idea": idea})),
        metrics=(Metric(key=metric),),
        plan=Plan(minimum_effect=0.05),
        rice=Rice(
            reach=float(rng.integers(1, 100) * 1_000),
            impact=float(rng.choice([0.5, 1, 2, 3])),
            confidence=round(float(rng.uniform(0.3, 1)), 2),
            effort=float(rng.integers(1, 9)),
        ),
        status=status,
        created_at=began - timedelta(days=3),
        updated_at=ended,
        started_at=began,
        stopped_at=ended,
    )
