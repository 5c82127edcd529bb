"""Who takes part: units with ids, segments, a past, and a moment of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from expkit.assign import split
from expkit.datasets.tables import EXPOSURES, OUTCOMES, Array, Coded, Ids, json_texts, table, texts, times
from expkit.domain import Experiment

__all__ = ["DAY", "HOUR", "START", "Events", "Population", "exposures", "outcomes"]

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAY = 86_400_000_000  # microseconds
HOUR = DAY // 24

COUNTRIES = {"DE": 0.30, "FR": 0.20, "GB": 0.20, "US": 0.20, "NL": 0.10}
DEVICES = {"mobile": 0.60, "desktop": 0.32, "tablet": 0.08}
USER_TYPES = {"new": 0.40, "returning": 0.60}
TRAFFIC = (1.00, 0.95, 0.95, 1.00, 1.10, 1.35, 1.25)
"""Arrivals on Monday, Tuesday, ..., relative to each other."""
ANONYMOUS = 0.10
"""The share of units that are known by their session only."""
BASKET = 5.0
"""Past revenue is known in steps of this."""


@dataclass(frozen=True)
class Population:
    """One row per unit."""

    users: pa.Array
    sessions: pa.Array
    units: list[str]
    named: Array
    """Whether the unit has a user_id."""
    segments: Mapping[str, Coded]
    propensity: Array
    """How much more than others the unit does of everything; 1 on average, hidden from the analysis."""
    pre_purchases: Array
    pre_revenue: Array
    arrival: Array
    """Microseconds after the start."""

    def __len__(self) -> int:
        return len(self.units)

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        users: int,
        label: str,
        *,
        days: int,
        start: datetime,
        anonymous: float = ANONYMOUS,
    ) -> Population:
        """`label` keeps the ids of different simulations apart."""
        named = rng.random(users) >= anonymous
        user, session = Ids.numbered(f"{label}u", users), Ids.numbered(f"{label}s", users)
        segments = {
            "country": _draw(rng, COUNTRIES, users),
            "device": _draw(rng, DEVICES, users),
            "user_type": _draw(rng, USER_TYPES, users),
        }
        propensity = rng.standard_gamma(4.0, users) / 4
        purchases = np.minimum(rng.poisson(propensity * segments["user_type"].pick((0.25, 1.5))), 20)
        revenue = np.minimum(rng.standard_gamma(2.0 * purchases) * 22, 2_000)
        return cls(
            user.column(named),
            session.column(),
            user.where(named, session).tolist(),
            named,
            segments,
            propensity,
            purchases,
            np.rint(revenue / BASKET) * BASKET,
            _arrivals(rng, users, days, start),
        )

    def attributes(self) -> pa.Array:
        """Segments and past, as JSON."""
        steps = (self.pre_revenue / BASKET).astype(np.int64)
        past = {
            "pre_purchases": Coded(tuple(range(21)), self.pre_purchases),
            "pre_revenue": Coded(tuple(BASKET * step for step in range(int(steps.max(initial=0)) + 1)), steps),
        }
        return json_texts({**self.segments, **past})

    def arms(self, experiment: Experiment) -> Array:
        """The place of each unit's variant: the assigner's own hash."""
        return split(experiment, self.units)


def exposures(
    experiment: Experiment,
    population: Population,
    arms: Array,
    start: datetime,
    label: str,
    placements: Coded | None = None,
) -> pa.Table:
    """One exposure per unit that was let in, at its arrival."""
    placements = placements or Coded(("",), np.zeros(len(arms), dtype=np.int8))
    let_in = np.flatnonzero(arms >= 0)
    rows = pa.array(let_in)
    return table(
        EXPOSURES,
        {
            "event_id": Ids.numbered(f"{label}e", len(let_in)).column(),
            "experiment": experiment.key,
            "variant": texts([variant.key for variant in experiment.variants], arms[let_in]),
            "user_id": population.users.take(rows),
            "session_id": population.sessions.take(rows),
            "placement": texts(placements.levels, placements.codes[let_in]),
            "attributes": population.attributes().take(rows),
            "timestamp": times(start, population.arrival[let_in]),
        },
    )


class Events(NamedTuple):
    """Outcomes of one name: whose they are, how much, and when, in microseconds after the start."""

    unit: Array
    value: Array
    moment: Array


def outcomes(population: Population, start: datetime, label: str, events: Mapping[str, Events]) -> pa.Table:
    """The outcomes of units that have one session each."""
    parts = list(events.values())
    units = pa.array(np.concatenate([part.unit for part in parts]))
    return table(
        OUTCOMES,
        {
            "event_id": Ids.numbered(f"{label}o", len(units)).column(),
            "event": texts(tuple(events), np.repeat(np.arange(len(parts)), [len(part.unit) for part in parts])),
            "value": pa.array(np.concatenate([part.value for part in parts])),
            "user_id": population.users.take(units),
            "session_id": population.sessions.take(units),
            "properties": "{}",
            "timestamp": times(start, np.concatenate([part.moment for part in parts])),
        },
    )


def _draw(rng: np.random.Generator, shares: Mapping[Any, float], count: int) -> Coded:
    bounds = np.cumsum(list(shares.values()))[:-1]
    return Coded(tuple(shares), np.searchsorted(bounds, rng.random(count), side="right").astype(np.int8))


def _arrivals(rng: np.random.Generator, count: int, days: int, start: datetime) -> Array:
    """More of them at the weekend, and in the evening."""
    weights = np.array([TRAFFIC[(start.weekday() + day) % 7] for day in range(days)])
    day = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(count), side="right")
    moment: Array = day * DAY + (rng.triangular(0.0, 20.0, 24.0, count) * HOUR).astype(np.int64)
    return moment
