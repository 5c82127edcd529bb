"""The other simulations: model calls, a canary with a fault, a factorial, lost exposures, a history."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from expkit.assign import split
from expkit.datasets import Simulation, canary, history, model_comparison, multivariate, srm_fault
from expkit.datasets.tables import EXPOSURES, OUTCOMES, TRACES
from expkit.domain import Exposure, Outcome, Trace
from expkit.errors import InvalidInput
from expkit.stats import Estimate, check_srm

START = datetime(2026, 1, 5, tzinfo=UTC)
SIMULATIONS: dict[str, Callable[..., Simulation]] = {
    "model_comparison": model_comparison,
    "canary": canary,
    "multivariate": multivariate,
    "srm_fault": srm_fault,
}
every = pytest.mark.parametrize("simulate", SIMULATIONS.values(), ids=SIMULATIONS)


@every
def test_columns_are_canonical(simulate: Callable[..., Simulation]) -> None:
    """Every simulation has the columns in which events are logged, and rows that the nouns accept."""
    found = simulate(users=300, seed=2)
    assert (found.exposures.schema, found.outcomes.schema, found.traces.schema) == (EXPOSURES, OUTCOMES, TRACES)
    for noun, table in ((Exposure, found.exposures), (Outcome, found.outcomes), (Trace, found.traces)):
        for row in table.slice(0, 20).to_pylist():
            parsed = {
                key: json.loads(text) if key in {"attributes", "properties"} else text for key, text in row.items()
            }
            assert noun.parse(parsed).unit


@every
def test_same_seed_same_rows(simulate: Callable[..., Simulation]) -> None:
    """A seed fixes everything; another seed shares no event id."""
    first, again, other = simulate(users=200, seed=1), simulate(users=200, seed=1), simulate(users=200, seed=2)
    assert first == again
    ids = first.outcomes["event_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert set(ids).isdisjoint(other.outcomes["event_id"].to_pylist())


@every
def test_variants_are_the_assigners(simulate: Callable[..., Simulation], units: Any) -> None:
    """The variants that were logged are those that the hash gives."""
    found = simulate(users=500)
    keys = [variant.key for variant in found.experiment.variants]
    places = split(found.experiment, units(found.exposures))
    assert [keys[place] for place in places] == found.exposures["variant"].to_pylist()


@every
def test_truth_covers_every_metric(simulate: Callable[..., Simulation]) -> None:
    """Each metric and guardrail has a truth for each treatment; the experiment is a draft with a plan."""
    found = simulate(users=50)
    experiment = found.experiment
    metrics = {metric.key for metric in experiment.metrics} | {guard.metric.key for guard in experiment.guardrails}
    assert set(found.truth) == metrics
    assert all(set(arms) == {variant.key for variant in experiment.treatments} for arms in found.truth.values())
    assert experiment.status == "draft"
    assert experiment.plan.minimum_effect


@pytest.fixture(scope="module")
def comparison() -> Simulation:
    return model_comparison(users=20_000, seed=5)


def test_model_outcomes_agree_with_the_truth(comparison: Simulation, sums: Any, agrees: Any, ratio_agrees: Any) -> None:
    """What readers keep, quality, cost, latency and errors are what the truth says."""
    truth = {metric: arms["treatment"] for metric, arms in comparison.truth.items()}
    for arm in ("control", "treatment"):
        per_unit = {
            (event, measure): sums(comparison, event, measure)[arm]
            for event in ("accepted", "quality", "cost", "latency", "error")
            for measure in ("sum", "count")
        }
        calls = per_unit["latency", "count"]
        assert agrees(per_unit["accepted", "count"] > 0, truth["accepted"][arm])
        assert agrees(per_unit["cost", "sum"], truth["cost"][arm])
        assert ratio_agrees(per_unit["quality", "sum"], per_unit["quality", "count"], truth["quality"][arm])
        assert ratio_agrees(per_unit["latency", "sum"], calls, truth["latency"][arm])
        assert ratio_agrees(per_unit["error", "count"], calls, truth["error_rate"][arm])


def test_one_trace_per_call(comparison: Simulation) -> None:
    """Traces carry model, version, latency, cost and quality; a failed call says so and has no quality."""
    traces, outcomes = comparison.traces, comparison.outcomes
    assert traces.num_rows == outcomes.filter(pc.equal(outcomes["event"], "latency")).num_rows
    failed = pc.not_equal(traces["error"], "")
    assert pc.all(pc.equal(failed, pc.is_null(traces["quality"]))).as_py()
    versions = traces.group_by(["variant", "version"]).aggregate([]).to_pylist()
    assert sorted(row["variant"] + row["version"] for row in versions) == ["control2.3", "treatment3.0"]
    assert abs(np.log(traces["latency_ms"].to_numpy()).std() - 0.5) < 0.02


def test_canary_fails_from_the_fault_on() -> None:
    """The canary's error rate is control's before the fault, and many times that after it."""
    found = canary(users=20_000, seed=1)
    sides = pa.table({"session_id": found.exposures["session_id"], "variant": found.exposures["variant"]})
    rows = found.outcomes.join(sides, "session_id")
    assert found.facts["fault_at"] == START + timedelta(hours=30)
    late = pc.greater_equal(rows["timestamp"], pa.scalar(found.facts["fault_at"], pa.timestamp("us", "UTC"))).to_numpy()
    failed, request = (pc.equal(rows["event"], event).to_numpy() for event in ("error", "request"))
    on_canary = pc.equal(rows["variant"], "canary").to_numpy()

    def rate(side: np.ndarray) -> float:
        return float((failed & side).sum() / (request & side).sum())

    for side, expected in ((~on_canary, 0.004), (on_canary & ~late, 0.004), (on_canary & late, 0.06)):
        assert abs(rate(side) - expected) < 5 * np.sqrt(expected / (request & side).sum())


def test_canary_agrees_with_the_truth(sums: Any, ratio_agrees: Any) -> None:
    """Over the whole time, errors and latency per request are what the truth says."""
    found = canary(users=20_000, seed=1)
    failed, requests, latency = (
        sums(found, *asked) for asked in (("error", "count"), ("request", "count"), ("request", "sum"))
    )
    for arm, side in (("control", "control"), ("canary", "treatment")):
        assert ratio_agrees(failed[arm], requests[arm], found.truth["error_rate"]["canary"][side])
        assert ratio_agrees(latency[arm], requests[arm], found.truth["latency"]["canary"][side])


@pytest.mark.parametrize("images", [2, 3])
def test_factorial_agrees_with_the_truth(sums: Any, agrees: Any, images: int) -> None:
    """Every cell's sign-up rate is the sum of its main effects and the interaction."""
    found = multivariate(users=60_000, seed=1, images=images)
    rates = found.facts["rates"]
    assert len(rates) == 2 * images
    assert rates["question-drawing"] == pytest.approx(
        0.12 + 0.015 + 0.010 + found.facts["interaction"]["question-drawing"]
    )
    for arm, signups in sums(found, "signup", "count").items():
        assert agrees(signups, rates[arm])
    for arm, seconds in sums(found, "time_on_page", "sum").items():
        assert agrees(seconds, 24.0), arm


