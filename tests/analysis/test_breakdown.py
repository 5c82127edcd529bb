"""Effects by segment: every value by itself, adjusted, shrunken, and never a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import Breakdown, Scorecard, break_down
from expkit.domain import Experiment
from expkit.errors import InvalidDefinition, InvalidInput, UnknownName
from expkit.stats import Estimate, NotEstimable, adjust, compare_means, compare_proportions, shrink_effects

RATES = {"DE": (0.2, 0.3), "FR": (0.2, 0.2), "US": (0.2, 0.22), "AT": (0.3, 0.28), None: (0.1, 0.1), "CH": (0.1, 0.2)}
SIZES = {"DE": 400, "FR": 300, "US": 200, "AT": 150, None: 120, "CH": 40}


@pytest.fixture
def broken(analyze, events):
    """`broken(experiment, exposures, outcomes, by=[...])` -> breakdowns, from what a test logs."""

    def run(wanted: Experiment, exposures: Any = (), outcomes: Any = (), **options: Any) -> dict[str, Breakdown]:
        analyze(wanted.changed(segments=[]), exposures, outcomes)
        with events.reader(experiment=wanted.key) as reader:
            return {one.attribute: one for one in break_down(wanted, reader, **options)}

    return run


def countries() -> tuple[Any, Any]:
    """Units of six countries, one of them unknown; so many of each hundred buy."""
    exposures, outcomes = [], []
    for country, rates in RATES.items():
        for variant, rate in zip(("control", "treatment"), rates, strict=True):
            for i in range(SIZES[country]):
                unit = f"{country}{variant}{i}"
                attributes = {"age": 20 + i % 40} if country is None else {"country": country, "age": 20 + i % 40}
                exposures.append(seen(variant, unit, hours=i % 24, attributes=attributes, placement="cart"))
                if (i * 37) % 100 < 100 * rate:
                    outcomes.append(did("buy", unit, hours=30, value=1.0 + i % 7))
    return exposures, outcomes


def estimates(found: Breakdown, metric: str = "buy") -> dict[str, Any]:
    return {s.value: next(e for e in s.effects if e.metric == metric) for s in found.segments}


def bought(n: int, rate: float) -> int:
    return sum((i * 37) % 100 < 100 * rate for i in range(n))


def test_every_value_by_itself(broken):
    """Each is the test of its own units; those that lack the attribute are a segment; the largest come first."""
    found = broken(experiment(sample_size=100), *countries(), by=["country"])["country"]
    assert [s.value for s in found.segments] == ["DE", "FR", "US", "AT", "CH", "missing"]
    assert [s.what for s in found.segments][-2:] == ["value", "missing"]
    assert found.segments[0].units == {"control": 400, "treatment": 400}
    assert not found.any_look
    for name, country in [("DE", "DE"), ("missing", None)]:
        n, (c, t) = SIZES[country], RATES[country]
        assert estimates(found)[name].estimate == compare_proportions(bought(n, c), n, bought(n, t), n)


def test_adjusted_and_shrunken(broken):
    """p-values over all segments of all attributes (BH), differences over attributes; effects shrunken within one."""
    both = broken(experiment(sample_size=100), *countries(), by=["country", "placement"])
    every = [e for one in both.values() for e in estimates(one).values() if isinstance(e.estimate, Estimate)]
    adjusted = adjust([e.estimate.p_value for e in every], "bh")
    assert [e.adjusted_p_value for e in every] == pytest.approx(adjusted.tolist())
    there = [e for e in estimates(both["country"]).values() if isinstance(e.estimate, Estimate)]
    shrunken = shrink_effects([e.estimate.effect for e in there], [e.estimate.se for e in there])
    assert [e.shrunken for e in there] == pytest.approx([one.effect for one in shrunken])
    (told,) = both["country"].differences
    assert 0 < told.p_value < 1
    assert told.adjusted_p_value == told.p_value  # the other attribute has one segment
    assert "needs two" in both["placement"].differences[0].note


def test_not_enough_units(broken):
    """A segment below a hundred units in an arm says so and counts in no adjustment."""
    small = estimates(broken(experiment(sample_size=100), *countries(), by=["country"])["country"])["CH"]
    assert isinstance(small.estimate, NotEstimable)
    assert "Not enough units: 40" in str(small.estimate)
    assert (small.adjusted_p_value, small.shrunken, small.against_rest_p_value) == (None, None, None)


def test_the_rest_is_other(broken):
    """No unit is lost where an attribute has more values than were asked for."""
    found = broken(experiment(), *countries(), by=["country"], values=2)["country"]
    assert [(s.value, s.what) for s in found.segments] == [
        ("DE", "value"), ("FR", "value"), ("missing", "missing"), ("other", "other"),
    ]  # fmt: skip
    assert sum(sum(s.units.values()) for s in found.segments) == 2 * sum(SIZES.values())


def test_drilling_down(broken):
    """Within a value of another attribute, or where it lacks; several metrics at once."""
    metrics = ["buy", {"key": "revenue", "kind": "sum", "event": "buy"}]
    wanted = experiment(metrics, sample_size=100)
    inside = broken(wanted, *countries(), by=["age"], within={"country": "DE"}, bins={"age": [30, 50]},
                    metrics=["revenue", "buy"])["age"]  # fmt: skip
    assert [s.value for s in inside.segments] == ["below 30", "30 to 50", "50 and above"]
    assert [s.units["control"] for s in inside.segments] == [100, 200, 100]
    assert inside.within == {"country": "DE"}
    values = [
        [(1.0 + i % 7) * ((i * 37) % 100 < 100 * rate) for i in range(400) if i % 40 < 10] for rate in RATES["DE"]
    ]
    assert estimates(inside, "revenue")["below 30"].estimate.p_value == pytest.approx(compare_means(*values).p_value)
    lacking = broken(wanted, by=["placement"], within={"country": None})["placement"]
    assert lacking.segments[0].units == {"control": 120, "treatment": 120}


def test_looks_that_may_follow_widen_the_intervals(broken):
    """Before the planned end, and in plans of looks, a segment's interval and p-value hold at any look."""
    early = broken(experiment(sample_size=10**6), *countries(), by=["country"])["country"]
    plain = compare_proportions(bought(400, 0.2), 400, bought(400, 0.3), 400)
    wide = estimates(early)["DE"].estimate
    assert early.any_look
    assert "hold at any look" in early.note
    assert (wide.effect, wide.method) == (plain.effect, "score+always-valid")
    assert wide.ci.lower < plain.ci.lower
    assert wide.ci.upper > plain.ci.upper
    assert wide.p_value > plain.p_value
    looking = experiment(sample_size=100, plan={"method": "always_valid"})
    assert broken(looking, by=["country"])["country"].any_look


