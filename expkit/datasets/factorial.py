"""A multivariate experiment: two factors of a landing page, all combinations, a known interaction."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from expkit.datasets.population import START, Events, Population, exposures, outcomes
from expkit.datasets.simulation import Simulation, Truth, units_asked
from expkit.datasets.tables import TRACES, Array, empty
from expkit.domain import Experiment, Hypothesis, Metric, Plan, Variant
from expkit.errors import InvalidInput

__all__ = ["multivariate"]

DAYS = 10
HEADLINES = ("plain", "question")
IMAGES = ("photo", "drawing", "none")
BASELINE = 0.12
HEADLINE_EFFECTS = (0.0, 0.015)
IMAGE_EFFECTS = (0.0, 0.010, -0.008)
INTERACTION = 0.012
"""What the question headline adds on top when a drawing goes with it."""
TIME_ON_PAGE_S = 24.0
MINUTE = 60_000_000


def _chances(images: int) -> Array:
    """The sign-up rate by headline and image."""
    chances = BASELINE + np.add.outer(HEADLINE_EFFECTS, IMAGE_EFFECTS[:images])
    chances[1, 1] += INTERACTION
    return chances


def _experiment(key: str, images: int) -> Experiment:
    cells = [(headline, image) for headline in HEADLINES for image in IMAGES[:images]]
    return Experiment(
        key=key,
        name="Landing page: headline and image",
        hypothesis=Hypothesis(
            if_="the headline asks a question and a drawing goes with it",
            then="more units sign up",
            because="the two tell one story",
        ),
        owner="eve",
        department="Growth",
        project="landing",
        type="multivariate",
        tags=("factorial",),
        variants=tuple(
            Variant(
                key="control" if place == 0 else f"{headline}-{image}",
                name=f"{headline} headline, {image}",
                params={"headline": headline, "image": image},
            )
            for place, (headline, image) in enumerate(cells)
        ),
        metrics=(
            Metric(key="signup", name="Sign-up rate", unit="%"),
            Metric(key="time_on_page", name="Time on page", kind="sum", unit="s"),
        ),
        plan=Plan(minimum_effect=0.1, days=DAYS),
    )


def multivariate(
    users: int = 20_000, seed: int = 0, start: datetime = START, *, key: str = "landing_mvt", images: int = 2
) -> Simulation:
    """Sign-ups of a 2 x `images` factorial; `facts` holds the rate of every cell, main effects and interaction."""
    if images not in (2, 3):
        raise InvalidInput(f"images is {images!r}.", hint="the factorial is 2 x 2 or 2 x 3.")
    rng = np.random.default_rng(seed)
    experiment, label = _experiment(key, images), f"{key}.{seed}."
    population = Population.draw(rng, units_asked(users), label, days=DAYS, start=start)
    arms, chances = population.arms(experiment), _chances(images)
    signed_up = np.flatnonzero(rng.random(len(arms)) < chances.ravel()[arms])
    seconds = rng.exponential(TIME_ON_PAGE_S, len(arms))
    rates = dict(zip([variant.key for variant in experiment.variants], chances.ravel().tolist(), strict=True))
    treatments = [variant.key for variant in experiment.treatments]
    return Simulation(
        experiment,
        exposures(experiment, population, arms, start, label),
        outcomes(
            population,
            start,
            label,
            {
                "time_on_page": Events(np.arange(len(arms)), seconds, population.arrival + MINUTE),
                "signup": Events(signed_up, np.ones(len(signed_up)), population.arrival[signed_up] + 2 * MINUTE),
            },
        ),
        empty(TRACES),
        {
            "signup": {arm: Truth(BASELINE, rates[arm]) for arm in treatments},
            "time_on_page": {arm: Truth(TIME_ON_PAGE_S, TIME_ON_PAGE_S) for arm in treatments},
        },
        {
            "rates": rates,
            "headline_effects": dict(zip(HEADLINES, HEADLINE_EFFECTS, strict=True)),
            "image_effects": dict(zip(IMAGES[:images], IMAGE_EFFECTS, strict=False)),
            "interaction": {"question-drawing": INTERACTION},
        },
    )
