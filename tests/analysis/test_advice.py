"""What would change the advice, and advice that holds however often somebody looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import Recommendation, Scorecard
from expkit.view import scorecard_text
from expkit.view.fragments import call_out


def units(n: int, rates: tuple[float, float] = (0.1, 0.1), first: int = 0, days: float = 0.0) -> tuple[Any, Any]:
    """Units `first` to `n` of each arm over so many days; so many of them buy."""
    arms = dict(zip(("control", "treatment"), rates, strict=True))
    who = [(v, i) for v in arms for i in range(first, n)]
    exposures = [seen(v, f"{v}{i}", hours=24 * days * i / n) for v, i in who]
    return exposures, [did("buy", f"{v}{i}", hours=24 * days * i / n) for v, i in who if (i * 37) % 100 < 100 * arms[v]]


def turns(card: Scorecard) -> str:
    return " ".join(card.recommendation.would_change)


def test_more_units_and_when_they_are_there(analyze):
    """A look before the planned end says how many are missing, and the day."""
    card = analyze(experiment(sample_size=900), *units(600, days=6), moment=START + timedelta(days=6))
    assert card.recommendation.action == "continue"
    assert turns(card) == f"300 more units in the smallest arm, about {card.progress.end:%Y-%m-%d} at the present pace."
    by_days = analyze(experiment(plan={"days": 8}), moment=START + timedelta(days=6))
    assert turns(by_days) == "2.0 more days."


def test_the_size_that_would_have_decided(analyze):
    """A plan of looks names the effect of its bound."""
    wanted = experiment(sample_size=900, plan={"method": "group_sequential", "looks": 3})
    card = analyze(wanted, *units(300), moment=START)
    row = card.row("buy")
    size = row.decision.bound * row.decision.se / row.estimate.control.mean
    assert f"would have decided at this look with a lift of {size:.2%} or more" in turns(card)


def test_a_check_has_to_be_mended(analyze):
    """It is named with what to do, and what the rules would say then."""
    exposures, outcomes = units(1000, (0.1, 0.2))
    card = analyze(experiment(), [row for row in exposures if row["user_id"] < "treatment5"], outcomes)
    assert card.recommendation.action == "investigate"
    assert card.recommendation.would_change[0].startswith("The check srm has to pass: the split has to be mended")
    assert "With every check passed the rules would say: promote treatment (treatment is better" in turns(card)


def test_a_guardrail_has_to_hold(analyze):
    """It is named with what it shows; no gain outweighs it."""
    guardrail = {"metric": {"key": "loss", "event": "buy", "direction": "decrease"}, "max_change": 0.1}
    card = analyze(experiment(guardrails=[guardrail]), *units(1000, (0.1, 0.2)))
    assert card.recommendation.action == "rollback"
    assert "The guardrail loss would have to hold for treatment; it shows harm 100.0%" in turns(card)


def test_a_promotion_lasts_unless_there_is_harm(analyze):
    """Guardrails that are not yet held are named."""
    guardrail = {"metric": {"key": "error", "direction": "decrease"}, "max_change": 0.1}
    exposures, outcomes = units(1000, (0.1, 0.2))
    outcomes += [did("error", f"{v}{i}") for v in ("control", "treatment") for i in range(20)]
    card = analyze(experiment(guardrails=[guardrail]), exposures, outcomes)
    assert card.recommendation.action == "promote"
    assert "not yet ruled out: error of treatment" in turns(card)
    assert "at a later look" in turns(card)


def test_no_clear_difference_says_what_size_would_find_it(analyze):
    """Errors fall with the root of the units; two digits are all that is known."""
    wanted = experiment(sample_size=1000, plan={"minimum_effect": 0.1})
    card = analyze(wanted, *units(1000))
    assert card.recommendation.headline == "No clear difference"
    (power,) = card.progress.powers
    needed = 1000 * (power.detectable_lift / 0.1) ** 2
    assert needed < float(turns(card).split()[1].replace(",", "")) < 1.11 * needed
    assert "find 10.0% in Buy with power 80%" in turns(card)


def test_worse_is_worse(analyze):
    """Nothing that is still to come would change it."""
    assert "Nothing that this plan still sees" in turns(analyze(experiment(), *units(1000, (0.2, 0.1))))


def test_nobody_was_exposed(analyze):
    """Then exposures are what is missing."""
    assert turns(analyze(experiment())) == "Exposures in every arm."


@pytest.mark.parametrize("bound", [{"max_change": 1e-6}, {"limit": 0.2}])
def test_looking_again_and_again_breaks_no_guardrail(analyze, bound):
    """Harm that one look of a fixed plan would find at 5% is not enough where it was looked at before."""
    wanted = experiment(
        ["sale"], sample_size=1000, guardrails=[{"metric": {"key": "buy", "direction": "decrease"}, **bound}]
    )
    first = analyze(wanted, *units(100, (0.2, 0.2)))
    card = analyze(wanted, *units(500, (0.2, 0.27), 100), look=2, past=[first])
    assert card.row("buy").estimate.p_value < 0.05
    assert card.row("buy").decision.p_value > 0.05
    assert (card.guardrails[0].breached, card.guardrails[0].held) == (False, False)
    worse = analyze(wanted, *units(900, (0.2, 0.6), 500), look=3, past=[first, card])
    assert worse.guardrails[0].breached
    assert worse.recommendation.action == "rollback"


def test_stands_below_the_reasons():
    """In the terminal and on pages, escaped."""
    advice = Recommendation(action="continue", headline="Wait", would_change=("300 more <units>.",))
    card = Scorecard.parse({
        "experiment": "e", "name": "E", "control": "c", "alpha": 0.05, "estimates": [],
        "arms": [{"key": "c", "name": "c", "n": 1, "share": 1}], "recommendation": advice.to_dict(),
    })  # fmt: skip
    assert "What would change it:\n  · 300 more <units>." in scorecard_text(card)
    assert "<p>What would change it:</p><ul><li>300 more &lt;units&gt;.</li></ul>" in call_out(card)
