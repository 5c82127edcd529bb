"""Every operation that the service describes, with anything at all in paths, queries and bodies: never a 500."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hosting import CHECKOUT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expkit.service.openapi import text

DOCUMENT = json.loads(text())
STREAMS = {"/experiment/batch/{job_id}/events"}
LAST = {"/roles", "/policy"}  # once they have changed who may what, less of the rest is reached
OPERATIONS = sorted(
    ((verb, path) for path, verbs in DOCUMENT["paths"].items() for verb in verbs if path not in STREAMS),
    key=lambda operation: (operation[1] in LAST, operation),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TIMES = [
    "2031-01-01T00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2031-02-30",
    "now",
    "2031-W01-1",
]
WORDS = st.text(max_size=20) | st.sampled_from(
    ["checkout", "chekout", "control", "*", "default", "ann", "admin", "start", "approve", "UTC", "Europe/Berlin",
     "Mars/Olympus", "conversion", "Running", "1", "-1", "0", "99999999999999999999999", "1e308", "nan", "inf", "true",
     "\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 600, "'; DROP TABLE notes; --", *TIMES]
)  # fmt: skip


def _fields(operation: dict[str, Any]) -> list[str]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = str(body.get("$ref", "")).rpartition("/")[2]
    return sorted(DOCUMENT["components"]["schemas"].get(name, {}).get("properties", {}))


def _value(field: str) -> st.SearchStrategy[Any]:
    """What fits, now and then, so that the inside is reached."""
    fitting: dict[str, Any] = {
        "experiments": [CHECKOUT], "metric": {"key": "m"}, "policy": {"project": "p"}, "reviewers": ["bo"],
        "changes": {"name": "x"}, "shares": {"control": 1.0}, "guardrails": [{"metric": "e", "limit": 0.1}],
        "days": 1e-300, "hours": 1e-300, "coverage": 1e-300, "version": 10**30,
    }  # fmt: skip
    return WORDS | ANYTHING | st.just(fitting.get(field, "checkout"))


@pytest.mark.parametrize(("verb", "path"), OPERATIONS, ids=[f"{verb} {path}" for verb, path in OPERATIONS])
def test_no_request_makes_the_service_fail(
    service: httpx.Client, active: str, verb: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """4xx with a hint, or done; nothing in between."""
    operation = DOCUMENT["paths"][path][verb]
    given_in = {item["name"]: item["in"] for item in operation.get("parameters", ())}
    fields = _fields(operation)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data: st.DataObject) -> None:
        asked = path
        for name in (name for name, place in given_in.items() if place == "path"):
            asked = asked.replace(f"{{{name}}}", quote(data.draw(WORDS | st.just(active)), safe="") or "x")
        query = data.draw(st.dictionaries(st.sampled_from([*given_in, "odd"]), WORDS, max_size=3))
        known = st.fixed_dictionaries({}, optional={name: _value(name) for name in fields})
        body = data.draw((known if fields else st.nothing()) | ANYTHING)
        answer = service.request(verb.upper(), asked, params=query, content=json.dumps(body).encode())
        assert answer.status_code < 500 or answer.json()["kind"] == "missing-dependency", answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert len(answer.content) < 20_000

    send()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("at", TIMES[1:])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_times_at_the_ends_of_the_calendar(service: httpx.Client, active: str, at: str, zone: str) -> None:
    """No clock can hold them in every zone."""
    body = {"at": at, "verb": "stop", "timezone": zone}
    assert service.post(f"/experiments/{active}/schedule", json=body).status_code < 500
    query = {"start": at, "end": at, "timezone": zone}
    assert service.get("/calendar", params=query).status_code < 500
