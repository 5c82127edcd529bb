"""How far an experiment got: power, the smallest effect, the day it would end; and who computed it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from small_experiments import START, did, experiment, seen

from expkit import __version__
from expkit.analysis import Scorecard
from expkit.analysis.progress import Arrived, _range
from expkit.stats import power_proportions

END = START + timedelta(days=10)


def steady(per_day: int = 40, days: int = 10) -> list[dict[str, object]]:
    """So many new units a day in each arm; the first one at the very start, the last one at the end."""
    hours = [24 * days * i / (per_day * days - 1) for i in range(per_day * days)]
    return [seen(v, f"{v}{i}", hours=hour) for v in ("control", "treatment") for i, hour in enumerate(hours)]


def buys(rate: float = 0.3, n: int = 400) -> list[dict[str, object]]:
    return [did("buy", f"{v}{i}", hours=300) for v in ("control", "treatment") for i in range(round(n * rate))]


def test_power_and_the_smallest_effect(analyze):
    """Those of the planned effect with the data's own spread, close to what sizing says of such units."""
    wanted = experiment(sample_size=2000, plan={"minimum_effect": 0.2, "power": 0.9})
    reached = analyze(wanted, steady(), buys(), at=START + timedelta(days=20)).progress
    (power,) = reached.powers
    assert (power.variant, power.sought, reached.wanted_power) == ("treatment", 0.2, 0.9)
    assert power.power == pytest.approx(power_proportions(0.3, 0.06, 400), abs=0.02)
    assert power_proportions(0.3, power.detectable, 400) == pytest.approx(0.9, abs=0.03)
    assert power.detectable_lift == pytest.approx(power.detectable / 0.3)


def test_several_treatments_share_alpha(analyze):
    """Where the plan corrects for their number, each finds less."""
    three = [{"key": "control"}, {"key": "treatment"}, {"key": "third"}]
    exposures = [*steady(), *(seen("third", f"third{i}") for i in range(400))]
    outcomes = [*buys(), *(did("buy", f"third{i}", hours=300) for i in range(120))]
    plans = {"none": None, "holm": None}
    for correction in plans:
        plan = {"minimum_effect": 0.2, "correction": correction}
        card = analyze(experiment(variants=three, plan=plan), exposures, outcomes)
        exposures = outcomes = []
        plans[correction] = card.progress.powers[0].detectable
    assert plans["holm"] > plans["none"]


def test_a_plan_of_looks_has_to_pass_its_bound(analyze):
    """Its power is that of this look's bound, which is wider than a single look's."""
    metric, powers = {"key": "buy", "window_days": 30}, {}
    exposures, outcomes = steady(), buys()
    for method in ("fixed", "always_valid"):
        wanted = experiment([metric], sample_size=800, plan={"minimum_effect": 0.2, "method": method})
        powers[method] = analyze(wanted, exposures, outcomes, moment=END + timedelta(days=30)).progress.powers[0]
        exposures = outcomes = []
    assert 0 < powers["always_valid"].power < powers["fixed"].power
    assert powers["always_valid"].detectable > powers["fixed"].detectable
    early = analyze(wanted, moment=END).progress.powers[0]
    assert (early.power, early.detectable) == (None, None)  # nobody's thirty days are over


def test_the_projected_end(analyze):
    """Steady arrivals end when arithmetic says, with a narrow range around."""
    card = analyze(experiment(sample_size=600), steady(), moment=END + timedelta(hours=1))
    reached = card.progress
    assert (reached.units, reached.planned_units, reached.counted_days) == (400, 600, 7)
    assert reached.per_day == pytest.approx(40, abs=0.2)
    assert abs(reached.end - (END + timedelta(days=5))) < timedelta(hours=2)
    assert timedelta(hours=2) < reached.end - reached.earliest < timedelta(days=2)
    assert timedelta(hours=2) < reached.latest - reached.end < timedelta(days=2)


def test_the_end_is_in_its_range_nine_times_in_ten():
    """Over 2,000 histories of overdispersed days; the range is of whole days here, hence a little wider."""
    rng, left, inside = np.random.default_rng(11), 900, 0
    for _ in range(2000):
        days = rng.negative_binomial(8, 8 / 108, 60)  # a mean of 100, a spread of 37
        soon, late = _range(left, Arrived(tuple(days[:7].tolist()), START))
        came = int(np.searchsorted(np.cumsum(days[7:]), left)) + 1
        inside += soon <= came <= max(late, came if late == np.inf else late) + 1
    assert 0.88 < inside / 2000 < 0.97


@pytest.mark.parametrize(
    ("more", "moment", "note"),
    [
        ({}, END, "no size is planned"),
        ({"sample_size": 300}, END, "is there"),
        ({"sample_size": 600, "stopped_at": END}, END, "stopped"),
        ({"sample_size": 600}, END + timedelta(days=3), "no unit has come since 2026-03-11"),
    ],
)
def test_no_end_has_its_reason(analyze, more, moment: datetime, note):
    """Where nothing is planned, where it is there, where it stopped, where nobody comes any more."""
    reached = analyze(experiment(**more), steady(), moment=moment).progress
    assert note in reached.note
    assert (reached.end, reached.earliest, reached.latest) == (None, None, None)


def test_two_hours_tell_no_pace(analyze):
    """A projection needs two whole days."""
    exposures = [seen(v, f"{v}{i}", hours=i / 10) for v in ("control", "treatment") for i in range(20)]
    reached = analyze(experiment(sample_size=600), exposures, moment=START + timedelta(hours=3)).progress
    assert "two whole days" in reached.note
    assert reached.per_day is None


def test_planned_days_end_when_they_are_over(analyze):
    """Where no size is planned the end has no range."""
    reached = analyze(experiment(plan={"days": 14}), steady(), moment=END).progress
    assert reached.end == reached.earliest == reached.latest == START + timedelta(days=14)


def test_who_computed_it(analyze):
    """A scorecard names its expkit; computed again by another, it says so; one of before can be read."""
    card = analyze(experiment(), steady())
    assert card.code_version == __version__
    assert card.told_of(card) == card
    for then, told in (("0.0.1", "taken by expkit 0.0.1"), ("", "did not leave its version")):
        old = card.model_copy(update={"code_version": then, "look": 3})
        assert told in card.told_of(old).remarks[0]
    kept = {k: v for k, v in card.to_dict().items() if k not in {"code_version", "progress", "remarks"}}
    assert Scorecard.parse(kept).progress is None
