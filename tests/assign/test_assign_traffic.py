"""Changing the traffic of what runs: coverage moves nobody, weights move the fewest."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import Assigner, ranges, rollout_ranges, split
from expkit.assign.ranges import arm_table, choose
from expkit.domain import Experiment
from expkit.domain.allocation import MAX_ARMS, least_moving_order, starts

whole_weights = st.lists(st.integers(1, 50), min_size=2, max_size=5)


def experiment(shares: list[int], **values: object) -> Experiment:
    variants = [{"key": f"v{place}", "weight": share / sum(shares)} for place, share in enumerate(shares)]
    return Experiment.parse({
        "key": "e", "name": "e", "hypothesis": "If, then.", "metrics": ["m"], "status": "active", "variants": variants,
        **values,
    })  # fmt: skip


@given(whole_weights, st.floats(0, 1), st.permutations(["v0", "v1", "v2"]))
def test_the_table_is_the_choice_of_every_bucket(shares: list[int], coverage: float, order: list[str]) -> None:
    """What is looked up is what the comparison of floats says, in any order of arms."""
    arms = ranges(experiment(shares, coverage=coverage, bucket_order=order))
    expected = [0 if (arm := choose(place / 10_000, arms)) is None else arm + 1 for place in range(10_000)]
    assert list(arm_table(arms)) == expected


@given(whole_weights, st.floats(0, 1), st.floats(0, 1))
def test_coverage_moves_nobody(shares: list[int], one: float, other: float) -> None:
    """Who is in at a lower coverage has the same variant at every higher one."""
    low, high = sorted((one, other))
    before = arm_table(ranges(experiment(shares, coverage=low)))
    after = arm_table(ranges(experiment(shares, coverage=high)))
    assert all(arm in (0, later) for arm, later in zip(before, after, strict=True))


def kept(
    old: dict[str, tuple[float, float]], shares: dict[str, float], coverage: float, order: tuple[str, ...]
) -> float:
    begin = starts(shares, order)
    new = {key: (begin[key], begin[key] + coverage * share) for key, share in shares.items()}
    return sum(max(0.0, min(old[key][1], new[key][1]) - max(old[key][0], new[key][0])) for key in shares)


@given(st.integers(2, 5).flatmap(lambda n: st.tuples(*[st.lists(st.integers(1, 50), min_size=n, max_size=n)] * 2)),
       st.sampled_from([0.1, 0.5, 1.0]))  # fmt: skip
def test_new_weights_move_the_fewest(weights: tuple[list[int], list[int]], coverage: float) -> None:
    """No order of the arms keeps more buckets; the search is compared with trying all of them."""
    before, after = (experiment(shares, coverage=coverage) for shares in weights)
    begin = before.starts
    old = {key: (begin[key], begin[key] + coverage * share) for key, share in before.shares.items()}
    order = least_moving_order(old, after.shares, coverage, ())
    best = max(kept(old, after.shares, coverage, one) for one in permutations(after.shares))
    assert kept(old, after.shares, coverage, order) == pytest.approx(best)
    assert sorted(order) == sorted(after.shares)


def test_two_arms_move_no_more_than_the_difference() -> None:
    """From 50:50 to 60:40 a tenth of the units move, and the order stays."""
    assert least_moving_order({"a": (0, 0.5), "b": (0.5, 1)}, {"a": 0.6, "b": 0.4}, 1.0, ()) == ("a", "b")
    before, after = experiment([1, 1]), experiment([6, 4])
    units = [f"u{number}" for number in range(20_000)]
    moved = (split(before, units) != split(after, units)).mean()
    assert moved == pytest.approx(0.1, abs=0.01)


def test_equal_weights_keep_the_order_that_there_is() -> None:
    """Where nothing is gained, arms stay where they are, also in an order of before."""
    old = {"a": (0.5, 1.0), "b": (0.0, 0.5)}
    assert least_moving_order(old, {"a": 0.5, "b": 0.5}, 1.0, ("b", "a")) == ("b", "a")
    many = {f"v{place}": 1 / 12 for place in range(MAX_ARMS + 2)}
    assert least_moving_order({}, many, 1.0, ()) == tuple(many)


@given(whole_weights, st.floats(0, 1), st.floats(0, 1))
def test_a_rollout_takes_the_winner_from_nobody(shares: list[int], one: float, other: float) -> None:
    """A growing share keeps those who have the winner; those who had it in the experiment come first."""
    low, high = sorted((one, other))
    found = experiment(shares, rollout={"variant": "v1"})
    few, many = (arm_table(rollout_ranges(found, share)) for share in (low, high))
    assert all(later for earlier, later in zip(few, many, strict=True) if earlier)
    own = arm_table(ranges(found))
    if low <= found.shares["v1"]:
        assert all(arm == 2 for arm, inside in zip(own, few, strict=True) if inside)
    assert all(arm_table(rollout_ranges(found, 1.0)))


def test_rolling_out_answers_the_winner_for_its_share() -> None:
    """Everybody of the winner's arm, then more; rolled out, all."""
    units = [f"u{number}" for number in range(3000)]

    def winners(**values: object) -> float:
        found = Assigner.compile([experiment([1, 1, 2], **values)])
        answers = [found.assign(user_id=unit, experiment="e") for unit in units]
        assert {answer.variant for answer in answers} <= {None, "v1"}
        assert all(answer.params == {} and answer.rule == "rollout" for answer in answers)
        return sum(answer.variant == "v1" for answer in answers) / len(units)

    rollout = {"variant": "v1", "share": 0.4}
    assert winners(status="rolling_out", rollout=rollout) == pytest.approx(0.4, abs=0.03)
    assert winners(status="rolled_out", rollout=rollout) == 1.0
    nobody = Assigner.compile([experiment([1, 1, 2], status="rolling_out")]).assign(user_id="u", experiment="e")
    assert (nobody.variant, nobody.reason) == (None, "Experiment 'e' is being rolled out and names no winner.")
