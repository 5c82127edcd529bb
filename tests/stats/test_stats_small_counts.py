"""Exact tests, rates, paired proportions and single ones: agreement of test and interval, and refusals."""

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from expkit.errors import InvalidInput
from expkit.stats import (
    Estimate,
    NotEstimable,
    Significance,
    barnard,
    boschloo,
    compare_rates,
    compare_shares,
    equivalence,
    equivalence_proportions,
    fisher,
    mcnemar,
    mcnemar_exact,
    non_inferiority,
    non_inferiority_proportions,
    proportion_interval,
)

ARMS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SIDES = st.sampled_from(["two-sided", "greater", "less"])
ALPHAS = st.sampled_from([0.01, 0.05, 0.2])


@given(ARMS, ARMS, ALPHAS, SIDES)
def test_fisher_decides_once(control, treatment, alpha, alternative):
    """Effect, lift and odds ratio exclude nothing together; the estimate lies within; p is that of its mirror."""
    found = fisher(*control, *treatment, alpha=alpha, alternative=alternative)
    assume(isinstance(found, Estimate) and abs(found.p_value - alpha) > 1e-6)
    assert not found.significant or 0 not in found.ci
    assert found.effect in found.ci or min(abs(found.effect - end) for end in found.ci) < 1e-9
    if found.lift_ci:
        assert (0 in found.lift_ci) == (0 in found.ci)
    other = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    mirrored = fisher(*treatment, *control, alpha=alpha, alternative=other)
    assert mirrored.p_value == pytest.approx(found.p_value, rel=1e-9)
    assert (-mirrored.ci.upper, -mirrored.ci.lower) == pytest.approx(found.ci, abs=1e-7)


RATES = st.tuples(st.integers(0, 80), st.floats(0.1, 100))


@given(RATES, RATES, ALPHAS, SIDES, st.sampled_from(["score", "wald"]))
def test_rates_decide_once(control, treatment, alpha, alternative, method):
    """p, the difference and the ratio."""
    found = compare_rates(*control, *treatment, alpha=alpha, alternative=alternative, method=method)
    assume(isinstance(found, Estimate) and abs(found.p_value - alpha) > 1e-9)
    assert found.significant == (0 not in found.ci)
    if found.lift_ci:
        assert found.significant == (0 not in found.lift_ci)


@given(RATES, RATES, st.floats(0.01, 100))
def test_the_unit_of_exposure_changes_no_p_value(control, treatment, factor):
    """Hours or days."""
    a = compare_rates(*control, *treatment, method="exact")
    assume(isinstance(a, Estimate))
    b = compare_rates(control[0], control[1] * factor, treatment[0], treatment[1] * factor, method="exact")
    assert b.p_value == pytest.approx(a.p_value, rel=1e-6)


@given(*[st.integers(0, 60)] * 4, ALPHAS, SIDES)
def test_mcnemar_decides_once(both, control_only, treatment_only, neither, alpha, alternative):
    """The intervals of the difference and of the ratio invert the same score; swapping the arms mirrors."""
    found = mcnemar(both, control_only, treatment_only, neither, alpha=alpha, alternative=alternative)
    assume(isinstance(found, Estimate) and abs(found.p_value - alpha) > 1e-9)
    assert found.significant == (0 not in found.ci)
    assert -1 <= found.effect <= 1
    if isinstance(found.lift_ci, NotEstimable):
        return
    assert found.significant == (0 not in found.lift_ci)
    back = mcnemar(both, treatment_only, control_only, neither, alpha=alpha)
    if alternative == "two-sided" and not isinstance(back.lift_ci, NotEstimable):
        assert 1 + back.lift_ci.upper == pytest.approx(
            1 / (1 + found.lift_ci.lower) if found.lift_ci.lower > -1 else math.inf, rel=1e-6
        )


def test_answers_of_new_kinds_survive_json():
    """Also an exact test at the edge of what can be."""
    for found in (fisher(0, 10, 10, 10), compare_rates(0, 10, 9, 10, method="exact"), mcnemar(0, 0, 3, 0)):
        text = TypeAdapter(Estimate).dump_json(found)
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert TypeAdapter(Estimate).validate_json(text) == found
    kinds = (barnard(3, 10, 9, 10), compare_shares([1, 5], [9, 9]), equivalence([1, 2, 3], [1, 2, 4], 9))
    assert [one.kind for one in kinds] == ["significance", "significance", "equivalence"]


