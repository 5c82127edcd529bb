"""Every kept look: its own test beside the sequence that holds at any look."""

from __future__ import annotations

import pytest
from small_experiments import did, experiment, seen

from expkit.analysis.series import look_series
from expkit.stats import compare_proportions, confidence_sequence, mixture_rho


@pytest.fixture
def cards(analyze):
    """Four looks: nothing, a lucky moment, nothing again, and no new unit."""
    found = []
    steps = [(0, 200, 0.2, 0.2), (200, 400, 0.2, 0.4), (400, 1000, 0.2, 0.16), (1000, 1000, 0, 0)]
    for first, last, c, t in steps:
        who = [(v, i, rate) for v, rate in (("control", c), ("treatment", t)) for i in range(first, last)]
        exposures = [seen(v, f"{v}{i}") for v, i, _ in who]
        outcomes = [did("buy", f"{v}{i}") for v, i, rate in who if (i * 37) % 100 < 100 * rate]
        card = analyze(experiment(["buy", "click"]), exposures, outcomes, look=len(found) + 1, past=found)
        found.append(card)
    return found


def test_each_look_both_ways(cards):
    """The fixed one is what the data of that look say alone; the other one is the sequence over all of them."""
    buy, *_ = look_series(cards)
    assert [point.look for point in buy.points] == [1, 2, 3, 4]
    plain = compare_proportions(40, 200, 40, 200), compare_proportions(80, 400, 120, 400)
    for point, known in zip(buy.points, plain, strict=False):
        assert point.fixed_p_value == pytest.approx(known.p_value)
        assert point.units == known.control.n + known.treatment.n
    second = buy.points[1]
    assert second.fixed_ci.lower > 0
    ses = [plain[0].se, plain[1].effect / plain[1].statistic]
    alone = confidence_sequence([0, plain[1].effect], ses, [400, 800], rho=mixture_rho(5000))
    assert second.any_look_p_value == pytest.approx(min(alone.p_values[1], 1.0))
    assert second.any_look_ci == pytest.approx((alone.lower[1], alone.upper[1]))


def test_who_peeks_would_have_stopped(cards):
    """The fixed test dips below the level and comes back; the other one never rises, and is never below its own."""
    buy = look_series(cards)[0]
    assert (buy.peeked, buy.crossed) == (2, None)
    assert buy.points[-1].fixed_p_value > 0.05
    sound = [point.any_look_p_value for point in buy.points]
    assert sound == sorted(sound, reverse=True)
    for point in buy.points:
        assert point.any_look_ci.lower < point.fixed_ci.lower < point.fixed_ci.upper < point.any_look_ci.upper


@pytest.mark.parametrize("method", ["group_sequential", "always_valid", "bayesian"])
def test_the_data_s_own_numbers_whatever_the_plan(analyze, method):
    """What a plan makes of the looks (bounds, priors) is taken off again."""
    wanted = experiment(sample_size=400, plan={"method": method, "looks": 2})
    who = [(v, i) for v in ("control", "treatment") for i in range(200)]
    card = analyze(wanted, [seen(v, f"{v}{i}") for v, i in who],
                   [did("buy", f"{v}{i}") for v, i in who if i % (5 if v == "control" else 4) == 0])  # fmt: skip
    (point,) = look_series([card], 400)[0].points
    known = compare_proportions(40, 200, 50, 200)
    assert (point.effect, point.fixed_p_value) == pytest.approx((known.effect, known.p_value))


def test_looks_without_an_estimate_are_left_out(analyze, cards):
    """A metric that nobody did has no series, and no look is no series at all."""
    assert [one.metric for one in look_series(cards)] == ["buy"]
    assert look_series([]) == ()
