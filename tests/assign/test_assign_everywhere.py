"""One by one, many at once, a whole frame, explained: four ways to ask, one answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.assign import Assigner, Memory
from expkit.domain import Assignment, Experiment, Holdout, Override

NOW = datetime(2026, 3, 1, tzinfo=UTC)
USERS = ["u1", "u2", "ü3", "", "u" * 40, None, "7", "forced"]
SESSIONS = ["s1", None, "s2", "s3", "", "s4", "s1", "s5"]
COUNTRIES = ["DE", "FR", None, "DE", "DE", "AT", "FR", "DE"]
AGES = [18, 30, 41, None, 55, 18, 30, 22]
STATUSES = ["active"] * 5 + ["paused", "rolling_out", "rolled_out", "draft", "stopped"]
conditions = st.sampled_from([
    {}, {}, {"country": {"$in": ["DE", "AT"]}}, {"age": {"$gte": 30}, "country": {"$ne": "FR"}},
    {"$or": [{"country": "FR"}, {"age": {"$exists": False}}]}, {"user_id": {"$regex": "^u"}},
    {"country": {"$inGroup": "dach"}}, {"$nor": []},
])  # fmt: skip


@st.composite
def fleets(draw: st.DrawFn) -> list[Experiment]:
    """A few experiments of any status, with all that may decide over their answers."""
    keys = ["e0", "e1", "e2"]
    return [
        Experiment.parse({
            "key": key, "name": key, "hypothesis": "If, then.", "metrics": ["m"],
            "variants": [{"key": "control", "params": {"n": 0}}, {"key": "a", "params": {"n": [1]}}, {"key": "b"}],
            "status": draw(st.sampled_from(STATUSES)),
            "coverage": draw(st.sampled_from([1.0, 1.0, 0.5])),
            "eligibility": draw(conditions),
            "layer": draw(st.sampled_from([None, None, {"name": "l", "ranges": [[0, 0.3], [0.5, 0.9]]}])),
            "prerequisites": draw(st.sampled_from([[], [], [{"experiment": "e0", "variants": ["a", "b"]}]]))
            if key != "e0" else [],
            "ramp": draw(st.sampled_from([[], [], [{"after_hours": 1, "coverage": 0.2}]])),
            "rollout": draw(st.sampled_from([None, {"variant": "a", "share": 0.6}])),
            "at_login": draw(st.sampled_from(["rebucket", "keep", "exclude"])),
            "sticky": draw(st.booleans()), "bucket_version": 1, "min_bucket_version": draw(st.integers(0, 1)),
            "schedule": draw(st.sampled_from([{}, {}, {"end": NOW - timedelta(days=1)}])),
            "started_at": NOW - timedelta(hours=2),
        })
        for key in keys
    ]  # fmt: skip


memories = st.dictionaries(
    st.sampled_from(["user_id||u1", "session_id||s1", "session_id||s2", "user_id||ü3"]),
    st.dictionaries(st.sampled_from(["e0__1", "e1__1", "e2__0", "e2__1"]), st.sampled_from(["a", "b", "gone"])),
)


def compiled(fleet: list[Experiment]) -> Assigner:
    force = {"id": 1, "experiment": "e1", "variant": "b", "user_id": "forced", "created_at": NOW}
    overrides = [Override.parse({**force, "expires_at": NOW + timedelta(hours=1)})]
    groups, holdouts = {"dach": ["DE", "AT"]}, [Holdout(key="h", share=0.3)]
    return Assigner.compile(fleet, groups=groups, holdouts=holdouts, overrides=overrides)


def one_by_one(assigner: Assigner, key: str, memory: Memory, **more: Any) -> list[Assignment]:
    rows = zip(USERS, SESSIONS, COUNTRIES, AGES, strict=True)
    return [
        assigner.assign(user, session, {"country": country, "age": age}, key, sticky=memory, at=NOW, **more)
        for user, session, country, age in rows
    ]


@settings(max_examples=150, deadline=None)
@given(fleets(), memories)
def test_frames_and_bulk_and_explanations_say_what_one_by_one_says(fleet: list[Experiment], memory: Memory) -> None:
    """Whatever decides: layers, holdouts, ramps, rollouts, prerequisites, overrides, memory, conditions."""
    assigner = compiled(fleet)
    table = pa.table({
        "user_id": pa.array(USERS, pa.string()), "session_id": pa.array(SESSIONS, pa.string()),
        "country": pa.array(COUNTRIES, pa.string()), "age": pa.array(AGES, pa.int64()),
    })  # fmt: skip
    for experiment in fleet:
        expected = one_by_one(assigner, experiment.key, memory)
        variants = [answer.variant for answer in expected]
        for user, session, country, age in zip(USERS, SESSIONS, COUNTRIES, AGES, strict=True):
            asked = {"user_id": user, "session_id": session, "attributes": {"country": country, "age": age}}
            assert (
                assigner.variant(experiment.key, **asked) == assigner.assign(**asked, experiment=experiment.key).variant
            )
        for frame in (table, table.to_pandas(), pl.from_arrow(table)):
            result = assigner.assign_frame(frame, experiment.key, sticky=memory, at=NOW)
            found = result["variant"].to_pylist() if isinstance(result, pa.Table) else list(result["variant"])
            assert [None if pd.isna(one) else one for one in found] == variants
        for answer, explained in zip(expected, one_by_one(assigner, experiment.key, memory, explain=True), strict=True):
            assert explained.changed(trace=()) == answer
            assert explained.trace[-1].ok == (answer.variant is not None)
            assert answer == Assignment.parse(answer.to_dict())
            assert answer.version == 1
            assert answer.reason
    rows = zip(USERS, SESSIONS, COUNTRIES, AGES, strict=True)
    for place, (user, session, country, age) in enumerate(rows):
        keys = [experiment.key for experiment in fleet]
        every = assigner.assign_all(
            user, session, {"country": country, "age": age}, experiments=keys, sticky=memory, at=NOW
        )
        assert every == {key: one_by_one(assigner, key, memory)[place] for key in keys}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.integers(0, 1))
def test_many_experiments_at_once_hash_as_each_alone(unit: str, wide: int) -> None:
    """From 64 experiments on the hashes of one unit are computed together: the same, also beyond ASCII."""
    fleet = [
        Experiment.parse({
            "key": f"e{number}", "name": "e", "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
            "variants": [{"key": "control"}, {"key": "a"}], "seed": f"ß{number}" if wide else "",
        })
        for number in range(70)
    ]  # fmt: skip
    assigner = Assigner.compile(fleet)
    for keys in (None, [one.key for one in fleet[:66]]):
        every = assigner.assign_all(unit, experiments=keys)
        assert every == {key: assigner.assign(unit, experiment=key) for key in every}
        assert len(every) == (70 if keys is None else 66)


def test_a_large_fleet_answers_as_each_experiment_alone() -> None:
    """Arms without buckets, coverage, shared conditions, other checks, params of their own: for every caller."""
    shapes: list[dict[str, Any]] = [
        {}, {"coverage": 0.4}, {"eligibility": {"country": {"$in": ["DE", "AT"]}}}, {"eligibility": {"age": 1}},
        {"eligibility": {"age": True}}, {"eligibility": {"user_id": {"$regex": "^u"}}}, {"status": "paused"},
        {"layer": {"name": "l", "ranges": [[0, 0.5]]}}, {"bucket_order": ["b", "a", "control"]},
    ]  # fmt: skip
    weights = [(0.0, 0.7, 0.3), (0.2, 0.3, 0.5)]
    fleet = [
        Experiment.parse({
            "key": f"e{number}", "name": "e", "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
            "variants": [{"key": key, "weight": weight, "params": {"n": [number]} if number % 3 else {"n": "x"}}
                         for key, weight in zip(("control", "a", "b"), weights[number % 2], strict=True)],
            **shapes[number % len(shapes)],
        })
        for number in range(90)
    ]  # fmt: skip
    assigner = Assigner.compile(fleet)
    for user, session, country, age in [*zip(USERS, SESSIONS, COUNTRIES, AGES, strict=True), (None, None, "DE", 1)]:
        attributes = {"country": country, "age": age}
        every = assigner.assign_all(user, session, attributes, experiments=[one.key for one in fleet])
        assert every == {one.key: assigner.assign(user, session, attributes, one.key) for one in fleet}
    every["e1"].params["n"].append("changed")
    assert assigner.assign_all("u1", experiments=[one.key for one in fleet])["e1"].params["n"] == [1]


def test_ids_that_are_too_long_are_refused_everywhere() -> None:
    """A megabyte is no id, alone or in a column of any kind."""
    assigner = compiled([])
    assigner = Assigner.compile([Experiment.parse({
        "key": "e", "name": "e", "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
        "variants": [{"key": "control"}, {"key": "a"}],
    })])  # fmt: skip
    long = "x" * 1_000_000
    for frame in (pa.table({"user_id": ["u", long]}), pd.DataFrame({"user_id": ["u", long]}),
                  pl.DataFrame({"user_id": ["u", long]}), pd.DataFrame({"user_id": ["u", long, 7]})):  # fmt: skip
        with pytest.raises(ValueError, match=r"user_id 'xxx.*is too long"):
            assigner.assign_frame(frame, "e")
    assert assigner.assign_frame(pa.table({"user_id": ["ä" * 500]}), "e")["variant"][0].as_py() is not None
    assert Assigner.compile([]).assign_all("u") == {}


def test_an_answer_is_a_noun_like_any_other() -> None:
    """Made by hand for speed, it compares, copies, pickles, prints and dumps as pydantic's own."""
    import copy
    import pickle

    assigner = compiled([Experiment.parse({
        "key": "e", "name": "e", "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
        "variants": [{"key": "control"}, {"key": "a"}], "prerequisites": [],
    })])  # fmt: skip
    answer = assigner.assign("u2", "s", experiment="e")
    own = Assignment(**dict(answer))
    assert answer == own
    assert own == answer
    assert (repr(answer), answer.to_json(), hash(str(answer))) == (repr(own), own.to_json(), hash(str(own)))
    assert pickle.loads(pickle.dumps(answer)) == copy.copy(answer) == copy.deepcopy(answer) == answer  # noqa: S301
    assert answer.model_copy(update={"reason": "x"}).reason == "x"
    assert answer.model_fields_set == set(Assignment.model_fields)
    assert answer.changed(reason="y").reason == "y"
    with pytest.raises(AttributeError, match="no attribute 'variannt'"):
        _ = answer.variannt
