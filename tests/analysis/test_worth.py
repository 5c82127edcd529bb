"""What a treatment is worth: by hand, against simulation, and where there is no answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import Scorecard
from expkit.analysis.worth import Economics, Worth, worth_of
from expkit.errors import InvalidInput, UnknownName
from expkit.view.worth import worth_lines


def card(wanted: Any, effect: float = 0.02, se: float = 0.01, base: float = 0.2, **more: Any) -> Scorecard:
    """A look at 10,000 units an arm, with this estimate."""
    found = {
        "kind": "estimate", "effect": effect, "ci": [effect - 2 * se, effect + 2 * se], "lift": effect / base,
        "lift_ci": [-1, 1], "p_value": 0.05, "statistic": effect / se, "se": se, "df": None, "alpha": 0.05,
        "alternative": "two-sided", "method": "score", "control": {"n": 10_000, "mean": base},
        "treatment": {"n": 10_000, "mean": base + effect},
    }  # fmt: skip
    metric = wanted.primary_metric
    row = {"metric": metric.key, "title": metric.title, "kind": metric.kind, "role": "primary", "variant": "treatment",
           "direction": metric.direction, "estimate": found, "verdict": "better"}  # fmt: skip
    reached = {"units": 10_000, "wanted_power": 0.8, "per_day": 500.0, "counted_days": 7}
    return Scorecard.parse({
        "experiment": "exp", "name": "Exp", "control": "control", "alpha": 0.05, "estimates": [row],
        "progress": reached,
        "arms": [{"key": k, "name": k, "n": 10_000, "share": 0.5} for k in ("control", "treatment")],
        "recommendation": {"action": "continue", "headline": "x"}, **more,
    })  # fmt: skip


def worth(wanted: Any = None, look: Any = None, **asked: Any) -> Worth:
    wanted = wanted or experiment()
    asked = {"value": 10.0, "traffic": 100_000, "prior_sd": 1000, **asked}
    return worth_of(wanted, look or card(wanted), Economics(**asked))


def test_by_hand():
    """0.02 x 10 x 100,000 is 20,000; 5,000 and 0.05 each leave 10,000; a flat prior has the data's interval."""
    found = worth(build=5_000, running=0.05)
    assert (found.gain, found.cost, found.net) == pytest.approx((20_000, 10_000, 10_000), rel=1e-6)
    assert tuple(found.net_ci) == pytest.approx((10_000 - 19_600, 10_000 + 19_600), rel=1e-3)
    assert found.roi == pytest.approx(1.0, rel=1e-6)
    assert found.probability_positive == pytest.approx(0.8413, abs=1e-3)
    assert (found.break_even, found.break_even_lift) == pytest.approx((0.01, 0.05))
    assert worth().roi is None


def test_less_is_better():
    """For a metric that should fall, a fall is what has the value; a negative value is refused by nobody."""
    wanted = experiment([{"key": "error", "direction": "decrease"}])
    assert worth(wanted, card(wanted, effect=-0.02)).gain == pytest.approx(20_000, rel=1e-6)
    assert worth(wanted, card(wanted, effect=0.02), build=1).ship is False


def test_the_plan_s_prior_shrinks():
    """A lucky effect is not multiplied at its face value."""
    wanted = experiment(plan={"prior_sd": 0.05})
    found = worth(wanted, prior_sd=None)
    assert found.effect == pytest.approx(0.02 * 0.01**2 / (0.01**2 + 0.01**2))


def test_beliefs_come_true():
    """Over 4,000 treatments as the prior says, the chances and intervals hold (Monte Carlo error 0.8 %)."""
    rng, wanted = np.random.default_rng(8), experiment()
    true = rng.normal(0, 0.1 * 0.2, 4000)
    paid, chance, inside = [], [], []
    for one in true:
        found = worth(wanted, card(wanted, effect=float(rng.normal(one, 0.01))), prior_sd=0.1, build=5_000)
        net = one * 10 * 100_000 - 5_000
        paid.append(net > 0)
        chance.append(found.probability_positive)
        inside.append(found.net_ci.lower < net < found.net_ci.upper)
    assert np.mean(chance) == pytest.approx(np.mean(paid), abs=0.02)
    sure = np.array(chance) > 0.9
    assert np.mean(np.array(paid)[sure]) == pytest.approx(np.mean(np.array(chance)[sure]), abs=0.03)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_what_more_data_are_worth():
    """The expected value of sample information is that of simulated experiments that go on, and choose then."""
    rng = np.random.default_rng(9)
    found = worth(prior_sd=0.1, build=15_000, wait=14)
    mean, sd, se = found.effect, (found.effect_ci.upper - found.effect) / 1.959964, 0.01
    more = found.waiting.units / 20_000
    assert more == pytest.approx(14 * 1000 / 20_000)
    truth = rng.normal(mean, sd, 400_000)
    seen_later = rng.normal(truth, se / np.sqrt(more))
    later = (mean / sd**2 + seen_later * more / se**2) / (1 / sd**2 + more / se**2)
    chosen = np.maximum(later * 10 * 100_000 - 15_000, 0).mean()
    assert found.waiting.information == pytest.approx(chosen - max(found.net, 0), rel=0.03)
    assert found.waiting.net == found.waiting.information - found.waiting.cost


def test_waiting_costs_what_the_better_choice_would_bring():
    """The half of the units that have it already lose nothing; keeping control, they lose what it harms."""
    good = worth(days=100, wait=10)
    assert good.waiting.cost == pytest.approx(good.gain / 100 * 10 / 2)
    bad = worth(look=card(experiment(), effect=-0.02), days=100, wait=10)
    assert bad.waiting.cost == pytest.approx(-bad.gain / 100 * 10 / 2)
    assert worth(experiment(stopped_at=START)).waiting is None


def test_traffic_as_it_came(analyze):
    """All eligible units of the last days, over the horizon; without a pace it has to be given."""
    exposures = [seen(v, f"{v}{i}", hours=i / 2) for v in ("control", "treatment") for i in range(240)]
    outcomes = [did("buy", f"{v}{i}", hours=200) for v in ("control", "treatment") for i in range(0, 240, 3)]
    wanted = experiment(coverage=0.5, sample_size=500)
    look = analyze(wanted, exposures, outcomes, moment=START + timedelta(days=5))
    found = worth(wanted, look, traffic=None, days=10)
    assert found.traffic == pytest.approx(10 * 2 * 48 / 0.5, rel=0.02)
    with pytest.raises(InvalidInput, match="How many units"):
        worth(wanted, look.model_copy(update={"progress": None}), traffic=None)


def test_what_has_no_answer(analyze):
    """No estimate, no such metric."""
    wanted = experiment()
    look = analyze(wanted, [seen("control", "a"), seen("treatment", "b")])
    with pytest.raises(InvalidInput, match="has no estimate"):
        worth(wanted, look)
    with pytest.raises(UnknownName, match="revenue"):
        worth(wanted, look, metric="revenue")


def test_in_sentences():
    """Three digits, the money's sign, and what to do."""
    text = " ".join(worth_lines(worth(build=5_000, running=0.05), "EUR"))
    told = [
        "brings +€20,000", "costs €10,000.", "Net +€10,000 (−€9,600 to +€29,600)", "pays is 84.1%",
        "Return on what it costs: +100", "breaks even with a lift of +5.00%", "Waiting 7 days for 7,000",
    ]  # fmt: skip
    assert [one for one in told if one not in text] == []
    assert "On average it is better to ship it." in worth_lines(worth(experiment(stopped_at=START)))[-1]
    assert "keep control" in worth_lines(worth(experiment(stopped_at=START), build=10**6))[-1]
