"""Delivery over HTTP: ETags, signatures, streams, client keys, and answers to whatever is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hosting import CHECKOUT, TOKEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expkit.assign.dialects import read_config
from expkit.assign.dialects.signature import verify
from expkit.service.feed import same
from expkit.settings import Settings
from expkit.workbench import Workbench

KEY = "sdk-abc"


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    known = Settings.read(tmp_path_factory.mktemp("home"))
    with Workbench.open(known.with_(token=TOKEN, actor="ann", database_url="", client_keys=f"{KEY}, other")) as opened:
        opened.create(CHECKOUT)
        opened.start("checkout")
        yield opened


@pytest.fixture(scope="module")
def stranger(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


def test_the_config_is_signed_and_named_by_its_etag(service: httpx.Client, workbench: Workbench) -> None:
    """What is sent is what was signed, byte for byte; 304 to who has it."""
    answer = service.get("/experiments/config")
    headers = answer.headers
    assert verify(headers["expkit-public-key"], headers["expkit-signature"], answer.content)
    assert headers["expkit-public-key"] == workbench.config().public_key
    assert read_config(answer.content).experiments[0].key == "checkout"
    assert headers["etag"].startswith('"')
    known = service.get("/experiments/config", headers={"If-None-Match": f'"x", W/{headers["etag"]}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", headers["etag"])
    assert service.head("/experiments/config").headers["etag"] == headers["etag"]


@pytest.mark.parametrize("path", ["/experiments/config", f"/api/features/{KEY}"])
def test_a_change_changes_the_etag(service: httpx.Client, workbench: Workbench, path: str) -> None:
    """Neither a note nor a look does; a share does."""
    workbench.create({**CHECKOUT, "key": f"for-{path.count('/')}"})
    before = service.get(path).headers["etag"]
    workbench.add_note("checkout", "just a note")
    assert service.get(path).headers["etag"] == before
    workbench.traffic("checkout", coverage=0.9 if path.endswith("config") else 0.8)
    assert service.get(path).headers["etag"] != before


@pytest.mark.parametrize(
    ("path", "event"), [("/experiments/config", "config"), (f"/sub/{KEY}", "features"), ("/sub/local", "features")]
)
def test_a_stream_tells_changes(service: httpx.Client, workbench: Workbench, path: str, event: str) -> None:
    """At once what holds, then every change; who comes back with the last id is told only what is new."""
    with service.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        first = _event(lines)
        assert first["event"] == event
        threading.Thread(target=_halve, args=[workbench]).start()
        second = _event(lines)
        assert second["id"] != first["id"]
        if event == "features":
            assert json.loads(second["data"])["features"]["checkout"]["rules"]
        else:
            assert json.loads(second["data"])["etag"] == second["id"]
    again = {"Accept": "text/event-stream", "Last-Event-ID": second["id"]}
    with service.stream("GET", path, headers=again) as answer:
        lines = answer.iter_lines()
        threading.Thread(target=_halve, args=[workbench]).start()
        assert _event(lines)["id"] != second["id"]


def _event(lines: Iterator[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        found[name] = value
        if not line and "event" in found:
            return found
    raise AssertionError("the stream has ended")


def _halve(workbench: Workbench) -> None:
    workbench.traffic("checkout", coverage=workbench.get("checkout").coverage / 2)


def test_client_keys_read_what_is_delivered_and_nothing_else(stranger: httpx.Client) -> None:
    """In the path or as a bearer token; nobody else's routes open to them."""
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert stranger.get(f"/api/features/{KEY}").status_code == 200
    assert stranger.get("/api/features/other").status_code == 200
    assert stranger.get("/experiments/config", headers=bearer).status_code == 200
    context = {"context": {"targetingKey": "u1"}}
    assert stranger.post("/ofrep/v1/evaluate/flags", json=context, headers=bearer).status_code == 200
    for method, path in [
        ("GET", "/experiments"),
        ("POST", "/experiments/assign"),
        ("GET", "/audit"),
        ("POST", "/experiments"),
    ]:
        assert stranger.request(method, path, headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/features/nope", "/sub/nope", f"/api/features/{KEY}x", "/api/features/" + "k" * 9000]
)
def test_a_wrong_client_key_is_not_found(stranger: httpx.Client, path: str) -> None:
    """With a hint, and without an echo of megabytes."""
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert "EXPKIT_CLIENT_KEYS" in answer.json()["hint"]
    assert len(answer.content) < 2000


