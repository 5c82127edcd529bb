"""Definitions from other tools: what is carried, what changes, what stays out; never silently wrong."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from growthbook import GrowthBook
from hypothesis import given
from hypothesis import strategies as st

from expkit.assign import Assigner
from expkit.assign.dialects import DIALECTS, Config, features_payload
from expkit.domain import Experiment
from expkit.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULE = {
    "key": "exp", "variations": ["a", "b", "c"], "weights": [0.2, 0.3, 0.5], "coverage": 0.6, "hashVersion": 2,
    "hashAttribute": "user_id", "seed": "s1", "condition": {"country": "DE"}, "meta": [{"key": k} for k in "xyz"],
}  # fmt: skip


def growthbook(*rules: Any, name: str = "flag", default: Any = "a", **more: Any) -> Any:
    (found,) = DIALECTS["growthbook"]({"features": {name: {"defaultValue": default, "rules": list(rules)}}, **more})
    return found


def test_growthbooks_experiment_keeps_every_unit() -> None:
    """GrowthBook's own SDK on the payload, and our assigner on what was read from it."""
    found = growthbook(RULE)
    assert found.outcome == "imported"
    assigner = Assigner.compile([found.experiment.model_copy(update={"status": "active"})])
    for number in range(2000):
        user, country = f"ü{number}", ("DE", "FR")[number % 3 == 0]
        sdk = GrowthBook(attributes={"user_id": user, "country": country}, features={"flag": {"rules": [RULE]}})
        result = sdk.eval_feature("flag").experimentResult
        theirs = result.key if result and result.inExperiment else None
        assert assigner.assign(user_id=user, attributes={"country": country}, experiment="flag").variant == theirs


def test_our_own_payload_comes_back_as_it_went() -> None:
    """Coverage, weights, layer, condition, params and defaults: the same answer for every unit."""
    variants = [{"key": "control", "weight": 0.3, "params": {"p": 1}}, {"key": "b", "weight": 0.7, "params": {"p": 2}}]
    ours = Experiment.parse({
        "key": "back", "name": "n", "hypothesis": "h", "metrics": ["conversion"], "variants": variants, "seed": "é",
        "status": "active", "coverage": 0.4, "eligibility": {"$or": [{"a": 1}, {"a": 2}]}, "bucket_version": 2,
        "layer": {"name": "l", "ranges": [[0.1, 0.8]]}, "parameters": {"p": {"type": "number", "default": 0}},
    })  # fmt: skip
    payload = features_payload(Config.of([ours], revision=1, at=NOW, phases={}), NOW)
    (found,) = DIALECTS["growthbook"](json.loads(json.dumps(payload)))
    assert found.outcome == "imported", found.notes
    theirs = Assigner.compile([found.experiment.model_copy(update={"status": "active"})])
    mine = Assigner.compile([ours])
    for number in range(1000):
        ids = {"user_id": f"u{number}" if number % 2 else None, "session_id": f"s{number}"}
        one = mine.assign(**ids, attributes={"a": number % 4}, experiment="back")
        two = theirs.assign(**ids, attributes={"a": number % 4}, experiment="back")
        assert (one.variant, one.params) == (two.variant, two.params)


@pytest.mark.parametrize(
    ("change", "outcome", "note"),
    [
        ({"hashVersion": 1}, "changed", "anew"),
        ({"hashAttribute": "id"}, "changed", "'id', which it hashes, is our user_id"),
        ({"weights": [0.2, 0.3, 0.495]}, "changed", "scaled to 1"),
        ({"weights": [1, 1, 1]}, "imported", "weigh the same"),
        ({"tracks": []}, "changed", "not carried: tracks"),
        ({"namespace": ["ns", 0, 0.5]}, "skipped", "namespace"),
        ({"parentConditions": [{"id": "x"}]}, "skipped", "other features"),
        ({"filters": [{"seed": "other", "ranges": [[0, 1]]}]}, "skipped", "bucket space 'other'"),
        ({"ranges": [[0, 0.1], [0.5, 0.6], [0.9, 1.0]]}, "skipped", "gaps"),
        ({"condition": {"a": {"$notRegex": "x"}}}, "skipped", r"\$notRegex"),
        ({"condition": {"a": {"$inGroup": "g"}}}, "skipped", "saved group 'g'"),
        ({"meta": [{"passthrough": True}, {}, {}]}, "skipped", "holdout"),
        ({"meta": [{"key": "a b"}, {"key": "y"}, {"key": "z"}]}, "changed", "'a b' is called 'a-b'"),
        ({"variations": "ab"}, "skipped", "no list"),
        ({"coverage": "much"}, "skipped", "no number"),
        ({"coverage": True}, "skipped", "no number"),
        ({"weights": [0.5, float("nan"), 0.5]}, "skipped", "no number"),
        ({"variations": ["only"], "weights": [1], "meta": [{}]}, "skipped", "fewer than two"),
    ],
)  # fmt: skip
def test_what_growthbook_says_otherwise_is_told(change: dict[str, Any], outcome: str, note: str) -> None:
    """Each thing that cannot be carried as it is."""
    found = growthbook({**RULE, **change})
    assert found.outcome == outcome
    assert re.search(note, " ".join(found.notes))
    assert (found.experiment is None) == (outcome == "skipped")


