"""The linter: what it finds in the experiments that run, and what it leaves alone."""

from __future__ import annotations

import re

import pytest

from expkit.assign import lint, matches
from expkit.assign.regexes import NESTED, longest
from expkit.domain import Experiment, Holdout


def experiment(key: str = "e", **values: object) -> Experiment:
    return Experiment.parse({
        "key": key, "name": key, "hypothesis": "If, then.", "metrics": ["m"], "status": "active", "placements": [key],
        "variants": [{"key": "control"}, {"key": "a"}], **values,
    })  # fmt: skip


def weighted(*weights: float) -> list[dict]:
    return [{"key": key, "weight": weight} for key, weight in zip(("control", "a"), weights, strict=True)]


def found(*experiments: Experiment, **more: object) -> list[tuple[str, str, str]]:
    return [(one.code, one.experiment, one.message) for one in lint(experiments, **more)]


def test_a_clean_fleet_has_no_findings() -> None:
    """Two hundred near-identical keys, and nothing to say."""
    assert found(*(experiment(f"checkout-{number}") for number in range(200))) == []
    assert found() == []


def test_correlated_hashes() -> None:
    """The same seed, or that of a layer or a holdout; but not in two parts of one layer, and not in what has ended."""
    twins = experiment("one", seed="same"), experiment("two", seed="same")
    assert found(*twins) == [("hash", "one", "one and two have the same seed 'same': units fall the same way in both.")]
    apart = [
        experiment(key, seed="same", layer={"name": "l", "ranges": [part]})
        for key, part in (("one", [0, 0.5]), ("two", [0.5, 1]))
    ]  # fmt: skip
    assert found(*apart) == []
    assert found(twins[0], experiment("two", seed="same", status="stopped")) == []
    assert "layer l" in found(experiment(seed="layer:l", layer={"name": "l"}))[0][2]
    assert "holdout h" in found(experiment(seed="holdout:h"), holdouts=[Holdout(key="h", share=0.1)])[0][2]


def test_overlapping_layers() -> None:
    """How much they share is told."""
    parts = {"one": [0, 0.5], "two": [0.4, 0.9]}
    fleet = [experiment(key, layer={"name": "l", "ranges": [part]}) for key, part in parts.items()]
    assert found(*fleet) == [("layer", "one", "one and two share 10.0% of layer 'l'.")]


def test_weights_that_drift() -> None:
    """From those it began with."""
    planned = {"e": {"control": 0.6, "a": 0.4}}
    assert "control has 0.5 instead of 0.6; a has 0.5 instead of 0.4" in found(experiment(), planned=planned)[0][2]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"variants": weighted(1, 0)}, "Nobody gets 'a' of e: its weight"),
        ({"coverage": 0}, "Nobody gets 'control' of e: the coverage is 0"),
        ({"variants": weighted(0.99999, 0.00001)}, "less than one of 10,000"),
        ({"variants": [{"key": "control", "params": {"n": 1}}, {"key": "a", "params": {"n": "2"}}]},
         "is a str, and a number"),
        ({"eligibility": {"c": {"$equals": 1}}}, r"nobody knows the operator '\$equals'"),
        ({"eligibility": {"$or": [{"c": {"$in": "DE"}}]}}, r"\$in needs a list"),
        ({"eligibility": {"c": {"$in": []}}}, "empty list"),
        ({"eligibility": {"c": {"$inGroup": "beta"}}}, "there is no group 'beta'"),
        ({"eligibility": {"c": {"$not": {"$regex": "("}}}}, "no regular expression"),
        ({"eligibility": {"c": {"$regex": "(a+)+$"}}}, "up to 16 characters: a repeat inside a repeat"),
        ({"prerequisites": [{"experiment": "gone"}]}, "prerequisite 'gone' of 'e' is not there"),
    ],
)  # fmt: skip
def test_each_fault_is_found(values: dict, told: str) -> None:
    """By its own sentence, with a hint."""
    (finding, *_) = lint([experiment(**values)])
    assert re.search(told, finding.message)
    assert finding.hint


def test_params_that_fail_the_schema() -> None:
    """Experiments are checked when they are made; what came in otherwise is found here."""
    good = experiment(parameters={"n": {"type": "integer"}})
    bad = good.variants[1].model_copy(update={"params": {"n": "2", "x": 1}})
    findings = found(good.model_copy(update={"variants": (good.variants[0], bad)}))
    assert [message for _, _, message in findings] == [
        "Param 'n' of variant 'a' in e is '2', not a integer.",
        "Param 'x' of variant 'a' in e is not among the experiment's parameters.",
    ]


def test_prerequisites_on_what_cannot_be() -> None:
    """A variant that is not there, an experiment that does not run."""
    base = experiment("base", status="draft")
    wants = [experiment("x", prerequisites=[{"experiment": "base"}]),
             experiment("y", prerequisites=[{"experiment": "base", "variants": ["z"]}])]  # fmt: skip
    assert [message for _, _, message in found(base, *wants)] == [
        "x wants a variant of base, which is draft.", "y wants 'z', which base does not have.",
    ]  # fmt: skip


def test_an_experiment_in_anothers_shadow() -> None:
    """One that takes everybody at the same places goes first."""
    first = experiment("first", priority=1, placements=[])
    assert "never reach second: first takes everybody" in found(first, experiment("second"))[0][2]
    assert found(experiment("first", priority=1, placements=[], eligibility={"c": 1}), experiment("second")) == []


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "([a-z]+)*$", "a?" * 30 + "a" * 30, ".*.*.*.*x"])
def test_no_expression_takes_long(pattern: str) -> None:
    """The longest text that each is tried on is done in a moment; a longer one does not match."""
    longest_tried = "a" * (longest(pattern) - 1) + "!"
    assert matches({"x": {"$regex": pattern}}, {"x": longest_tried}) in (True, False)
    assert not matches({"x": {"$regex": pattern}}, {"x": "a" * 100_000 + "!"})  # for ever, without the bound


def test_common_expressions_are_not_bounded_much() -> None:
    """What people write for addresses, agents and versions matches texts of any sensible length."""
    for pattern in (
        r"@example\.com$",
        r"^[^@]+@example\.com$",
        r"(?:iPhone|iPad).*OS 1[5-9]",
        r"^/shop/\d+",
        "(?i)beta",
    ):
        assert longest(pattern) > 900
    assert longest(r"^\d+(\.\d+)*$") == NESTED
    assert matches({"v": {"$regex": r"^\d+(\.\d+)*$"}}, {"v": "12.10.3"})


def test_saved_groups() -> None:
    """In one, in none; a group that nobody saved is empty."""
    groups = {"beta": ["u1", 7]}
    assert matches({"id": {"$inGroup": "beta"}}, {"id": "u1"}, groups)
    assert matches({"id": {"$notInGroup": "beta"}}, {"id": "u2"}, groups)
    assert matches({"id": {"$notInGroup": "gone"}}, {"id": "u1"}, groups)
    assert not matches({"id": {"$inGroup": "gone"}}, {"id": "u1"}, groups)
    assert not matches({"id": {"$inGroup": ["beta"]}}, {"id": "u1"}, groups)
