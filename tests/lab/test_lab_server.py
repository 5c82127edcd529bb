"""The service inside a real Jupyter server, below a base URL."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

CHECKOUT = {
    "key": "checkout", "name": "Checkout", "hypothesis": "If green, then more, because go.",
    "variants": [{"key": "control"}, {"key": "treatment"}], "metrics": ["conversion"],
}  # fmt: skip


@pytest.mark.parametrize("path", ["", "/", "/healthz", "/experiments", "/static/bokeh/bokeh.min.js", "/nope"])
@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_a_stranger_gets_nothing(address: str, verb: str, path: str) -> None:
    """403 for every verb, before anything is read or opened."""
    answer = httpx.request(verb, address + path, content=b"x" * 1000)
    assert answer.status_code == 403
    if verb != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["kind"] == "forbidden"


def test_the_token_opens(address: str, token: httpx.Client) -> None:
    """And the audit will name the account that runs the server."""
    assert token.get(f"{address}/").json() == token.get(address).json()
    assert token.get(f"{address}/").json()["actor"] == "ann"


def test_a_cookie_reads(address: str, browser_session: httpx.Client) -> None:
    """As the Lab extension does."""
    assert browser_session.get(f"{address}/experiments").status_code == 200


def test_a_cookie_writes_only_with_the_xsrf_header(address: str, browser_session: httpx.Client) -> None:
    """Otherwise any page that the user visits could."""
    body = {**CHECKOUT, "key": "by-cookie"}
    refused = browser_session.post(f"{address}/experiments", json=body)
    assert refused.status_code == 403
    assert "X-XSRFToken" in refused.json()["hint"]
    headers = {"X-XSRFToken": browser_session.cookies["_xsrf"]}
    made = browser_session.post(f"{address}/experiments", json=body, headers=headers)
    assert made.status_code == 201
    assert made.headers["Location"] == "/user/a/expkit/experiments/by-cookie"


def test_another_origin_is_refused(address: str, browser_session: httpx.Client) -> None:
    """Also with the right header."""
    headers = {"X-XSRFToken": browser_session.cookies["_xsrf"], "Origin": "https://evil.example"}
    assert browser_session.post(f"{address}/experiments", json=CHECKOUT, headers=headers).status_code == 404


def test_problems_arrive_intact(address: str, token: httpx.Client) -> None:
    """Status, media type, hint, correlation id."""
    answer = token.post(f"{address}/experiments", json={**CHECKOUT, "nme": "x"}, headers={"X-Correlation-ID": "c-7"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["correlation_id"] == answer.headers["X-Correlation-ID"] == "c-7"
    assert answer.json()["hint"] == "did you mean 'name'?"


def test_options_tells_what_may_be_asked(address: str) -> None:
    """A preflight has no credentials."""
    answer = httpx.options(f"{address}/experiments")
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_head_has_no_body(address: str, token: httpx.Client) -> None:
    """And the headers of GET."""
    answer = token.head(f"{address}/experiments")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def test_a_body_over_the_limit_is_refused_cleanly(address: str, token: httpx.Client) -> None:
    """413 after it has all been sent, not a broken pipe in the middle."""
    answer = token.post(f"{address}/experiments", content=b" " * 20_000_000)
    assert answer.status_code == 413
    assert answer.json()["kind"] == "too-large"
    assert token.get(f"{address}/experiments").status_code == 200


def test_the_document_says_where_it_is(address: str, token: httpx.Client) -> None:
    """Below the base URL."""
    assert token.get(f"{address}/openapi.json").json()["servers"] == [{"url": "/user/a/expkit"}]
    assert "/user/a/expkit/experiments" in token.get(f"{address}/docs").text


def test_bokeh_is_served_as_a_script(address: str, browser_session: httpx.Client) -> None:
    """Browsers refuse a script of another type here."""
    answer = browser_session.get(f"{address}/static/bokeh/bokeh.min.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_the_same_verbs_through_jupyter(address: str, token: httpx.Client) -> None:
    """`expkit.connect` takes the address of a Jupyter server, too."""
    import expkit

    with expkit.connect(address, token=token.headers["Authorization"].split()[1]) as remote:
        assert remote.create({**CHECKOUT, "key": "connected"}).status == "draft"
        assert remote.audit(subject="connected")[0]["actor"] == "ann"


def test_a_planned_start_happens_inside_jupyter(address: str, token: httpx.Client) -> None:
    """Jupyter's process is as good as any other that is alive."""
    token.post(f"{address}/experiments", json={**CHECKOUT, "key": "planned"})
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert token.post(f"{address}/experiments/planned/schedule", json={"at": at}).status_code == 200
    while token.get(f"{address}/experiments/planned").json()["status"] != "active":
        time.sleep(0.1)
    assert token.get(f"{address}/audit?subject=planned").json()["items"][0]["action"] == "schedule.fire"
