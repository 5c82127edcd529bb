"""The plan of an experiment, in weeks and with covariates."""

from __future__ import annotations

from datetime import date

import pytest

from expkit.design import size_experiment
from expkit.domain import Experiment, Variant


def experiment() -> Experiment:
    return Experiment(
        key="checkout",
        name="Checkout",
        hypothesis="If shorter, then more, because less work.",
        variants=[Variant(key="control", weight=0.5), Variant(key="treatment", weight=0.5)],
        metrics=["conversion"],
        plan={"minimum_effect": 0.1},
    )


def test_weeks_and_the_last_day() -> None:
    """From a Monday, with quiet weekends."""
    found = size_experiment(experiment(), baseline=0.1, daily_units=[3000] * 5 + [500, 500], start=date(2026, 11, 23))
    assert (found.days, found.weeks, found.end) == (12, 2, date(2026, 12, 6))
    assert size_experiment(experiment(), baseline=0.1).weeks is None


def test_a_covariate_shortens_it() -> None:
    """By 1 - rho^2."""
    plain, saved = (size_experiment(experiment(), baseline=0.1, rho=rho) for rho in (0, 0.7))
    assert saved.total == pytest.approx(0.51 * plain.total, rel=1e-3)