def test_rules_around_growthbooks_experiment() -> None:
    """Units that an earlier rule forces stay out; what comes later is told; anything in between is refused."""
    found = growthbook({"force": "c", "condition": {"vip": True}}, RULE, {"force": "b"})
    assert found.outcome == "changed"
    assert {"$not": {"vip": True}} in found.experiment.eligibility["$and"]
    assert any("1 rules after" in note for note in found.notes)
    assert growthbook({"force": "c", "coverage": 0.1}, RULE).outcome == "skipped"
    assert growthbook({"force": "c"}).notes == ("no rule of it is an experiment",)


def test_saved_groups_are_written_out() -> None:
    """The list moves into the condition."""
    rule = {**RULE, "condition": {"a": {"$inGroup": "g"}}}
    assert growthbook(rule, savedGroups={"g": ["x", 1]}).experiment.eligibility == {"a": {"$in": ["x", 1]}}


def eppo_flag(**more: Any) -> dict[str, Any]:
    def split(key: str, start: int, end: int) -> dict[str, Any]:
        return {"variationKey": key, "shards": [
            {"salt": "traffic", "ranges": [{"start": 0, "end": 4000}]},
            {"salt": "split", "ranges": [{"start": start, "end": end}]},
        ]}  # fmt: skip

    return {
        "key": "button", "enabled": True, "variationType": "JSON", "totalShards": 10000,
        "variations": {"control": {"key": "control", "value": '{"c": 1}'}, "on": {"key": "on", "value": '{"c": 2}'}},
        "allocations": [{"key": "exp", "splits": [split("control", 0, 2500), split("on", 2500, 10000)],
                         "startAt": "2026-01-01T00:00:00Z", **more}],
    }  # fmt: skip


def eppo(flag: Any) -> Any:
    (found,) = DIALECTS["eppo"]({"flags": {"button": flag}})
    return found


def test_eppos_experiment_is_carried_with_a_warning() -> None:
    """Shares, coverage, dates and values are the same; who gets what is not, and that is said."""
    found = eppo(eppo_flag())
    assert found.outcome == "changed"
    assert any("MD5" in note for note in found.notes)
    assert found.experiment.shares == {"control": 0.25, "on": 0.75}
    assert found.experiment.coverage == pytest.approx(0.4)
    assert found.experiment.variant("on").params == {"c": 2}
    assert found.experiment.schedule.start == NOW


@pytest.mark.parametrize(
    ("operator", "value", "yes", "no"),
    [
        ("ONE_OF", ["DE", "5"], ["DE", "5", 5], ["FR", None]),
        ("NOT_ONE_OF", ["DE"], ["FR"], ["DE", None]),
        ("MATCHES", "^D", ["DE"], ["ED", None]),
        ("NOT_MATCHES", "^D", ["ED"], ["DE", None]),
        ("GTE", 18, [18, 19], [17, None]),
        ("LT", 5, [4], [5, None]),
        ("GT", "1.9.0", ["1.10.0"], ["1.2.0", None]),
        ("IS_NULL", True, [None], ["x"]),
        ("IS_NULL", False, ["x"], [None]),
    ],
)
def test_eppos_operators_mean_what_they_mean_there(operator: str, value: Any, yes: list[Any], no: list[Any]) -> None:
    """Of a missing attribute nothing holds but that it is missing."""
    rules = [{"conditions": [{"attribute": "country", "operator": operator, "value": value}]}]
    found = eppo(eppo_flag(rules=rules)).experiment
    assigner = Assigner.compile(
        [found.model_copy(update={"status": "active", "coverage": 1.0, "schedule": type(found.schedule)()})]
    )
    for given_, wanted in [*((one, True) for one in yes), *((one, False) for one in no)]:
        attributes = {} if given_ is None else {"country": given_}
        assert (assigner.assign(user_id="u", attributes=attributes, experiment="button").variant is not None) == wanted


def test_eppos_waterfall_keeps_out_who_came_earlier() -> None:
    """Whom an allocation before the experiment takes whole is left out; one that takes a part cannot be said."""
    rules = [{"conditions": [{"attribute": "vip", "operator": "ONE_OF", "value": ["true"]}]}]
    first = {"key": "vips", "rules": rules, "splits": [{"variationKey": "on", "shards": []}]}
    flag = eppo_flag()
    found = eppo({**flag, "allocations": [first, *flag["allocations"]]})
    assert found.experiment.eligibility == {"$not": {"vip": {"$exists": True, "$in": ["true", True]}}}
    assert eppo({**flag, "allocations": [{**first, "rules": []}, *flag["allocations"]]}).outcome == "skipped"
    assert eppo({**flag, "allocations": [first]}).outcome == "skipped"


def unleash_feature(**more: Any) -> dict[str, Any]:
    return {
        "name": "search", "enabled": True,
        "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": "25", "stickiness": "default"}, **more}],
        "variants": [
            {"name": "old", "weight": 333, "payload": {"type": "string", "value": "o"}},
            {"name": "new", "weight": 667, "payload": {"type": "json", "value": '{"k": [1]}'}},
        ],
    }  # fmt: skip


