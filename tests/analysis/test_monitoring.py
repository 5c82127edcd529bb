"""Plans that may look more than once: each look is judged by the plan's method, given the looks before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import Scorecard
from expkit.stats import compare_proportions, confidence_sequence, group_sequential, mixture_rho

GROUPS = {"method": "group_sequential", "looks": 4}


def rows(control: float, treatment: float, n: int, first: int = 0) -> tuple[Any, Any]:
    """Units `first` to `n` of each arm, so many of whose hundred buy."""
    arms = {"control": control, "treatment": treatment}
    who = [(v, i) for v in arms for i in range(first, n)]
    exposures = pa.Table.from_pylist([seen(v, f"{v}{i}") for v, i in who])
    outcomes = [did("buy", f"{v}{i}") for v, i in who if (i * 37) % 1000 < 1000 * arms[v]]
    return exposures, outcomes


@pytest.fixture
def look_by_look(analyze):
    """`look_by_look(experiment, [(rates of control, of treatment, units so far), ...])` -> all scorecards."""

    def run(wanted: Any, steps: Any, **more: Any) -> list[Scorecard]:
        cards: list[Scorecard] = []
        before = 0
        for control, treatment, n in steps:
            new = rows(control, treatment, n, before) if n > before else ((), ())
            cards.append(analyze(wanted, *new, look=len(cards) + 1, past=cards, **more))
            before = n
        return cards

    return run


def test_a_group_sequential_plan_has_its_bounds(look_by_look):
    """Units of the planned ones are the information; interval and p-value are the repeated ones."""
    cards = look_by_look(experiment(sample_size=4000, plan=GROUPS), [(0.1, 0.13, 1000), (0.1, 0.13, 2000)])
    design = group_sequential(4)
    for k, card in enumerate(cards, 1):
        row = card.row("buy")
        plain = compare_proportions(100 * k, 1000 * k, 130 * k, 1000 * k, alpha=design.nominal[k - 1])
        assert (row.decision.look, row.decision.information) == (k, k / 4)
        assert row.decision.bound == pytest.approx(design.bounds[k - 1])
        assert row.estimate.ci == pytest.approx(plain.ci)
        assert row.estimate.p_value == pytest.approx(design.repeated_p_value(k, plain.statistic))
    assert (cards[1].method, cards[1].planned_looks) == ("group_sequential", 4)
    assert "look 2 of 4, 50% of the information" in cards[1].row("buy").note


def test_an_early_bound_that_is_crossed_decides(look_by_look):
    """Promoted before the planned size, with the stagewise answer; later looks do not take it back."""
    steps = [(0.1, 0.11, 1000), (0.1, 0.16, 2000), (0.1, 0.09, 3000)]
    first, second, third = look_by_look(experiment(sample_size=4000, plan=GROUPS), steps)
    assert (first.recommendation.action, first.row("buy").verdict) == ("continue", "inconclusive")
    told = second.row("buy").decision
    assert (second.recommendation.action, told.decision, told.decided_at) == ("promote", "stop", 2)
    assert told.stagewise_p_value < 0.05
    assert told.stagewise_ci.lower < told.median < told.stagewise_ci.upper
    assert third.row("buy").estimate.p_value == second.row("buy").estimate.p_value
    assert (third.row("buy").decision.decided_at, third.row("buy").verdict) == (2, "better")


@pytest.mark.parametrize("method", ["group_sequential", "always_valid"])
def test_a_verdict_keeps_the_direction_of_the_look_that_decided(look_by_look, method):
    """The effect turns afterwards: what was found stays found, and the scorecard says that it has turned."""
    steps = [(0.1, 0.2, 1000), (0.1, 0.01, 2500)]
    first, second = look_by_look(experiment(sample_size=4000, plan={"method": method, "looks": 4}), steps)
    assert (first.row("buy").verdict, second.row("buy").verdict) == ("better", "better")
    assert second.row("buy").decision.effect < 0 < second.row("buy").decision.decided_effect
    assert "it has turned since" in second.row("buy").note


def test_what_an_ordinary_test_would_find_early_is_not_enough(look_by_look):
    """A z of 2.5 at a quarter of the information is chance often enough."""
    (card,) = look_by_look(experiment(sample_size=4000, plan=GROUPS), [(0.1, 0.136, 1000)])
    assert compare_proportions(100, 1000, 136, 1000).p_value < 0.02
    assert card.recommendation.action == "continue"
    assert card.estimate("buy").p_value > 0.2


def test_no_new_units_are_no_new_look(look_by_look):
    """Looking twice at the same data spends nothing."""
    cards = look_by_look(experiment(sample_size=4000, plan=GROUPS), [(0.1, 0.13, 1000)] * 3 + [(0.1, 0.13, 2000)])
    assert [card.row("buy").decision.look for card in cards] == [1, 1, 1, 2]
    assert "no new units since" in cards[2].row("buy").note


def test_after_the_last_planned_look_its_answer_stands(look_by_look):
    """All of alpha is spent: further units can decide nothing."""
    plan = {**GROUPS, "looks": 2}
    steps = [(0.1, 0.1, 1000), (0.1, 0.1, 2000), (0.1, 0.3, 4000)]
    cards = look_by_look(experiment(sample_size=2000, plan=plan), steps)
    assert [card.row("buy").decision.decision for card in cards] == ["continue", "end", "end"]
    assert cards[1].recommendation.action == "stop"
    assert cards[2].estimate("buy") == cards[1].estimate("buy")
    assert "whose answer stands" in cards[2].row("buy").note


def test_futility_stops_what_is_hopeless(look_by_look):
    """Far below what the planned effect would show by now."""
    plan = {**GROUPS, "futility": True, "alternative": "greater", "alpha": 0.025}
    cards = look_by_look(experiment(sample_size=4000, plan=plan), [(0.1, 0.09, 1000), (0.1, 0.08, 3000)])
    assert cards[1].row("buy").decision.decision == "futile"
    assert (cards[1].recommendation.action, cards[1].recommendation.headline) == ("stop", "Going on is hopeless")


def test_days_or_looks_are_the_information_where_no_size_is_planned(analyze):
    """Days so far of the planned ones; else the looks themselves."""
    exposures = [seen(v, f"{v}{i}", hours=i * 2.4) for v in ("control", "treatment") for i in range(21)]
    outcomes = [did("buy", f"{v}{i}", hours=50) for v in ("control", "treatment") for i in range(0, 20, 3)]
    card = analyze(experiment(plan={**GROUPS, "days": 8}), exposures, outcomes)
    assert card.row("buy").decision.information == pytest.approx(0.25)
    assert analyze(experiment(plan=GROUPS)).row("buy").decision.information == pytest.approx(0.25)


def test_an_always_valid_plan_is_a_confidence_sequence(look_by_look):
    """Tightest at half the planned units; the p-value never rises again."""
    plan = {"method": "always_valid"}
    steps = [(0.1, 0.11, 1000), (0.1, 0.17, 2000), (0.1, 0.1, 3000)]
    cards = look_by_look(experiment(sample_size=3000, plan=plan), steps)
    found = [card.estimate("buy") for card in cards]
    z, n = np.array([one.statistic for one in found]), np.array([2000, 4000, 6000])
    se = np.array([card.row("buy").decision.se for card in cards])
    same = confidence_sequence(z * se, se, n, rho=mixture_rho(3000))
    assert [one.p_value for one in found] == pytest.approx(same.p_values)
    assert found[1].p_value <= 0.05 < found[0].p_value
    assert cards[1].recommendation.action == "promote"
    assert [card.row("buy").decision.decided_at for card in cards] == [None, 2, 2]


def test_a_bayesian_plan_says_what_to_believe(look_by_look):
    """The prior pulls, the chances and losses are told, and the p-value of the posterior is no other answer."""
    plan = {"method": "bayesian", "prior_sd": 0.05}
    (card,) = look_by_look(experiment(plan=plan), [(0.1, 0.16, 2000)])
    row, raw = card.row("buy"), compare_proportions(200, 2000, 320, 2000)
    assert 0 < row.estimate.effect < raw.effect
    assert row.decision.probability_better > 0.99
    assert row.decision.probability_best == pytest.approx(1, abs=1e-4)
    assert row.decision.loss_if_treatment < 0.001 < row.decision.loss_if_control
    assert (row.verdict, card.recommendation.action) == ("better", "promote")
    assert "P(better) = 9" in card.recommendation.reasons[0]


def test_a_bayesian_plan_stops_where_both_arms_are_as_good(look_by_look):
    """Choosing either loses less than the plan cares about."""
    plan = {"method": "bayesian", "prior_sd": 0.01, "max_loss": 0.01}
    (card,) = look_by_look(experiment(plan=plan), [(0.1, 0.1, 4000)])
    assert (card.recommendation.action, card.recommendation.headline) == ("stop", "The arms are as good as equal")


def test_a_fixed_plan_that_is_looked_at_again_is_judged_by_a_sequence(look_by_look):
    """The numbers stay the plan's own; the verdict does not rest on them: they find too often what is not there."""
    cards = look_by_look(experiment(), [(0.1, 0.1, 1000), (0.1, 0.156, 2000)])
    assert cards[0].row("buy").decision is None
    row = cards[1].row("buy")
    assert (row.decision.method, row.verdict) == ("always_valid", "inconclusive")
    fixed = compare_proportions(200, 2000, 256, 2000)
    assert row.estimate.p_value == pytest.approx(fixed.p_value)
    assert row.estimate.ci == pytest.approx(fixed.ci)
    assert row.estimate.p_value < 0.01 < 0.05 < row.decision.p_value
    assert row.decision.ci.lower < 0 < row.estimate.ci.lower
    assert "looked at early or more than once: judged by what holds at any look, p 0.0" in row.note
    assert "as it was looked at early or again, p = 0." in cards[1].recommendation.reasons[0]