def test_the_first_exposure_counts(broken):
    """What an attribute became later, or first became later, is not what the unit came with."""
    exposures = []
    for variant in ("control", "treatment"):
        for i in range(4):
            exposures += [seen(variant, f"{variant}{i}", attributes={"plan": "free"} if i % 2 else {})]
            exposures += [seen(variant, f"{variant}{i}", hours=9, attributes={"plan": "paid"})]
    found = broken(experiment(), exposures, by=["plan"])["plan"]
    assert {s.value: s.units["control"] for s in found.segments} == {"free": 2, "missing": 2}


def test_the_hour_and_the_weekday_are_the_experiment_s(broken):
    """By its own clocks, also where they were changed on the way (START is a Sunday, 29 March has 23 hours)."""
    exposures = [seen(v, f"{v}{i}", hours=24 * i + 22.5) for v in ("control", "treatment") for i in range(35)]
    utc = broken(experiment(), exposures, by=["weekday", "time_of_day"])
    assert [s.value for s in utc["time_of_day"].segments] == ["evening, 18 to 24"]
    assert [s.units["control"] for s in utc["weekday"].segments] == [5] * 7
    berlin = broken(experiment(schedule={"timezone": "Europe/Berlin"}), by=["time_of_day"])["time_of_day"]
    assert {s.value: s.units["control"] for s in berlin.segments} == {"evening, 18 to 24": 28, "night, 0 to 6": 7}


def test_a_look_keeps_the_segments_that_the_experiment_names(analyze):
    """For its primary metric; everything else is as without them, and it can be read back."""
    exposures, outcomes = countries()
    wanted = experiment(["buy", "click"], segments=["country", "weekday"], sample_size=100)
    card = analyze(wanted, exposures, outcomes, moment=START)
    assert [one.attribute for one in card.segments] == ["country", "weekday"]
    assert {e.metric for one in card.segments for s in one.segments for e in s.effects} == {"buy"}
    plain = analyze(experiment(["buy", "click"], sample_size=100), moment=START)
    assert card.model_copy(update={"segments": ()}) == plain
    assert Scorecard.from_json(card.to_json()) == card


def test_a_metric_that_is_not_per_unit(broken):
    """A quantile has no segments, and says so."""
    slow = {"key": "slow", "kind": "quantile", "event": "buy", "quantile": 0.9}
    found = broken(experiment(["buy", slow]), *countries(), by=["country"], metrics=["slow", "buy"])["country"]
    assert "has no segments" in str(estimates(found, "slow")["DE"].estimate)
    assert isinstance(estimates(found)["DE"].estimate, Estimate)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by": []}, InvalidInput, "0 attributes"),
        ({"by": ["a", "a"]}, InvalidInput, "2 attributes"),
        ({"by": ["a"], "within": {"a": "x"}}, InvalidInput, "a is fixed"),
        ({"by": ["a"], "values": 51}, InvalidInput, "from 1 to 50"),
        ({"by": ["a"], "bins": {"b": [1]}}, UnknownName, "'b' is not in those asked for"),
        ({"by": ["a"], "bins": {"a": [2, 1]}}, InvalidInput, "from small to large"),
        ({"by": ["a"], "metrics": ["bye"]}, UnknownName, "'bye' is not in experiment"),
    ],
)
def test_what_is_refused(broken, options, error, message):
    """With what would do instead."""
    with pytest.raises(error, match=message):
        broken(experiment(), **options)


def test_an_attribute_with_an_odd_name(broken):
    """Quotes and slashes are part of the name, and values are text."""
    odd = "a/b'\"~"
    exposures = [seen(v, f"{v}{i}", attributes={odd: "it's"}) for v in ("control", "treatment") for i in range(3)]
    found = broken(experiment(), exposures, by=[odd], within={"placement": None})[odd]
    assert [(s.value, s.units["control"]) for s in found.segments] == [("it's", 3)]


def test_a_segment_stands_once():
    """In a definition, too."""
    with pytest.raises(InvalidDefinition, match="segment 'a' stands twice"):
        experiment(segments=["a", "a"])


def test_nobody_was_exposed(analyze):
    """Then there are no segments, and no fault."""
    assert analyze(experiment(segments=["country"])).segments[0].segments == ()
