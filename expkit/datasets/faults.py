"""Experiments whose data are broken in a known way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow.compute as pc

from expkit.datasets.population import START
from expkit.datasets.shop import recommender
from expkit.datasets.simulation import Simulation
from expkit.errors import InvalidInput

__all__ = ["srm_fault"]


def srm_fault(
    users: int = 20_000, seed: int = 0, start: datetime = START, *, key: str = "reco_srm", lost: float = 0.1
) -> Simulation:
    """The recommender experiment, with a share of the treatment's exposures lost at random on the way.

    Nothing else is wrong: the truth is that of the intact experiment.
    """
    if not 0 < lost < 1:
        raise InvalidInput(f"lost is {lost:g}.", hint="the share of lost exposures lies between 0 and 1.")
    whole = recommender(users, seed, start, key=key)
    drawn = np.random.default_rng([seed, 1]).random(whole.exposures.num_rows)
    gone = pc.equal(whole.exposures["variant"], "treatment").to_numpy() & (drawn < lost)
    return replace(
        whole,
        experiment=whole.experiment.changed(name="You may also like: with lost exposures"),
        exposures=whole.exposures.filter(~gone),
        facts={"lost": int(gone.sum())},
    )
