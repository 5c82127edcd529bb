"""How an experiment stands: its outcome for the lists, what is learnt from a look, and what is at risk."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from small_experiments import START, experiment

from expkit.analysis import Arm, MetricEstimate, Recommendation, Scorecard
from expkit.analysis.scorecard import GuardrailFinding
from expkit.analysis.standing import Risk, learning_of, risks, standing
from expkit.domain import Experiment
from expkit.errors import InvalidInput
from expkit.stats import Estimate, Interval, NotEstimable, check_srm, compare_means

NOW = START + timedelta(days=10)
SOME = compare_means([1.0, 2.0, 3.0], [2.0, 4.0, 7.0])


def estimate(lift: tuple[float, float], control: float = 1.0) -> Estimate:
    """One whose plausible lifts, and effects, lie in an interval."""
    ends = Interval(lift[0] * control, lift[1] * control)
    return Estimate(
        effect=sum(ends) / 2, ci=ends, lift=sum(lift) / 2, lift_ci=Interval(*lift), p_value=0.01, statistic=2.0,
        se=1.0, df=None, alpha=0.05, alternative="two-sided", method="z",
        control=type(SOME.control)(n=100, mean=control), treatment=SOME.treatment,
    )  # fmt: skip


def row(verdict: str = "better", metric: str = "buy", variant: str = "treatment", **more: Any) -> MetricEstimate:
    values = {"metric": metric, "title": metric, "kind": "mean", "role": "primary", "variant": variant}
    return MetricEstimate.parse({**values, "estimate": SOME, "verdict": verdict, **more})


def card(*rows: MetricEstimate, n: int = 100, **more: Any) -> Scorecard:
    arms = [Arm(key=key, name=key, n=n, share=0.5) for key in ("control", "treatment")]
    return Scorecard.parse({
        "experiment": "exp", "name": "Exp", "control": "control", "alpha": 0.05, "arms": arms, "estimates": rows,
        "recommendation": Recommendation(action="continue", headline="Go on"), "at": NOW, "started_at": START, **more,
    })  # fmt: skip


def running(days: float | None = None, **more: Any) -> Experiment:
    stopping = {"max_days": days} if days else {}
    return experiment(status="active", started_at=START, stopping=stopping, **more)


@pytest.mark.parametrize(
    ("verdicts", "size", "found"),
    [
        (["better"], None, ("positive", "significant")),
        (["worse", "better"], None, ("positive", "significant")),
        (["worse", "inconclusive"], None, ("negative", "significant")),
        (["inconclusive"], None, ("neutral", "not_significant")),
        (["inconclusive"], 100, ("neutral", "not_significant")),
        (["inconclusive"], 101, ("", "insufficient")),
        (["unknown"], None, ("", "insufficient")),
    ],
)
def test_outcome_and_significance(verdicts: list[str], size: int | None, found: tuple[str, str]) -> None:
    """What the primary metric says; before the planned size an inconclusive look says nothing yet."""
    rows = [row(verdict, variant=f"v{place}") for place, verdict in enumerate(verdicts)]
    assert standing(experiment(sample_size=size), card(*rows)) == found


def test_arms_without_a_share_are_not_waited_for() -> None:
    """A variant that is switched off never fills."""
    arms = [Arm(key="control", name="c", n=100, share=1.0), Arm(key="treatment", name="t", n=0, share=0.0)]
    assert standing(experiment(sample_size=100), card(row("inconclusive"), arms=arms))[0] == "neutral"


def learnt(look: Scorecard | None, outcome: Any = None) -> Any:
    body = look.model_dump(mode="json") if look else None
    return learning_of(experiment(), body, "we learnt", outcome, "ann", NOW)


def test_a_learning_has_the_evidence_of_its_look() -> None:
    """The lift of the treatment that is most certain, and its interval."""
    found = learnt(card(row(), look=3))
    assert (found.outcome, found.look, found.lift) == ("positive", 3, pytest.approx(SOME.lift))
    assert isinstance(SOME.lift_ci, Interval)
    assert (found.lift_lower, found.lift_upper) == (
        pytest.approx(SOME.lift_ci.lower),
        pytest.approx(SOME.lift_ci.upper),
    )
    assert learnt(card(row()), "neutral").outcome == "neutral"


def test_a_learning_without_a_number_is_one_too() -> None:
    """Open ends and absent lifts are left out, not made up."""
    none = learnt(card(row(estimate=NotEstimable("No units."))), "neutral")
    assert (none.lift, none.lift_lower, none.lift_upper) == (None, None, None)
    one_sided = compare_means([1.0, 2.0, 3.0], [2.0, 4.0, 7.0], alternative="greater")
    assert isinstance(one_sided.lift_ci, Interval)
    found = learnt(card(row(estimate=one_sided)))
    assert (found.lift_upper, math.isinf(one_sided.lift_ci.upper)) == (None, True)
    with pytest.raises(InvalidInput, match=r"has no outcome yet.*outcome='positive'"):
        learnt(None)
    with pytest.raises(InvalidInput, match="has no outcome yet"):
        learnt(card(row("unknown")))


def kinds(wanted: Experiment, look: Scorecard | None, at: datetime = NOW) -> list[str]:
    return [risk.kind for risk in risks(wanted, look, at)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (running(9), ["overdue"]),
        (running(11), []),
        (running(), []),
        (running(plan={"days": 5}), ["overdue"]),
        (running(schedule={"end": START + timedelta(days=20)}, plan={"days": 5}), []),
        (running(9).changed(status="stopped"), []),
    ],
)
def test_overdue(wanted: Experiment, found: list[str]) -> None:
    """Its planned end has passed and it still runs."""
    assert kinds(wanted, None) == found


def test_underpowered_at_its_projected_end() -> None:
    """100 units in 10 of 20 days make 200."""
    assert kinds(running(20, sample_size=200), card(row())) == []
    (risk,) = risks(running(20, sample_size=201), card(row()), NOW)
    assert (risk.kind, risk.detail) == (
        "underpowered", "The smallest arm will have 200 units by 2026-03-21; 201 are planned.",
    )  # fmt: skip
    assert kinds(running(20, sample_size=201), card(row(), started_at=None)) == []
    assert kinds(running(20, sample_size=201), card(row(), started_at=NOW)) == []
    assert kinds(running(sample_size=201), card(row())) == []


def test_a_failing_check_is_a_risk() -> None:
    """With what it found."""
    bad = check_srm([100, 300])
    assert risks(running(), card(row(), checks=[bad, check_srm([100, 100])]), NOW) == [
        Risk(kind="check", detail=f"{bad.name}: {bad.detail}"[:500])
    ]


GUARDED = {
    "relative": ({"max_change": 0.1}, "decrease", 1.0),
    "absolute": ({"limit": 1.1}, "decrease", 1.0),
    "relative, more is better": ({"max_change": 0.1}, "increase", 1.0),
    "absolute, more is better": ({"limit": 0.9}, "increase", 1.0),
}


@pytest.mark.parametrize("case", GUARDED)
def test_a_guardrail_near_its_bound(case: str) -> None:
    """When the harm that is plausible has used up four fifths of what is tolerated; a breached one says so."""
    bound, direction, control = GUARDED[case]
    wanted = running(guardrails=[{"metric": {"key": "error", "direction": direction}, **bound}])
    bad = 1 if direction == "decrease" else -1
    for harm, breached, found in ((0.07, False, []), (0.085, False, ["guardrail"]), (0.2, True, ["guardrail"])):
        lift = tuple(sorted((bad * -0.05, bad * harm)))
        guarded = row(metric="error", role="guardrail", estimate=estimate(lift, control))  # type: ignore[arg-type]
        finding = GuardrailFinding(metric="error", variant="treatment", breached=breached, detail="so it is")
        told = risks(wanted, card(row(), guarded, guardrails=[finding]), NOW)
        assert [risk.kind for risk in told] == found, harm
    assert "has crossed its bound: so it is" in told[0].detail


def test_a_guardrail_without_a_number_is_no_risk_yet() -> None:
    """Nothing can be said."""
    wanted = running(guardrails=[{"metric": "error", "limit": 1}])
    finding = GuardrailFinding(metric="error", variant="treatment", breached=None, detail="no units")
    absent = row(metric="error", estimate=NotEstimable("No units."))
    assert kinds(wanted, card(row(), guardrails=[finding])) == []
    assert kinds(wanted, card(row(), absent, guardrails=[finding])) == []
