"""Quantiles, ranks and several arms: agreement of test and interval, invariance, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from expkit.errors import InvalidInput, UnknownName
from expkit.stats import (
    Estimate,
    Summary,
    compare_arms,
    compare_pairs,
    compare_quantiles,
    compare_with_control,
    rank_test,
)
from expkit.stats.differences import median_difference, ranked_difference

VALUES = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=40)
SIDES = st.sampled_from(["two-sided", "greater", "less"])
RNG = np.random.default_rng(8)
A, B = RNG.gamma(2, 3, 120), RNG.gamma(2, 3.6, 150)


@given(VALUES, VALUES, SIDES, st.sampled_from([0.01, 0.05, 0.2]), st.sampled_from(["mann-whitney", "brunner-munzel"]))
def test_ranks_decide_once(control, treatment, alternative, alpha, method):
    """Zero lies outside the interval exactly when p < alpha, ties or not."""
    found = rank_test(control, treatment, alternative=alternative, alpha=alpha, method=method)
    assume(isinstance(found, Estimate) and abs(found.p_value - alpha) > 1e-9)
    assert found.significant == (0 not in found.ci)


@given(VALUES, VALUES, st.integers(1, 4))
def test_the_shift_lies_in_its_interval(control, treatment, times):
    """Ties or not; no shift at all is left out where the test refuses it."""
    found = rank_test(control * times, treatment * times)
    assume(isinstance(found, Estimate) and found.effect)
    assert found.ci.lower <= found.effect <= found.ci.upper


@given(VALUES, VALUES, st.sampled_from(["mann-whitney", "brunner-munzel"]))
def test_ranks_know_no_unit(control, treatment, method):
    """Any rising change of the scale leaves p; swapping the arms mirrors."""
    found = rank_test(control, treatment, method=method)
    assume(isinstance(found, Estimate))
    scaled = rank_test([math.exp(x / 10) for x in control], [math.exp(x / 10) for x in treatment], method=method)
    assert scaled.p_value == pytest.approx(found.p_value, rel=1e-9)
    mirrored = rank_test(treatment, control, method=method)
    assert (mirrored.p_value, mirrored.effect) == pytest.approx((found.p_value, -found.effect), rel=1e-9, abs=1e-12)


def test_many_units_take_another_way_to_the_same_shift():
    """Beyond a million pairs no difference is held: the interval's ends are found by their rank."""
    c, t = RNG.normal(0, 1, 1500), RNG.normal(0.2, 1, 1500)
    found, part = rank_test(c, t), rank_test(c[:900], t[:900])
    assert found.ci.lower < found.effect < found.ci.upper
    assert np.ptp(found.ci) == pytest.approx(np.ptp(part.ci) * math.sqrt(900 / 1500), rel=0.2)
    assert found.effect == pytest.approx(np.median(np.subtract.outer(t, c)), rel=1e-9)


@pytest.mark.parametrize(
    "draw", [RNG.normal, lambda _, __, n: RNG.poisson(2, n) * 0.1, lambda *_: np.repeat(7.0, 1400)]
)
@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 1.0])
def test_differences_by_rank_are_those_of_a_sorted_list(draw, share):
    """Of two million of them, with ties and without."""
    c, t = np.sort(draw(0, 1, 1400)), np.sort(draw(0.3, 1, 1400))
    every = np.sort(np.subtract.outer(t, c), axis=None)
    rank = max(round(share * every.size), 1)
    assert ranked_difference(c, t, rank) == pytest.approx(every[rank - 1], abs=1e-12)
    assert median_difference(c, t) == pytest.approx(np.median(every), abs=1e-12)


def test_many_ties_end_the_interval_as_few_do():
    """Whole numbers, below and beyond a million pairs: ends that the data has."""
    c, t = RNG.poisson(3, 1200), RNG.poisson(4, 1200)
    for part in (900, 1200):
        found = rank_test(c[:part], t[:part])
        assert (found.effect, *found.ci) == (1, 1, 1)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("method", ["asymptotic", "order-statistic"])
@pytest.mark.parametrize("q", [0.2, 0.5, 0.8])
def test_quantiles_decide_once(q, method, alternative):
    """p, the difference and the lift."""
    for shift in np.linspace(-2, 2, 9):
        found = compare_quantiles(A, B + shift, q, method=method, alternative=alternative)
        assert found.significant == (0 not in found.ci)
        if found.lift_ci:
            assert found.significant == (0 not in found.lift_ci)