def unleash(feature: Any, **more: Any) -> Any:
    (found,) = DIALECTS["unleash"]({"version": 2, "features": [feature], **more})
    return found


def test_unleashs_variants_are_carried_with_a_warning() -> None:
    """Both of its formats: what clients fetch, and a project's export."""
    feature = unleash_feature()
    strategy = feature["strategies"][0]
    export = {"features": [{"name": "search"}], "featureStrategies": [{**strategy, "featureName": "search"}],
              "featureEnvironments": [{"featureName": "search", "variants": feature["variants"]}]}  # fmt: skip
    for found in (unleash(feature), *DIALECTS["unleash"](export)):
        assert found.outcome == "changed"
        assert any("MurmurHash3" in note for note in found.notes)
        assert found.experiment.coverage == 0.25
        assert found.experiment.shares == pytest.approx({"old": 0.333, "new": 0.667})
        assert found.experiment.variant("new").params == {"k": [1]}


@pytest.mark.parametrize(
    ("constraint", "yes", "no"),
    [
        ({"operator": "IN", "values": ["DE", "7"]}, ["DE", 7], ["FR", None]),
        ({"operator": "NOT_IN", "values": ["DE"]}, ["FR", None], ["DE"]),
        ({"operator": "IN", "values": ["DE"], "inverted": True}, ["FR"], ["DE"]),
        ({"operator": "STR_STARTS_WITH", "values": ["a.", "b"]}, ["a.x", "bb"], ["ab", None]),
        ({"operator": "STR_ENDS_WITH", "values": ["Z"], "caseInsensitive": True}, ["xz"], ["zx"]),
        ({"operator": "NUM_LT", "value": "5"}, [4], [5, None]),
        ({"operator": "SEMVER_GT", "value": "1.9.0"}, ["1.10.0"], ["1.0.0", None]),
    ],
)
def test_unleashs_constraints_mean_what_they_mean_there(constraint: Any, yes: list[Any], no: list[Any]) -> None:
    """Of a missing field nothing holds but NOT_IN."""
    found = unleash(unleash_feature(constraints=[{"contextName": "field", **constraint}])).experiment
    assigner = Assigner.compile([found.model_copy(update={"status": "active", "coverage": 1.0})])
    for given_, wanted in [*((one, True) for one in yes), *((one, False) for one in no)]:
        attributes = {} if given_ is None else {"field": given_}
        assert (assigner.assign(user_id="u", attributes=attributes, experiment="search").variant is not None) == wanted


@pytest.mark.parametrize(
    ("feature", "note"),
    [
        ({**unleash_feature(), "strategies": [{"name": "default"}, {"name": "default"}]}, "several strategies"),
        (unleash_feature(parameters={"rollout": "5", "stickiness": "random"}), "stick by 'random'"),
        (unleash_feature(parameters={"rollout": "500"}), "no number from 0 to 100"),
        (unleash_feature(name="userWithId"), "'userWithId'"),
        (unleash_feature(segments=[3]), "segment 3"),
        (unleash_feature(constraints=[{"contextName": "t", "operator": "DATE_AFTER", "value": "x"}]), "DATE_AFTER"),
        ({**unleash_feature(), "variants": []}, "a switch, no experiment"),
    ],
)
def test_what_of_unleash_stays_out(feature: Any, note: str) -> None:
    """With the reason."""
    found = unleash(feature)
    assert found.outcome == "skipped"
    assert note in found.notes[0]


@pytest.mark.parametrize("source", sorted(DIALECTS))
@pytest.mark.parametrize("payload", [None, 7, "text", [], {"features": 3, "flags": 3}, {"features": [3], "flags": [3]}])
def test_what_is_no_payload_is_told(source: str, payload: Any) -> None:
    """A clear error, not an empty report."""
    with pytest.raises(InvalidInput, match=r"right file|has no flags|has no features"):
        DIALECTS[source](payload)


NAMES = [
    "rules",
    "variations",
    "weights",
    "ranges",
    "condition",
    "meta",
    "filters",
    "allocations",
    "splits",
    "shards",
    "strategies",
    "variants",
    "constraints",
    "name",
    "key",
    "value",
    "salt",
    "weight",
    "operator",
    "$in",
]
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=20,
)


@given(JUNK, st.sampled_from(sorted(DIALECTS)))
def test_junk_inside_is_left_out_and_nothing_breaks(junk: Any, source: str) -> None:
    """Whatever stands where a definition should be: a reason, never a crash."""
    for payload in ({"features": {"f": junk}, "flags": {"f": junk}}, {"features": [{"name": "f", "strategies": junk}]}):
        try:
            found = DIALECTS[source](payload)
        except InvalidInput:
            continue
        assert all(one.notes for one in found if one.outcome != "imported")


@given(JUNK, st.sampled_from(sorted(RULE)))
def test_junk_in_a_rule_is_left_out(junk: Any, field: str) -> None:
    """One field of an experiment at a time."""
    found = growthbook({**RULE, field: junk})
    assert found.experiment is not None or found.notes
