"""A canary release that goes wrong: from some hour on, its requests fail more often."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from expkit.datasets.population import DAY, HOUR, START, Events, Population, exposures, outcomes
from expkit.datasets.simulation import Simulation, Truth, units_asked
from expkit.datasets.tables import TRACES, Array, empty, utc
from expkit.domain import Experiment, Guardrail, Hypothesis, Metric, Plan, Variant
from expkit.errors import InvalidInput

__all__ = ["canary"]

DAYS = 3
REQUESTS = 4.0
"""Mean requests per unit; each makes at least one."""
SPACING = HOUR
"""Between two requests of one unit."""
ERROR, FAULTY_ERROR = 0.004, 0.06
LATENCY_MS, LATENCY_SPREAD = 180.0, 0.5


def _experiment(key: str, share: float) -> Experiment:
    errors = Metric(key="error_rate", name="Errors per request", kind="ratio", event="error", measure="count",
                    denominator="request", direction="decrease", unit="%")  # fmt: skip
    return Experiment(
        key=key,
        name="Canary: checkout service 5.2",
        hypothesis=Hypothesis(text="If version 5.2 serves a small share of the units, then nothing gets worse."),
        owner="dana",
        department="Platform",
        project="checkout",
        type="canary",
        tags=("canary", "release"),
        variants=(
            Variant(key="control", name="5.1", weight=1 - share, params={"version": "5.1"}),
            Variant(key="canary", name="5.2", weight=share, params={"version": "5.2"}),
        ),
        metrics=(
            errors,
            Metric(key="latency", name="Latency per request", kind="ratio", event="request", direction="decrease",
                   unit="ms"),
        ),
        guardrails=(Guardrail(metric=errors, limit=0.02, action="rollback"),),
        plan=Plan(alternative="greater", minimum_effect=0.5, days=DAYS),
    )  # fmt: skip


def canary(
    users: int = 10_000,
    seed: int = 0,
    start: datetime = START,
    *,
    key: str = "checkout_canary",
    share: float = 0.1,
    fault_hour: float = 30.0,
) -> Simulation:
    """Requests with a latency, some of which fail; `facts["fault_at"]` says when the canary's fault begins.

    The truth is about the whole time, before and after the fault.
    """
    if not 0 < share < 1:
        raise InvalidInput(f"share is {share:g}.", hint="the canary's share of the units lies between 0 and 1.")
    rng = np.random.default_rng(seed)
    experiment, label = _experiment(key, share), f"{key}.{seed}."
    population = Population.draw(rng, units_asked(users), label, days=DAYS, start=start)
    arms = population.arms(experiment)
    unit, moment = _requests(rng, population)
    faulty = moment >= fault_hour * HOUR
    chance = np.where(faulty & (arms[unit] == 1), FAULTY_ERROR, ERROR)
    failed = rng.random(len(unit)) < chance
    latency = LATENCY_MS * rng.lognormal(-(LATENCY_SPREAD**2) / 2, LATENCY_SPREAD, len(unit))
    expected = float(np.mean(np.where(faulty, FAULTY_ERROR, ERROR)))
    return Simulation(
        experiment,
        exposures(experiment, population, arms, start, label),
        outcomes(
            population,
            start,
            label,
            {
                "request": Events(unit, latency, moment),
                "error": Events(unit[failed], np.ones(int(failed.sum())), moment[failed]),
            },
        ),
        empty(TRACES),
        {"error_rate": {"canary": Truth(ERROR, expected)}, "latency": {"canary": Truth(LATENCY_MS, LATENCY_MS)}},
        {"fault_at": utc(start) + timedelta(hours=fault_hour), "error_before": ERROR, "error_after": FAULTY_ERROR},
    )


def _requests(rng: np.random.Generator, population: Population) -> tuple[Array, Array]:
    """Unit and moment of each request, up to the end of the last day."""
    number = 1 + rng.poisson(REQUESTS - 1, len(population))
    unit = np.repeat(np.arange(len(population)), number)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(number) - number, number)
    moment = population.arrival[unit] + 1_000_000 + nth * SPACING
    in_time = (moment < DAYS * DAY) | (nth == 0)
    return unit[in_time], moment[in_time]
