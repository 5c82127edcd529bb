"""Model calls: two versions of a model compared, with one trace per call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from expkit.datasets.population import DAY, START, Events, Population, exposures, outcomes
from expkit.datasets.simulation import Simulation, Truth, units_asked
from expkit.datasets.tables import TRACES, Array, Ids, table, texts, times
from expkit.domain import Experiment, Guardrail, Hypothesis, Metric, Plan, Prediction, Variant

__all__ = ["model_comparison"]

DAYS = 7
CALLS = 2.5
"""Mean calls per unit; each makes at least one."""
LATENCY_SPREAD, COST_SPREAD = 0.5, 0.35
MINUTE = DAY // 1440


@dataclass(frozen=True)
class _Model:
    """What is expected of one call."""

    model: str
    version: str
    latency_ms: float
    cost: float
    quality: float
    """Mean of a Beta distribution."""
    error: float
    accepted: float
    """The share of answers that the reader keeps, of those without an error."""


MODELS = (
    _Model("answers", "2.3", latency_ms=820.0, cost=0.0041, quality=0.71, error=0.012, accepted=0.34),
    _Model("answers", "3.0", latency_ms=905.0, cost=0.0036, quality=0.75, error=0.010, accepted=0.37),
)
CERTAINTY = 12.0
"""The two parameters of the Beta distribution add up to this."""


def _experiment(key: str) -> Experiment:
    def per_call(name: str, title: str, **more: Any) -> Metric:
        return Metric(key=name, name=title, kind="ratio", **more)

    latency = per_call("latency", "Latency per call", direction="decrease", unit="ms")
    error = per_call("error_rate", "Errors per call", event="error", measure="count", denominator="latency",
                     direction="decrease", unit="%")  # fmt: skip
    return Experiment(
        key=key,
        name="Answering model 3.0 against 2.3",
        hypothesis=Hypothesis(
            if_="questions are answered by version 3.0",
            then="more units keep an answer",
            because="its answers are better and cost less",
            prediction=Prediction(metric="accepted", lift=0.06, confidence=0.7),
        ),
        owner="ben",
        department="Assistance",
        project="answers",
        type="model",
        tags=("model", "llm"),
        variants=tuple(
            Variant(key=arm, weight=0.5, params={"model": model.model, "version": model.version})
            for arm, model in zip(("control", "treatment"), MODELS, strict=True)
        ),
        metrics=(
            Metric(key="accepted", name="Units that keep an answer", unit="%"),
            per_call("quality", "Quality per answer"),
            Metric(key="cost", name="Cost per unit", kind="sum", direction="decrease", unit="EUR"),
        ),
        guardrails=(Guardrail(metric=latency, max_change=0.2), Guardrail(metric=error, limit=0.05, action="pause")),
        plan=Plan(minimum_effect=0.05, days=DAYS),
    )


def model_comparison(
    users: int = 10_000, seed: int = 0, start: datetime = START, *, key: str = "answers_v3"
) -> Simulation:
    """One to a handful of calls per unit, each with a trace: latency, cost, quality, error.

    The same numbers come as outcomes, so that metrics can use them; a failed call has no quality.
    """
    rng = np.random.default_rng(seed)
    experiment, label = _experiment(key), f"{key}.{seed}."
    population = Population.draw(rng, units_asked(users), label, days=DAYS, start=start)
    arms = population.arms(experiment)
    number = 1 + rng.poisson(CALLS - 1, len(population))
    calls = _Calls.draw(rng, population, arms, number)
    control, treatment = (_expectations(model, number) for model in MODELS)
    return Simulation(
        experiment,
        exposures(experiment, population, arms, start, label),
        outcomes(population, start, label, calls.outcomes()),
        calls.traces(experiment, population, start, label),
        {metric: {"treatment": Truth(control[metric], treatment[metric])} for metric in control},
    )


def _expectations(model: _Model, number: Array) -> dict[str, float]:
    """Over units that make so many calls."""
    kept = (1 - model.error) * model.accepted
    return {
        "accepted": float(np.mean(1 - (1 - kept) ** number)),
        "quality": model.quality,
        "cost": model.cost * float(np.mean(number)),
        "latency": model.latency_ms,
        "error_rate": model.error,
    }


@dataclass(frozen=True)
class _Calls:
    """One row per call."""

    unit: Array
    arm: Array
    moment: Array
    latency: Array
    cost: Array
    quality: Array
    failed: Array
    accepted: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, population: Population, arms: Array, number: Array) -> _Calls:
        unit = np.repeat(np.arange(len(population)), number)
        arm, count = arms[unit], len(unit)

        def of(name: str) -> Array:
            return np.asarray([getattr(model, name) for model in MODELS])[arm]

        nth = np.arange(count) - np.repeat(np.cumsum(number) - number, number)
        failed = rng.random(count) < of("error")
        quality = rng.beta(CERTAINTY * of("quality"), CERTAINTY * (1 - of("quality")))
        return cls(
            unit,
            arm,
            population.arrival[unit] + (1 + 3 * nth) * MINUTE,
            of("latency_ms") * rng.lognormal(-(LATENCY_SPREAD**2) / 2, LATENCY_SPREAD, count),
            of("cost") * rng.lognormal(-(COST_SPREAD**2) / 2, COST_SPREAD, count),
            quality,
            failed,
            ~failed & (rng.random(count) < of("accepted")),
        )

    def traces(self, experiment: Experiment, population: Population, start: datetime, label: str) -> pa.Table:
        rows = pa.array(self.unit)
        return table(
            TRACES,
            {
                "event_id": Ids.numbered(f"{label}c", len(self.unit)).column(),
                "model": texts([model.model for model in MODELS], self.arm),
                "prompt": "answer",
                "version": texts([model.version for model in MODELS], self.arm),
                "experiment": experiment.key,
                "variant": texts([variant.key for variant in experiment.variants], self.arm),
                "user_id": population.users.take(rows),
                "session_id": population.sessions.take(rows),
                "latency_ms": pa.array(self.latency),
                "cost": pa.array(self.cost),
                "quality": pa.array(self.quality, mask=self.failed),
                "error": texts(["", "timeout"], self.failed.astype(np.int8)),
                "properties": "{}",
                "timestamp": times(start, self.moment),
            },
        )

    def outcomes(self) -> dict[str, Events]:
        def at(rows: Array, values: Array) -> Events:
            return Events(self.unit[rows], values, self.moment[rows])

        everywhere, answered = np.arange(len(self.unit)), np.flatnonzero(~self.failed)
        failed, accepted = np.flatnonzero(self.failed), np.flatnonzero(self.accepted)
        return {
            "latency": at(everywhere, self.latency),
            "cost": at(everywhere, self.cost),
            "quality": at(answered, self.quality[answered]),
            "error": at(failed, np.ones(len(failed))),
            "accepted": at(accepted, np.ones(len(accepted))),
        }