def test_a_wrong_token_is_a_stranger(stranger: httpx.Client) -> None:
    """On every delivered route; a client key in the path does not make up for it."""
    wrong = {"Authorization": "Bearer wrong"}
    for path in ("/experiments/config", f"/api/features/{KEY}", "/api/features/local"):
        assert stranger.get(path, headers=wrong).status_code == 401
    assert stranger.post("/ofrep/v1/evaluate/flags/checkout", json={}, headers=wrong).status_code == 401
    assert stranger.get("/experiments/config").status_code == 401


def test_the_local_key_is_for_this_machine(stranger: httpx.Client, service: httpx.Client) -> None:
    """No page from elsewhere reads it, by its own name for this machine or as itself; a token always does."""
    assert stranger.get("/api/features/local").status_code == 200
    assert "access-control-allow-origin" not in stranger.get("/api/features/local").headers
    assert stranger.get("/api/features/local", headers={"Host": "evil.example"}).status_code == 404
    assert stranger.get("/api/features/local", headers={"Origin": "https://evil.example"}).status_code == 404
    assert service.get("/api/features/local", headers={"Host": "elsewhere.example"}).status_code == 200
    assert stranger.get(f"/api/features/{KEY}").headers["access-control-allow-origin"] == "*"


def test_growthbooks_payload_says_that_it_streams(stranger: httpx.Client) -> None:
    """Its SDKs look at a header for that; and at the ETag."""
    answer = stranger.get(f"/api/features/{KEY}")
    assert answer.headers["x-sse-support"] == "enabled"
    known = {"If-None-Match": answer.headers["etag"]}
    assert stranger.get(f"/api/features/{KEY}", headers=known).status_code == 304


def test_the_payload_follows_the_lifecycle(tmp_path: Any) -> None:
    """Drafts and archived ones are not told; scheduled and ended ones give the default; a winner is forced."""
    with Workbench.open(Settings.read(tmp_path).with_(actor="ann", database_url="")) as bench:
        bench.create(CHECKOUT)
        assert bench.features()["features"] == {}
        bench.start("checkout")
        assert len(bench.features()["features"]["checkout"]["rules"]) == 2
        bench.pause("checkout")
        assert bench.features()["features"]["checkout"] == {"defaultValue": {"color": "blue"}}
        bench.stop("checkout", reason="enough")
        bench.conclude("checkout")
        assert "rules" not in bench.features()["features"]["checkout"]
        bench.promote("checkout", share=0.25)
        (rule, _) = bench.features()["features"]["checkout"]["rules"]
        assert rule["force"] == {"color": "green"}
        assert rule["filters"][0]["ranges"] == [[0.5, 0.75]]
        bench.rollback("checkout", reason="worse")
        assert "rules" not in bench.features()["features"]["checkout"]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", "PARSE_ERROR", 400),
        (b"{", "PARSE_ERROR", 400),
        (b"[]", "PARSE_ERROR", 400),
        (b'{"context": 3}', "INVALID_CONTEXT", 400),
        (b"{}", "TARGETING_KEY_MISSING", 400),
        (b'{"context": {"targetingKey": ""}}', "TARGETING_KEY_MISSING", 400),
        (b'{"context": {"targetingKey": true}}', "INVALID_CONTEXT", 400),
        (b'{"context": {"targetingKey": ["u"]}}', "INVALID_CONTEXT", 400),
        (b'{"context": {"targetingKey": "' + b"x" * 1_000_000 + b'"}}', "INVALID_CONTEXT", 400),
        (b'{"context": {"targetingKey": "u", "a": ' + b"[" * 100 + b"]" * 100 + b"}}", "INVALID_CONTEXT", 400),
        (b'{"context": {"targetingKey": "u", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "PARSE_ERROR", 400),
        (b'{"context": {"targetingKey": "u", "a": NaN}}', "PARSE_ERROR", 400),
        (b'{"context": {"targetingKey": "\\ud800"}}', "PARSE_ERROR", 400),
    ],
)  # fmt: skip
def test_ofrep_names_what_is_wrong(service: httpx.Client, body: bytes, code: str, status: int) -> None:
    """Single and bulk, in OFREP's words and in ours; never a failure of the server."""
    for path in ("/ofrep/v1/evaluate/flags/checkout", "/ofrep/v1/evaluate/flags"):
        answer = service.post(path, content=body)
        told = answer.json()
        assert (answer.status_code, told["errorCode"]) == (status, code), told
        assert told["errorDetails"]
        assert told["hint"]
        assert len(answer.content) < 4000