def test_advice_has_true_minus_signs(look_by_look):
    """As all numbers that are shown: a hyphen is no minus."""
    (card,) = look_by_look(experiment(sample_size=1000), [(0.2, 0.1, 1000)])
    assert ": −50.00% (95% interval −" in card.recommendation.reasons[0]


def test_the_planned_end_of_a_fixed_plan_keeps_its_test(look_by_look):
    """Looks on the way decide nothing, so that the last one has all of alpha; looks after it do not."""
    steps = [(0.1, 0.128, 1000), (0.1, 0.128, 2000), (0.1, 0.128, 2500)]
    cards = look_by_look(experiment(sample_size=2000), steps)
    assert [card.row("buy").decision is None for card in cards] == [False, True, False]
    assert cards[1].estimate("buy").p_value == pytest.approx(compare_proportions(200, 2000, 256, 2000).p_value)
    assert [card.recommendation.action for card in cards[:2]] == ["continue", "promote"]


def test_units_whose_window_is_not_over_do_not_count_in_a_sequential_plan(analyze):
    """Their value may still change; a metric without a window says that it breaks the promise."""
    exposures = [seen(v, f"{v}{i}", hours=12 * i) for v in ("control", "treatment") for i in range(20)]
    outcomes = [did("buy", f"{v}{i}", hours=12 * i + 1) for v in ("control", "treatment") for i in range(0, 20, 3)]
    metrics = [{"key": "buy", "window_days": 2}, {"key": "bought", "event": "buy"}]
    at = START.replace(day=10)
    card = analyze(experiment(metrics, plan={"method": "always_valid"}), exposures, outcomes, at=at)
    assert (card.arm("control").n, card.estimate("buy").control.n) == (19, 15)
    assert "8 units do not count yet" in card.row("buy").note
    assert "keep adding up" in card.row("bought").note
    fixed = analyze(experiment(metrics), at=at)
    assert fixed.estimate("buy").control.n == 19