@pytest.mark.parametrize("method", ["asymptotic", "order-statistic"])
def test_quantiles_scale_and_swap(method):
    """Cents or euros, and either arm as control."""
    found = compare_quantiles(A, B, method=method)
    scaled = compare_quantiles(A * 100, B * 100, method=method)
    assert (scaled.p_value, scaled.lift) == pytest.approx((found.p_value, found.lift), rel=1e-9)
    mirrored = compare_quantiles(B, A, method=method)
    assert (mirrored.p_value, -mirrored.effect) == pytest.approx((found.p_value, found.effect), rel=1e-9)
    with_holes = compare_quantiles([*A, None], [math.nan, *B], method=method)
    assert with_holes == found


@pytest.mark.parametrize("method", ["asymptotic", "order-statistic"])
def test_clusters_widen_a_quantile(method):
    """Ten equal rows per unit are worth one; as many clusters as rows change nothing."""
    ids = np.repeat(np.arange(120), 10), np.repeat(np.arange(150), 10)
    once = compare_quantiles(A, B, method=method)
    ten = compare_quantiles(np.repeat(A, 10), np.repeat(B, 10), method=method, clusters=ids)
    assert np.ptp(ten.ci) == pytest.approx(np.ptp(once.ci), rel=0.1)
    alone = compare_quantiles(A, B, method=method, clusters=(range(120), range(150)))
    assert np.ptp(alone.ci) == pytest.approx(np.ptp(once.ci), rel=0.05)
    with pytest.raises(InvalidInput, match="120 values but 2 clusters"):
        compare_quantiles(A, B, clusters=([1, 2], ids[1]))


NO_ANSWER = [
    (lambda: compare_quantiles([1, 2], A), "control has 2 units"),
    (lambda: compare_quantiles(A, A[:30], 0.99), "too few units"),
    (lambda: compare_quantiles([0.0] * 50, [0.0] * 60), "values are the same"),
    (lambda: compare_quantiles([0.0] * 50, [0.0] * 60, method="order-statistic"), "values are the same"),
    (lambda: compare_quantiles(A - 100, B, method="order-statistic").lift, "not above zero"),
    (lambda: compare_quantiles(A, B, relative=False, method="order-statistic").lift, "asked"),
    (lambda: rank_test([1], [1, 2]), "control has 1 units"),
    (lambda: rank_test([1, 1], [1, 1, 1]), "the same"),
    (lambda: rank_test([1, 2], [3, 4], method="brunner-munzel"), "do not overlap"),
    (lambda: rank_test([1, 2], [3, 4]).lift, "no ratio"),
    (lambda: compare_arms([[1, 1], [2, 2]]), "do not vary in any"),
    (lambda: compare_arms([[1, 1], [2, 3]]), "An arm's values do not vary"),
    (lambda: compare_arms([[1], [2, 3]]), "has 1 units"),
    (lambda: compare_arms([[], [2, 3]], method="kruskal"), "no units"),
    (lambda: compare_arms([[2, 2], [2, 2]], method="kruskal"), "are the same"),
    (lambda: compare_pairs([[1, 1], [2, 2], [3, 4]], method="games-howell"), "Two arms"),
    (lambda: compare_pairs([[1], [2, 2]]), "has 1 units"),
    (lambda: compare_with_control({"a": [1], "b": [2, 2]}, "a"), "has 1 units"),
]


@pytest.mark.parametrize(("ask", "reason"), NO_ANSWER, ids=range(len(NO_ANSWER)))
def test_no_answer_says_why(ask, reason):
    """With a way out."""
    found = ask()
    assert not found
    assert reason in found.reason
    assert found.hint


def test_impossible_questions_are_refused():
    """One arm, an unknown control, ranks of a summary, a quantile that is none."""
    with pytest.raises(InvalidInput, match="There are 1 arms"):
        compare_arms([[1, 2]])
    with pytest.raises(UnknownName, match="did you mean 'control'"):
        compare_with_control({"control": [1, 2], "b": [2, 2]}, "contrl")
    with pytest.raises(InvalidInput, match="no ranks"):
        compare_arms([Summary(3, 1, 1), Summary(3, 1, 1)], method="kruskal")
    with pytest.raises(InvalidInput, match="q is 1"):
        compare_quantiles(A, B, 1)


def test_two_arms_are_the_two_sided_t_test():
    """Welch's analysis of variance squares the statistic; Tukey's is Student's."""
    from expkit.stats import compare_means

    welch, student = compare_means(A, B), compare_means(A, B, method="student")
    assert compare_arms([A, B]).p_value == pytest.approx(welch.p_value, rel=1e-9)
    assert compare_arms({"a": Summary.of(A), "b": B}, method="fisher").p_value == pytest.approx(
        student.p_value, rel=1e-9
    )
    assert compare_pairs([A, B])["0", "1"].p_value == pytest.approx(student.p_value, rel=1e-6)
