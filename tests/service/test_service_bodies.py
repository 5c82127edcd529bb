"""A client's mistake is a 4xx with a hint, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from hosting import CHECKOUT
from hypothesis import given, settings
from hypothesis import strategies as st

ROUTES = [
    "/experiments",
    "/experiments/assign",
    "/experiments/exposures",
    "/experiments/outcomes",
    "/experiments/traces",
    "/experiments/checkout/stop",
    "/experiments/checkout/clone",
    "/experiment/batch/run",
    "/experiments/checkout/notes",
    "/experiments/checkout/review",
    "/experiments/checkout/schedule",
    "/experiments/checkout/guardrails",
    "/experiments/checkout/learn",
    "/experiments/apply",
    "/catalogue/metrics",
    "/roles",
    "/elevations",
]
NONSENSE = {
    "malformed": b'{"a": 1',
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "nan": b'{"coverage": NaN}',
    "infinity": b'{"coverage": 1e999}',
    "minus infinity": b"[-Infinity]",
    "invalid utf-8": b'{"key": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"key": "a"}'.encode("utf-16"),
    "a lone surrogate": b'{"key": "\\ud800"}',
    "deep nesting": b"[" * 100_000,
    "deep but closed": b"[" * 5000 + b"]" * 5000,
    "a huge number": b'{"coverage": ' + b"9" * 5000 + b"}",
    "a big integer": b'{"version": 123456789012345678901234567890}',
    "nul": b'{"key": "a\\u0000b"}',
    "a raw nul": b'{"key": "a\x00b"}',
    "a name twice": b'{"key": "a", "key": "b"}',
    "a list of nothing": b"[null]",
    "rows that are none": b'{"rows": 1}',
    "two wishes": b'{"rows": [], "other": 1}',
    "a form": b"key=a&name=b",
    "half a megabyte": json.dumps({"key": "x" * 500_000}).encode(),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_with_a_hint(service: httpx.Client, active: str, route: str, body: bytes) -> None:
    """On every route that takes a body; a short answer, however long the body was."""
    answer = service.post(route, content=body)
    if body in {b"", b"null"} and route == "/experiments/assign":
        assert answer.json()["variant"] is None  # nobody asked, so nobody gets one
        return
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]
    assert len(answer.content) < 5000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)
FIELDS = [*CHECKOUT, "coverage", "eligibility", "guardrails", "plan", "schedule", "stopping", "tags", "user_id", "rows",
          "context", "attributes", "experiment", "reason", "new_key"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(route=st.sampled_from(ROUTES), body=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4) | JSON)
def test_no_json_makes_the_service_fail(service: httpx.Client, active: str, route: str, body: object) -> None:
    """Known fields with any value at all."""
    answer = service.post(route, content=json.dumps(body).encode())
    assert answer.status_code < 500, answer.text


@settings(max_examples=60, deadline=None)
@given(route=st.sampled_from(ROUTES), field=st.sampled_from(sorted(CHECKOUT)), value=JSON)
def test_one_bad_field_in_a_good_definition(
    service: httpx.Client, active: str, route: str, field: str, value: object
) -> None:
    """Deep validation finds its way out, too."""
    answer = service.post(route, content=json.dumps({**CHECKOUT, "key": "other", field: value}).encode())
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/experiments/%00",
        "/experiments/%FF",
        "/experiments/" + "x" * 5000,
        "/experiments/..%2F..",
        "/experiments/a%0d%0ab",
    ],
)
def test_odd_paths_are_not_found(service: httpx.Client, path: str) -> None:
    """404, whatever they decode to."""
    answer = service.get(path)
    assert answer.status_code == 404
    assert len(answer.content) < 2000


def test_a_definition_with_faults_names_each(service: httpx.Client) -> None:
    """Path, value, nearest name."""
    wrong = {
        **CHECKOUT,
        "key": "faulty",
        "covrage": 1,
        "variants": [{"key": "a", "weight": 2}, {"key": "b", "weight": 0}],
    }
    told = service.post("/experiments", json=wrong).json()
    assert told["kind"] == "invalid-definition"
    assert "did you mean 'coverage'?" in told["hint"]
    assert any("variants[0].weight" in line for line in told["problems"])


def test_a_body_over_the_limit_is_refused(service: httpx.Client) -> None:
    """As soon as its length is announced."""
    answer = service.post("/experiments", content=b"x" * 10_000_000)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is larger than 1,000,000 bytes."


def test_a_body_of_unannounced_length_is_counted(service: httpx.Client) -> None:
    """Content-Length is only a claim."""

    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    assert service.post("/experiments/outcomes", content=chunks()).status_code == 413


def test_too_many_rows_are_refused(service: httpx.Client) -> None:
    """With the way out."""
    rows = [{"event": "conversion", "user_id": str(number)} for number in range(101)]
    answer = service.post("/experiments/outcomes", json=rows)
    assert answer.status_code == 413
    assert answer.json()["hint"] == "send them in several requests."
