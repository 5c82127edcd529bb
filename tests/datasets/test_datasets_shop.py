"""The simulated recommender experiment: its columns, its truth, its determinism."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from expkit.assign import Assigner
from expkit.datasets import Simulation, recommender
from expkit.datasets.tables import EXPOSURES, OUTCOMES, TRACES
from expkit.domain import Exposure, Outcome
from expkit.errors import InvalidInput

USERS = 60_000


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return recommender(users=USERS, seed=3)


def test_columns_are_canonical(simulation: Simulation) -> None:
    """Tables have the columns and types in which events are logged."""
    assert simulation.exposures.schema == EXPOSURES
    assert simulation.outcomes.schema == OUTCOMES
    assert simulation.traces.schema == TRACES
    assert simulation.exposures.num_rows == USERS


def test_rows_are_valid_events(simulation: Simulation) -> None:
    """Rows are exposures and outcomes as the nouns want them."""
    for row in simulation.exposures.slice(0, 50).to_pylist():
        assert Exposure.parse({**row, "attributes": json.loads(row["attributes"])}).unit
    for row in simulation.outcomes.slice(0, 50).to_pylist():
        assert Outcome.parse({**row, "properties": json.loads(row["properties"])}).unit


def test_ids_are_unique(simulation: Simulation) -> None:
    """No two events share an id, within a simulation or between two of them."""
    other = recommender(users=100, seed=4)
    for table, stranger in ((simulation.exposures, other.exposures), (simulation.outcomes, other.outcomes)):
        ids = set(table["event_id"].to_pylist())
        assert len(ids) == table.num_rows
        assert ids.isdisjoint(stranger["event_id"].to_pylist())


def test_variants_are_the_assigners(simulation: Simulation) -> None:
    """Assigning the same units again gives the variants that were logged."""
    assigner = Assigner.compile([simulation.experiment.changed(status="active")])
    replayed = assigner.assign_frame(simulation.exposures.rename_columns({"variant": "logged"}), "reco_ymal_v1")
    assert replayed["variant"].combine_chunks().equals(replayed["logged"].combine_chunks())


@pytest.mark.parametrize("metric", ["add_to_cart", "purchase", "bounce"])
def test_conversions_agree_with_the_truth(simulation: Simulation, sums: Any, agrees: Any, metric: str) -> None:
    """The share of units with the event is what the truth says, within 5 standard errors."""
    for variant, counts in sums(simulation, metric, "count").items():
        assert agrees(counts > 0, simulation.truth[metric]["treatment"][variant])


def test_revenue_agrees_with_the_truth(simulation: Simulation, sums: Any, agrees: Any) -> None:
    """So is the revenue per unit."""
    for variant, revenue in sums(simulation, "purchase", "sum").items():
        assert agrees(revenue, simulation.truth["revenue"]["treatment"][variant])


@pytest.mark.parametrize(
    ("metric", "event", "measure", "below"),
    [("ctr", "click", "count", "impression"), ("page_load", "page_load", "sum", "page_load")],
)
def test_ratios_agree_with_the_truth(
    simulation: Simulation, sums: Any, ratio_agrees: Any, metric: str, event: str, measure: str, below: str
) -> None:
    """So are the ratios."""
    above, under = sums(simulation, event, measure), sums(simulation, below, "count")
    for variant in above:
        assert ratio_agrees(above[variant], under[variant], simulation.truth[metric]["treatment"][variant])


def test_truth_covers_every_metric(simulation: Simulation) -> None:
    """Each metric and guardrail of the experiment has a truth; the treatment is better, and loads slower."""
    experiment = simulation.experiment
    keys = {metric.key for metric in experiment.metrics} | {guard.metric.key for guard in experiment.guardrails}
    lifts = {metric: by_variant["treatment"].lift for metric, by_variant in simulation.truth.items()}
    assert set(lifts) == keys
    assert lifts["add_to_cart"] > 0.05
    assert lifts["bounce"] < 0 < lifts["page_load"]


def test_the_past_predicts_the_outcome(simulation: Simulation, units: Any) -> None:
    """What a unit bought before is correlated with what it does now, so that covariates pay off."""
    attributes = [json.loads(text) for text in simulation.exposures["attributes"].to_pylist()]
    past = dict(zip(units(simulation.exposures).to_pylist(), [row["pre_purchases"] for row in attributes], strict=True))
    carts = simulation.outcomes.filter(pc.equal(simulation.outcomes["event"], "add_to_cart"))
    added = set(units(carts).to_pylist())
    pairs = np.array([(purchases, unit in added) for unit, purchases in past.items()], dtype=float)
    assert np.corrcoef(pairs.T)[0, 1] > 0.05
    assert {row["device"] for row in attributes} == {"mobile", "desktop", "tablet"}


def test_a_tenth_is_anonymous(simulation: Simulation) -> None:
    """About one unit in ten has no user_id; every row has a session."""
    users = simulation.exposures["user_id"]
    assert 0.08 < users.null_count / len(users) < 0.12
    assert simulation.outcomes["session_id"].null_count == 0


def test_outcomes_follow_their_exposure(simulation: Simulation, units: Any) -> None:
    """Nothing that a unit does is dated before it was exposed, and all of it lies within the two weeks."""
    exposed = pa.table({"unit": units(simulation.exposures), "since": simulation.exposures["timestamp"]})
    outcomes = pa.table({"unit": units(simulation.outcomes), "at": simulation.outcomes["timestamp"]})
    joined = outcomes.join(exposed, "unit")
    assert pc.all(pc.greater(joined["at"], joined["since"])).as_py()
    assert pc.max(joined["at"]).as_py() < datetime(2026, 1, 19, 1, tzinfo=UTC)


def test_weekends_are_busier(simulation: Simulation) -> None:
    """Saturdays bring more units than Tuesdays."""
    weekdays = np.bincount(pc.day_of_week(simulation.exposures["timestamp"]).to_numpy(), minlength=7)
    assert weekdays[5] > 1.2 * weekdays[1]


def test_same_seed_same_rows() -> None:
    """A seed fixes everything; another seed changes it."""
    first, again, other = recommender(500, seed=1), recommender(500, seed=1), recommender(500, seed=2)
    assert first.exposures.equals(again.exposures)
    assert first.outcomes.equals(again.outcomes)
    assert first.truth == again.truth
    assert not first.outcomes["value"].equals(other.outcomes["value"])


def test_truth_reads_like_a_row() -> None:
    """A truth gives its numbers by attribute or by name, and knows no others."""
    truth = recommender(100).truth["revenue"]["treatment"]
    assert truth["lift"] == truth.lift == truth["effect"] / truth["control"]
    with pytest.raises(KeyError, match="p_value"):
        truth["p_value"]


@pytest.mark.parametrize("users", [0, -1, 1.5, True, "many", 10**9])
def test_impossible_numbers_of_users(users: object) -> None:
    """The number of users is refused with what is possible."""
    with pytest.raises(InvalidInput, match="give a whole number from 1 to 10,000,000"):
        recommender(users=users)
