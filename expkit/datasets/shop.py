"""A recommendation experiment: a new ranking model in the "you may also like" box of a shop."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
import pyarrow as pa

from expkit.datasets.population import DAY, START, Population, exposures
from expkit.datasets.simulation import Simulation, Truth, units_asked
from expkit.datasets.tables import OUTCOMES, TRACES, Array, Coded, Ids, empty, table, texts, times
from expkit.domain import (
    Experiment,
    Guardrail,
    Hypothesis,
    Metric,
    Parameter,
    Plan,
    Prediction,
    RecommenderVariant,
    Variant,
)

__all__ = ["recommender", "recommender_experiment"]

DAYS = 14
PLACEMENTS = ("pdp", "home", "search", "newsfeed", "cart")
PLACEMENT_SHARES = (0.45, 0.25, 0.15, 0.10, 0.05)
WEEKDAYS = (1.00, 0.97, 0.97, 1.00, 1.03, 1.12, 1.08)
"""How much more is clicked and bought on Monday, Tuesday, ..."""
RETURNING = 0.35
"""The share of known users that come a second time."""
NOVELTY, NOVELTY_DAYS = 0.6, 2.0
"""The effect is by so much larger on the first day; that excess fades over so many days."""
PAGE_LOAD_SPREAD = 0.4
REVENUE_SPREAD = 0.6
SECOND = 1_000_000
MAX_IMPRESSIONS = 3

EVENTS = ("page_load", "impression", "bounce", "click", "add_to_cart", "purchase")


def recommender_experiment(key: str = "reco_ymal_v1") -> Experiment:
    """The definition alone: a draft, ready to be created."""
    return Experiment(
        key=key,
        name="You may also like: ranking model v3",
        hypothesis=Hypothesis(
            if_="the box ranks by style similarity with model v3",
            then="more units add something to their cart",
            because="what is shown fits what they look at",
            prediction=Prediction(metric="add_to_cart", lift=0.08, confidence=0.6),
        ),
        owner="ann",
        department="Personalisation",
        project="shop",
        type="recommender",
        tags=("recommender", "ranking"),
        placements=PLACEMENTS,
        parameters={
            "model_version": Parameter(type="string", default="v2", choices=("v2", "v3")),
            "rerank_weight_price": Parameter(type="number", default=0.5, minimum=0, maximum=1),
            "rerank_weight_style": Parameter(type="number", default=0.0, minimum=0, maximum=1),
        },
        variants=(_variant("control", "v2", price=0.5, style=0.0), _variant("treatment", "v3", price=0.2, style=0.6)),
        metrics=(
            Metric(key="add_to_cart", name="Add-to-cart rate", unit="%"),
            Metric(key="ctr", name="Click-through rate", kind="ratio", event="click", measure="count",
                   denominator="impression", unit="%"),
            Metric(key="purchase", name="Conversion rate", unit="%"),
            Metric(key="revenue", name="Revenue per unit", kind="sum", event="purchase", unit="EUR"),
        ),
        guardrails=(
            Guardrail(
                metric=Metric(key="page_load", name="Page load time", kind="ratio", direction="decrease", unit="ms"),
                max_change=0.1,
            ),
            Guardrail(metric=Metric(key="bounce", name="Bounce rate", direction="decrease", unit="%"), max_change=0.05),
        ),
        plan=Plan(minimum_effect=0.05, days=DAYS),
    )  # fmt: skip


def _variant(key: str, model: str, *, price: float, style: float) -> Variant:
    weights = {"price": price, "style": style}
    return Variant(key=key, weight=0.5, recommender=RecommenderVariant(model_version=model, reranking=weights))


@dataclass(frozen=True)
class _Visits:
    """One row per visit; the first ones are the units' first visits, in order."""

    unit: Array
    age: Array
    """Whole days since the unit's first visit."""
    moment: Array
    weekday: Array
    impressions: Array


