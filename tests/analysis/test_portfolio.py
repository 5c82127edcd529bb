"""What a programme has gained: the sum of what was shipped, honest about having been chosen."""

from __future__ import annotations

import numpy as np
import pytest
from small_experiments import START, experiment
from test_standing import card, estimate, row

from expkit.analysis import Scorecard
from expkit.analysis.portfolio import portfolio
from expkit.domain import Experiment
from expkit.stats import NotEstimable

HALF = 1.959963984540054


def ended(key: str, gain: float, se: float, *, shipped: bool, **more: object) -> tuple[Experiment, Scorecard]:
    rollout = {"rollout": {"variant": "treatment"}} if shipped else {}
    one = experiment(
        key=key, status="rolled_out" if shipped else "stopped", started_at=START, stopped_at=START, **rollout, **more
    )
    found = estimate((gain - HALF * se, gain + HALF * se))
    return one, card(row(estimate=found), experiment=key)


def told(*pairs: tuple[Experiment, Scorecard]):
    return portfolio([one for one, _ in pairs], {one.key: look for one, look in pairs})


def test_gains_of_one_metric_add_up():
    """What was not shipped does not count; the largest comes first."""
    found = told(
        ended("a", 0.05, 0.01, shipped=True),
        ended("b", 0.08, 0.02, shipped=True),
        ended("c", -0.01, 0.01, shipped=False),
    )
    assert [one.experiment for one in found.contributions] == ["b", "a", "c"]
    (metric,) = found.metrics
    assert (metric.experiments, metric.shipped, metric.seen) == (3, 2, pytest.approx(0.13))
    assert metric.corrected < metric.seen
    assert metric.shrunk is None  # three are too few to know how much effects differ


def test_shrinkage_pulls_towards_the_others():
    """Most what is known least; the order of what is known alike stays."""
    pairs = [ended(f"e{i}", gain, 0.02, shipped=gain > 0.04) for i, gain in enumerate((0.0, 0.01, 0.02, 0.05, 0.1))]
    found = told(*pairs, ended("wild", 0.3, 0.3, shipped=False))
    gains = {one.experiment: one for one in found.contributions}
    assert gains["e4"].shrunk < gains["e4"].gain
    kept = {key: one.shrunk / one.gain for key, one in gains.items() if one.gain}
    assert kept["wild"] == min(kept[key] for key in ("wild", "e3", "e4"))
    assert kept["wild"] < 0.5
    assert gains["e3"].shrunk < gains["e4"].shrunk
    assert found.metrics[0].shrunk == pytest.approx(gains["e3"].shrunk + gains["e4"].shrunk)


def test_less_of_what_should_fall_is_a_gain():
    """The interval turns with it."""
    one, look = ended("load", -0.1, 0.01, shipped=False)
    turned = look.model_copy(update={"estimates": (look.estimates[0].model_copy(update={"direction": "decrease"}),)})
    (found,) = portfolio([one], {"load": turned}).contributions
    assert (found.gain, found.lower, found.upper) == pytest.approx((0.1, 0.1 - HALF * 0.01, 0.1 + HALF * 0.01))


def test_what_cannot_count_is_left_out():
    """What runs, what nobody has looked at, what has no lift."""
    running, look = ended("runs", 0.1, 0.01, shipped=False)
    unseen, _ = ended("unseen", 0.1, 0.01, shipped=False)
    none, bare = ended("none", 0.1, 0.01, shipped=False)
    bare = bare.model_copy(update={"estimates": (row(estimate=NotEstimable("no data", "wait")),)})
    found = portfolio([running.changed(stopped_at=None, status="active"), unseen, none], {"runs": look, "none": bare})
    assert (found.contributions, found.metrics) == ((), ())


def test_the_corrected_sum_is_right_on_average():
    """Over many programmes whose winners are chosen by significance: no bias, where the plain sum has much."""
    rng, se = np.random.default_rng(5), 0.02
    seen, corrected = [], []
    for _ in range(60):
        truth = rng.normal(0, 0.02, 30)
        gains = truth + rng.normal(0, se, 30)
        won = gains > HALF * se
        if not won.any():
            continue
        (metric,) = told(*(ended(f"e{i}", gain, se, shipped=bool(won[i])) for i, gain in enumerate(gains))).metrics
        seen.append(metric.seen - truth[won].sum())
        corrected.append(metric.corrected - truth[won].sum())
    error = np.std(corrected) / np.sqrt(len(corrected))
    assert abs(np.mean(corrected)) < 3 * error
    assert np.mean(seen) > 10 * error