NO_ANSWER = [
    (lambda: fisher(0, 10, 0, 10), "did the same"),
    (lambda: fisher(0, 0, 1, 10), "no units"),
    (lambda: fisher(10**9, 10**10, 10**9, 10**10), "too many units"),
    (lambda: barnard(0, 10, 0, 10), "did the same"),
    (lambda: boschloo(3, 10**5, 4, 10), "slow"),
    (lambda: mcnemar(5, 0, 0, 5), "answered differently"),
    (lambda: mcnemar_exact(5, 0, 0, 5), "answered differently"),
    (lambda: mcnemar(0, 0, 3, 4).lift, "No unit of the control"),
    (lambda: mcnemar(0, 0, 3, 4).lift_ci, "No unit of the control"),
    (lambda: mcnemar(1, 2, 3, 4, relative=False).lift, "asked"),
    (lambda: compare_rates(0, 10, 0, 10), "no events"),
    (lambda: compare_rates(0, 10, 4, 10).lift, "no events"),
    (lambda: compare_rates(10**7, 10, 4, 10, method="exact"), "too many events"),
    (lambda: compare_rates(4, 10, 4, 10, relative=False).lift, "asked"),
    (lambda: fisher(0, 10, 4, 10).lift, "converted"),
    (lambda: fisher(2, 10, 4, 10, relative=False).lift, "asked"),
    (lambda: proportion_interval(0, 0), "no units"),
    (lambda: proportion_interval(0, 9, method="wald"), "Wald's error is zero"),
    (lambda: compare_shares([0, 0], [5, 5]), "did the same"),
    (lambda: compare_shares([0, 0], [5, 0]), "no units"),
    (lambda: equivalence([1, 1], [1, 1], 1), "do not vary"),
    (lambda: equivalence([-1, 1], [1, 2], 0.1, relative=True), "zero"),
    (lambda: equivalence_proportions(0, 0, 1, 2, 0.1), "no units"),
    (lambda: equivalence_proportions(0, 9, 1, 2, 0.1, relative=True), "converted"),
]


@pytest.mark.parametrize(("ask", "reason"), NO_ANSWER, ids=[reason for _, reason in NO_ANSWER])
def test_no_answer_says_why(ask, reason):
    """With a way out."""
    found = ask()
    assert not found
    assert reason in found.reason
    assert found.hint


REFUSED = [
    (lambda: fisher(1, 2, 3), "Four counts"),
    (lambda: fisher([[1, 2, 3], [1, 2, 3]]), "not 2 x 2"),
    (lambda: compare_rates(1, 0, 1, 1), "exposure of the control is 0"),
    (lambda: compare_rates(1.5, 1, 1, 1), "events of the control is 1.5"),
    (lambda: proportion_interval(5, 4), "5 successes among 4"),
    (lambda: proportion_interval(1, 4, method="wilsen"), "did you mean 'wilson'"),
    (lambda: compare_shares([1], [2]), "1 successes and 1 units"),
    (lambda: compare_shares([3, 1], [2, 2]), "more successes than units"),
    (lambda: equivalence([1, 2], [1, 2], 0), "margin is 0"),
    (lambda: equivalence([1, 2], [1, 2], (1, 2)), "margin is"),
    (lambda: equivalence([1, 2], [1, 2], 1, alpha=0.6), "below 0.5"),
    (lambda: non_inferiority([1, 2], [1, 2], -1), "margin is -1"),
    (lambda: non_inferiority([1, 2], [1, 2], 1, better="up"), "Unknown direction"),
]


@pytest.mark.parametrize(("ask", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_impossible_questions_are_refused(ask, message):
    """With a hint."""
    with pytest.raises(InvalidInput, match=message) as error:
        ask()
    assert error.value.hint


@given(ARMS, ARMS, st.floats(0.01, 0.5), ALPHAS, st.booleans())
def test_equivalence_is_an_interval_within_the_margin(control, treatment, margin, alpha, relative):
    """By decision and by interval."""
    found = equivalence_proportions(*control, *treatment, margin, alpha=alpha, relative=relative)
    assume(found is not None and hasattr(found, "shown") and abs(found.p_value - alpha) > 1e-9)
    assert found.shown == (-margin < found.ci.lower and found.ci.upper < margin) == bool(found)


def test_no_worse_than_a_margin():
    """One side counts; a relative margin is a share of the control."""
    control, treatment = [10, 11, 12, 13] * 20, [10, 11, 12, 12.5] * 20
    up = non_inferiority(control, treatment, 0.5)
    assert (up.shown, up.p_upper, up.margin) == (True, 0.0, (-0.5, math.inf))
    assert non_inferiority(control, treatment, 0.5, better="decrease").p_lower == 0.0
    same = non_inferiority(control, treatment, 0.5 / 11.5, relative=True)
    assert same.shown
    assert same.ci.lower == pytest.approx(up.ci.lower / 11.5, abs=0.01)
    assert non_inferiority_proportions(800, 1000, 790, 1000, 0.05).shown
    assert not non_inferiority_proportions(800, 1000, 740, 1000, 0.05).shown
    assert not equivalence([1, 2, 3], [9, 9, 10], 1)


def test_bare_tests_decide_too():
    """`significant` as everywhere."""
    found = boschloo(1, 12, 9, 12)
    assert isinstance(found, Significance)
    assert found.significant
    assert mcnemar_exact(1, 0, 8, 3, alternative="greater").p_value == pytest.approx(2**-8)
    assert mcnemar_exact(1, 8, 0, 3, alternative="greater").p_value == 1