@dataclass(frozen=True)
class _Rates:
    """What is expected of each visit under one variant."""

    bounce: Array
    click: Array
    cart: Array
    buy: Array
    value: Array
    load: Array

    @classmethod
    def mixed(cls, control: _Rates, treatment: _Rates, treated: Array) -> _Rates:
        """Each visit under the variant that its unit has."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.where(treated, getattr(treatment, name), getattr(control, name)) for name in names))


def recommender(
    users: int = 20_000, seed: int = 0, start: datetime = START, *, key: str = "reco_ymal_v1", days: int = DAYS
) -> Simulation:
    """Impressions, clicks, carts, purchases, page loads and bounces of `users` units over `days` days.

    Effects differ by device and user type and are larger when new; weekends differ; a tenth of the units has no
    user_id; what units bought before is among the attributes of their exposures.
    """
    rng = np.random.default_rng(seed)
    experiment, label = recommender_experiment(key), f"{key}.{seed}."
    population = Population.draw(rng, units_asked(users), label, days=days, start=start)
    arms = population.arms(experiment)
    visits = _visits(rng, population, days, start)
    control, treatment = (_rates(population, visits, treated) for treated in (0.0, 1.0))
    rates = _Rates.mixed(control, treatment, arms[visits.unit] == 1)
    placements = Coded(PLACEMENTS, rng.choice(len(PLACEMENTS), len(population), p=PLACEMENT_SHARES).astype(np.int8))
    known, expected = _expectations(visits, control), _expectations(visits, treatment)
    return Simulation(
        experiment,
        exposures(experiment, population, arms, start, label, placements),
        _outcomes(rng, population, visits, rates, start, label),
        empty(TRACES),
        {metric: {"treatment": Truth(known[metric], expected[metric])} for metric in known},
    )


def _visits(rng: np.random.Generator, population: Population, days: int, start: datetime) -> _Visits:
    first = np.arange(len(population))
    gap = rng.geometric(0.35, len(population))
    back = population.named & (rng.random(len(population)) < RETURNING) & (population.arrival // DAY + gap < days)
    again = first[back]
    unit = np.concatenate([first, again])
    age = np.concatenate([np.zeros_like(first), gap[back]])
    moment = population.arrival[unit] + age * DAY
    weekday = (start.weekday() + moment // DAY) % 7
    return _Visits(unit, age, moment, weekday, rng.integers(1, MAX_IMPRESSIONS + 1, len(unit)))


def _rates(population: Population, visits: _Visits, treated: float) -> _Rates:
    device, country, kind = (population.segments[name] for name in ("device", "country", "user_type"))
    unit = visits.unit
    # heterogeneous: strongest on mobile and for newcomers, none on tablets; and fading
    strength = (device.pick((1.2, 0.8, 0.0)) * kind.pick((1.3, 0.8)))[unit]
    strength = treated * strength * (1 + NOVELTY * np.exp(-visits.age / NOVELTY_DAYS))
    eagerness = np.sqrt(population.propensity)[unit] * np.asarray(WEEKDAYS)[visits.weekday]
    return _Rates(
        bounce=device.pick((0.34, 0.26, 0.30))[unit] * (1 - 0.02 * strength),
        click=np.minimum(0.10 * eagerness * (1 + 0.07 * strength), 0.9),
        cart=np.minimum((0.13 * kind.pick((0.8, 1.15)))[unit] * eagerness * (1 + 0.06 * strength), 0.9),
        buy=np.minimum((0.35 * country.pick((1.1, 0.9, 1.0, 1.0, 1.05)))[unit] * np.sqrt(eagerness), 0.9),
        value=country.pick((48.0, 42.0, 45.0, 60.0, 46.0))[unit] * (1 + 0.01 * treated),
        load=device.pick((950.0, 640.0, 820.0))[unit] * (1 + 0.015 * treated),
    )


def _expectations(visits: _Visits, rates: _Rates) -> dict[str, float]:
    """Each metric's expectation over the units, in closed form given who they are and when they come."""
    stays = 1 - rates.bounce
    sales = stays * rates.cart * rates.buy
    units = len(visits.unit) - int(np.count_nonzero(visits.age))
    return {
        "add_to_cart": _ever(visits, stays * rates.cart),
        "ctr": float(np.sum(stays * rates.click * visits.impressions) / np.sum(visits.impressions)),
        "purchase": _ever(visits, sales),
        "revenue": float(np.sum(sales * rates.value)) / units,
        "page_load": float(np.mean(rates.load)),
        "bounce": _ever(visits, rates.bounce),
    }


def _ever(visits: _Visits, chance: Array) -> float:
    """The mean chance of at least one success over a unit's visits, of which there are one or two."""
    units = len(visits.unit) - int(np.count_nonzero(visits.age))
    never = 1 - chance[:units]
    never[visits.unit[units:]] *= 1 - chance[units:]
    return float(np.mean(1 - never))


def _outcomes(
    rng: np.random.Generator, population: Population, visits: _Visits, rates: _Rates, start: datetime, label: str
) -> pa.Table:
    count = len(visits.unit)
    bounced = rng.random(count) < rates.bounce
    cart = ~bounced & (rng.random(count) < rates.cart)
    bought = cart & (rng.random(count) < rates.buy)
    shown = np.repeat(np.arange(count), visits.impressions)
    clicked = shown[~bounced[shown] & (rng.random(len(shown)) < rates.click[shown])]
    load = rates.load * _around_one(rng, PAGE_LOAD_SPREAD, count)
    sales = np.flatnonzero(bought)
    revenue = np.round(rates.value[sales] * _around_one(rng, REVENUE_SPREAD, len(sales)), 2)
    visit = [np.arange(count), shown, np.flatnonzero(bounced), clicked, np.flatnonzero(cart), sales]
    value = [load, *(np.ones(len(rows)) for rows in visit[1:5]), revenue]
    return _outcome_table(population, visits, visit, np.concatenate(value), start, label)


def _outcome_table(
    population: Population, visits: _Visits, visit: list[Array], value: Array, start: datetime, label: str
) -> pa.Table:
    """The rows event by event; on a visit the page loads first and the purchase comes last."""
    rows, kind = np.concatenate(visit), np.repeat(np.arange(len(EVENTS)), list(map(len, visit)))
    # a known user's second visit is another session
    later = Ids.numbered(f"{label}t", int(np.count_nonzero(visits.age))).column()
    sessions = pa.concat_arrays([population.sessions, later])
    return table(
        OUTCOMES,
        {
            "event_id": Ids.numbered(f"{label}o", len(rows)).column(),
            "event": texts(EVENTS, kind),
            "value": pa.array(value),
            "user_id": population.users.take(pa.array(visits.unit[rows])),
            "session_id": sessions.take(pa.array(rows)),
            "properties": "{}",
            "timestamp": times(start, visits.moment[rows] + np.asarray([1, 2, 5, 10, 40, 300])[kind] * SECOND),
        },
    )


def _around_one(rng: np.random.Generator, spread: float, count: int) -> Array:
    """Log-normal factors whose mean is 1."""
    return rng.lognormal(-(spread**2) / 2, spread, count)