def test_lost_exposures_are_a_sample_ratio_mismatch() -> None:
    """The check finds the loss, which is on the treatment's side alone."""
    found = srm_fault(users=20_000, seed=1)
    arms = dict(zip(*found.exposures["variant"].value_counts().flatten(), strict=True))
    counts = {key.as_py(): count.as_py() for key, count in arms.items()}
    assert not check_srm([counts["control"], counts["treatment"]], [0.5, 0.5])
    assert counts["control"] + counts["treatment"] + found.facts["lost"] == 20_000
    assert abs(found.facts["lost"] - 1_000) < 150


def test_history_is_finished_experiments() -> None:
    """Past experiments are in order, decided and over before the start, with unique keys."""
    past = history(count=120, seed=1)
    assert len({item.experiment.key for item in past}) == 120
    assert [item.decision.at for item in past] == sorted(item.decision.at for item in past)
    assert {item.experiment.status for item in past} == {"completed", "rolled_out", "rolled_back"}
    assert all(item.experiment.stopped_at < START for item in past)
    assert past == history(count=120, seed=1)


def test_history_decides_by_its_estimates() -> None:
    """What was promoted was significantly better; estimates are near the truth that they estimate."""
    past = history(count=300, seed=2)
    promoted = [item.estimate for item in past if item.decision.action == "promote"]
    assert promoted
    assert all(estimate.significant and estimate.effect > 0 for estimate in promoted)
    errors = np.array(
        [
            (item.estimate.effect - item.truth.effect) / item.estimate.se
            for item in past
            if isinstance(item.estimate, Estimate)
        ]
    )
    assert abs(errors.mean()) < 5 / np.sqrt(300)
    assert abs(errors.std() - 1) < 5 / np.sqrt(2 * 300)


def test_a_start_without_a_zone_is_utc() -> None:
    """A start is in UTC unless it says otherwise, for the events as for the facts."""
    zoned = datetime(2026, 3, 2, tzinfo=UTC)
    naive = zoned.replace(tzinfo=None)
    assert canary(users=20, start=naive) == canary(users=20, start=zoned)
    assert history(3, start=naive) == history(3, start=zoned)


@pytest.mark.parametrize(
    ("simulate", "message"),
    [
        (lambda: canary(share=1.5), r"share is 1\.5"),
        (lambda: multivariate(images=4), "images is 4"),
        (lambda: srm_fault(lost=0), "lost is 0"),
        (lambda: history(count=-1), "count is -1"),
        (lambda: model_comparison(users=0), "users is 0"),
    ],
)
def test_impossible_arguments(simulate: Callable[[], object], message: str) -> None:
    """What cannot be simulated is refused with what can."""
    with pytest.raises(InvalidInput, match=message):
        simulate()
