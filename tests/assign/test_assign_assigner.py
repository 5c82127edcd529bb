"""The assigner: one request at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import Assigner, bucket, ranges, split
from expkit.assign.ranges import choose
from expkit.domain import STATUSES, Experiment, Variant
from expkit.errors import InvalidInput, NotFound

weights = st.lists(st.integers(0, 20), min_size=2, max_size=5).filter(any)


def experiment(key: str = "checkout", **values: object) -> Experiment:
    """A running experiment with two equal arms."""
    return Experiment.parse(
        {
            "key": key,
            "name": key,
            "hypothesis": "If we try, then we know.",
            "variants": [
                {"key": "control", "params": {"colour": "grey", "sizes": [1]}},
                {"key": "treatment", "params": {"colour": "blue", "sizes": [2]}},
            ],
            "metrics": ["conversion"],
            "status": "active",
            **values,
        }
    )


def arms(shares: list[int], coverage: float) -> Experiment:
    variants = [Variant(key=f"v{place}", weight=share / sum(shares)) for place, share in enumerate(shares)]
    return experiment(variants=variants, coverage=coverage)


def unit_in(variant: str, seed: str = "checkout") -> str:
    """Some unit that falls in an arm of two equal ones."""
    upper = variant == "treatment"
    return next(unit for unit in map(str, range(1000)) if (bucket(seed, unit) >= 0.5) == upper)


@given(weights, st.floats(0, 1))
def test_ranges_start_at_the_weights_before(shares: list[int], coverage: float) -> None:
    """Each arm starts at its cumulative weight and is coverage x weight long."""
    found = ranges(arms(shares, coverage))
    before = [sum(shares[:place]) / sum(shares) for place in range(len(shares))]
    assert [arm.start for arm in found] == pytest.approx(before)
    assert [arm.end - arm.start for arm in found] == pytest.approx([coverage * w / sum(shares) for w in shares])


@given(weights, st.floats(0, 1), st.floats(0, 1), st.integers(0, 9999))
def test_raising_coverage_moves_nobody(shares: list[int], one: float, other: float, place: int) -> None:
    """Who is in at a lower coverage has the same variant at a higher one."""
    low, high = sorted((one, other))
    before = choose(place / 10_000, ranges(arms(shares, low)))
    assert before is None or choose(place / 10_000, ranges(arms(shares, high))) == before


@given(weights, st.integers(0, 9999))
def test_full_coverage_leaves_nobody_out(shares: list[int], place: int) -> None:
    """At coverage 1 every bucket belongs to an arm."""
    assert choose(place / 10_000, ranges(arms(shares, 1.0))) is not None


def test_active_experiment_assigns() -> None:
    """The answer carries variant, params, bucket and which id was hashed."""
    unit = unit_in("treatment")
    answer = Assigner.compile([experiment(version=3)]).assign(user_id=unit, session_id="s", experiment="checkout")
    assert (answer.variant, answer.params["colour"], answer.version) == ("treatment", "blue", 3)
    assert (answer.hash_attribute, answer.bucket, answer.unit) == ("user_id", bucket("checkout", unit), unit)
    assert answer == type(answer).parse(answer.to_dict())


def test_session_is_the_fallback() -> None:
    """Without a user_id, or with an empty one, the session is the unit; and the seed, not the key, is hashed."""
    assigner = Assigner.compile([experiment(seed="salt")])
    for user_id in (None, ""):
        answer = assigner.assign(user_id=user_id, session_id="s1", experiment="checkout")
        assert (answer.hash_attribute, answer.bucket) == ("session_id", bucket("salt", "s1"))


@pytest.mark.parametrize(
    "status", [status for status in STATUSES if status not in {"active", "rolling_out", "rolled_out"}]
)
def test_every_other_status_gives_the_default(status: str) -> None:
    """An experiment that is not active gives no variant, the default params and a reason."""
    closed = experiment(
        status=status, parameters={"colour": {"type": "string", "default": "black"}, "sizes": {"type": "list"}}
    )
    answer = Assigner.compile([closed]).assign(user_id="u", experiment="checkout")
    assert (answer.variant, answer.params) == (None, {"colour": "black", "sizes": [1]})
    assert answer.reason.startswith("Experiment 'checkout' ")


def test_no_unit_is_no_variant() -> None:
    """Without any id there is nothing to hash, and the reason says so."""
    assigner = Assigner.compile([experiment()])
    for key in ("checkout", None):
        answer = assigner.assign(experiment=key)
        assert (answer.variant, answer.reason) == (None, "Neither user_id nor session_id is given.")


def test_outside_coverage() -> None:
    """A unit beyond the coverage gets the default params; its bucket is told."""
    answer = Assigner.compile([experiment(coverage=0.0)]).assign(user_id="u", experiment="checkout")
    assert answer.variant is None
    assert answer.bucket == bucket("checkout", "u")
    assert answer.reason == "The unit is outside the 0 coverage of 'checkout'."


def test_eligibility() -> None:
    """The condition sees the attributes, the ids and the place of the request."""
    condition = {"country": "DE", "placement": "home", "user_id": {"$regex": "^staff-"}}
    assigner = Assigner.compile([experiment(eligibility=condition)])
    inside = assigner.assign("staff-1", attributes={"country": "DE"}, experiment="checkout", placement="home")
    outside = assigner.assign("staff-1", attributes={"country": "FR"}, experiment="checkout", placement="home")
    assert inside.variant is not None
    assert (outside.variant, outside.reason) == (None, "The unit is not eligible for experiment 'checkout'.")


def test_unknown_experiment_names_the_nearest() -> None:
    """A misspelt key is an error that names the right one."""
    with pytest.raises(NotFound, match=r"no experiment 'chekout'.*did you mean 'checkout'"):
        Assigner.compile([experiment()]).assign(user_id="u", experiment="chekout")


def test_without_a_key_the_first_that_assigns_answers() -> None:
    """Active experiments at this place are tried by priority, then key; one that leaves the unit out is passed."""
    fleet = [
        experiment("b", placements=["home"]),
        experiment("a", placements=["pdp"]),
        experiment("everywhere"),
        experiment("first", priority=9, placements=["home"], eligibility={"vip": True}),
        experiment("paused", priority=99, status="paused"),
    ]
    assigner = Assigner.compile(fleet)
    assert assigner.assign("u", page_type="home").experiment == "b"
    assert assigner.assign("u", placement="home", attributes={"vip": True}).experiment == "first"
    assert assigner.assign("u", page_type="cart", placement="pdp").experiment == "a"
    assert assigner.assign("u").experiment == "everywhere"


def test_without_a_key_nothing_may_fit() -> None:
    """When none assigns, the answer says whether any was tried."""
    narrow = Assigner.compile([experiment(placements=["pdp"], coverage=0.0)])
    assert narrow.assign("u", placement="home").reason == "No active experiment runs here."
    tried = narrow.assign("u", placement="pdp")
    assert (tried.experiment, tried.variant, tried.params) == (None, None, {})
    assert tried.reason == "No active experiment here takes this unit (1 tried)."


def test_answers_do_not_leak_the_snapshot() -> None:
    """Whoever changes the params of an answer changes nobody else's."""
    assigner = Assigner.compile([experiment()])
    assigner.assign(user_id="u", experiment="checkout").params["sizes"].append(9)
    assert 9 not in assigner.assign(user_id="u", experiment="checkout").params["sizes"]


def test_ids_may_be_numbers_and_are_bounded() -> None:
    """7 is hashed as "7"; what is no id, or megabytes long, is refused."""
    assigner = Assigner.compile([experiment()])
    assert assigner.assign(user_id=7, experiment="checkout").user_id == "7"
    assert assigner.assign(user_id=7.0, experiment="checkout").user_id == "7"
    for wrong in (True, 7.5, ["u"], 1e300):
        with pytest.raises(InvalidInput, match="not an id"):
            assigner.assign(user_id=wrong, experiment="checkout")
    with pytest.raises(InvalidInput, match=r"user_id 'xxx.*too long"):
        assigner.assign(user_id="x" * 1_000_000, experiment="checkout")


def test_split_ignores_status_and_eligibility() -> None:
    """A draft can be split by its hash alone; units outside the coverage are -1."""
    draft = experiment(status="draft", coverage=0.5, eligibility={"never": 1})
    units = [str(number) for number in range(200)]
    expected = [choose(bucket("checkout", unit), ranges(draft)) for unit in units]
    assert split(draft, units).tolist() == [-1 if place is None else place for place in expected]
