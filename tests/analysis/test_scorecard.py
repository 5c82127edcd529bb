"""The scorecard as a value: found by name, written down and read back, shown as a frame."""

from __future__ import annotations

import pytest

from expkit.analysis import Arm, MetricEstimate, Recommendation, Scorecard
from expkit.errors import InvalidDefinition, InvalidInput, UnknownName
from expkit.stats import Estimate, NotEstimable, check_srm, compare_means

NONE = NotEstimable("No units.", "wait.")
SOME = compare_means([1.0, 2.0, 3.0], [2.0, 4.0, 7.0], alternative="greater")
NO_LIFT = compare_means([-1.0, 1.0, 0.5], [2.0, 4.0, 7.0])


def row(metric: str, variant: str, estimate: Estimate | NotEstimable) -> MetricEstimate:
    return MetricEstimate(
        metric=metric, title=metric, kind="mean", role="primary", variant=variant, estimate=estimate, verdict="unknown"
    )


def card(**changes) -> Scorecard:
    values = {
        "experiment": "exp", "name": "Exp", "control": "control", "alpha": 0.05,
        "arms": [Arm(key=key, name=key, n=3, share=1 / 3) for key in ("control", "b", "c ")],
        "estimates": [row("x", "b", SOME), row("x", "c ", NONE), row("y", "b", NO_LIFT)],
        "checks": [check_srm([3, 3, 3])],
        "recommendation": Recommendation(action="continue", headline="Go on", reasons=("why",)),
        "table_versions": {"exposures": 3},
    }  # fmt: skip
    return Scorecard(**{**values, **changes})


def test_round_trips():
    """JSON and YAML give an equal scorecard back, infinite ends, absent lifts and blanks included."""
    given = card()
    assert Scorecard.from_json(given.to_json()) == given
    assert Scorecard.parse(given.to_dict()) == given
    assert Scorecard.from_yaml(given.to_yaml()) == given
    assert Scorecard.from_json(given.to_json()).estimate("x", "b").ci.upper == float("inf")


def test_estimates_are_found_by_name():
    """The variant may be left out where a metric has one treatment."""
    assert card().estimate("x", "b") == SOME
    assert card().estimate("x", "c ") == NONE
    assert card().estimate("y") == NO_LIFT
    assert card().arm("b").n == 3
    assert [arm.key for arm in card().treatments] == ["b", "c "]
    assert len(card().primary) == 3


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda c: c.estimate("z"), UnknownName, "Metric 'z' is not in experiment 'exp'.*'x', 'y'"),
        (lambda c: c.estimate("x"), InvalidInput, "'x' has 2 treatments, and no variant was named"),
        (lambda c: c.estimate("x", "d"), UnknownName, "Variant 'd' is not in"),
        (lambda c: c.estimate("x", "control"), InvalidInput, "'control' is the control"),
        (lambda c: c.arm("bb"), UnknownName, "'bb' is not in"),
    ],
)
def test_wrong_names_get_a_hint(ask, error, message):
    """The error names what there is."""
    with pytest.raises(error, match=message):
        ask(card())


def test_a_frame_has_one_row_per_estimate():
    """Numbers are numbers, also where all of them are missing; an absent estimate has its reason."""
    frame = card().to_frame()
    assert frame.metric.tolist() == ["x", "x", "y"]
    assert frame.reason.tolist() == ["", "No units. Hint: wait.", ""]
    assert frame.loc[0, "effect"] == SOME.effect
    assert frame[["lift", "p_value", "adjusted_p_value"]].isna().to_numpy().tolist() == [
        [False, False, True], [True, True, True], [True, False, True],
    ]  # fmt: skip
    assert frame.adjusted_p_value.dtype == "float64"


def test_a_look_is_numbered():
    """The same numbers under another look."""
    assert card().looked(4).look == 4
    assert card().looked(4).estimates == card().estimates


def test_a_scorecard_without_arms_is_none():
    """There is always a control."""
    with pytest.raises(InvalidDefinition, match="has arms"):
        card(arms=[])
