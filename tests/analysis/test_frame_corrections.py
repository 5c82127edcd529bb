"""Several metrics: adjusted intervals, the primary one first, guardrails that hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.analysis import analyze_frame
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import adjust, gatekeep, non_inferiority, non_inferiority_proportions
from expkit.view import format as fmt
from expkit.view import scorecard_table, scorecard_text

N = 600
NAMES = ["a", "b", "c", "d"]


def frame_of(seed, primary=0.0):
    rng = np.random.default_rng(seed)
    side = np.arange(N) % 2
    shifts = dict(zip(NAMES, [primary, 0.3, 0.2, 0.0], strict=True))
    columns = {name: 5 + rng.normal(0, 1, N) + shift * side for name, shift in shifts.items()}
    return pd.DataFrame({"variant": np.where(side, "t", "control"), "bad": rng.random(N) < 0.5, **columns})


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"]),
    st.booleans(),
    st.sampled_from([0.0, 0.5]),
)
def test_intervals_decide_as_the_adjusted_p_values_do(seed, correction, gatekeeping, primary):
    """An adjusted interval excludes no effect exactly where the adjusted p-value is below alpha, as does the lift's."""
    card = analyze_frame(frame_of(seed, primary), metrics=NAMES, correction=correction, gatekeeping=gatekeeping)
    p = [row.estimate.p_value for row in card.estimates]
    own = p[1:] if correction == "none" else adjust(p[1:], correction).tolist()
    gate = p[0] if gatekeeping else 0.0
    for row, mine in zip(card.estimates[1:], own, strict=True):
        if row.adjusted_p_value is None:
            assert (correction, gatekeeping) == ("none", False)
            continue
        assert row.adjusted_p_value == pytest.approx(max(mine, gate))
        assert (0 not in row.adjusted_ci) == (0 not in row.adjusted_lift_ci) == (row.adjusted_p_value < 0.05)
        assert (row.verdict in {"better", "worse"}) == (row.adjusted_p_value < 0.05)
        assert row.adjusted_ci.lower <= row.estimate.ci.lower + 1e-12 or row.adjusted_alpha > 0.05


def test_several_treatments_share_the_gate():
    """It opens once the primary metric is significant in all of them."""
    frame = pd.concat([frame_of(1, 0.5), frame_of(2, 0.0).replace({"variant": {"t": "u"}}).query("variant == 'u'")])
    card = analyze_frame(frame, metrics=["a", "b"], gatekeeping=True)
    p = [[row.estimate.p_value for row in card.estimates if row.metric == name] for name in ("a", "b")]
    found = [[row.adjusted_p_value for row in card.estimates if row.metric == name] for name in ("a", "b")]
    assert found == [pytest.approx(one.tolist()) for one in gatekeep(p, "holm")]
    assert card.row("b", "t").correction == "holm, after the primary metric"
    assert card.row("b", "t").verdict == "inconclusive"


def test_the_correction_is_shown():
    """In the table of numbers, in the terminal and in the notebook."""
    card = analyze_frame(frame_of(3), metrics=NAMES)
    row = card.to_frame().iloc[1]
    assert (row.correction, row.adjusted_alpha <= 0.05, row.adjusted_lower < row.ci_lower) == ("holm", True, True)
    told = f"b: adjusted (holm): p {fmt.p_value(card.row('b').adjusted_p_value)}"
    assert told in scorecard_text(card)
    assert told.removeprefix("b: ") in scorecard_table(card)


@pytest.mark.parametrize(("most", "held"), [(0.5, True), (0.001, False)])
def test_guardrails_hold_by_non_inferiority(most, held):
    """Of means with a covariate, of proportions and of ratios; more harm than tolerated is ruled out, or not yet."""
    frame = frame_of(8)
    metrics = ["a", "d", {"key": "bad", "direction": "decrease"}, {"key": "r", "numerator": "d", "denominator": "c"}]
    card = analyze_frame(frame, metrics=metrics, covariates={"d": "b"}, guardrails={"d": most, "bad": most, "r": most})
    assert [(one.metric, one.breached, one.held) for one in card.guardrails] == [
        (name, False, held) for name in ("d", "bad", "r")
    ]
    assert [row.role for row in card.estimates] == ["primary", *["guardrail"] * 3]
    assert ("more is ruled out" if held else "more is not yet ruled out") in card.guardrails[0].detail
    c, t = (frame[frame.variant == name] for name in ("control", "t"))
    peer = non_inferiority_proportions(
        int(c.bad.sum()), len(c), int(t.bad.sum()), len(t), most, better="decrease", relative=True
    )
    assert card.guardrails[1].p_value == pytest.approx(peer.p_value)
    plain = analyze_frame(frame, metrics=["a", "d"], guardrails={"d": most})
    assert plain.guardrails[0].p_value == pytest.approx(non_inferiority(c.d, t.d, most, relative=True).p_value)


def test_a_broken_guardrail():
    """It advises to roll back, and never holds; within strata the interval decides."""
    frame = frame_of(5).assign(d=lambda f: f.d - 2 * (f.variant == "t"), place=np.arange(N) % 3)
    for options in ({}, {"strata": "place"}):
        card = analyze_frame(frame, metrics=["a", "d"], guardrails={"d": 0.05}, **options)
        assert (card.guardrails[0].breached, card.guardrails[0].held) == (True, False)
        assert card.recommendation.action == "rollback"


@pytest.mark.parametrize(
    ("guardrails", "error", "message"),
    [
        ({"e": 0.1}, UnknownName, "not among the metrics"),
        ({"a": 0.1}, InvalidInput, "primary metric 'a' is no guardrail"),
        ({"b": 0}, InvalidInput, "tolerates 0"),
    ],
)
def test_wrong_guardrails_are_named(guardrails, error, message):
    """A reason and a hint."""
    with pytest.raises(error, match=message):
        analyze_frame(frame_of(6), metrics=["a", "b"], guardrails=guardrails)