def test_guardrails_are_spent_for_evenly_and_hold_at_any_look(look_by_look):
    """Pocock's bound at once, where O'Brien and Fleming's would wait; less than an ordinary test would take."""
    guardrail = {"metric": {"key": "buy", "direction": "decrease"}, "max_change": 0.1}
    wanted = experiment(["sale"], guardrails=[guardrail], sample_size=4000, plan=GROUPS)
    harm, slight = (look_by_look(wanted, [(0.1, rate, 1000)])[0] for rate in (0.16, 0.16))
    assert harm.guardrails[0].breached
    assert harm.row("buy").decision.bound == pytest.approx(group_sequential(4, spending="pocock").bounds[0])
    assert slight.estimate("buy").p_value > compare_proportions(100, 1000, 160, 1000).p_value


@pytest.mark.parametrize("method", ["group_sequential", "always_valid", "bayesian"])
def test_scorecards_with_decisions_survive_the_round_trip(look_by_look, method):
    """As JSON, also where a bound is out of reach."""
    cards = look_by_look(experiment(sample_size=10**6, plan={"method": method, "looks": 100}), [(0.1, 0.13, 1000)])
    assert Scorecard.from_json(cards[0].to_json()) == cards[0]
    if method == "group_sequential":
        assert cards[0].row("buy").decision is None
        assert cards[0].estimate("buy").ci == (-math.inf, math.inf)


def test_several_treatments_are_corrected_at_every_look(analyze):
    """Repeated p-values are p-values at any look, so Holm's correction holds."""
    variants = [{"key": "control"}, {"key": "treatment"}, {"key": "third"}]
    exposures = [seen(v["key"], f"{v['key']}{i}") for v in variants for i in range(300)]
    outcomes = [did("buy", f"third{i}") for i in range(99)] + [did("buy", f"control{i}") for i in range(30)]
    card = analyze(experiment(variants=variants, sample_size=600, plan=GROUPS), exposures, outcomes)
    row = card.row("buy", "third")
    assert row.adjusted_p_value == pytest.approx(2 * row.estimate.p_value)
    assert (card.recommendation.action, card.recommendation.variant) == ("promote", "third")