def test_ofrep_knows_no_such_flag(service: httpx.Client) -> None:
    """404 with the nearest name; a key that no experiment can have is no other error."""
    for key in ("chekout", "%00", "a/b", "é" * 300):
        answer = service.post(f"/ofrep/v1/evaluate/flags/{key}", json={"context": {"targetingKey": "u"}})
        assert answer.status_code == 404
    told = service.post("/ofrep/v1/evaluate/flags/chekout", json={"context": {"targetingKey": "u"}}).json()
    assert told["errorCode"] == "FLAG_NOT_FOUND"
    assert "checkout" in told["errorDetails"]


def test_ofrep_reads_the_ids_wherever_they_stand(service: httpx.Client, workbench: Workbench) -> None:
    """`user_id` goes before `targetingKey`; a session alone is enough; a number is its text."""
    for context, ids in [
        ({"targetingKey": "u1"}, {"user_id": "u1"}),
        ({"targetingKey": "t", "user_id": "u1"}, {"user_id": "u1"}),
        ({"session_id": "s1"}, {"session_id": "s1"}),
        ({"targetingKey": 17}, {"user_id": "17"}),
    ]:
        told = service.post("/ofrep/v1/evaluate/flags/checkout", json={"context": context}).json()
        ours = workbench.assign(**ids, experiment="checkout")
        assert (told["variant"], told["value"]) == (ours.variant, ours.params)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["targetingKey", "user_id", "session_id", "country", "page_type"]), JSON), JSON)
def test_ofrep_survives_any_context(service: httpx.Client, context: dict[str, Any], body: Any) -> None:
    """An answer or a reason, whatever is sent."""
    for sent in ({"context": context}, body):
        for path in ("/ofrep/v1/evaluate/flags/checkout", "/ofrep/v1/evaluate/flags"):
            assert service.post(path, json=sent).status_code in {200, 400}


@pytest.mark.parametrize(
    ("given_", "is_same"),
    [(None, False), ("", False), ("*", True), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False)],
)
def test_if_none_match_is_read_as_http_has_it(given_: str | None, is_same: bool) -> None:
    """Lists, stars and weak names (RFC 9110, 13.1.2)."""
    assert same(given_, '"a"') is is_same


def test_many_servers_agree_and_make_one_key(tmp_path: Any) -> None:
    """Workbenches on one folder and database sign alike and name one content alike."""
    known = Settings.read(tmp_path).with_(actor="ann", database_url="")
    with Workbench.open(known) as one, Workbench.open(known) as other:
        one.create(CHECKOUT)
        first, second = one.config(), other.config()
        assert first[:5] == second[:5]
        assert one.config(first) is first
        one.add_note("checkout", "a note")
        assert one.config(first).body is first.body
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0


def test_the_settings_key_signs(tmp_path: Any) -> None:
    """For servers that share a database but no folder."""
    from expkit.assign.dialects.signature import new_key, public_key

    key = new_key()
    with Workbench.open(Settings.read(tmp_path).with_(actor="ann", database_url="", signing_key=key)) as bench:
        assert bench.config().public_key == public_key(key)
    assert not (tmp_path / "signing.key").exists()
